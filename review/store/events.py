"""The log of every change: appended only, each row chained to the one before by its hash.

``append_event`` queues; the database writes what was queued at the very end of the transaction, so that on
PostgreSQL the lock that makes the chain linear is held for one insert only and always taken last.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from review.schema import Event

GENESIS = "0" * 64
"""What the first event stands on."""
CHAIN_LOCK = 5240405052
"""Key of the PostgreSQL advisory lock (any constant that nobody else in the database uses)."""
CHUNK = 1000
_QUEUE = "review.queued_events"
_CHAINED = ("at", "actor_id", "entity", "entity_id", "action", "before", "after")


@dataclass(frozen=True)
class EventRecord:
    """One entry of the log, as stored."""

    id: int
    at: datetime
    actor_id: int | None
    entity: str
    entity_id: str
    action: str
    before: Any
    after: Any
    hash: str


@dataclass(frozen=True)
class Verification:
    """How many events were checked and the id of the first whose hash does not follow, or None."""

    count: int
    first_bad: int | None


def append_event(
    session: Session,
    *,
    actor_id: int | None,
    entity: str,
    entity_id: int | str,
    action: str,
    before: Any = None,
    after: Any = None,
    now: datetime | None = None,
) -> None:
    """Queue one event; it is written with the transaction of ``session``, or not at all.

    Args:
        session: the session of ``Database.write()``.
        actor_id: who did it, or None for a command run on the machine.
        entity: the kind of record, such as ``review``.
        entity_id: which one.
        action: what was done, in one word.
        before: JSON that tells what it was, or None.
        after: JSON that tells what it is now, or None.
        now: the time of it; the present if None.

    Raises:
        ValueError, TypeError: ``before`` or ``after`` is no JSON.
    """
    row = {
        "at": now or datetime.now(UTC),
        "actor_id": actor_id,
        "entity": entity,
        "entity_id": str(entity_id),
        "action": action,
        "before": _as_stored(before),
        "after": _as_stored(after),
    }
    session.info.setdefault(_QUEUE, []).append(row)


def _as_stored(value: Any) -> Any:
    """Return JSON as the database will give it back (keys are text, tuples are lists)."""
    return json.loads(json.dumps(value, allow_nan=False))


def write_queued_events(session: Session) -> None:
    """Chain the queued events of ``session`` to the log and insert them; the caller commits."""
    rows = session.info.pop(_QUEUE, [])
    if not rows:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    last, previous = head(session)
    for number, row in enumerate(rows, last + 1):
        row |= {"id": number, "previous_hash": previous, "hash": chain_hash(row, previous)}
        previous = row["hash"]
    session.execute(insert(Event), rows)


def head(session: Session) -> tuple[int, str]:
    """Return id and hash of the last event written, (0, GENESIS) for an empty log."""
    row = session.execute(select(Event.id, Event.hash).order_by(Event.id.desc()).limit(1)).first()
    return (row.id, row.hash) if row else (0, GENESIS)


def chain_hash(row: dict[str, Any], previous: str) -> str:
    """Return the SHA-256, in hex, of an event's canonical JSON and the hash it stands on.

    Canonical: keys sorted, no white space, times in UTC with microseconds, text as it is.
    """
    document = {name: row[name] for name in _CHAINED}
    document["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    document["previous_hash"] = previous
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def verify_events(session: Session) -> Verification:
    """Recompute the chain: ids without gaps from 1, each hash following from the row and the hash before."""
    count, previous = 0, GENESIS
    while True:
        query = select(Event).where(Event.id > count).order_by(Event.id).limit(CHUNK)
        events = session.scalars(query.execution_options(populate_existing=True)).all()
        for event in events:
            row = {name: getattr(event, name) for name in _CHAINED}
            sound = (event.id, event.previous_hash, event.hash) == (count + 1, previous, chain_hash(row, previous))
            if not sound:
                return Verification(count + 1, event.id)
            count, previous = event.id, event.hash
        session.expunge_all()
        if len(events) < CHUNK:
            return Verification(count, None)


def list_events(session: Session, *, entity: str, entity_id: int | str, limit: int = 100) -> list[EventRecord]:
    """Return what happened to one record, the latest first."""
    query = select(Event).where(Event.entity == entity, Event.entity_id == str(entity_id))
    rows = session.scalars(query.order_by(Event.id.desc()).limit(limit))
    return [EventRecord(**{name: getattr(row, name) for name in EventRecord.__dataclass_fields__}) for row in rows]
