"""One row of a review: read as a record, locked for changing, and saved with its revision and its event."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.records import ReviewState, state_from_json
from review.schema import Assignment, Review, ReviewRevision
from review.store.events import append_event


@dataclass(frozen=True)
class ReviewRecord:
    """One person's review of one description.

    Attributes:
        id: of the review.
        assignment_id: the slot it fills.
        campaign_id: the campaign of that slot.
        description_id: what it is about.
        reviewer_id: whose it is.
        status: draft, submitted or reopened.
        state: everything said so far.
        version: counts the saves; the next save must name it.
        opened_at: first time (UTC).
        saved_at: last save (UTC).
        submitted_at: when it was submitted, or None.
        corrected_text: of a submitted review, else None.
    """

    id: int
    assignment_id: int
    campaign_id: int
    description_id: int
    reviewer_id: int
    status: str
    state: ReviewState
    version: int
    opened_at: datetime
    saved_at: datetime
    submitted_at: datetime | None
    corrected_text: str | None


def locked_review(session: Session, *, review_id: int, reviewer_id: int | None = None) -> Review:
    """Return the row of a review for changing.

    Raises:
        InputError: there is none of this id.
        NotAllowed: it is not that of ``reviewer_id``.
    """
    review = session.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise InputError(f"There is no review {review_id}.")
    if reviewer_id is not None and review.reviewer_id != reviewer_id:
        raise NotAllowed("This review is somebody else's.")
    return review


def record_of(session: Session, review: Review) -> ReviewRecord:
    """Return a row as a record."""
    return ReviewRecord(
        id=review.id,
        assignment_id=review.assignment_id,
        campaign_id=session.get_one(Assignment, review.assignment_id).campaign_id,
        description_id=review.description_id,
        reviewer_id=review.reviewer_id,
        status=review.status,
        state=state_from_json(review.state),
        version=review.version,
        opened_at=review.opened_at,
        saved_at=review.saved_at,
        submitted_at=review.submitted_at,
        corrected_text=review.corrected_text,
    )


def require_version(session: Session, review: Review, version: int, state: ReviewState) -> None:
    """Raise StaleRecord, with what a person needs to choose, unless ``version`` is the saved one."""
    if review.version == version:
        return
    base = session.get(ReviewRevision, (review.id, version))
    raise StaleRecord(
        "This review was saved elsewhere meanwhile, perhaps in another tab; choose which one to keep.",
        mine=state,
        theirs=state_from_json(review.state),
        base=state_from_json(base.state) if base else None,
        version=review.version,
    )


def save_row(
    session: Session,
    review: Review,
    *,
    state: ReviewState,
    action: str,
    actor_id: int,
    now: datetime,
    note: dict[str, Any] | None = None,
) -> None:
    """Store ``state`` in a locked row as the next version, with its revision and its event."""
    before = review.version
    review.state = state.to_json()
    review.baseline_unsure, review.flagged, review.active_ms = state.baseline_unsure, state.flagged, state.active_ms
    review.saved_at = now
    flag_modified(review, "state")  # a version of its own, even where it says the same as the one before
    session.flush()
    add_revision(session, review, action=action, actor_id=actor_id, now=now)
    append_event(
        session,
        actor_id=actor_id,
        entity="review",
        entity_id=review.id,
        action=action,
        before={"version": before},
        after={"version": review.version, "state_sha256": state_sha256(review.state)} | (note or {}),
        now=now,
    )


def add_revision(session: Session, review: Review, *, action: str, actor_id: int, now: datetime) -> None:
    """Keep the present version of a flushed row."""
    session.add(
        ReviewRevision(
            review_id=review.id,
            version=review.version,
            at=now,
            actor_id=actor_id,
            action=action,
            state=review.state,
        )
    )


def state_sha256(state: dict[str, Any]) -> str:
    """Return the SHA-256, in hex, of a state's JSON with sorted keys; events carry it in place of the state."""
    canonical = json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def review_of(session: Session, *, campaign_id: int, description_id: int, reviewer_id: int) -> Review | None:
    """Return a person's review of a description in a campaign, whichever slot it was begun in, for changing."""
    query = (
        select(Review)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(
            Review.reviewer_id == reviewer_id,
            Review.description_id == description_id,
            Assignment.campaign_id == campaign_id,
        )
        .with_for_update(of=Review)
    )
    return session.scalar(query)
