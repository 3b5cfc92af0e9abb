"""What comes out: adjudication, gold with its lineage, releases, and the log of everything."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from review.schema.base import Table


class Adjudication(Table):
    """A third person's decision on the claims that two reviewers judged differently."""

    __tablename__ = "adjudication"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"))
    adjudicator_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[str]
    lease_until: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (read by SQLAlchemy)
    __table_args__ = (
        UniqueConstraint("campaign_id", "description_id"),
        CheckConstraint("state in ('open', 'leased', 'submitted', 'void')", name="state"),
    )


class AdjudicationItem(Table):
    """One decided conflict: which review was followed, or another value."""

    __tablename__ = "adjudication_item"
    adjudication_id: Mapped[int] = mapped_column(ForeignKey("adjudication.id"), primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    target_key: Mapped[str] = mapped_column(primary_key=True)
    chosen_review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    value: Mapped[Any] = mapped_column(JSON)
    reason: Mapped[str]
    __table_args__ = (CheckConstraint("target in ('claim', 'unit', 'emotion', 'text')", name="target"),)


class Gold(Table):
    """The best known truth about one target of one description; an older one is superseded, never changed."""

    __tablename__ = "gold"
    id: Mapped[int] = mapped_column(primary_key=True)
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"))
    target: Mapped[str]
    target_key: Mapped[str]
    value: Mapped[Any] = mapped_column(JSON)
    basis: Mapped[str]
    from_reviews: Mapped[list[Any]]
    adjudication_id: Mapped[int | None] = mapped_column(ForeignKey("adjudication.id"))
    at: Mapped[datetime]
    superseded_by: Mapped[int | None] = mapped_column(ForeignKey("gold.id"))
    superseded: Mapped[bool]
    __table_args__ = (
        CheckConstraint("target in ('claim', 'unit', 'emotion', 'text')", name="target"),
        CheckConstraint("basis in ('single', 'agreed', 'adjudicated', 'contested')", name="basis"),
        Index(
            "uq_gold_current",
            "description_id",
            "target",
            "target_key",
            unique=True,
            sqlite_where=text("superseded = 0"),
            postgresql_where=text("superseded = false"),
        ),
    )


class Release(Table):
    """An immutable folder of files made from gold."""

    __tablename__ = "release"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    query: Mapped[dict[str, Any]]
    folder: Mapped[str]
    manifest_sha256: Mapped[str | None]
    counts: Mapped[dict[str, Any]]
    state: Mapped[str]
    __table_args__ = (CheckConstraint("state in ('writing', 'complete', 'withdrawn')", name="state"),)


class ReleaseRow(Table):
    """One exported row and the gold it stands on. A trigger keeps eval images out of the training formats."""

    __tablename__ = "release_row"
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"), primary_key=True)
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    payload_sha256: Mapped[str]
    gold_ids: Mapped[list[Any]]
    __table_args__ = (CheckConstraint("format in ('sft', 'preference', 'benchmark')", name="format"),)


class Event(Table):
    """One change, chained to the one before by its hash. Triggers refuse to update or delete it."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    entity: Mapped[str]
    entity_id: Mapped[str]
    action: Mapped[str]
    before: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    previous_hash: Mapped[str]
    hash: Mapped[str]
    __table_args__ = (Index("ix_event_entity", "entity", "entity_id"), Index("ix_event_actor", "actor_id", "at"))
