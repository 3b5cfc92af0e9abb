"""What happened to one description: every review of it with what it says now, and every gold value it ever had."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from review.records import ReviewState, state_from_json
from review.schema import Assignment, Campaign, Gold, Review, SkippedDescription, User
from review.store.gold import GoldRecord, record_of


@dataclass(frozen=True)
class ReviewHistory:
    """One person's review of a description, as it is now.

    Attributes:
        review_id: the review.
        reviewer_id: whose it is; ``login`` is their name.
        campaign: name of the campaign it was made in.
        status: draft, submitted, reopened or void.
        state: everything said.
        corrected_text: derived at submission; None before.
        saved_at: last save; ``submitted_at`` is None before.
        version: counts the saves.
    """

    review_id: int
    reviewer_id: int
    login: str
    campaign: str
    status: str
    state: ReviewState
    corrected_text: str | None
    saved_at: datetime
    submitted_at: datetime | None
    version: int


def review_histories(session: Session, *, description_id: int) -> list[ReviewHistory]:
    """Return every review of a description, the first opened first."""
    query = (
        select(Review, User.login, Campaign.name)
        .join(User, User.id == Review.reviewer_id)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Campaign, Campaign.id == Assignment.campaign_id)
        .where(Review.description_id == description_id)
        .order_by(Review.id)
    )
    return [
        ReviewHistory(
            review_id=row.id,
            reviewer_id=row.reviewer_id,
            login=login,
            campaign=campaign,
            status=row.status,
            state=state_from_json(row.state),
            corrected_text=row.corrected_text,
            saved_at=row.saved_at,
            submitted_at=row.submitted_at,
            version=row.version,
        )
        for row, login, campaign in session.execute(query)
    ]


@dataclass(frozen=True)
class SkipRecord:
    """Who passed a description over, in which campaign, why and when (UTC)."""

    login: str
    campaign: str
    reason: str
    at: datetime


def skip_history(session: Session, *, description_id: int) -> list[SkipRecord]:
    """Return who passed a description over, the first one at the front."""
    query = (
        select(User.login, Campaign.name, SkippedDescription.reason, SkippedDescription.at)
        .join(User, User.id == SkippedDescription.reviewer_id)
        .join(Campaign, Campaign.id == SkippedDescription.campaign_id)
        .where(SkippedDescription.description_id == description_id)
        .order_by(SkippedDescription.id)
    )
    return [SkipRecord(*row) for row in session.execute(query)]


def gold_history(session: Session, *, description_id: int) -> list[GoldRecord]:
    """Return every gold value of a description, target by target, the current one first."""
    query = select(Gold).where(Gold.description_id == description_id)
    return [record_of(row) for row in session.scalars(query.order_by(Gold.target, Gold.target_key, Gold.id.desc()))]
