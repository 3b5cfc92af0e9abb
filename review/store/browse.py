"""Finding descriptions by what they say, what was said of them, and by whom."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import Claim, ClaimVerdict, Description, Image, Review, SpanMark, Suspicion
from review.store.browse_conditions import STATES, BrowseFilter, conditions, hidden_from, in_state

__all__ = ["STATES", "BrowseFilter", "BrowseRow", "Page", "is_hidden", "search"]


@dataclass(frozen=True)
class BrowseRow:
    """One description in a list; ``suspicion`` is 0 to 1 or None, ``reviews`` counts submitted ones."""

    description_id: int
    image_id: int
    task: str
    split: str
    row_id: str
    text: str
    action_units: tuple[int, ...]
    emotion: str | None
    codes: tuple[str, ...]
    suspicion: float | None
    reviews: int
    state: str


@dataclass(frozen=True)
class Page:
    """Some rows of a result and how many there are in all."""

    rows: tuple[BrowseRow, ...]
    total: int


def search(session: Session, *, wanted: BrowseFilter, offset: int = 0, limit: int = 50) -> Page:
    """Return descriptions that fit, the most suspicious first.

    Raises:
        InputError: ``state`` is none of STATES, or ``offset`` or ``limit`` is negative.
    """
    if wanted.state is not None and wanted.state not in STATES:
        raise InputError(f"{wanted.state!r} is no state; expected one of {', '.join(STATES)}.")
    if offset < 0 or limit < 0:
        raise InputError(f"{offset=} and {limit=} must not be negative.")
    fits = conditions(wanted)
    counted = select(func.count(Description.id)).join(Image, Image.id == Description.image_id)
    total = session.scalar(counted.where(*fits)) or 0
    query = (
        select(Description, Image.split, Suspicion.score)
        .join(Image, Image.id == Description.image_id)
        .outerjoin(Suspicion, Suspicion.description_id == Description.id)
        .where(*fits)
        .order_by(Suspicion.score.desc().nulls_last(), Description.id)
    )
    found = session.execute(query.offset(offset).limit(limit)).all()
    ids = [description.id for description, _, _ in found]
    units, emotions = _claimed(session, ids)
    codes, reviews = _codes(session, ids), _reviews(session, ids)
    states = _states(session, ids)
    rows = tuple(
        BrowseRow(
            description_id=row.id,
            image_id=row.image_id,
            task=row.task,
            split=split,
            row_id=row.row_id,
            text=row.text,
            action_units=tuple(sorted(units[row.id])),
            emotion=emotions.get(row.id),
            codes=tuple(sorted(codes[row.id])),
            suspicion=score,
            reviews=reviews.get(row.id, 0),
            state=states[row.id],
        )
        for row, split, score in found
    )
    return Page(rows, total)


def is_hidden(session: Session, *, description_id: int, reviewer_id: int) -> bool:
    """Say whether a description waits for the blind coding of a reviewer, so that they must not read it."""
    query = select(Description.id).where(Description.id == description_id, hidden_from(reviewer_id))
    return session.scalar(query) is not None


def _claimed(session: Session, ids: list[int]) -> tuple[dict[int, set[int]], dict[int, str]]:
    """Return the action units that are affirmed and the first emotion, by description."""
    units: dict[int, set[int]] = defaultdict(set)
    emotions: dict[int, str] = {}
    query = select(Claim.description_id, Claim.action_unit, Claim.more_units, Claim.emotion)
    query = query.where(Claim.description_id.in_(ids), Claim.negated.is_(False)).order_by(Claim.ord)
    for row in session.execute(query):
        if row.action_unit is not None:
            units[row.description_id] |= {row.action_unit, *row.more_units}
        if row.emotion is not None:
            emotions.setdefault(row.description_id, row.emotion)
    return units, emotions


def _codes(session: Session, ids: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for table in (ClaimVerdict, SpanMark):
        query = select(Review.description_id, table.code).join(table, table.review_id == Review.id)
        query = query.where(Review.description_id.in_(ids), Review.status == "submitted")
        for description, code in session.execute(query):
            found[description] |= {code} if code else set()
    return found


def _reviews(session: Session, ids: list[int]) -> dict[int, int]:
    query = select(Review.description_id, func.count()).where(
        Review.description_id.in_(ids), Review.status == "submitted"
    )
    return dict(session.execute(query.group_by(Review.description_id)).all())


def _states(session: Session, ids: list[int]) -> dict[int, str]:
    """Return the state that is furthest on, by description."""
    states = dict.fromkeys(ids, STATES[0])
    for state in STATES[1:]:
        query = select(Description.id).where(Description.id.in_(ids), in_state(state))
        states |= dict.fromkeys(session.scalars(query), state)
    return states
