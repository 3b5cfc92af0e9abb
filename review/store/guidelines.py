"""Versions of the guideline: published once, never changed; the newest one that is active counts."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.guidelines import Guideline, guideline_from_json, packaged_guideline
from review.schema import Guideline as GuidelineRow
from review.store.events import append_event


@dataclass(frozen=True)
class GuidelineRecord:
    """A published version and the moment from which it counts (UTC)."""

    id: int
    version: str
    active_from: datetime
    guideline: Guideline


def current_guideline(session: Session, *, now: datetime | None = None) -> GuidelineRecord | None:
    """Return the version in force at ``now``, or None before the first was published."""
    moment = now or datetime.now(UTC)
    query = select(GuidelineRow).where(GuidelineRow.active_from <= moment)
    row = session.scalars(query.order_by(GuidelineRow.active_from.desc(), GuidelineRow.id.desc()).limit(1)).first()
    return None if row is None else _record(row)


def list_guidelines(session: Session) -> list[GuidelineRecord]:
    """Return every version, the newest first."""
    rows = session.scalars(select(GuidelineRow).order_by(GuidelineRow.active_from.desc(), GuidelineRow.id.desc()))
    return [_record(row) for row in rows]


def publish_guideline(
    session: Session, *, guideline: Guideline, actor_id: int | None, now: datetime | None = None
) -> GuidelineRecord:
    """Store a new version, in force from ``now``.

    Raises:
        InputError: the version's name is taken.
    """
    taken = select(GuidelineRow.id).where(GuidelineRow.version == guideline.version)
    if session.scalar(taken) is not None:
        raise InputError(f"Guideline {guideline.version!r} is published already; give the new one another name.")
    row = GuidelineRow(version=guideline.version, cards=guideline.to_json(), active_from=now or datetime.now(UTC))
    session.add(row)
    session.flush()
    append_event(
        session,
        actor_id=actor_id,
        entity="guideline",
        entity_id=row.id,
        action="publish",
        after={"version": row.version, "summary": guideline.summary},
    )
    return _record(row)


def ensure_guideline(session: Session, *, actor_id: int | None, now: datetime | None = None) -> GuidelineRecord:
    """Return the version in force; publish the packaged one where there is none yet."""
    found = current_guideline(session, now=now)
    return found or publish_guideline(session, guideline=packaged_guideline(), actor_id=actor_id, now=now)


def _record(row: GuidelineRow) -> GuidelineRecord:
    return GuidelineRecord(row.id, row.version, row.active_from, guideline_from_json(row.cards))
