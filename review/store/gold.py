"""Gold: the best known truth about every target of a description, with where it comes from.

It is worked out anew from the submitted reviews and the adjudication whenever one of them changes. What changed is
superseded, never overwritten, so that every release can be traced to the verdicts it was made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from review.merging import Outcome, Target
from review.schema import Description, Gold
from review.store.adjudication_queue import settle_adjudication
from review.store.events import append_event
from review.store.judgements import Judgements, Key, load_judgements, merge_judgements, undecided
from review.store.rescore_queue import queue_rescoring


@dataclass(frozen=True)
class GoldRecord:
    """One gold value.

    Attributes:
        id: of the row.
        description_id: what it is about.
        target: claim, unit, emotion or text.
        target_key: id of the claim, number of the action unit, or the target's own name.
        value: see :mod:`review.merging`; None while contested.
        basis: single, agreed, adjudicated or contested.
        reviews: (id, version) of the reviews it stands on.
        adjudication_id: the adjudication that decided it, or None.
        at: when it became gold (UTC).
        superseded_by: the gold that took its place; None for the current one, and where nothing took its place.
        superseded: whether it no longer counts.
    """

    id: int
    description_id: int
    target: str
    target_key: str
    value: dict[str, Any] | None
    basis: str
    reviews: tuple[tuple[int, int], ...]
    adjudication_id: int | None
    at: datetime
    superseded_by: int | None
    superseded: bool


@dataclass(frozen=True)
class GoldChange:
    """What a refresh changed, and how many conflicts somebody must decide now."""

    added: int
    superseded: int
    contested: int


def refresh(session: Session, *, description_id: int, now: datetime | None = None) -> GoldChange:
    """Work out the gold of a description again and store what changed; opens or closes its adjudication.

    Args:
        session: the session of ``Database.write()``, with the reviews flushed.
        description_id: which description.
        now: the time of the change; the present if None.
    """
    moment = now or datetime.now(UTC)
    # two people may submit at the same moment; the second waits here and then sees what the first one said
    session.execute(select(Description.id).where(Description.id == description_id).with_for_update(key_share=True))
    judgements = load_judgements(session, description_id=description_id)
    outcomes = merge_judgements(judgements)
    added, superseded = _store(session, judgements, outcomes, moment)
    contested = undecided(judgements, outcomes)
    settle_adjudication(session, judgements, contested)
    if added or superseded:
        queue_rescoring(session, gold_of=description_id, now=moment)
        append_event(
            session,
            actor_id=None,
            entity="gold",
            entity_id=description_id,
            action="refresh",
            after={"added": added, "superseded": superseded, "contested": len(contested)},
            now=moment,
        )
    return GoldChange(len(added), len(superseded), len(contested))


def current_gold(session: Session, *, description_id: int) -> list[GoldRecord]:
    """Return the gold that counts now, by target and key."""
    query = select(Gold).where(Gold.description_id == description_id, Gold.superseded.is_(False))
    return [record_of(row) for row in session.scalars(query.order_by(Gold.target, Gold.target_key))]


def record_of(row: Gold) -> GoldRecord:
    """Return a row as a record."""
    return GoldRecord(
        id=row.id,
        description_id=row.description_id,
        target=row.target,
        target_key=row.target_key,
        value=row.value,
        basis=row.basis,
        reviews=tuple((review, version) for review, version in row.from_reviews),
        adjudication_id=row.adjudication_id,
        at=row.at,
        superseded_by=row.superseded_by,
        superseded=row.superseded,
    )


def _store(
    session: Session, judgements: Judgements, outcomes: Mapping[Key, Outcome], moment: datetime
) -> tuple[list[int], list[int]]:
    """Supersede what is no longer so and add what is new; return the ids of both."""
    query = select(Gold).where(Gold.description_id == judgements.description_id, Gold.superseded.is_(False))
    current: dict[Key, Gold] = {(cast(Target, row.target), row.target_key): row for row in session.scalars(query)}
    changed = {
        key: outcome for key, outcome in outcomes.items() if key not in current or not _stands(current[key], outcome)
    }
    old = [row for key, row in current.items() if key in changed or key not in outcomes]
    for row in old:
        row.superseded = True
    session.flush()  # the index of current gold takes one row a target
    new = {key: _row(judgements, key, outcome, moment) for key, outcome in changed.items()}
    session.add_all(new.values())
    session.flush()
    for row in old:
        successor = new.get((cast(Target, row.target), row.target_key))
        row.superseded_by = successor.id if successor else None
    session.flush()
    return [row.id for row in new.values()], [row.id for row in old]


def _row(judgements: Judgements, key: Key, outcome: Outcome, moment: datetime) -> Gold:
    return Gold(
        description_id=judgements.description_id,
        target=key[0],
        target_key=key[1],
        value=outcome.value,
        basis=outcome.basis,
        from_reviews=[list(review) for review in outcome.reviews],
        adjudication_id=outcome.adjudication_id,
        at=moment,
        superseded_by=None,
        superseded=False,
    )


def _stands(row: Gold, outcome: Outcome) -> bool:
    """Say whether a row of gold still says what was worked out, from the same reviews."""
    reviews = [list(review) for review in outcome.reviews]
    stored = (row.value, row.basis, row.from_reviews, row.adjudication_id)
    return stored == (outcome.value, outcome.basis, reviews, outcome.adjudication_id)
