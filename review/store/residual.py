"""What is still wrong in the descriptions that nobody reviewed, judged by the random stratum alone.

The most suspicious descriptions are reviewed first, so those that are left are better than the whole. The rate is
therefore taken from reviewed descriptions of the random stratum that are no more suspicious than the most suspicious
one left (the elusion sample of document review; Grossman and Cormack, 2011).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, select, true
from sqlalchemy.orm import Session

from review.schema import Assignment, Claim, Description, Gold, Suspicion
from review.statistics import Rate, rate
from review.store.judged_claims import is_counted


@dataclass(frozen=True)
class UnitResidual:
    """Claims that an action unit is there, in descriptions that nobody reviewed yet.

    Attributes:
        action_unit: its number.
        rate: how often such a claim is wrong.
        left: claims not reviewed.
        expected: wrong ones among them, by the rate; None without a rate.
        low: by the lower end of its interval.
        high: by the upper end.
    """

    action_unit: int
    rate: Rate
    left: int
    expected: float | None
    low: float | None
    high: float | None


def unit_residuals(session: Session) -> list[UnitResidual]:
    """Return the action units that are claimed in descriptions left to review, by number."""
    left: dict[int, int] = {row[0]: row[1] for row in session.execute(_claims_left())}
    counts: Counter[tuple[int, str]] = Counter()
    for row in session.execute(_sampled_claims(session)) if left else ():
        if is_counted(row.value["verdict"], row.value.get("code")):
            counts[row.action_unit, row.value["verdict"]] += 1
    found = []
    for unit, claims in sorted(left.items()):
        wrong = rate(counts[unit, "wrong"], counts[unit, "wrong"] + counts[unit, "correct"])
        bounds = [None if share is None else share * claims for share in (wrong.value, wrong.low, wrong.high)]
        found.append(UnitResidual(unit, wrong, claims, *bounds))
    return found


def drawn_by_chance(session: Session, among: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """Return the condition that a description is in the random stratum and as little suspicious as those left.

    Args:
        session: any session.
        among: what the descriptions left are counted among; all published ones if None.
    """
    drawn = exists().where(Assignment.description_id == Description.id, Assignment.stratum == "random")
    frontier = session.scalar(
        select(func.max(Suspicion.score))
        .join(Description, Description.id == Suspicion.description_id)
        .where(*_published(), ~_reviewed(), true() if among is None else among)
    )
    if frontier is None:
        return drawn
    above = exists().where(Suspicion.description_id == Description.id, Suspicion.score > frontier)
    return drawn & ~above


def _published() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a description is a published one and was not handed out as a planted error."""
    planted = exists().where(Assignment.description_id == Description.id, Assignment.stratum == "planted")
    return Description.deleted_at.is_(None), Description.origin_run.is_(None), ~planted


def _reviewed() -> ColumnElement[bool]:
    return exists().where(Gold.description_id == Description.id, Gold.target == "text", Gold.superseded.is_(False))


def _claims_left() -> Select[Any, Any]:
    return (
        select(Claim.action_unit, func.count())
        .join(Description, Description.id == Claim.description_id)
        .where(*_published(), ~_reviewed(), Claim.action_unit.is_not(None), Claim.negated.is_(False))
        .group_by(Claim.action_unit)
    )


def _sampled_claims(session: Session) -> Select[Any, Any]:
    """Select action unit and gold verdict of the judged claims of the sample."""
    return (
        select(Claim.action_unit, Gold.value)
        .select_from(Gold)
        .join(Description, Description.id == Gold.description_id)
        .join(Claim, (Claim.description_id == Gold.description_id) & (cast(Claim.id, String) == Gold.target_key))
        .where(Gold.target == "claim", Gold.superseded.is_(False), Gold.basis != "contested", *_published())
        .where(drawn_by_chance(session), Claim.action_unit.is_not(None), Claim.negated.is_(False))
    )
