"""What one person has submitted, with what they may still take back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session

from review.schema import Adjudication, Assignment, Campaign, ClaimVerdict, Description, Review


@dataclass(frozen=True)
class Submission:
    """One submitted review in a list of one's own.

    Attributes:
        review_id: the review; ``description_id``, ``image_id``, ``task`` and ``text`` say of what.
        campaign: its name.
        submitted_at: when (UTC).
        wrong: claims judged wrong, those that only follow from others left out; ``judged`` counts all.
        changed_after_hint: verdicts that were changed after evidence was shown.
        decided: whether a third person has begun to decide, so that it cannot be taken back any more.
    """

    review_id: int
    description_id: int
    image_id: int
    task: str
    text: str
    campaign: str
    submitted_at: datetime
    judged: int
    wrong: int
    changed_after_hint: int
    decided: bool


def list_submissions(session: Session, *, reviewer_id: int, limit: int = 25) -> list[Submission]:
    """Return the last submitted reviews of a person, the latest first.

    Args:
        session: any session.
        reviewer_id: whose.
        limit: so many at most.
    """
    query = (
        select(Review, Description, Campaign.name, is_decided().label("decided"))
        .join(Description, Description.id == Review.description_id)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Campaign, Campaign.id == Assignment.campaign_id)
        .where(Review.reviewer_id == reviewer_id, Review.status == "submitted")
        .order_by(Review.submitted_at.desc(), Review.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    ids = [row[0].id for row in rows]
    counted = {row[0]: row[1:] for row in session.execute(_counts().where(ClaimVerdict.review_id.in_(ids)))}
    return [
        Submission(
            review.id,
            description.id,
            description.image_id,
            description.task,
            description.text,
            campaign,
            review.submitted_at,
            *counted.get(review.id, (0, 0, 0)),
            decided,
        )
        for review, description, campaign, decided in rows
        if review.submitted_at is not None
    ]


def is_decided() -> ColumnElement[bool]:
    """Whether a third person has begun to decide about the description of a review, joined to its assignment."""
    return exists().where(
        Adjudication.campaign_id == Assignment.campaign_id,
        Adjudication.description_id == Review.description_id,
        Adjudication.state.in_(("leased", "submitted")),
    )


def _counts() -> Select[int, int, int, int]:
    """Select verdicts, wrong ones and those changed after evidence, by review."""

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    own = ClaimVerdict.follows.is_(False)
    return select(
        ClaimVerdict.review_id,
        number(own),
        number(own & (ClaimVerdict.verdict == "wrong")),
        number(ClaimVerdict.changed_after_hint.is_(True)),
    ).group_by(ClaimVerdict.review_id)
