"""What reviewers say: reviews with every saved revision, verdicts, labels, edits, comments."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from review.schema.base import Table

CODES = "('H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H0', 'M1', 'S1')"


class Review(Table):
    """One person's work on one assignment; ``state`` is the whole of it, the rows below are its submitted form.

    An assignment whose lease ran out may pass to another person; the first one's row stays, as a draft.
    """

    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), index=True)
    status: Mapped[str]
    state: Mapped[dict[str, Any]]
    corrected_text: Mapped[str | None]
    baseline_unsure: Mapped[bool]
    flagged: Mapped[bool]
    active_ms: Mapped[int]
    guideline_id: Mapped[int | None] = mapped_column(ForeignKey("guideline.id"))
    app_version: Mapped[str]
    opened_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None] = mapped_column(index=True)
    submit_token: Mapped[str | None] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (read by SQLAlchemy)
    __table_args__ = (
        UniqueConstraint("assignment_id", "reviewer_id"),
        CheckConstraint("status in ('draft', 'submitted', 'reopened')", name="status"),
    )


class ReviewRevision(Table):
    """A saved version of a review; any of them can be restored."""

    __tablename__ = "review_revision"
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    action: Mapped[str]
    state: Mapped[dict[str, Any]]


class ClaimVerdict(Table):
    """Correct, wrong with its code, unsure, or cannot judge; ``follows`` says that nobody gave it themselves."""

    __tablename__ = "claim_verdict"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), index=True)
    verdict: Mapped[str]
    code: Mapped[str | None] = mapped_column(index=True)
    severity: Mapped[int | None]
    replacement: Mapped[str | None]
    action_unit: Mapped[int | None]
    milliseconds: Mapped[int]
    changed_after_hint: Mapped[bool]
    follows: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = (
        UniqueConstraint("review_id", "claim_id"),
        CheckConstraint("verdict in ('correct', 'wrong', 'unsure', 'cannot_judge')", name="verdict"),
        CheckConstraint("verdict <> 'wrong' or code is not null", name="wrong_needs_code"),
        CheckConstraint(f"code is null or code in {CODES}", name="code"),
        CheckConstraint("severity is null or severity between 1 and 3", name="severity"),
    )


class SpanMark(Table):
    """A free span of the text that is wrong, or an insertion point (``start`` = ``end``) for what is missing."""

    __tablename__ = "span_mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    code: Mapped[str]
    severity: Mapped[int | None]
    replacement: Mapped[str | None]
    action_unit: Mapped[int | None]
    __table_args__ = (
        CheckConstraint('start >= 0 and start <= "end"', name="offsets"),
        CheckConstraint(f"code in {CODES}", name="code"),
    )


class EditOperation(Table):
    """One step from the original text to the corrected one, in order; together they give it exactly."""

    __tablename__ = "edit_operation"
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    ord: Mapped[int] = mapped_column(primary_key=True)
    op: Mapped[str]
    old_start: Mapped[int]
    old_end: Mapped[int]
    new_start: Mapped[int]
    new_end: Mapped[int]
    text: Mapped[str]
    code: Mapped[str | None]
    severity: Mapped[int | None]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id"))
    __table_args__ = (CheckConstraint("op in ('keep', 'delete', 'replace', 'insert')", name="op"),)


class UnitLabel(Table):
    """What a reviewer sees of one action unit; intensity A to E, side as in FACS."""

    __tablename__ = "unit_label"
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    action_unit: Mapped[int] = mapped_column(primary_key=True)
    phase: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    intensity: Mapped[str | None]
    side: Mapped[str]
    __table_args__ = (
        CheckConstraint("phase in ('blind', 'final')", name="phase"),
        CheckConstraint("state in ('present', 'absent', 'not_visible', 'not_judged')", name="state"),
        CheckConstraint("intensity is null or state = 'present'", name="intensity_needs_presence"),
        CheckConstraint("intensity is null or intensity in ('A', 'B', 'C', 'D', 'E')", name="intensity"),
    )


class EmotionLabel(Table):
    """The emotion a reviewer sees, with a second one where the face is mixed."""

    __tablename__ = "emotion_label"
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    phase: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    second: Mapped[str | None]
    confidence: Mapped[int]
    __table_args__ = (
        CheckConstraint("phase in ('blind', 'final')", name="phase"),
        CheckConstraint("confidence between 1 and 3", name="confidence"),
    )


class Comment(Table):
    """A remark on a description or one of its claims."""

    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    body: Mapped[str]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    __table_args__ = (Index("ix_comment_description", "description_id", "at"),)
