"""What reviewers made of the errors whose truth is known."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from review.records import ReviewState, state_from_json
from review.schema import Assignment, Claim, PlantedError, Review


@dataclass(frozen=True)
class PlantedAnswer:
    """One submitted review of a planted error: who, which code was planted, and whether they found it."""

    reviewer_id: int
    code: str
    found: bool


def planted_answers(session: Session, *, campaign_id: int | None = None) -> list[PlantedAnswer]:
    """Return what every submitted review made of the planted error in its description.

    An error is found when a claim that overlaps its words was judged wrong, or a mark overlaps them; one that left
    something out (M1), when anything was marked as missing or its action unit was set to present. The code given does
    not matter.
    """
    claims: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    of_planted = select(Claim).join(PlantedError, PlantedError.description_id == Claim.description_id)
    for claim in session.scalars(of_planted):
        claims[claim.description_id].append((claim.id, claim.start, claim.end))
    return [
        PlantedAnswer(
            row.reviewer_id,
            row.code,
            is_found(row.code, row.truth, claims[row.description_id], state_from_json(row.state)),
        )
        for row in session.execute(_reviews(campaign_id))
    ]


def is_found(code: str, truth: dict[str, Any], claims: list[tuple[int, int, int]], state: ReviewState) -> bool:
    """Say whether a review names a planted error.

    Args:
        code: what was planted.
        truth: ``start`` and ``end`` of the wrong words, and ``action_unit`` where there is one.
        claims: (id, start, end) of the description's claims.
        state: the review.
    """
    if code == "M1":
        added = state.units.get(truth.get("action_unit") or 0)
        missing = any(mark.code == "M1" for mark in state.marks)
        return missing or any(verdict.code == "M1" for verdict in state.verdicts.values()) or _is_present(added)
    start, end = int(truth["start"]), int(truth["end"])
    touched = [claim for claim, first, last in claims if first < end and start < last]
    wrong = any(claim in state.verdicts and state.verdicts[claim].verdict == "wrong" for claim in touched)
    return wrong or any(mark.start < end and start < mark.end for mark in state.marks)


def _is_present(unit: Any) -> bool:
    return unit is not None and unit.state == "present"


def _reviews(campaign_id: int | None) -> Select[Any, Any, Any, Any, Any]:
    query = (
        select(Review.reviewer_id, Review.description_id, Review.state, PlantedError.code, PlantedError.truth)
        .join(PlantedError, PlantedError.description_id == Review.description_id)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(Review.status == "submitted")
        .order_by(Review.id)
    )
    return query if campaign_id is None else query.where(Assignment.campaign_id == campaign_id)
