"""Which descriptions hold an error that is known, those made for it included."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session, aliased

from review.schema import Assignment, Claim, Description, PlantedError
from review.store.events import append_event

CHUNK = 500
MADE: Final = "planted errors"
"""``origin_run`` of a description made to hold an error: it is nobody's answer, only ever handed out as planted."""


@dataclass(frozen=True)
class PlantedText:
    """A description with one error put into it.

    Attributes:
        original: id of the description that it was made from.
        text: the whole text with the error, NFC.
        code: of the error.
        truth: ``start`` and ``end`` of the wrong words in ``text``, and what was there.
    """

    original: int
    text: str
    code: str
    truth: Mapping[str, Any]


def mark_planted(
    session: Session, *, errors: Mapping[tuple[str, str], Sequence[dict[str, Any]]], source_ids: Sequence[int] | None
) -> int:
    """Keep the known errors of the descriptions of some sources, in the place of earlier ones; return how many.

    Args:
        session: of a write.
        errors: task and row id to the errors of a description; the first one's code and words are what counts.
        source_ids: where the descriptions come from; all sources if None.
    """
    query = select(Description.id, Description.task, Description.row_id).where(
        Description.deleted_at.is_(None), ~is_made()
    )
    if source_ids is not None:
        query = query.where(Description.source_id.in_(source_ids))
    rows = [
        {"description_id": description, "code": found[0]["code"], "truth": {**found[0], "errors": list(found)}}
        for description, task, row_id in session.execute(query.order_by(Description.id))
        if (found := errors.get((task, row_id)))
    ]
    ids = [row["description_id"] for row in rows]
    for start in range(0, len(ids), CHUNK):
        session.execute(delete(PlantedError).where(PlantedError.description_id.in_(ids[start : start + CHUNK])))
    if rows:
        session.execute(insert(PlantedError), rows)
        _log(session, ids)
    return len(rows)


def is_made() -> ColumnElement[bool]:
    """Return the condition that a description was made to hold an error."""
    return Description.origin_run.is_not_distinct_from(MADE)


def prefer_unpaired(
    session: Session, *, planted: Sequence[int], count: int, beside: Sequence[int], seed: int
) -> list[int]:
    """Return the planted errors to draw ``count`` from: those whose original is not in the same queue, if they suffice.

    Otherwise as many others as are missing come with them. Nobody gets both texts of a pair, so that a pair takes twice
    as many people.

    Args:
        session: any session.
        planted: ids of descriptions with a planted error.
        count: how many will be drawn.
        beside: ids of the other descriptions of the queue.
        seed: of the drawing of the others.
    """
    originals = dict(session.execute(select(PlantedError.description_id, PlantedError.original_id)).all())
    queue = set(beside)
    paired = [number for number in planted if originals[number] in queue]
    alone = [number for number in planted if originals[number] not in queue]
    return alone + Random(seed).sample(paired, max(min(count, len(planted)) - len(alone), 0))


def count_pairs(session: Session, *, campaign_id: int) -> int:
    """Return how many planted errors of a campaign have their original in it too."""
    copy, original = aliased(Assignment), aliased(Assignment)
    pairs = (
        select(func.count(copy.description_id.distinct()))
        .join(PlantedError, PlantedError.description_id == copy.description_id)
        .join(original, original.description_id == PlantedError.original_id)
        .where(copy.campaign_id == campaign_id, copy.stratum == "planted", original.campaign_id == campaign_id)
    )
    return session.scalar(pairs) or 0


def plantable(session: Session, *, ids: Sequence[int]) -> Iterator[tuple[Description, list[Claim]]]:
    """Yield those of some descriptions that no error was planted in or copied from yet, with their claims in order.

    They are read 500 at a time, each 500 by id.
    """
    planted = select(PlantedError.description_id, PlantedError.original_id)
    known = {number for row in session.execute(planted) for number in row}
    for start in range(0, len(ids), CHUNK):
        free = [number for number in ids[start : start + CHUNK] if number not in known]
        claims: dict[int, list[Claim]] = defaultdict(list)
        for claim in session.scalars(select(Claim).where(Claim.description_id.in_(free)).order_by(Claim.ord)):
            claims[claim.description_id].append(claim)
        rows = session.scalars(select(Description).where(Description.id.in_(free)).order_by(Description.id)).all()
        yield from ((row, claims[row.id]) for row in rows)


def add_planted(session: Session, *, texts: Sequence[PlantedText]) -> list[int]:
    """Store descriptions with an error beside their originals; return their ids.

    Picture, task, question and author are those of the original, so that nothing on the page gives them away.
    """
    made = []
    for planted in texts:
        original = session.get_one(Description, planted.original)
        kept = ("image_id", "source_id", "task", "row_id", "origin_model", "prompt")
        description = Description(
            **{name: getattr(original, name) for name in kept},
            origin_run=MADE,
            text=planted.text,
            text_sha256=hashlib.sha256(planted.text.encode()).hexdigest(),
            parser_version="",
        )
        session.add(description)
        session.flush()
        known = {"code": planted.code, "truth": dict(planted.truth), "original_id": planted.original}
        session.add(PlantedError(description_id=description.id, **known))
        made.append(description.id)
    if made:
        session.flush()
        _log(session, made)
    return made


def images_of(session: Session, *, ids: Sequence[int]) -> list[int]:
    """Return the pictures of at most 500 descriptions."""
    return sorted(session.scalars(select(Description.image_id).where(Description.id.in_(ids)).distinct()))


def _log(session: Session, ids: Sequence[int]) -> None:
    after = {"descriptions": len(ids)}
    append_event(session, actor_id=None, entity="description", entity_id=ids[0], action="plant", after=after)
