"""The queue of a campaign: which descriptions, in which order, and the slots that people take."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, case, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from review.schema import Assignment, Claim, Description, Image, LintFinding, PlantedError, Suspicion
from review.store.planting import is_made
from review.store.sealing import sealed_campaigns

CHUNK = 500
"""Values of one IN list; SQLite takes a limited number."""


@dataclass(frozen=True)
class CampaignFilter:
    """Which descriptions belong to a campaign; a field that is None does not restrict."""

    task: str | None = None
    split: str | None = None
    source_id: int | None = None
    action_unit: int | None = None
    lint_kind: str | None = None
    min_suspicion: float | None = None
    origin_model: str | None = None
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class QueuePlace:
    """One description of a queue and the stratum it was put in: suspicion, random or planted.

    Descriptions with the same number in ``together`` are for one person.
    """

    description_id: int
    stratum: str
    together: int | None = None


def ranked_descriptions(session: Session, campaign_filter: CampaignFilter) -> list[int]:
    """Return the descriptions that the filter selects, the most suspicious first (unscored ones last).

    Those of a blind check that still runs are left out: nobody else is to judge them meanwhile. So are the texts that
    were made to hold an error.
    """
    query = select(Description.id, func.coalesce(Suspicion.score, 0.0)).outerjoin(
        Suspicion, Suspicion.description_id == Description.id
    )
    query = _filtered(query.where(Description.deleted_at.is_(None), ~is_made()), campaign_filter)
    if session.scalar(sealed_campaigns().limit(1)) is not None:
        checked = select(Assignment.description_id).where(Assignment.campaign_id.in_(sealed_campaigns()))
        query = query.where(Description.id.not_in(checked))
    rows: list[tuple[int, float]] = []
    for chunk in _chunks(campaign_filter.ids):
        narrowed = query if chunk is None else query.where(Description.id.in_(chunk))
        rows += [(row[0], row[1]) for row in session.execute(narrowed)]
    return [number for number, _ in sorted(rows, key=lambda row: (-row[1], row[0]))]


def origin_models(session: Session) -> list[str]:
    """Return who wrote the descriptions there are, by name."""
    written = select(Description.origin_model).where(Description.deleted_at.is_(None)).distinct()
    return sorted(session.scalars(written))


def planted_descriptions(session: Session, campaign_filter: CampaignFilter) -> list[int]:
    """Return the descriptions with a known, planted error of the task, the split and the author that a filter wants.

    What else it wants does not count: an error is planted, so that no lint or suspicion need have found it.
    """
    same = CampaignFilter(campaign_filter.task, campaign_filter.split, origin_model=campaign_filter.origin_model)
    query = select(Description.id, func.coalesce(Suspicion.score, 0.0)).outerjoin(
        Suspicion, Suspicion.description_id == Description.id
    )
    planted = Description.id.in_(select(PlantedError.description_id))
    query = _filtered(query.where(planted, Description.deleted_at.is_(None)), same)
    return [row[0] for row in session.execute(query.order_by(Description.id))]


def planted_wanted(ranked: int, planted_rate: float) -> int:
    """Return how many planted errors beside ``ranked`` descriptions make up a share of the queue; one at least."""
    return max(round(planted_rate / (1 - planted_rate) * ranked), int(ranked > 0 and planted_rate > 0))


def lay_out(
    ranked: Sequence[int], planted: Sequence[int], *, random_rate: float, planted_rate: float, seed: int
) -> list[QueuePlace]:
    """Return the queue, strata spread evenly, so that any beginning of it has about their shares.

    Args:
        ranked: descriptions, the most suspicious first.
        planted: planted errors; as many are used as ``planted_rate`` asks for and there are.
        random_rate: share of ``ranked`` drawn by chance into the stratum ``random``, 0 to 1.
        planted_rate: share of the whole queue, 0 to below 1.
        seed: of the drawing.
    """
    chance = random.Random(seed)
    drawn = chance.sample(ranked, round(random_rate * len(ranked)))
    in_random = set(drawn)
    wanted = planted_wanted(len(ranked), planted_rate)
    strata = {
        "suspicion": [number for number in ranked if number not in in_random],
        "random": drawn,
        "planted": chance.sample(planted, min(wanted, len(planted))),
    }
    placed = [
        ((index + 0.5) / len(members), stratum, number)
        for stratum, members in strata.items()
        for index, number in enumerate(members)
    ]
    return [QueuePlace(number, stratum) for _, stratum, number in sorted(placed)]


def add_slots(session: Session, *, campaign_id: int, queue: Sequence[QueuePlace], overlap: int) -> None:
    """Insert the slots of a new campaign, all open."""
    rows = [
        {
            "campaign_id": campaign_id,
            "description_id": entry.description_id,
            "slot": slot,
            "stratum": entry.stratum,
            "place": place,
            "together": entry.together,
            "state": "open",
        }
        for place, entry in enumerate(queue)
        for slot in range(1, overlap + 1)
    ]
    session.execute(insert(Assignment), rows)


def append_slots(session: Session, *, campaign_id: int, description_id: int, overlap: int) -> None:
    """Put a description at the end of a campaign's queue, unless it is in it already."""
    ours = Assignment.campaign_id == campaign_id
    if session.scalar(select(Assignment.id).where(ours, Assignment.description_id == description_id).limit(1)):
        return
    last = session.scalar(select(func.max(Assignment.place)).where(ours))
    place = 0 if last is None else last + 1
    slot = {"campaign_id": campaign_id, "description_id": description_id, "stratum": "suspicion", "place": place}
    rows = [slot | {"slot": number, "state": "open"} for number in range(1, overlap + 1)]
    session.execute(insert(Assignment), rows)


