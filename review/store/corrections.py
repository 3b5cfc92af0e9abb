"""What was decided differently from one's own review, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from review.schema import Adjudication, AdjudicationItem, Description, Review
from review.store.judgements import collect_votes, load_judgements


@dataclass(frozen=True)
class Correction:
    """One decision of an adjudicator that differs from what this person had said.

    Attributes:
        description_id: where; ``image_id`` is its picture and ``text`` the description.
        at: when it was decided (UTC).
        target: claim, unit, emotion or text; ``target_key`` says which.
        about: the claim's text, "" for other targets.
        mine: what this person said; ``decided`` is what counts now.
        reason: as the adjudicator wrote it, may be empty.
        changed_after_hint: whether this person had changed the verdict after evidence was shown.
    """

    description_id: int
    image_id: int
    text: str
    at: datetime
    target: str
    target_key: str
    about: str
    mine: dict[str, Any]
    decided: dict[str, Any]
    reason: str
    changed_after_hint: bool


def list_corrections(session: Session, *, reviewer_id: int, limit: int = 200) -> list[Correction]:
    """Return what adjudicators decided differently from ``reviewer_id``, the latest first.

    Args:
        session: any session.
        reviewer_id: whose submitted reviews are compared.
        limit: descriptions looked at, the latest decided first.
    """
    own = select(Review.id).where(
        Review.description_id == Adjudication.description_id,
        Review.reviewer_id == reviewer_id,
        Review.status == "submitted",
    )
    query = (
        select(Adjudication, Description)
        .join(Description, Description.id == Adjudication.description_id)
        .where(own.exists(), Adjudication.submitted_at.is_not(None))
        .order_by(Adjudication.submitted_at.desc(), Adjudication.id.desc())
        .limit(limit)
    )
    found: list[Correction] = []
    for adjudication, description in session.execute(query):
        found += _differing(session, adjudication, description, reviewer_id)
    return found


def _differing(
    session: Session, adjudication: Adjudication, description: Description, reviewer_id: int
) -> list[Correction]:
    """Return the decisions on one description that differ from what the person says."""
    judgements = load_judgements(session, description_id=description.id)
    review = next((review for review in judgements.reviews if review.reviewer_id == reviewer_id), None)
    own, verdicts = (None, {}) if review is None else (review.review_id, review.state.verdicts)
    votes = collect_votes(judgements)
    said = {tuple(key): vote.value for key in votes for vote in votes[key] if vote.review_id == own}
    claims = {str(claim.id): description.text[claim.start : claim.end] for claim in judgements.claims}
    query = select(AdjudicationItem).where(AdjudicationItem.adjudication_id == adjudication.id)
    items = session.scalars(query.order_by(AdjudicationItem.target, AdjudicationItem.target_key)).all()
    found = []
    for item in items:
        mine = dict(said.get((item.target, item.target_key), {}))
        if not mine or item.chosen_review_id == own or mine == item.value or adjudication.submitted_at is None:
            continue
        about = claims.get(item.target_key, "") if item.target == "claim" else ""
        given = verdicts.get(int(item.target_key)) if item.target == "claim" else None
        changed = given is not None and given.changed_after_hint
        place = (description.id, description.image_id, description.text, adjudication.submitted_at)
        found.append(Correction(*place, item.target, item.target_key, about, mine, item.value, item.reason, changed))
    return found
