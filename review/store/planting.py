"""Which descriptions hold an error that is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from review.schema import Description, PlantedError
from review.store.events import append_event

CHUNK = 500


def mark_planted(
    session: Session, *, errors: Mapping[tuple[str, str], Sequence[dict[str, Any]]], source_ids: Sequence[int]
) -> int:
    """Keep the known errors of the descriptions of some sources, in the place of earlier ones; return how many.

    Args:
        session: of a write.
        errors: task and row id to the errors of a description; the first one's code and words are what counts.
        source_ids: where the descriptions come from.
    """
    query = select(Description.id, Description.task, Description.row_id).where(
        Description.source_id.in_(source_ids), Description.deleted_at.is_(None)
    )
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
        after = {"descriptions": len(rows)}
        append_event(session, actor_id=None, entity="description", entity_id=ids[0], action="plant", after=after)
    return len(rows)