def fit_slots(session: Session, *, campaign_id: int, overlap: int) -> None:
    """Give every description of a campaign ``overlap`` slots; only open ones are ever taken away."""
    ours = Assignment.campaign_id == campaign_id
    top = session.scalar(select(func.max(Assignment.slot)).where(ours)) or 0
    columns = (Assignment.campaign_id, Assignment.description_id, Assignment.stratum, Assignment.place)
    first = select(*columns, Assignment.together).where(ours, Assignment.slot == 1)
    rows = [row._asdict() for row in session.execute(first)]
    for slot in range(top + 1, overlap + 1):
        session.execute(insert(Assignment), [row | {"slot": slot, "state": "void"} for row in rows])
    session.execute(update(Assignment).where(ours, Assignment.state == "void").values(state="open"))
    _skip_with_others(session, campaign_id)
    _void_surplus(session, campaign_id, overlap)


def _filtered(query: Select[int, float], wanted: CampaignFilter) -> Select[int, float]:
    """Return ``query`` narrowed by every field but the ids."""
    if wanted.task is not None:
        query = query.where(Description.task == wanted.task)
    if wanted.split is not None:
        query = query.join(Image, Image.id == Description.image_id).where(Image.split == wanted.split)
    if wanted.origin_model is not None:
        query = query.where(Description.origin_model == wanted.origin_model)
    if wanted.source_id is not None:
        query = query.where(Description.source_id == wanted.source_id)
    if wanted.action_unit is not None:
        query = query.where(
            exists().where(Claim.description_id == Description.id, Claim.action_unit == wanted.action_unit)
        )
    if wanted.lint_kind is not None:
        query = query.where(
            exists().where(LintFinding.description_id == Description.id, LintFinding.kind == wanted.lint_kind)
        )
    if wanted.min_suspicion is not None:
        query = query.where(Suspicion.score >= wanted.min_suspicion)
    return query


def _chunks(ids: tuple[int, ...] | None) -> list[list[int] | None]:
    if ids is None:
        return [None]
    unique = sorted(set(ids))
    return [unique[start : start + CHUNK] for start in range(0, len(unique), CHUNK)]


def _skip_with_others(session: Session, campaign_id: int) -> None:
    """Leave a description to the lead where its other slots are."""
    other = aliased(Assignment)
    left = exists().where(
        other.campaign_id == campaign_id,
        other.description_id == Assignment.description_id,
        other.state == "skipped",
    )
    ours = (Assignment.campaign_id == campaign_id, Assignment.state == "open")
    session.execute(
        update(Assignment).where(*ours, left).values(state="skipped").execution_options(synchronize_session=False)
    )


def _void_surplus(session: Session, campaign_id: int, overlap: int) -> None:
    """Take away open slots beyond ``overlap``; those that someone has taken count first."""
    taken_first = func.row_number().over(
        partition_by=Assignment.description_id,
        order_by=(case((Assignment.state == "open", 1), else_=0), Assignment.slot),
    )
    ranked = (
        select(Assignment.id, Assignment.state, taken_first.label("rank"))
        .where(Assignment.campaign_id == campaign_id)
        .subquery()
    )
    surplus = select(ranked.c.id).where(ranked.c.rank > overlap, ranked.c.state == "open")
    session.execute(
        update(Assignment)
        .where(Assignment.id.in_(surplus))
        .values(state="void")
        .execution_options(synchronize_session=False)
    )
