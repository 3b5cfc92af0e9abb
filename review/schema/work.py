"""How work is handed out: campaigns, assignments with leases, planted errors."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from review.schema.base import Table


class Campaign(Table):
    """A piece of work: which descriptions, seen by how many people, under which rules."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    filter: Mapped[dict[str, Any]]
    overlap: Mapped[int]
    blind: Mapped[bool]
    hints: Mapped[str]
    planted_rate: Mapped[float]
    random_rate: Mapped[float]
    guideline_id: Mapped[int | None] = mapped_column(ForeignKey("guideline.id"))
    state: Mapped[str]
    created_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (read by SQLAlchemy)
    __table_args__ = (
        CheckConstraint("overlap >= 1", name="overlap"),
        CheckConstraint("hints in ('never', 'after', 'before')", name="hints"),
        CheckConstraint("state in ('open', 'paused', 'closed')", name="state"),
        CheckConstraint("planted_rate between 0 and 1 and random_rate between 0 and 1", name="rates"),
    )


class Assignment(Table):
    """One of the ``overlap`` slots of a description in a campaign; who holds it, and until when.

    ``place`` orders the queue, the smallest first; the slots of one description share it.
    """

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), index=True)
    slot: Mapped[int]
    stratum: Mapped[str]
    place: Mapped[int]
    state: Mapped[str]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    lease_until: Mapped[datetime | None]
    skip_reason: Mapped[str | None]
    __table_args__ = (
        UniqueConstraint("campaign_id", "description_id", "slot"),
        UniqueConstraint("campaign_id", "description_id", "reviewer_id"),
        CheckConstraint("state in ('open', 'leased', 'submitted', 'skipped', 'void')", name="state"),
        CheckConstraint("stratum in ('suspicion', 'random', 'planted')", name="stratum"),
        Index(
            "ix_assignment_leased",
            "campaign_id",
            "reviewer_id",
            sqlite_where=text("state = 'leased'"),
            postgresql_where=text("state = 'leased'"),
        ),
        Index(
            "ix_assignment_queue",
            "campaign_id",
            "place",
            "id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class SkippedDescription(Table):
    """Who passed over what and why; a second skip sends a description to the lead."""

    __tablename__ = "skipped_description"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("campaign_id", "description_id", "reviewer_id"),)


class PlantedError(Table):
    """A description whose error is known, to measure what reviewers miss; never part of a release."""

    __tablename__ = "planted_error"
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), primary_key=True)
    code: Mapped[str]
    truth: Mapped[dict[str, Any]]
