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

    ``place`` orders the queue, the smallest first; the slots of one description share it. Slots with the same number
    in ``together`` (and in ``slot``) are for one person, such as all texts about one face of a blind check.
    """

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), index=True)
    slot: Mapped[int]
    stratum: Mapped[str]
    place: Mapped[int]
    together: Mapped[int | None]
    state: Mapped[str]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    lease_until: Mapped[datetime | None]
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
        Index(
            "ix_assignment_together",
            "campaign_id",
            "together",
            sqlite_where=text("together is not null"),
            postgresql_where=text("together is not null"),
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


class BlindCheck(Table):
    """Two models' texts about the same faces, judged in one campaign by people who do not know whose they are.

    ``new_is_first`` says which model is called A until the names are shown.
    """

    __tablename__ = "blind_check"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), unique=True)
    old_model: Mapped[str]
    old_run: Mapped[str]
    new_model: Mapped[str]
    new_run: Mapped[str]
    new_is_first: Mapped[bool]
    seed: Mapped[int]


class BlindPair(Table):
    """The two texts about one face; they are one description where both models wrote the same."""

    __tablename__ = "blind_pair"
    blind_check_id: Mapped[int] = mapped_column(ForeignKey("blind_check.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    old_id: Mapped[int] = mapped_column(ForeignKey("description.id"), index=True)
    new_id: Mapped[int] = mapped_column(ForeignKey("description.id"), index=True)
    old_first: Mapped[bool]


class PlantedError(Table):
    """A description whose error is known, to measure what reviewers miss; never part of a release.

    ``original_id`` is the description that it was made from; one that was imported with its error has none.
    """

    __tablename__ = "planted_error"
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), primary_key=True)
    code: Mapped[str]
    truth: Mapped[dict[str, Any]]
    original_id: Mapped[int | None] = mapped_column(ForeignKey("description.id"), index=True)
