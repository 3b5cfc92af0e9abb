"""Adjudication: a third person decides what two people judged differently, without knowing who they were."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.merging import TARGETS, Target
from review.records import EmotionState, state_from_json
from review.schema import Adjudication, AdjudicationItem, Review
from review.store import gold
from review.store.events import append_event
from review.store.judgements import (
    Judgements,
    Key,
    claim_value,
    collect_votes,
    load_judgements,
    merge_judgements,
    undecided,
)

LEASE: Final = timedelta(minutes=10)
_LETTERS: Final = "ABCDEFGHIJ"


@dataclass(frozen=True)
class Conflict:
    """One target that people judged differently.

    Attributes:
        target: claim, unit, emotion or text.
        target_key: id of the claim, number of the action unit, or the target's own name.
        values: (letter, value) of each person; the letters are the same within a description and tell nothing else.
    """

    target: Target
    target_key: str
    values: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(frozen=True)
class Decision:
    """What the adjudicator chose: a person's letter, or a value of their own, with the reason."""

    target: Target
    target_key: str
    chosen: str | None
    value: Any = None
    reason: str = ""


@dataclass(frozen=True)
class AdjudicationRecord:
    """One piece of adjudication work and the conflicts that are still open in it."""

    id: int
    campaign_id: int
    description_id: int
    adjudicator_id: int | None
    state: str
    version: int
    lease_until: datetime | None
    conflicts: tuple[Conflict, ...]


def conflicts(session: Session, *, campaign_id: int, description_id: int) -> list[Conflict]:
    """Return what a third person has to decide about a description, in the order of targets and claims.

    Args:
        session: any session.
        campaign_id: the campaign that it waits in; reviews of other campaigns count as well.
        description_id: which description.
    """
    row = session.scalar(
        select(Adjudication.id).where(
            Adjudication.campaign_id == campaign_id,
            Adjudication.description_id == description_id,
            Adjudication.state.in_(("open", "leased")),
        )
    )
    return [] if row is None else _open_conflicts(load_judgements(session, description_id=description_id))


def waiting(session: Session, *, campaign_id: int) -> int:
    """Return how many descriptions of a campaign wait for a third person."""
    query = select(func.count(Adjudication.id)).where(
        Adjudication.campaign_id == campaign_id, Adjudication.state.in_(("open", "leased"))
    )
    return session.scalar(query) or 0


