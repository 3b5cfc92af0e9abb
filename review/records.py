"""The state of one review as reviewers edit it: plain dataclasses and their JSON form, checked on the way in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from emola.errors import InputError
from emola.taxonomy import EMOTIONS

VERDICTS = ("correct", "wrong", "unsure", "cannot_judge")
UNIT_STATES = ("present", "absent", "not_visible", "not_judged")
CODES = ("H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "H0", "M1", "S1")
INTENSITIES = ("A", "B", "C", "D", "E")
SIDES = ("N", "L", "R", "B")
"""Not stated, left, right, both; left and right are the subject's own (FACS)."""
CLAIM_KINDS = ("intro", "au", "emotion", "detail", "boiler")
"""What a claim is about; "boiler" is boilerplate such as a disclaimer."""
JUDGED_KINDS = ("au", "emotion")
"""The kinds of claims that need a verdict before a review can be submitted."""
LONGEST_TEXT = 20_000
"""Characters of a note or a replacement; descriptions have up to a few thousand."""
LARGEST = 2**31 - 1
"""The largest whole number of a column on PostgreSQL."""
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
        follows: whether it was taken from the verdicts on the claims that this one repeats (see review.repeats).
    """

    verdict: str
    code: str | None = None
    severity: int | None = None
    action_unit: int | None = None
    replacement: str | None = None
    milliseconds: int = 0
    changed_after_hint: bool = False
    follows: bool = False


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
    """A wrong span of the original text (code points); ``start`` = ``end`` is an insertion point.

    ``replacement`` is the span's corrected text ("" deletes it, None leaves it); ``action_unit`` is the unit that
    was missing (code M1) or the right one.
    """

    start: int
    end: int
    code: str
    severity: int | None = None
    replacement: str | None = None
    action_unit: int | None = None


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
        raise InputError(f"A review's state has no field {min(map(str, unknown))!r}.")
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
            note=document.get("note", ""),
            active_ms=document.get("active_ms", 0),
        )
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"A review's state is not readable ({error}).") from error
    _check(state)
    return state


def _units(document: Mapping[str, Mapping[str, Any]]) -> dict[int, UnitState]:
    return {int(key): UnitState(**value) for key, value in document.items()}


def _emotion(document: Mapping[str, Any] | None) -> EmotionState | None:
    return None if document is None else EmotionState(**document)


def _check(state: ReviewState) -> None:
    """Raise InputError for the first value outside of what it may be."""
    for claim, verdict in state.verdicts.items():
        _one_of(verdict.verdict, VERDICTS, f"the verdict on claim {claim}")
        _check_error(verdict, f"claim {claim}")
        _check_count(verdict.milliseconds, f"the time spent on claim {claim}")
        if not all(isinstance(flag, bool) for flag in (verdict.changed_after_hint, verdict.follows)):
            raise InputError(f"Whether the verdict on claim {claim} was changed, or follows, must be true or false.")
    for unit, seen in [*state.units.items(), *state.blind_units.items()]:
        _check_count(unit, "the number of an action unit")
        _one_of(seen.state, UNIT_STATES, f"the state of AU{unit}")
        _one_of(seen.side, SIDES, f"the side of AU{unit}")
        if seen.intensity is not None:
            _one_of(seen.intensity, INTENSITIES, f"the intensity of AU{unit}")
    for emotion in (state.emotion, state.blind_emotion):
        if emotion is not None:
            _check_emotion(emotion)
    for mark in state.marks:
        _check_error(mark, "a marked span")
        _check_count(mark.start, "the start of a marked span")
        _check_count(mark.end - mark.start, "the length of a marked span")
    for code in state.visibility:
        _one_of(code, VISIBILITY, "a FACS visibility code")
    _check_text(state.note, "the note")
    _check_count(state.active_ms, "the time spent")


def _check_error(said: VerdictState | MarkState, where: str) -> None:
    """Check what verdicts and marks share."""
    if said.code is not None or isinstance(said, MarkState):
        _one_of(said.code, CODES, f"the error code of {where}")
    if said.severity is not None:
        _one_of(said.severity, (1, 2, 3), f"the severity of {where}")
    if said.action_unit is not None:
        _check_count(said.action_unit, f"the action unit of {where}")
    if said.replacement is not None:
        _check_text(said.replacement, f"the replacement of {where}")


def _check_emotion(emotion: EmotionState) -> None:
    _one_of(emotion.label, EMOTIONS, "the emotion")
    if emotion.second is not None:
        _one_of(emotion.second, EMOTIONS, "the second emotion")
    _one_of(emotion.confidence, (1, 2, 3), "the confidence")


def _check_count(value: object, what: str) -> None:
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise InputError(f"{what[0].upper()}{what[1:]} is {value!r}; it must be a whole number from 0 on.")


def _check_text(value: object, what: str) -> None:
    """Refuse what PostgreSQL cannot store (NUL, half of a surrogate pair), and what nobody types."""
    if not isinstance(value, str) or "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InputError(f"{what[0].upper()}{what[1:]} must be plain text.")
    if len(value) > LONGEST_TEXT:
        raise InputError(f"{what[0].upper()}{what[1:]} is longer than {LONGEST_TEXT} characters.")


def _one_of(value: object, allowed: tuple[str, ...] | tuple[int, ...], what: str) -> None:
    if isinstance(value, bool) or value not in allowed:
        listed = ", ".join(str(one) for one in allowed)
        raise InputError(f"{what[0].upper()}{what[1:]} is {value!r}; it must be one of {listed}.")
