"""What the answers of benchmark runs score under old and new labels."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    _scored_run()
    _scored_item()
    _scored_answer()
    _score_total()
    _score_change()
    # answers that were imported before have no scores yet; until they do, no change is added to nothing
    op.execute("INSERT INTO setting (key, value) SELECT 'scores', 'missing' WHERE EXISTS (SELECT 1 FROM prediction)")


def _scored_run() -> None:
    op.create_table(
        "scored_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scored_run")),
        sa.UniqueConstraint("run", name=op.f("uq_scored_run_run")),
    )


def _scored_item() -> None:
    op.create_table(
        "scored_item",
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("old_label", sa.BigInteger(), nullable=True),
        sa.Column("new_label", sa.BigInteger(), nullable=True),
        sa.Column("new_reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_scored_item_description_id")),
        sa.PrimaryKeyConstraint("description_id", name=op.f("pk_scored_item")),
    )


def _scored_answer() -> None:
    op.create_table(
        "scored_answer",
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.BigInteger(), nullable=True),
        sa.Column("rouge_old", sa.BigInteger(), nullable=True),
        sa.Column("rouge_new", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["description_id"], ["scored_item.description_id"], name=op.f("fk_scored_answer_description_id")
        ),
        sa.ForeignKeyConstraint(["prediction_id"], ["prediction.id"], name=op.f("fk_scored_answer_prediction_id")),
        sa.ForeignKeyConstraint(["run_id"], ["scored_run.id"], name=op.f("fk_scored_answer_run_id")),
        sa.PrimaryKeyConstraint("description_id", "run_id", name=op.f("pk_scored_answer")),
    )
    op.create_index(op.f("ix_scored_answer_prediction_id"), "scored_answer", ["prediction_id"], unique=False)


def _score_total() -> None:
    op.create_table(
        "score_total",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("rouge_n", sa.Integer(), nullable=False),
        sa.Column("rouge_sum", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("basis in ('all', 'reviewed_old', 'reviewed_new')", name=op.f("ck_score_total_basis")),
        sa.ForeignKeyConstraint(["run_id"], ["scored_run.id"], name=op.f("fk_score_total_run_id")),
        sa.PrimaryKeyConstraint("run_id", "task", "basis", name=op.f("pk_score_total")),
    )


def _score_change() -> None:
    op.create_table(
        "score_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_score_change_description_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_change")),
    )
