"""Finding descriptions by what they say, what was said of them, and by whom."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import (
    Assignment,
    Claim,
    ClaimVerdict,
    Description,
    EmotionLabel,
    Gold,
    Image,
    Review,
    SpanMark,
    Suspicion,
)

STATES = ("unreviewed", "draft", "reviewed", "contested", "adjudicated")
"""Nothing yet; saved but not submitted; submitted at least once; gold that is contested; gold by adjudication."""


@dataclass(frozen=True)
class BrowseFilter:
    """What to look for; None does not limit.

    Attributes:
        action_unit: a claim names this unit.
        emotion: a claim names this emotion, or a reviewer labelled it.
        code: a submitted review holds this error code.
        disagreement: True for descriptions on which two submitted reviews give one claim different verdicts, False
            for those with two or more reviews that do not.
        text: words in the description, upper and lower case alike.
        reviewer_id: someone with a review of it.
        campaign_id: part of this campaign.
        task: ``au`` or ``emotion``.
        split: train, eval or probe.
        state: one of STATES.
    """

    action_unit: int | None = None
    emotion: str | None = None
    code: str | None = None
    disagreement: bool | None = None
    text: str | None = None
    reviewer_id: int | None = None
    campaign_id: int | None = None
    task: str | None = None
    split: str | None = None
    state: str | None = None


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
    conditions = _conditions(wanted)
    counted = select(func.count(Description.id)).join(Image, Image.id == Description.image_id)
    total = session.scalar(counted.where(*conditions)) or 0
    query = (
        select(Description, Image.split, Suspicion.score)
        .join(Image, Image.id == Description.image_id)
        .outerjoin(Suspicion, Suspicion.description_id == Description.id)
        .where(*conditions)
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


def _conditions(wanted: BrowseFilter) -> list[ColumnElement[bool]]:
    """Return what must hold of a query that joins Description and Image."""
    conditions: list[ColumnElement[bool]] = [Description.deleted_at.is_(None)]
    if wanted.task is not None:
        conditions.append(Description.task == wanted.task)
    if wanted.split is not None:
        conditions.append(Image.split == wanted.split)
    if wanted.text:
        conditions.append(Description.text.icontains(wanted.text, autoescape=True))
    return conditions + _about_claims(wanted) + _about_reviews(wanted)


def _about_claims(wanted: BrowseFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.action_unit is not None:
        named = select(Claim.id).where(Claim.description_id == Description.id, Claim.action_unit == wanted.action_unit)
        conditions.append(named.exists())
    if wanted.emotion is not None:
        claimed = select(Claim.id).where(Claim.description_id == Description.id, Claim.emotion == wanted.emotion)
        labelled = (
            select(Review.id)
            .join(EmotionLabel, EmotionLabel.review_id == Review.id)
            .where(_submitted(), EmotionLabel.phase == "final", EmotionLabel.label == wanted.emotion)
        )
        conditions.append(or_(claimed.exists(), labelled.exists()))
    return conditions


def _about_reviews(wanted: BrowseFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.code is not None:
        verdicts = select(Review.id).join(ClaimVerdict).where(_submitted(), ClaimVerdict.code == wanted.code)
        marks = select(Review.id).join(SpanMark).where(_submitted(), SpanMark.code == wanted.code)
        conditions.append(or_(verdicts.exists(), marks.exists()))
    if wanted.disagreement is not None:
        differing = (
            select(ClaimVerdict.claim_id)
            .join(Review, Review.id == ClaimVerdict.review_id)
            .where(_submitted())
            .group_by(ClaimVerdict.claim_id)
            .having(func.count(ClaimVerdict.verdict.distinct()) > 1)
        )
        twice = select(func.count(Review.id)).where(_submitted()).scalar_subquery() >= 2
        conditions.append(differing.exists() if wanted.disagreement else and_(twice, ~differing.exists()))
    if wanted.reviewer_id is not None:
        own = select(Review.id).where(Review.description_id == Description.id, Review.reviewer_id == wanted.reviewer_id)
        conditions.append(own.exists())
    if wanted.campaign_id is not None:
        part = select(Assignment.id).where(
            Assignment.description_id == Description.id, Assignment.campaign_id == wanted.campaign_id
        )
        conditions.append(part.exists())
    if wanted.state is not None:
        conditions.append(_in_state(wanted.state))
    return conditions


def _submitted() -> ColumnElement[bool]:
    return and_(Review.description_id == Description.id, Review.status == "submitted")


def _in_state(state: str) -> ColumnElement[bool]:
    submitted = select(Review.id).where(_submitted()).exists()
    saved = select(Review.id).where(Review.description_id == Description.id).exists()
    if state == "unreviewed":
        return ~saved
    if state == "draft":
        return and_(saved, ~submitted)
    if state == "reviewed":
        return submitted
    gold = select(Gold.id).where(Gold.description_id == Description.id, Gold.superseded.is_(False), Gold.basis == state)
    return gold.exists()


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
        query = select(Description.id).where(Description.id.in_(ids), _in_state(state))
        states |= dict.fromkeys(session.scalars(query), state)
    return states
