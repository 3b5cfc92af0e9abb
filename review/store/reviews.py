"""Reviews: opened, saved as drafts, submitted once, taken back, reopened. Every save is a revision."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.completeness import require_complete
from review.errors import NotAllowed
from review.provenance import APP_VERSION
from review.records import ReviewState
from review.repeats import follow
from review.schema import Assignment, Campaign, Description, Review
from review.store.coded_rows import claims_of, clear_rows, write_rows
from review.store.events import append_event
from review.store.gold import refresh
from review.store.leasing import LEASE, REOPENED_LEASE, take_of_description
from review.store.people import locked_user, require
from review.store.review_rows import (
    ReviewRecord,
    add_revision,
    locked_review,
    record_of,
    require_version,
    review_of,
    save_row,
    state_sha256,
)
from review.store.submissions import is_decided

PASSED_ON = "This description was passed on to others, since nothing was heard for a while; your draft is kept."


@dataclass(frozen=True)
class ReviewSummary:
    """One line of what a person has worked on."""

    id: int
    assignment_id: int
    campaign_id: int
    description_id: int
    task: str
    status: str
    saved_at: datetime
    submitted_at: datetime | None
    version: int


def open_review(session: Session, *, assignment_id: int, reviewer_id: int, now: datetime | None = None) -> ReviewRecord:
    """Return a person's review of an assignment they hold or have submitted; begin it the first time.

    A draft that was begun in another slot of the same description comes back.

    Raises:
        NotAllowed: the assignment is not theirs.
    """
    now = now or datetime.now(UTC)
    slot = session.get(Assignment, assignment_id, with_for_update=True, populate_existing=True)
    if slot is None or slot.reviewer_id != reviewer_id or slot.state not in ("leased", "submitted"):
        raise NotAllowed(PASSED_ON if slot else f"There is no assignment {assignment_id}.")
    review = review_of(
        session, campaign_id=slot.campaign_id, description_id=slot.description_id, reviewer_id=reviewer_id
    )
    if review is None:
        return record_of(session, _begin(session, slot, reviewer_id, now))
    if review.assignment_id != slot.id:
        _move(session, review, slot.id)
    return record_of(session, review)


def get_review(session: Session, *, review_id: int) -> ReviewRecord:
    """Return one review.

    Raises:
        InputError: there is none of this id.
    """
    review = session.get(Review, review_id)
    if review is None:
        raise InputError(f"There is no review {review_id}.")
    return record_of(session, review)


def my_reviews(session: Session, *, reviewer_id: int, limit: int = 50) -> list[ReviewSummary]:
    """Return what a person worked on: submitted ones first, the newest at the front, then drafts."""
    query = (
        select(Review, Assignment.campaign_id, Description.task)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Description, Description.id == Review.description_id)
        .where(Review.reviewer_id == reviewer_id)
        .order_by(Review.submitted_at.desc().nulls_last(), Review.saved_at.desc(), Review.id.desc())
        .limit(limit)
    )
    return [
        ReviewSummary(
            id=review.id,
            assignment_id=review.assignment_id,
            campaign_id=campaign_id,
            description_id=review.description_id,
            task=task,
            status=review.status,
            saved_at=review.saved_at,
            submitted_at=review.submitted_at,
            version=review.version,
        )
        for review, campaign_id, task in session.execute(query)
    ]


def save_draft(
    session: Session, *, review_id: int, reviewer_id: int, version: int, state: ReviewState, now: datetime | None = None
) -> ReviewRecord:
    """Save a draft over ``version`` and keep its lease alive; saving what is saved already changes nothing.

    A draft is saved even where its lease has passed on.

    Raises:
        StaleRecord: another tab saved something else since ``version``.
        NotAllowed: it is submitted, or somebody else's.
    """
    now = now or datetime.now(UTC)
    review = locked_review(session, review_id=review_id, reviewer_id=reviewer_id)
    if review.status == "submitted":
        raise NotAllowed("This review is submitted; undo that before changing it.")
    if review.state != state.to_json():
        require_version(session, review, version, state)
        save_row(session, review, state=state, action="save", actor_id=reviewer_id, now=now)
        _prolong(session, review, now)
    return record_of(session, review)


def submit(
    session: Session,
    *,
    review_id: int,
    reviewer_id: int,
    version: int,
    state: ReviewState,
    token: str,
    now: datetime | None = None,
) -> ReviewRecord:
    """Submit a review; doing so again with the same ``token`` (a double click, a lost answer) changes nothing.

    Raises:
        InputError: verdicts are missing, blind coding is not done, or corrections overlap.
        StaleRecord: another tab saved something else since ``version``.
        NotAllowed: it is submitted already, somebody else's, or its place was given away for good.
    """
    now = now or datetime.now(UTC)
    review = locked_review(session, review_id=review_id, reviewer_id=reviewer_id)
    if review.status == "submitted":
        if review.submit_token == token:
            return record_of(session, review)
        raise NotAllowed("This review is submitted already; undo that before changing it.")
    require_version(session, review, version, state)
    slot = _hold(session, review, now)
    blind = session.get_one(Campaign, slot.campaign_id).blind
    claims = claims_of(session, description_id=review.description_id)
    state = follow(session.get_one(Description, review.description_id).text, claims, state)
    require_complete(claims, state, blind=blind)
    review.corrected_text = write_rows(session, review_id=review.id, description_id=review.description_id, state=state)
    review.status, review.submitted_at, review.submit_token = "submitted", now, token
    slot.state, slot.lease_until = "submitted", None
    save_row(session, review, state=state, action="submit", actor_id=reviewer_id, now=now)
    refresh(session, description_id=review.description_id, now=now)
    return record_of(session, review)


def undo_submit(session: Session, *, review_id: int, reviewer_id: int, now: datetime | None = None) -> ReviewRecord:
    """Take a person's own submission back: it is a draft again and theirs to finish.

    Raises:
        NotAllowed: it is not submitted, or a third person has begun to decide about it.
    """
    now = now or datetime.now(UTC)
    review = locked_review(session, review_id=review_id, reviewer_id=reviewer_id)
    _require_submitted(review)
    slot = session.get_one(Assignment, review.assignment_id)
    if session.scalar(select(Review.id).join(Assignment).where(Review.id == review.id, is_decided())):
        raise NotAllowed("A third person is deciding about this description; ask a lead to reopen it.")
    state = record_of(session, review).state
    _take_back(session, review, slot, "draft", now + LEASE)
    save_row(session, review, state=state, action="undo", actor_id=reviewer_id, now=now)
    refresh(session, description_id=review.description_id, now=now)
    return record_of(session, review)


def reopen(
    session: Session, *, review_id: int, actor_id: int, reason: str, now: datetime | None = None
) -> ReviewRecord:
    """Give a submitted review back to its reviewer, who gets it next and has REOPENED_LEASE for it.

    Raises:
        InputError: no reason was given.
        NotAllowed: the actor is no lead, or the review is not submitted.
    """
    if not reason.strip():
        raise InputError("Say why this review is reopened; its reviewer will read it.")
    now = now or datetime.now(UTC)
    require(locked_user(session, user_id=actor_id), "lead")
    review = locked_review(session, review_id=review_id)
    _require_submitted(review)
    slot = session.get_one(Assignment, review.assignment_id)
    state, why = record_of(session, review).state, {"reason": reason.strip()}
    _take_back(session, review, slot, "reopened", now + REOPENED_LEASE)
    save_row(session, review, state=state, action="reopen", actor_id=actor_id, now=now, note=why)
    refresh(session, description_id=review.description_id, now=now)
    return record_of(session, review)


def _begin(session: Session, slot: Assignment, reviewer_id: int, now: datetime) -> Review:
    """Insert the review of a slot, empty."""
    state = ReviewState()
    review = Review(
        assignment_id=slot.id,
        reviewer_id=reviewer_id,
        description_id=slot.description_id,
        status="draft",
        state=state.to_json(),
        baseline_unsure=False,
        flagged=False,
        active_ms=0,
        guideline_id=session.scalar(select(Campaign.guideline_id).where(Campaign.id == slot.campaign_id)),
        app_version=APP_VERSION,
        opened_at=now,
        saved_at=now,
    )
    session.add(review)
    session.flush()
    add_revision(session, review, action="open", actor_id=reviewer_id, now=now)
    after = {"version": review.version, "state_sha256": state_sha256(review.state), "assignment_id": slot.id}
    append_event(
        session, actor_id=reviewer_id, entity="review", entity_id=review.id, action="open", after=after, now=now
    )
    return review


def _move(session: Session, review: Review, assignment_id: int) -> None:
    """Let a draft fill another slot; its version stays, since nothing that it says changes."""
    session.execute(update(Review).where(Review.id == review.id).values(assignment_id=assignment_id))
    session.refresh(review)


def _prolong(session: Session, review: Review, now: datetime) -> None:
    """Keep the lease of a review alive where it is still held; a longer one stays."""
    session.execute(
        update(Assignment)
        .where(
            Assignment.id == review.assignment_id,
            Assignment.reviewer_id == review.reviewer_id,
            Assignment.state == "leased",
            Assignment.lease_until < now + LEASE,
        )
        .values(lease_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )


def _hold(session: Session, review: Review, now: datetime) -> Assignment:
    """Return the locked slot of a review; where it was passed on, take another free one of the description."""
    slot = session.get_one(Assignment, review.assignment_id, with_for_update=True, populate_existing=True)
    if (slot.reviewer_id, slot.state) == (review.reviewer_id, "leased"):
        return slot
    other = take_of_description(
        session,
        campaign_id=slot.campaign_id,
        description_id=review.description_id,
        reviewer_id=review.reviewer_id,
        states=("open",),
        now=now,
    )
    if other is None:
        raise NotAllowed(f"{PASSED_ON} Nobody else is needed on it.")
    _move(session, review, other.id)
    return session.get_one(Assignment, other.id, populate_existing=True)


def _require_submitted(review: Review) -> None:
    if review.status != "submitted":
        raise NotAllowed("This review is not submitted, so there is nothing to take back.")


def _take_back(session: Session, review: Review, slot: Assignment, status: str, until: datetime) -> None:
    """Make a submitted review one that is being worked on; ``save_row`` flushes it, once, as its next version."""
    clear_rows(session, review_id=review.id)
    review.status, review.submitted_at, review.submit_token, review.corrected_text = status, None, None, None
    slot.state, slot.lease_until = "leased", until
