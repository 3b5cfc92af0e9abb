"""Whether a model's own answer about a picture agrees with a claim of another text. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from review.store.evidence import NewEvidence

_LETTERS = "ABCDE"
_LETTERS_APART = 2
"""Intensities that differ by so many letters disagree; one letter is within what coders differ by."""
_SIDES = {"left": "L", "right": "R"}


@dataclass(frozen=True)
class VotedClaim:
    """A claim to vote on; fields as in :class:`review.claims.ParsedClaim`."""

    claim_id: int
    image_id: int
    kind: str
    action_unit: int | None
    more_units: tuple[int, ...]
    emotion: str | None
    side: str
    intensity: str | None
    negated: bool


@dataclass(frozen=True)
class ModelReading:
    """What a model answered about one picture; None for a task it was not asked.

    ``units`` maps a number to ``present``, ``side`` and ``intensity``.
    """

    units: Mapping[int, Mapping[str, Any]] | None
    emotion: str | None
    emotion_asked: bool

    @classmethod
    def of(cls, readings: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return the reading of stored predictions by task."""
        units = readings.get("au")
        return cls(
            None if units is None else {int(number): state for number, state in units["units"].items()},
            readings.get("emotion", {}).get("emotion"),
            "emotion" in readings,
        )


def vote(claim: VotedClaim, reading: ModelReading, model: str, version: str) -> NewEvidence | None:
    """Return what a model's answer says of a claim, or None where it was not asked about such things."""
    if claim.kind == "emotion" and reading.emotion_asked:
        verdict, reason = _emotion_vote(claim, reading.emotion, model)
    elif claim.action_unit is not None and reading.units is not None:
        verdict, reason = _unit_vote(claim, reading.units, model)
    else:
        return None
    score = {"unclear": 0.0}.get(verdict, 1.0)
    return NewEvidence(claim.claim_id, verdict, score, {"reason": reason, "model": model}, version)


def _emotion_vote(claim: VotedClaim, answered: str | None, model: str) -> tuple[str, str]:
    if answered is None:
        return "unclear", f"{model} names no emotion."
    same = (answered == claim.emotion) != claim.negated
    return ("supports" if same else "contradicts"), f"{model} names {answered}."


def _unit_vote(claim: VotedClaim, units: Mapping[int, Mapping[str, Any]], model: str) -> tuple[str, str]:
    wanted = (claim.action_unit, *claim.more_units)
    named = [unit for unit in wanted if unit is not None and units.get(unit, {}).get("present")]
    listed = " and ".join(f"AU{unit}" for unit in wanted)
    if claim.negated:
        return (
            ("contradicts", f"{model} names {listed}.") if named else ("supports", f"{model} does not name {listed}.")
        )
    if len(named) < len(wanted):
        return "contradicts", f"{model} does not name {listed}."
    state = units[named[0]]
    side = _SIDES.get(state["side"])
    if side and claim.side in ("L", "R") and side != claim.side:
        return "contradicts", f"{model} names {listed} too, but on the subject's {state['side']}."
    answered = state["intensity"]
    if answered and claim.intensity and _apart(answered, claim.intensity) >= _LETTERS_APART:
        return "contradicts", f"{model} names {listed} too, but at intensity {answered} instead of {claim.intensity}."
    return "supports", f"{model} names {listed} too."


def _apart(first: str, second: str) -> int:
    return abs(_LETTERS.index(first) - _LETTERS.index(second))
