"""What comes out, and the log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    _adjudication()
    _adjudication_item()
    _gold()
    _release()
    _release_row()
    _metric_snapshot()
    _event()


def _adjudication() -> None:
    op.create_table(
        "adjudication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("adjudicator_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('open', 'leased', 'submitted', 'void')", name=op.f("ck_adjudication_state")),
        sa.ForeignKeyConstraint(["adjudicator_id"], ["user_account.id"], name=op.f("fk_adjudication_adjudicator_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_adjudication_campaign_id")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_adjudication_description_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudication")),
        sa.UniqueConstraint("campaign_id", "description_id", name=op.f("uq_adjudication_campaign_id_description_id")),
    )


def _adjudication_item() -> None:
    op.create_table(
        "adjudication_item",
        sa.Column("adjudication_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("chosen_review_id", sa.Integer(), nullable=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("target in ('claim', 'unit', 'emotion', 'text')", name=op.f("ck_adjudication_item_target")),
        sa.ForeignKeyConstraint(
            ["adjudication_id"], ["adjudication.id"], name=op.f("fk_adjudication_item_adjudication_id")
        ),
        sa.ForeignKeyConstraint(
            ["chosen_review_id"], ["review.id"], name=op.f("fk_adjudication_item_chosen_review_id")
        ),
        sa.PrimaryKeyConstraint("adjudication_id", "target", "target_key", name=op.f("pk_adjudication_item")),
    )


def _gold() -> None:
    op.create_table(
        "gold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("from_reviews", sa.JSON(), nullable=False),
        sa.Column("adjudication_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.CheckConstraint("basis in ('single', 'agreed', 'adjudicated', 'contested')", name=op.f("ck_gold_basis")),
        sa.CheckConstraint("target in ('claim', 'unit', 'emotion', 'text')", name=op.f("ck_gold_target")),
        sa.ForeignKeyConstraint(["adjudication_id"], ["adjudication.id"], name=op.f("fk_gold_adjudication_id")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_gold_description_id")),
        sa.ForeignKeyConstraint(["superseded_by"], ["gold.id"], name=op.f("fk_gold_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold")),
    )
    op.create_index(
        "uq_gold_current",
        "gold",
        ["description_id", "target", "target_key"],
        unique=True,
        sqlite_where=sa.text("superseded = 0"),
        postgresql_where=sa.text("superseded = false"),
    )


def _release() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("manifest_sha256", sa.String(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("state in ('writing', 'complete', 'withdrawn')", name=op.f("ck_release_state")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_release_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("name", name=op.f("uq_release_name")),
    )


def _release_row() -> None:
    op.create_table(
        "release_row",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("payload_sha256", sa.String(), nullable=False),
        sa.Column("gold_ids", sa.JSON(), nullable=False),
        sa.CheckConstraint("format in ('sft', 'preference', 'benchmark')", name=op.f("ck_release_row_format")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_release_row_description_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_row_release_id")),
        sa.PrimaryKeyConstraint("release_id", "description_id", "format", name=op.f("pk_release_row")),
    )


def _metric_snapshot() -> None:
    op.create_table(
        "metric_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slice", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_snapshot")),
    )
    op.create_index("ix_metric_snapshot_name", "metric_snapshot", ["name", "slice", "at"], unique=False)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_event_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_actor", "event", ["actor_id", "at"], unique=False)
    op.create_index("ix_event_entity", "event", ["entity", "entity_id"], unique=False)
