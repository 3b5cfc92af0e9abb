"""How the judgements of several people become one: what counts as the same, and what the common value is. Pure.

Values are JSON: a claim ``{verdict, code, severity, action_unit, replacement}``, an action unit ``{state, intensity,
side}``, an emotion ``{label, second, confidence}``, a text ``{marks}``. Nothing is decided by majority: where two
people differ a third one decides, and until then the value is contested.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from review.records import INTENSITIES

Target = Literal["claim", "unit", "emotion", "text"]
Basis = Literal["single", "agreed", "adjudicated", "contested"]
TARGETS: Final[tuple[Target, ...]] = ("claim", "unit", "emotion", "text")
EMOTION_KEY: Final = "emotion"
TEXT_KEY: Final = "text"
NEAR_INTENSITIES: Final = 1
"""Steps of A to E by which two people may differ and still agree (our choice; FACS asks for presence first)."""


@dataclass(frozen=True)
class Vote:
    """What one submitted review says about one target."""

    review_id: int
    version: int
    value: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The common value and what it stands on; a contested one has no value.

    ``reviews`` are (id, version) of the reviews it was made from, in the order given; ``adjudication_id`` says which
    adjudication decided it.
    """

    basis: Basis
    value: dict[str, Any] | None
    reviews: tuple[tuple[int, int], ...]
    adjudication_id: int | None = None


def merge_votes(target: Target, votes: Sequence[Vote]) -> Outcome | None:
    """Return the common value of ``votes``, or None when none of them says anything.

    Args:
        target: what they are about.
        votes: one a person.
    """
    saying = [vote for vote in votes if not (target == "unit" and vote.value["state"] == "not_judged")]
    if not saying:
        return None
    reviews = tuple((vote.review_id, vote.version) for vote in saying)
    values = [vote.value for vote in saying]
    if len(values) == 1:
        return Outcome("single", dict(values[0]), reviews)
    if not _MERGERS[target].agree(values):
        return Outcome("contested", None, reviews)
    return Outcome("agreed", _MERGERS[target].common(values), reviews)


@dataclass(frozen=True)
class _Merger:
    """How values of one target are compared and joined."""

    agree: Callable[[Sequence[Mapping[str, Any]]], bool]
    common: Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]


def _same(values: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Say whether every value that states ``key`` states the same."""
    return len({_plain(value.get(key)) for value in values if value.get(key) is not None}) <= 1


def _plain(value: Any) -> Any:
    """Return texts without the differences that carry no meaning: case and white space."""
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _first(values: Sequence[Mapping[str, Any]], key: str) -> Any:
    return next((value[key] for value in values if value.get(key) is not None), None)


def _claims_agree(values: Sequence[Mapping[str, Any]]) -> bool:
    if len({(value["verdict"], value.get("code")) for value in values}) > 1:
        return False
    return _same(values, "action_unit") and _same(values, "replacement")


def _common_claim(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    severities = [value["severity"] for value in values if value.get("severity") is not None]
    return {
        "verdict": values[0]["verdict"],
        "code": values[0].get("code"),
        "severity": max(severities, default=None),
        "action_unit": _first(values, "action_unit"),
        "replacement": _first(values, "replacement"),
    }


def _units_agree(values: Sequence[Mapping[str, Any]]) -> bool:
    if len({value["state"] for value in values}) > 1:
        return False
    degrees = [INTENSITIES.index(value["intensity"]) for value in values if value.get("intensity")]
    near = not degrees or max(degrees) - min(degrees) <= NEAR_INTENSITIES
    return near and len({value["side"] for value in values if value["side"] != "N"}) <= 1


def _common_unit(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the unit with the lower of two neighbouring intensities and the side that was stated."""
    degrees = [value["intensity"] for value in values if value.get("intensity")]
    sides = [value["side"] for value in values if value["side"] != "N"]
    return {"state": values[0]["state"], "intensity": min(degrees, default=None), "side": sides[0] if sides else "N"}


def _emotions_agree(values: Sequence[Mapping[str, Any]]) -> bool:
    return len({value["label"] for value in values}) == 1


def _common_emotion(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the emotion; a second one only where all name it, and the lowest confidence."""
    seconds = {value.get("second") for value in values}
    return {
        "label": values[0]["label"],
        "second": seconds.pop() if len(seconds) == 1 else None,
        "confidence": min(value["confidence"] for value in values),
    }


def _texts_agree(values: Sequence[Mapping[str, Any]]) -> bool:
    return all(_places(value["marks"]) == _places(values[0]["marks"]) for value in values)


def _places(marks: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the marks in the order of the text, without their severity."""
    return sorted((mark["start"], mark["end"], mark["code"], _plain(mark["replacement"] or "")) for mark in marks)


def _common_text(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return dict(values[0])


_MERGERS: Final[Mapping[str, _Merger]] = {
    "claim": _Merger(_claims_agree, _common_claim),
    "unit": _Merger(_units_agree, _common_unit),
    "emotion": _Merger(_emotions_agree, _common_emotion),
    "text": _Merger(_texts_agree, _common_text),
}
