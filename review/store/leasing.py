"""The statements behind leases: which slots a person may take, and the update that takes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from review.schema import Assignment, BlindCheck, PlantedError, Review, SkippedDescription
from review.schema.base import UtcTime

LEASE = timedelta(minutes=10)
"""How long an assignment is kept for a person who gives no sign of life."""
REOPENED_LEASE = timedelta(days=7)
"""How long a reopened review, or the other text about a face that somebody has begun in a blind check, waits for its
reviewer before others may take its place."""


@dataclass(frozen=True)
class Lease:
    """An assignment kept for one person.

    Attributes:
        assignment_id: the slot.
        description_id: what to review.
        campaign_id: in which campaign.
        lease_until: when it passes on without a sign of life (UTC).
        position: its place in the campaign's queue, from 1.
        goal_today: descriptions a day to count towards.
        done_today: descriptions that the person submitted since midnight UTC.
    """

    assignment_id: int
    description_id: int
    campaign_id: int
    lease_until: datetime
    position: int
    goal_today: int
    done_today: int


@dataclass(frozen=True)
class Slot:
    """A slot that was just taken; ``place`` orders the queue."""

    id: int
    description_id: int
    campaign_id: int
    lease_until: datetime
    place: int


def take_next(
    session: Session, *, campaign_id: int, reviewer_id: int, now: datetime, planted: bool = True
) -> Slot | None:
    """Lease the next slot for a person: their own unfinished one, else one that ran out, else an open one.

    Args:
        session: of a write.
        campaign_id: where to look.
        reviewer_id: whom to lease to.
        now: the time of it.
        planted: whether the campaign has planted errors, whose other version must be looked for.
    """
    return _run(session, _take_next(planted), campaign=campaign_id, reviewer=reviewer_id, now=now)


def take_one(session: Session, *, slot_id: int, reviewer_id: int, now: datetime) -> Slot | None:
    """Lease a given slot, if it is free or the person's own."""
    return _run(session, _take(Assignment.id == bindparam("slot_id")), slot_id=slot_id, reviewer=reviewer_id, now=now)


def take_of_description(
    session: Session,
    *,
    campaign_id: int,
    description_id: int,
    reviewer_id: int,
    states: Sequence[str],
    now: datetime,
) -> Slot | None:
    """Lease a slot of one description that is in one of ``states``, or whose lease ran out."""
    free = select(Assignment.id).where(
        Assignment.campaign_id == campaign_id,
        Assignment.description_id == description_id,
        or_(Assignment.state.in_(states), and_(Assignment.state == "leased", Assignment.lease_until < now)),
        or_(Assignment.state == "skipped", _free_together()),
    )
    chosen = free.order_by(Assignment.slot).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    return _run(session, _take(Assignment.id == chosen), reviewer=reviewer_id, now=now)


def coming(session: Session, *, campaign_id: int, reviewer_id: int, count: int, now: datetime) -> list[int]:
    """Return the descriptions that ``take_next`` would give a person after the one they have, taking none."""
    found: list[int] = []
    for query in (_expired(planted=True), _open(planted=True)):
        # a description has several slots, so look a few further
        shown = query.with_only_columns(Assignment.description_id).limit(count * 4)
        times = {"now": now, "since": now - REOPENED_LEASE}
        rows = session.scalars(shown, {"campaign": campaign_id, "reviewer": reviewer_id, **times})
        found += [number for number in dict.fromkeys(rows) if number not in found]
    return found[:count]


def has_other_version(session: Session, *, campaign_id: int, description_id: int, reviewer_id: int) -> bool:
    """Say whether a person has a slot of the same text with or without its planted error in a campaign."""
    asked = select(_has_other_version(bindparam("description", type_=Integer())))
    return bool(
        session.scalar(asked, {"description": description_id, "campaign": campaign_id, "reviewer": reviewer_id})
    )


def wait_for_turn(session: Session, *, campaign_id: int) -> None:
    """Let one transaction at a time take slots of a blind check, so that two people do not begin one face each half."""
    session.execute(select(BlindCheck.id).where(BlindCheck.campaign_id == campaign_id).with_for_update())


def _run(
    session: Session, statement: ReturningUpdate[*tuple[Any, ...]], *, now: datetime, **values: int
) -> Slot | None:
    """Execute one of the updates; None where there is nothing to take, or someone took it meanwhile."""
    times = {"now": now, "until": now + LEASE, "since": now - REOPENED_LEASE}
    row = session.execute(statement, {**values, **times}).first()
    return Slot(**row._mapping) if row else None


