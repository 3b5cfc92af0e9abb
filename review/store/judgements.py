"""What people have said about one description, read for merging: votes by target, and decisions of adjudicators."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.editing import apply_edits
from review.merging import EMOTION_KEY, TEXT_KEY, Basis, Outcome, Target, Vote, merge_votes
from review.records import MarkState, ReviewState, VerdictState, state_from_json
from review.repeats import find_repeats, follow
from review.schema import Adjudication, AdjudicationItem, Claim, Description, Review
from review.unit_labels import complete_emotion, complete_units

Key = tuple[Target, str]


@dataclass(frozen=True)
class Judgement:
    """One submitted review."""

    review_id: int
    reviewer_id: int
    assignment_id: int
    version: int
    state: ReviewState


@dataclass(frozen=True)
class Ruling:
    """What an adjudicator decided about one target: the review followed (None for a value of their own)."""

    adjudication_id: int
    review_id: int | None
    value: dict[str, Any]


@dataclass(frozen=True)
class Judgements:
    """Everything that gold is worked out from.

    Attributes:
        description_id: what it is about.
        task: of the description, ``au`` or ``emotion``.
        text: of the description.
        claims: in order.
        reviews: the latest submitted one of each person, by id.
        rulings: what an adjudicator decided, by target and key.
    """

    description_id: int
    task: str
    text: str
    claims: tuple[Claim, ...]
    reviews: tuple[Judgement, ...]
    rulings: dict[Key, Ruling]


def load_judgements(session: Session, *, description_id: int) -> Judgements:
    """Return the submitted reviews and the decisions about a description."""
    row = session.execute(select(Description.task, Description.text).where(Description.id == description_id)).first()
    task, text = ("", "") if row is None else (row.task, row.text)
    claims = session.scalars(select(Claim).where(Claim.description_id == description_id).order_by(Claim.ord))
    query = select(Review).where(Review.description_id == description_id, Review.status == "submitted")
    reviews = {
        row.reviewer_id: Judgement(row.id, row.reviewer_id, row.assignment_id, row.version, state_from_json(row.state))
        for row in session.scalars(query.order_by(Review.submitted_at, Review.id))
    }
    ordered = sorted(reviews.values(), key=lambda review: review.review_id)
    decided = (
        select(AdjudicationItem)
        .join(Adjudication, Adjudication.id == AdjudicationItem.adjudication_id)
        .where(Adjudication.description_id == description_id, Adjudication.state != "void")
        .order_by(Adjudication.submitted_at, Adjudication.id)
    )
    return Judgements(
        description_id,
        task,
        text,
        tuple(claims),
        tuple(ordered),
        {
            (cast(Target, item.target), item.target_key): Ruling(
                item.adjudication_id, item.chosen_review_id, item.value
            )
            for item in session.scalars(decided)
        },
    )


def collect_votes(judgements: Judgements) -> dict[Key, list[Vote]]:
    """Return what each person says about each target."""
    votes: dict[Key, list[Vote]] = {}
    for review in judgements.reviews:
        for key, value in _values(judgements, review.state).items():
            votes.setdefault(key, []).append(Vote(review.review_id, review.version, value))
    return votes


def merge_judgements(judgements: Judgements) -> dict[Key, Outcome]:
    """Return the outcome of every target: decided by an adjudicator, or merged from the votes.

    An action unit that is contested only because a claim about it was follows the decision on that claim. The text
    follows from claims and marks: it is the original with the corrections that became gold.
    """
    votes = collect_votes(judgements)
    outcomes: dict[Key, Outcome] = {}
    for key in votes:
        merged = merge_votes(key[0], votes[key])
        if merged is None:
            continue
        ruling = judgements.rulings.get(key)
        if ruling is None and key[0] == "unit" and merged.basis == "contested":
            ruling = _following_ruling(judgements, key, votes)
        if ruling is not None:
            merged = Outcome("adjudicated", ruling.value, merged.reviews, ruling.adjudication_id)
        outcomes[key] = merged
    outcomes |= _following_outcomes(judgements, outcomes, votes)
    text = outcomes.get(("text", TEXT_KEY))
    if text is not None:
        outcomes["text", TEXT_KEY] = _correct(judgements, text, outcomes)
    return outcomes


def undecided(judgements: Judgements, outcomes: Mapping[Key, Outcome]) -> list[Key]:
    """Return the contested targets that somebody must decide: those that follow from another one are left out."""
    contested = [key for key, outcome in outcomes.items() if outcome.basis == "contested"]
    votes = collect_votes(judgements)
    claims = [claim for claim in judgements.claims if ("claim", str(claim.id)) in contested]
    concerned = {("unit", str(unit)) for claim in claims for unit in _units_of(claim, votes)}
    repeats = find_repeats(judgements.claims)
    open_claims = {claim.id for claim in claims}
    concerned |= {
        ("claim", str(number))
        for number in open_claims & repeats.keys()
        if _only_follows(judgements, number) and open_claims & set(repeats[number])
    }
    return [key for key in contested if key not in concerned and not (key[0] == "text" and claims)]


def _only_follows(judgements: Judgements, claim_id: int) -> bool:
    """Say whether nobody gave a claim a verdict of their own."""
    said = [review.state.verdicts.get(claim_id) for review in judgements.reviews]
    return all(verdict is None or verdict.follows for verdict in said)


def _following_outcomes(
    judgements: Judgements, outcomes: Mapping[Key, Outcome], votes: Mapping[Key, Sequence[Vote]]
) -> dict[Key, Outcome]:
    """Return the outcome of contested claims that only repeat others, once those others are decided."""
    repeats = find_repeats(judgements.claims)
    contested = [number for number in repeats if _is_contested(outcomes.get(("claim", str(number))))]
    contested = [number for number in contested if _only_follows(judgements, number)]
    if not contested:
        return {}
    leaders = {number: outcomes.get(("claim", str(number))) for found in repeats.values() for number in found}
    values = {number: outcome.value for number, outcome in leaders.items() if outcome is not None}
    decided = {number: VerdictState(**value) for number, value in values.items() if value}
    derived = follow(judgements.text, judgements.claims, ReviewState(verdicts=decided)).verdicts
    found: dict[Key, Outcome] = {}
    for number in contested:
        key: Key = ("claim", str(number))
        if number not in derived:
            continue
        value = claim_value(derived[number])
        same = [vote.value for vote in votes[key] if _fact(vote.value) == _fact(value)]
        by = [outcome.adjudication_id for leader in repeats[number] if (outcome := leaders[leader]) is not None]
        adjudication = max((one for one in by if one is not None), default=None)
        basis: Basis = "agreed" if adjudication is None else "adjudicated"
        found[key] = Outcome(basis, dict(same[0]) if same else value, outcomes[key].reviews, adjudication)
    return found


def _is_contested(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.basis == "contested"


def _fact(value: Mapping[str, Any]) -> tuple[Any, ...]:
    return value["verdict"], value.get("code"), value.get("action_unit")


def _units_of(claim: Claim, votes: Mapping[Key, Sequence[Vote]]) -> set[int]:
    """Return the action units that a claim, or a judgement of it, is about."""
    named = [vote.value.get("action_unit") for vote in votes.get(("claim", str(claim.id)), ())]
    return {unit for unit in (claim.action_unit, *claim.more_units, *named) if unit is not None}


def _following_ruling(judgements: Judgements, key: Key, votes: Mapping[Key, Sequence[Vote]]) -> Ruling | None:
    """Return what the decision on a claim says about a contested unit, or None."""
    unit = int(key[1])
    for claim in judgements.claims:
        ruling = judgements.rulings.get(("claim", str(claim.id)))
        if ruling is None or unit not in _units_of(claim, votes):
            continue
        followed = {vote.review_id: vote.value for vote in votes[key]}
        if ruling.review_id in followed:
            return replace(ruling, value=dict(followed[ruling.review_id]))
        state = ReviewState(verdicts={claim.id: VerdictState(**ruling.value)})
        derived = complete_units([claim], state).get(unit)
        if derived is not None:
            return replace(ruling, value=asdict(derived))
    return None


def _values(judgements: Judgements, state: ReviewState) -> dict[Key, dict[str, Any]]:
    """Return one review as values by target."""
    claims = judgements.claims
    known = {claim.id for claim in claims}
    found: dict[Key, dict[str, Any]] = {}
    for claim, verdict in state.verdicts.items():
        if claim in known:
            found["claim", str(claim)] = claim_value(verdict)
    for unit, seen in complete_units(claims, state).items():
        found["unit", str(unit)] = asdict(seen)
    emotion = complete_emotion(claims, state, task=judgements.task)
    if emotion is not None:
        found["emotion", EMOTION_KEY] = asdict(emotion)
    found["text", TEXT_KEY] = {"marks": [asdict(mark) for mark in state.marks]}
    return found


def claim_value(verdict: VerdictState) -> dict[str, Any]:
    """Return the part of a verdict that is about the claim, without how long it took."""
    kept = ("verdict", "code", "severity", "action_unit", "replacement")
    return {name: getattr(verdict, name) for name in kept}


def _correct(judgements: Judgements, text: Outcome, outcomes: dict[Key, Outcome]) -> Outcome:
    """Return the outcome of the text with the corrected text in it; contested while any claim is."""
    claims = {key[1]: outcome for key, outcome in outcomes.items() if key[0] == "claim"}
    unsure = any(review.state.baseline_unsure for review in judgements.reviews)
    if text.basis == "contested" or any(outcome.basis == "contested" for outcome in claims.values()):
        return replace(text, basis="contested", value=None)
    value = dict(text.value or {})
    if "text" not in value:
        verdicts = {int(key): VerdictState(**(outcome.value or {})) for key, outcome in claims.items()}
        marks = tuple(MarkState(**mark) for mark in value["marks"])
        try:
            merged = ReviewState(verdicts=verdicts, marks=marks)
            value["text"], _ = apply_edits(judgements.text, judgements.claims, merged)
        except InputError:  # corrections of two people that do not fit into one text
            return replace(text, basis="contested", value=None)
    decided = [outcome.adjudication_id for outcome in (text, *claims.values()) if outcome.adjudication_id is not None]
    basis = "adjudicated" if decided else text.basis
    return Outcome(basis, value | {"baseline_unsure": unsure}, text.reviews, max(decided, default=None))
