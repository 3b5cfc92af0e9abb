"""Planting of errors of given codes in the description of one face."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import numpy as np

from training.synthetic.text.action_units import UnitDescription
from training.synthetic.text.degrees import choose
from training.synthetic.text.emotions import EmotionDescription
from training.synthetic.text.questions import Task
from training.synthetic.truth import Truth
from training.synthetic.wrong import emotions, units
from training.synthetic.wrong.change import Change, Draft, Wish
from training.synthetic.wrong.marks import Edit, count_marked, edits_to, take_marks
from training.synthetic.wrong.phrases import wrong_phrases
from training.synthetic.wrong.style import slip

Code = Literal["H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "H0", "M1", "S1"]
Kind = TypeVar("Kind", UnitDescription, EmotionDescription)

STYLE: Code = "S1"

_Plant = Callable[[Draft[Any]], Change[Any] | None]


@dataclass(frozen=True)
class PlantedError:
    """One error of a description.

    Attributes:
        code: of the review taxonomy.
        start: code point in the wrong text where the wrong words begin.
        end: code point behind them; equal to ``start`` where something was left out.
        action_unit: the unit concerned, or None.
        said: what the text claims ("action_unit", "side", "intensity", "emotion"), where the error is about that.
        right: what the truth holds instead.
    """

    code: Code
    start: int
    end: int
    action_unit: int | None
    said: dict[str, Any]
    right: dict[str, Any]


@dataclass(frozen=True)
class WrongAnswer:
    """A description with errors.

    Attributes:
        text: what the data set holds.
        correct_text: the same description without them.
        errors: in the order planted.
        edits: what turns ``text`` into ``correct_text``: the wrong words and what has to follow them, as the numbers of
            a list.
    """

    text: str
    correct_text: str
    errors: tuple[PlantedError, ...]
    edits: tuple[Edit, ...]


def _remark(sentences: Callable[[], Sequence[str]], *, last: bool = False) -> dict[Task, _Plant]:
    """Return how one of some sentences is planted in either task."""

    def in_units(draft: Draft[UnitDescription]) -> Change[UnitDescription]:
        return units.add_remark(draft, choose(draft.rng, sentences()), last=last)

    def in_emotion(draft: Draft[EmotionDescription]) -> Change[EmotionDescription]:
        return emotions.add_remark(draft, choose(draft.rng, sentences()), last=last)

    return {"au": in_units, "emotion": in_emotion}


_INVENT = _remark(lambda: wrong_phrases().invented)


def _invent_in_emotion(draft: Draft[EmotionDescription]) -> Change[EmotionDescription] | None:
    """Plant H5 in a description of an emotion: about the person, or a sentence."""
    return emotions.invent_person(draft) or _INVENT["emotion"](draft)


_PLANTS: dict[Code, dict[Task, _Plant]] = {
    "H1": {"au": units.claim_absent, "emotion": emotions.claim_absent},
    "H2": {"au": units.mistake_unit},
    "H3": {"au": units.mistake_side, "emotion": emotions.mistake_side},
    "H4": {"au": units.mistake_intensity},
    "H5": {"au": _INVENT["au"], "emotion": _invent_in_emotion},
    "H6": {"emotion": emotions.mistake_emotion},
    "H7": {"au": units.claim_covered, "emotion": emotions.claim_covered},
    "H8": {"au": units.contradict, "emotion": emotions.contradict},
    "H9": _remark(lambda: wrong_phrases().inferred),
    "H0": _remark(lambda: wrong_phrases().hedges, last=True),
    "M1": {"au": units.leave_out},
}

CODES: tuple[Code, ...] = (*_PLANTS, STYLE)
"""The codes that can be planted."""


def plant(
    description: UnitDescription | EmotionDescription,
    truth: Truth,
    codes: Sequence[Code],
    rng: np.random.Generator,
    wishes: Mapping[Code, Wish] = MappingProxyType({}),
) -> WrongAnswer | None:
    """Return a description with one error of each given code, or None where one of them cannot be planted.

    Args:
        description: a correct one, as the grammar composes it.
        truth: what the face shows.
        codes: different ones, at least one.
        rng: source of the errors; the same state gives the same.
        wishes: what the errors of some codes must be about; all others are left to chance.

    Raises:
        ValueError: a code is given twice or unknown, or none is given.
    """
    if not codes or len(set(codes)) < len(codes) or not set(codes) <= set(CODES):
        raise ValueError(f"the codes must be different ones of {', '.join(CODES)}, not {codes!r}")
    task: Task = "au" if isinstance(description, UnitDescription) else "emotion"
    changed: Any = description
    changes: list[Change[Any]] = []
    touched: frozenset[int] = frozenset()
    for error, code in enumerate(codes):
        change: Change[Any] | None = Change(changed)
        if code != STYLE:
            method = _PLANTS[code].get(task)
            wish = wishes.get(code, Wish())
            change = method(Draft(changed, truth, rng, error, touched, wish)) if method else None
        if change is None:
            return None
        changed = change.description
        changes.append(change)
        touched |= {change.action_unit} if change.action_unit is not None else frozenset()
    marked = changed.text
    if count_marked(marked) < len(codes) - (STYLE in codes):
        return None  # one error has taken another one's words away
    return _write(description.text, marked, codes, changes, rng)


def _write(
    correct: str, marked: str, codes: Sequence[Code], changes: Sequence[Change[Any]], rng: np.random.Generator
) -> WrongAnswer:
    """Return the answer of a marked text, slips of style added last."""
    if STYLE in codes:
        marked = slip(marked, codes.index(STYLE), rng)
    text, spans = take_marks(marked, len(codes))
    spans = [(end + 1, end + 1) if start == end and text[end] == "." else (start, end) for start, end in spans]
    errors = tuple(
        PlantedError(code, start, end, change.action_unit, change.said, change.right)
        for code, (start, end), change in zip(codes, spans, changes, strict=True)
    )
    return WrongAnswer(text, correct, errors, edits_to(correct, text))
