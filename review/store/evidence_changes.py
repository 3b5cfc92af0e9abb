"""How often verdicts were changed after evidence was shown, by person and by action unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from review.schema import Assignment, Campaign, Claim, ClaimVerdict, Review
from review.statistics import Rate, rate


@dataclass(frozen=True)
class EvidenceChanges:
    """Verdicts changed after evidence, of the submitted ones of campaigns that show evidence.

    Attributes:
        whole: all of them together.
        people: by id of who judged.
        units: by action unit, in order; None (last) for claims about none.
    """

    whole: Rate
    people: Mapping[int, Rate]
    units: Mapping[int | None, Rate]


def evidence_changes(session: Session, *, campaign_id: int | None = None) -> EvidenceChanges:
    """Return how often people changed a verdict after they had seen evidence.

    Verdicts that only follow from others are left out: nobody gave them.

    Args:
        session: any session.
        campaign_id: only this campaign; all of them if None.
    """
    changed = func.sum(case((ClaimVerdict.changed_after_hint.is_(True), 1), else_=0))
    query = (
        select(Review.reviewer_id, Claim.action_unit, changed, func.count())
        .join(ClaimVerdict, ClaimVerdict.review_id == Review.id)
        .join(Claim, Claim.id == ClaimVerdict.claim_id)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Campaign, Campaign.id == Assignment.campaign_id)
        .where(Review.status == "submitted", ClaimVerdict.follows.is_(False), Campaign.hints != "never")
        .group_by(Review.reviewer_id, Claim.action_unit)
    )
    if campaign_id is not None:
        query = query.where(Assignment.campaign_id == campaign_id)
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(query)]
    whole = rate(sum(row[2] for row in rows), sum(row[3] for row in rows))
    return EvidenceChanges(whole, _rates(rows, 0), _rates(rows, 1))


def _rates(rows: Sequence[tuple[Any, ...]], column: int) -> dict[Any, Rate]:
    """Return the share of changed verdicts for each value of a column, in order, None last."""
    sums: dict[Any, tuple[int, int]] = {}
    for row in rows:
        turned, given = sums.get(row[column], (0, 0))
        sums[row[column]] = (turned + row[2], given + row[3])
    return {key: rate(*sums[key]) for key in sorted(sums, key=lambda key: (key is None, key or 0))}
