"""The state of one review as reviewers edit it: plain dataclasses and their JSON form, checked on the way in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from emola.errors import InputError

VERDICTS = ("correct", "wrong", "unsure", "cannot_judge")
UNIT_STATES = ("present", "absent", "not_visible", "not_judged")
CODES = ("H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "H0", "M1", "S1")
INTENSITIES = ("A", "B", "C", "D", "E")
SIDES = ("N", "L", "R", "B")
"""Not stated, left, right, both; left and right are the subject's own (FACS)."""
VISIBILITY = (70, 71, 72, 73, 74)
"""FACS visibility codes: brows, eyes, lower face, entire face not visible; unscorable."""


@dataclass(frozen=True)
class VerdictState:
    """What was said of one claim.

    Attributes:
        verdict: one of VERDICTS.
        code: one of CODES, needed with the verdict ``wrong``.
        severity: 1 to 3, or None.
        action_unit: the right action unit, where another one was named.
        replacement: the claim's corrected text; "" deletes the claim, None leaves it as it is.
        milliseconds: time from focusing the claim to the verdict.
        changed_after_hint: whether the verdict was changed after evidence was shown.
    """

    verdict: str
    code: str | None = None
    severity: int | None = None
    action_unit: int | None = None
    replacement: str | None = None
    milliseconds: int = 0
    changed_after_hint: bool = False


@dataclass(frozen=True)
class UnitState:
    """What is seen of one action unit: one of UNIT_STATES, intensity A to E or None, one of SIDES."""

    state: str
    intensity: str | None = None
    side: str = "N"


@dataclass(frozen=True)
class EmotionState:
    """The emotion seen (a name of emola.taxonomy), a second one or None, and confidence 1 to 3."""

    label: str
    second: str | None = None
    confidence: int = 2


@dataclass(frozen=True)
class MarkState:
    """A wrong span of the original text (code points); ``start`` = ``end`` is an insertion point."""

    start: int
    end: int
    code: str
    severity: int | None = None
    replacement: str | None = None


@dataclass(frozen=True)
class ReviewState:
    """Everything a reviewer has said about one description; keys of the maps are claim ids and action units."""

    verdicts: Mapping[int, VerdictState] = field(default_factory=dict)
    units: Mapping[int, UnitState] = field(default_factory=dict)
    emotion: EmotionState | None = None
    blind_units: Mapping[int, UnitState] = field(default_factory=dict)
    blind_emotion: EmotionState | None = None
    blind_done: bool = False
    marks: tuple[MarkState, ...] = ()
    visibility: tuple[int, ...] = ()
    baseline_unsure: bool = False
    flagged: bool = False
    hint_seen: bool = False
    note: str = ""
    active_ms: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; ``from_json`` reads it back equal."""
        document = asdict(self)
        for name in ("verdicts", "units", "blind_units"):
            document[name] = {str(key): value for key, value in document[name].items()}
        document["marks"] = list(document["marks"])
        document["visibility"] = list(self.visibility)
        return document


def state_from_json(document: object) -> ReviewState:
    """Return the state that a page or the database holds.

    Raises:
        InputError: naming the first field that is not what it should be.
    """
    if not isinstance(document, dict):
        raise InputError("A review's state must be a JSON object.")
    unknown = set(document) - set(ReviewState.__dataclass_fields__)
    if unknown:
        raise InputError(f"A review's state has no field {sorted(unknown)[0]!r}.")
    try:
        state = ReviewState(
            verdicts={int(key): VerdictState(**value) for key, value in document.get("verdicts", {}).items()},
            units=_units(document.get("units", {})),
            emotion=_emotion(document.get("emotion")),
            blind_units=_units(document.get("blind_units", {})),
            blind_emotion=_emotion(document.get("blind_emotion")),
            blind_done=bool(document.get("blind_done", False)),
            marks=tuple(MarkState(**mark) for mark in document.get("marks", [])),
            visibility=tuple(int(code) for code in document.get("visibility", [])),
            baseline_unsure=bool(document.get("baseline_unsure", False)),
            flagged=bool(document.get("flagged", False)),
            hint_seen=bool(document.get("hint_seen", False)),
            note=str(document.get("note", "")),
            active_ms=int(document.get("active_ms", 0)),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"A review's state is not readable ({error}).") from error
    _check(state)
    return state


def _units(document: Mapping[str, Mapping[str, Any]]) -> dict[int, UnitState]:
    return {int(key): UnitState(**value) for key, value in document.items()}


def _emotion(document: Mapping[str, Any] | None) -> EmotionState | None:
    return None if document is None else EmotionState(**document)


def _check(state: ReviewState) -> None:
    """Raise InputError for the first value outside of its list."""
    for claim, verdict in state.verdicts.items():
        _one_of(verdict.verdict, VERDICTS, f"the verdict on claim {claim}")
        if verdict.code is not None:
            _one_of(verdict.code, CODES, f"the error code of claim {claim}")
        if verdict.severity not in (None, 1, 2, 3):
            raise InputError(f"The severity of claim {claim} is {verdict.severity!r}; it must be 1, 2 or 3.")
    for unit, seen in [*state.units.items(), *state.blind_units.items()]:
        _one_of(seen.state, UNIT_STATES, f"the state of AU{unit}")
        _one_of(seen.side, SIDES, f"the side of AU{unit}")
        if seen.intensity is not None:
            _one_of(seen.intensity, INTENSITIES, f"the intensity of AU{unit}")
    for mark in state.marks:
        _one_of(mark.code, CODES, "the error code of a marked span")
        if not 0 <= mark.start <= mark.end:
            raise InputError(f"A marked span runs from {mark.start} to {mark.end}; it must not be negative.")
    for code in state.visibility:
        if code not in VISIBILITY:
            raise InputError(f"{code} is no FACS visibility code; they are 70 to 74.")


def _one_of(value: object, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise InputError(f"{what[0].upper()}{what[1:]} is {value!r}; it must be one of {', '.join(allowed)}.")
