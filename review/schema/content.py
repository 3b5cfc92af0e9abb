"""What is reviewed: sources, images, descriptions, their claims, and what machines say about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from review.schema.base import Table


class Source(Table):
    """One imported file and the folder its images lie in."""

    __tablename__ = "source"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    json_sha256: Mapped[str]
    images_dir: Mapped[str]
    imported_at: Mapped[datetime]
    report: Mapped[dict[str, Any]]
    __table_args__ = (UniqueConstraint("name", "json_sha256", "images_dir"),)


class Image(Table):
    """A picture on disk; its bytes are never in the database."""

    __tablename__ = "image"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    sha256: Mapped[str] = mapped_column(unique=True)
    rel_path: Mapped[str] = mapped_column(index=True)
    split: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    phash: Mapped[str | None]
    dup_group: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = (
        CheckConstraint("split in ('train', 'eval', 'probe')", name="split"),
        Index(
            "ix_image_unhashed",
            "split",
            sqlite_where=text("phash IS NULL"),
            postgresql_where=text("phash IS NULL"),
        ),
    )


class FaceMeasurement(Table):
    """What the batch command measured on an image: points, pose, gates; ``found`` is false where no face was."""

    __tablename__ = "face_measurement"
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    found: Mapped[bool]
    document: Mapped[dict[str, Any]]
    mesh: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[str]


class Description(Table):
    """One text about one image, as written by ``origin_model``; ``text`` is NFC.

    ``landmark`` and ``published_label`` are those fields of the published record, as written.
    """

    __tablename__ = "description"
    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    task: Mapped[str]
    row_id: Mapped[str]
    origin_model: Mapped[str]
    origin_run: Mapped[str | None]
    prompt: Mapped[str]
    text: Mapped[str]
    text_sha256: Mapped[str]
    parser_version: Mapped[str]
    landmark: Mapped[str | None]
    published_label: Mapped[str | None]
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("image_id", "task", "origin_model", "text_sha256"),
        Index("ix_description_row", "source_id", "row_id"),
        CheckConstraint("task in ('au', 'emotion')", name="task"),
    )


class Claim(Table):
    """One claim of a description; ``start`` and ``end`` are code points into its text."""

    __tablename__ = "claim"
    id: Mapped[int] = mapped_column(primary_key=True)
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"))
    ord: Mapped[int]
    kind: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    action_unit: Mapped[int | None] = mapped_column(index=True)
    more_units: Mapped[list[Any]]
    emotion: Mapped[str | None] = mapped_column(index=True)
    side: Mapped[str]
    intensity: Mapped[str | None]
    negated: Mapped[bool]
    __table_args__ = (
        UniqueConstraint("description_id", "ord"),
        CheckConstraint('start >= 0 and start < "end"', name="offsets"),
    )


class LintFinding(Table):
    """A fault of the text that needs no picture to see."""

    __tablename__ = "lint_finding"
    id: Mapped[int] = mapped_column(primary_key=True)
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[str] = mapped_column(index=True)
    message: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    version: Mapped[str]


class Evidence(Table):
    """What geometry or a model says about one claim."""

    __tablename__ = "evidence"
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[str]
    verdict: Mapped[str]
    score: Mapped[float | None]
    payload: Mapped[dict[str, Any]]
    version: Mapped[str]
    __table_args__ = (
        UniqueConstraint("claim_id", "kind", "version"),
        CheckConstraint("kind in ('geometry', 'model')", name="kind"),
    )


class Prediction(Table):
    """A model's own answer about an image, from a benchmark run."""

    __tablename__ = "prediction"
    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), index=True)
    task: Mapped[str]
    model: Mapped[str]
    run: Mapped[str]
    text: Mapped[str]
    read: Mapped[dict[str, Any]]
    version: Mapped[str]
    __table_args__ = (UniqueConstraint("run", "image_id", "task"),)


class Suspicion(Table):
    """How likely a description is wrong, and why; orders the queue."""

    __tablename__ = "suspicion"
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), primary_key=True)
    score: Mapped[float] = mapped_column(index=True)
    reasons: Mapped[list[Any]]
    version: Mapped[str]
