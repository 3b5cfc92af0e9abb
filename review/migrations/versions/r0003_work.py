"""How work is handed out."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    _campaign()
    _assignment()
    _skipped_description()
    _planted_error()


def _campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("hints", sa.String(), nullable=False),
        sa.Column("planted_rate", sa.Double(), nullable=False),
        sa.Column("random_rate", sa.Double(), nullable=False),
        sa.Column("guideline_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("hints in ('never', 'after', 'before')", name=op.f("ck_campaign_hints")),
        sa.CheckConstraint("state in ('open', 'paused', 'closed')", name=op.f("ck_campaign_state")),
        sa.CheckConstraint("overlap >= 1", name=op.f("ck_campaign_overlap")),
        sa.CheckConstraint(
            "planted_rate between 0 and 1 and random_rate between 0 and 1", name=op.f("ck_campaign_rates")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_campaign_created_by")),
        sa.ForeignKeyConstraint(["guideline_id"], ["guideline.id"], name=op.f("fk_campaign_guideline_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )


def _assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skip_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'leased', 'submitted', 'skipped', 'void')", name=op.f("ck_assignment_state")
        ),
        sa.CheckConstraint("stratum in ('suspicion', 'random', 'planted')", name=op.f("ck_assignment_stratum")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_assignment_campaign_id")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_assignment_description_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_assignment_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "campaign_id",
            "description_id",
            "reviewer_id",
            name=op.f("uq_assignment_campaign_id_description_id_reviewer_id"),
        ),
        sa.UniqueConstraint(
            "campaign_id", "description_id", "slot", name=op.f("uq_assignment_campaign_id_description_id_slot")
        ),
    )
    op.create_index(op.f("ix_assignment_description_id"), "assignment", ["description_id"], unique=False)
    op.create_index(
        "ix_assignment_leased",
        "assignment",
        ["campaign_id", "reviewer_id"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_assignment_queue",
        "assignment",
        ["campaign_id", "place", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_assignment_reviewer_id"), "assignment", ["reviewer_id"], unique=False)


def _skipped_description() -> None:
    op.create_table(
        "skipped_description",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_skipped_description_campaign_id")),
        sa.ForeignKeyConstraint(
            ["description_id"], ["description.id"], name=op.f("fk_skipped_description_description_id")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_skipped_description_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skipped_description")),
        sa.UniqueConstraint(
            "campaign_id",
            "description_id",
            "reviewer_id",
            name=op.f("uq_skipped_description_campaign_id_description_id_reviewer_id"),
        ),
    )


def _planted_error() -> None:
    op.create_table(
        "planted_error",
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("truth", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_planted_error_description_id")),
        sa.PrimaryKeyConstraint("description_id", name=op.f("pk_planted_error")),
    )