def lease_adjudication(
    session: Session, *, campaign_id: int, adjudicator_id: int, now: datetime | None = None
) -> AdjudicationRecord | None:
    """Hand out the next conflict to somebody who reviewed none of it, or None where there is none for them.

    What they hold already comes first; a lease that ran out is given to the next one.
    """
    moment = now or datetime.now(UTC)
    reviewed = exists().where(
        Review.description_id == Adjudication.description_id, Review.reviewer_id == adjudicator_id
    )
    free = or_(Adjudication.state == "open", Adjudication.lease_until < moment)
    query = (
        select(Adjudication)
        .where(
            Adjudication.campaign_id == campaign_id,
            Adjudication.state.in_(("open", "leased")),
            or_(free, Adjudication.adjudicator_id == adjudicator_id),
            ~reviewed,
        )
        .order_by((Adjudication.adjudicator_id == adjudicator_id).is_(True).desc(), Adjudication.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalar(query)
    if row is None:
        return None
    row.state, row.adjudicator_id, row.lease_until = "leased", adjudicator_id, moment + LEASE
    session.flush()
    append_event(session, actor_id=adjudicator_id, entity="adjudication", entity_id=row.id, action="lease", now=moment)
    return _record(session, row)


def decide(
    session: Session,
    *,
    adjudication_id: int,
    adjudicator_id: int,
    version: int,
    decisions: Sequence[Decision],
    now: datetime | None = None,
) -> AdjudicationRecord:
    """Store the decisions on every open conflict of an adjudication and make them gold.

    Raises:
        StaleRecord: a review changed meanwhile, or somebody else has it now.
        NotAllowed: the adjudicator reviewed the description, or does not hold it.
        InputError: a conflict has no decision, or a decision means nothing.
    """
    moment = now or datetime.now(UTC)
    row = session.get(Adjudication, adjudication_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise InputError(f"There is no adjudication {adjudication_id}.")
    if row.version != version:
        raise StaleRecord("This conflict changed meanwhile; look at it again.", mine=decisions, version=row.version)
    judgements = load_judgements(session, description_id=row.description_id)
    _check_third_person(row, judgements, adjudicator_id)
    items = _items(judgements, decisions)
    for (target, key), (chosen, value, reason) in items.items():
        item = AdjudicationItem(adjudication_id=row.id, target=target, target_key=key, reason=reason)
        item.chosen_review_id, item.value = chosen, value
        session.merge(item)
    row.state, row.lease_until, row.submitted_at = "submitted", None, moment
    session.flush()
    decided = [{"target": key[0], "key": key[1], "review": item[0], "value": item[1]} for key, item in items.items()]
    append_event(
        session,
        actor_id=adjudicator_id,
        entity="adjudication",
        entity_id=row.id,
        action="decide",
        after={"description": row.description_id, "decisions": decided},
        now=moment,
    )
    gold.refresh(session, description_id=row.description_id, now=moment)
    return _record(session, row)


def _record(session: Session, row: Adjudication) -> AdjudicationRecord:
    found = _open_conflicts(load_judgements(session, description_id=row.description_id))
    return AdjudicationRecord(
        row.id,
        row.campaign_id,
        row.description_id,
        row.adjudicator_id,
        row.state,
        row.version,
        row.lease_until,
        tuple(found),
    )


def _check_third_person(row: Adjudication, judgements: Judgements, adjudicator_id: int) -> None:
    if any(review.reviewer_id == adjudicator_id for review in judgements.reviews):
        raise NotAllowed("You reviewed this description yourself; somebody else must decide.")
    if row.state != "leased" or row.adjudicator_id != adjudicator_id:
        raise NotAllowed("You do not hold this conflict any more; take the next one.")


def _open_conflicts(judgements: Judgements) -> list[Conflict]:
    """Return what somebody must decide, each with what everybody says."""
    votes = collect_votes(judgements)
    contested = undecided(judgements, merge_judgements(judgements))
    letters = _letters(judgements)
    found = []
    for target, key in sorted(contested, key=lambda key: (TARGETS.index(key[0]), _number(key[1]))):
        said = {letters[vote.review_id]: dict(vote.value) for vote in votes[target, key]}
        found.append(Conflict(target, key, tuple(sorted(said.items()))))
    return found


def _number(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdecimal() else (0, key)


def _letters(judgements: Judgements) -> dict[int, str]:
    """Return a letter for each review, in an order that has nothing to do with who came first."""
    reviews = [review.review_id for review in judgements.reviews]

    def shuffled(review: int) -> str:
        return hashlib.sha256(f"{judgements.description_id}/{review}".encode()).hexdigest()

    return {review: _LETTERS[place] for place, review in enumerate(sorted(reviews, key=shuffled))}


def _items(judgements: Judgements, decisions: Iterable[Decision]) -> dict[Key, tuple[int | None, dict[str, Any], str]]:
    """Return (review followed, value, reason) by target, every open conflict decided.

    Raises:
        InputError: naming the first conflict without a decision, or what is wrong with a decision.
    """
    open_ones = {(conflict.target, conflict.target_key): conflict for conflict in _open_conflicts(judgements)}
    reviews = {letter: review for review, letter in _letters(judgements).items()}
    items: dict[Key, tuple[int | None, dict[str, Any], str]] = {}
    for decision in decisions:
        key = (decision.target, decision.target_key)
        if key not in open_ones:
            raise InputError(f"There is no open conflict about {decision.target} {decision.target_key}.")
        values = dict(open_ones[key].values)
        if decision.chosen is None:
            items[key] = (None, _checked(decision), decision.reason)
        elif decision.chosen in values:
            items[key] = (reviews[decision.chosen], values[decision.chosen], decision.reason)
        else:
            raise InputError(f"{decision.chosen!r} is nobody here; choose one of {', '.join(values)}.")
    missing = [f"{target} {key}" for target, key in open_ones if (target, key) not in items]
    if missing:
        raise InputError(f"Decide every conflict before you submit; still open: {', '.join(missing)}.")
    return items


def _checked(decision: Decision) -> dict[str, Any]:
    """Return a value of the adjudicator's own, brought to the form that reviews have."""
    key, value = decision.target_key, decision.value
    if decision.target == "text":
        if not isinstance(value, str) or not value.strip():
            raise InputError("The text of a decision must hold words.")
        return {"marks": [], "text": value}
    if not isinstance(value, Mapping):
        raise InputError(f"The decision on {decision.target} {key} has neither a person nor a value.")
    if decision.target == "claim":
        return claim_value(state_from_json({"verdicts": {key: dict(value)}}).verdicts[int(key)])
    if decision.target == "unit":
        return asdict(state_from_json({"units": {key: dict(value)}}).units[int(key)])
    return asdict(EmotionState(**state_from_json({"emotion": dict(value)}).to_json()["emotion"]))