@cache
def _take_next(planted: bool) -> ReturningUpdate[*tuple[Any, ...]]:
    """The statements of ``take_next``, built once; locks that others hold are waited for on one's own slot only."""
    chosen = func.coalesce(
        _own().limit(1).with_for_update().scalar_subquery(),
        _expired(planted).limit(1).with_for_update(skip_locked=True).scalar_subquery(),
        _open(planted).limit(1).with_for_update(skip_locked=True).scalar_subquery(),
    )
    return _take(Assignment.id == chosen)


def _take(which: ColumnElement[bool]) -> ReturningUpdate[*tuple[Any, ...]]:
    """The update that leases the slot chosen by ``which``, unless someone has taken it since it was chosen."""
    ours = or_(Assignment.reviewer_id == bindparam("reviewer"), Assignment.lease_until < _now())
    still_free = or_(Assignment.state.in_(("open", "skipped")), and_(Assignment.state == "leased", ours))
    return (
        update(Assignment)
        .where(which, still_free)
        .values(state="leased", reviewer_id=bindparam("reviewer"), lease_until=bindparam("until"))
        .returning(
            Assignment.id,
            Assignment.description_id,
            Assignment.campaign_id,
            Assignment.lease_until,
            Assignment.place,
        )
        .execution_options(dml_strategy="core_only")
    )


def _own() -> Select[int]:
    """Slots that a person has begun, the latest first."""
    query = select(Assignment.id).where(
        Assignment.campaign_id == bindparam("campaign"),
        Assignment.reviewer_id == bindparam("reviewer"),
        Assignment.state == "leased",
    )
    return query.order_by(Assignment.lease_until.desc())


def _expired(planted: bool) -> Select[int]:
    """Slots whose lease ran out in other hands, in the order of the queue."""
    query = select(Assignment.id).where(
        Assignment.campaign_id == bindparam("campaign"),
        Assignment.state == "leased",
        Assignment.lease_until < _now(),
        ~_met_before(planted),
        _free_together(),
    )
    return query.order_by(Assignment.place, Assignment.id)


def _open(planted: bool) -> Select[int]:
    """Open slots that a person may take, in the order of the queue."""
    query = select(Assignment.id).where(
        Assignment.campaign_id == bindparam("campaign"),
        Assignment.state == "open",
        ~_met_before(planted),
        _free_together(),
    )
    return query.order_by(Assignment.place, Assignment.id)


def _now() -> BindParameter[datetime]:
    return bindparam("now", type_=UtcTime())


def _free_together() -> ColumnElement[bool]:
    """Whether nobody else has begun, or done not long ago, another text that one person is to judge with this one."""
    other = aliased(Assignment)
    since = bindparam("since", type_=UtcTime())
    submitted = exists().where(Review.assignment_id == other.id, Review.submitted_at > since)
    begun = and_(other.state == "leased", other.lease_until > since)
    taken = exists().where(
        other.campaign_id == Assignment.campaign_id,
        other.together == Assignment.together,
        other.slot == Assignment.slot,
        other.reviewer_id != bindparam("reviewer"),
        or_(begun, and_(other.state == "submitted", submitted)),
    )
    return or_(Assignment.together.is_(None), ~taken)


def _met_before(planted: bool) -> ColumnElement[bool]:
    """Whether a person has another slot of the same description (or of its other version), or passed it over."""
    mine = aliased(Assignment)
    has = exists().where(
        mine.campaign_id == bindparam("campaign"),
        mine.description_id == Assignment.description_id,
        mine.reviewer_id == bindparam("reviewer"),
    )
    skipped = exists().where(
        SkippedDescription.campaign_id == bindparam("campaign"),
        SkippedDescription.description_id == Assignment.description_id,
        SkippedDescription.reviewer_id == bindparam("reviewer"),
    )
    met = or_(has, skipped)
    return or_(met, _has_other_version(Assignment.description_id)) if planted else met


def _has_other_version(description: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether a person has a slot of the text that a planted error was put into, or of the copy with the error."""
    mine = aliased(Assignment)
    is_copy = PlantedError.description_id == description
    other = case((is_copy, PlantedError.original_id), else_=PlantedError.description_id)
    return exists().where(
        or_(is_copy, PlantedError.original_id == description),
        mine.campaign_id == bindparam("campaign"),
        mine.description_id == other,
        mine.reviewer_id == bindparam("reviewer"),
    )
