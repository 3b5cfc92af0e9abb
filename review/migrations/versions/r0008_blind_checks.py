"""Blind checks: two models' texts about the same faces, and slots that one person takes together."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("assignment", sa.Column("together", sa.Integer(), nullable=True))
    op.create_index(
        "ix_assignment_together",
        "assignment",
        ["campaign_id", "together"],
        sqlite_where=sa.text("together is not null"),
        postgresql_where=sa.text("together is not null"),
    )
    _blind_check()
    _blind_pair()


def _blind_check() -> None:
    op.create_table(
        "blind_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("old_model", sa.String(), nullable=False),
        sa.Column("old_run", sa.String(), nullable=False),
        sa.Column("new_model", sa.String(), nullable=False),
        sa.Column("new_run", sa.String(), nullable=False),
        sa.Column("new_is_first", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_blind_check_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blind_check")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_blind_check_campaign_id")),
    )


def _blind_pair() -> None:
    op.create_table(
        "blind_pair",
        sa.Column("blind_check_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("old_id", sa.Integer(), nullable=False),
        sa.Column("new_id", sa.Integer(), nullable=False),
        sa.Column("old_first", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["blind_check_id"], ["blind_check.id"], name=op.f("fk_blind_pair_blind_check_id")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_blind_pair_image_id")),
        sa.ForeignKeyConstraint(["old_id"], ["description.id"], name=op.f("fk_blind_pair_old_id")),
        sa.ForeignKeyConstraint(["new_id"], ["description.id"], name=op.f("fk_blind_pair_new_id")),
        sa.PrimaryKeyConstraint("blind_check_id", "image_id", "task", name=op.f("pk_blind_pair")),
    )
    op.create_index(op.f("ix_blind_pair_old_id"), "blind_pair", ["old_id"])
    op.create_index(op.f("ix_blind_pair_new_id"), "blind_pair", ["new_id"])
