"""Every saved version of a review: read, restored, and checked against the log."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.errors import NotAllowed
from review.records import ReviewState, state_from_json
from review.schema import Event, ReviewRevision
from review.store.events import Verification
from review.store.people import locked_user, require
from review.store.review_rows import ReviewRecord, locked_review, record_of, save_row, state_sha256


@dataclass(frozen=True)
class RevisionRecord:
    """One saved version: when, by whom, by what (open, save, submit, undo, reopen, restore), and all it said."""

    review_id: int
    version: int
    at: datetime
    actor_id: int
    action: str
    state: ReviewState


def revisions(session: Session, *, review_id: int) -> list[RevisionRecord]:
    """Return every version of a review, the first one at the front."""
    query = select(ReviewRevision).where(ReviewRevision.review_id == review_id).order_by(ReviewRevision.version)
    return [
        RevisionRecord(row.review_id, row.version, row.at, row.actor_id, row.action, state_from_json(row.state))
        for row in session.scalars(query)
    ]


def restore_revision(
    session: Session, *, review_id: int, version: int, actor_id: int, now: datetime | None = None
) -> ReviewRecord:
    """Save what a review said at ``version`` as its newest version; its reviewer and leads may.

    Raises:
        InputError: there is no such version.
        NotAllowed: the review is submitted, or somebody else's.
    """
    now = now or datetime.now(UTC)
    review = locked_review(session, review_id=review_id)
    if review.reviewer_id != actor_id:
        require(locked_user(session, user_id=actor_id), "lead")
    if review.status == "submitted":
        raise NotAllowed("This review is submitted; take that back or reopen it before restoring a version.")
    revision = session.get(ReviewRevision, (review_id, version))
    if revision is None:
        raise InputError(f"Review {review_id} has no version {version}.")
    state = state_from_json(revision.state)
    save_row(session, review, state=state, action="restore", actor_id=actor_id, now=now, note={"restored": version})
    return record_of(session, review)


def verify_revisions(session: Session) -> Verification:
    """Check every version against the hash of it in the log; ``first_bad`` is the id of the review it belongs to."""
    logged = session.execute(select(Event.entity_id, Event.after).where(Event.entity == "review"))
    said = {(int(row.entity_id), row.after["version"]): row.after["state_sha256"] for row in logged if row.after}
    query = select(ReviewRevision.review_id, ReviewRevision.version, ReviewRevision.state)
    count = 0
    for row in session.execute(query.execution_options(yield_per=500)):
        if said.pop((row.review_id, row.version), None) != state_sha256(row.state):
            return Verification(count, row.review_id)
        count += 1
    return Verification(count, min((review_id for review_id, _ in said), default=None))
