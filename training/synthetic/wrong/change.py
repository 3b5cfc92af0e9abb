"""What planting an error needs to know, what it gives back, and the choices that both tasks share."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from emola.taxonomy import ACTION_UNITS, Side
from training.synthetic.text.action_units import REST
from training.synthetic.text.degrees import choose
from training.synthetic.text.hidden import PART_UNITS
from training.synthetic.text.phrases import unit_phrases
from training.synthetic.truth import Truth, UnitTruth, exclusive_pairs, prototypes
from training.synthetic.wrong.marks import mark

Description = TypeVar("Description")

_FAINTEST, _STRONGEST = 0.2, 1.0


@dataclass(frozen=True)
class Wish:
    """What an error must be about; None leaves it to chance.

    Attributes:
        unit: that is claimed, or left out.
        emotion: that is claimed, even one that the face half shows.
    """

    unit: int | None = None
    emotion: str | None = None


@dataclass(frozen=True)
class Draft(Generic[Description]):
    """A description in which an error is to be planted.

    Attributes:
        description: its parts, maybe with errors planted before.
        truth: what the face shows.
        rng: source of the error.
        error: number of this error, for its marks.
        touched: units that errors planted before are about.
        wish: what the error must be about.
    """

    description: Description
    truth: Truth
    rng: np.random.Generator
    error: int = 0
    touched: frozenset[int] = frozenset()
    wish: Wish = Wish()

    def mark(self, words: str) -> str:
        """Return ``words`` between the marks of this error."""
        return mark(words, self.error)


@dataclass(frozen=True)
class Change(Generic[Description]):
    """A description after an error was planted.

    Attributes:
        description: its parts, the wrong words marked.
        action_unit: the unit concerned, or None.
        said: what the text claims: "action_unit", "side", "intensity", "emotion", as far as it is about that.
        right: what the truth holds instead, in the same keys.
    """

    description: Description
    action_unit: int | None = None
    said: dict[str, Any] = field(default_factory=dict)
    right: dict[str, Any] = field(default_factory=dict)


def false_unit(draft: Draft[Any], *, hidden: bool) -> int | None:
    """Draw a unit that could be claimed falsely, or return None.

    Args:
        draft: the description.
        hidden: draw among the units that are covered in the picture; otherwise among those that are absent for sure,
            rather one that often goes with what is seen.
    """
    truth = draft.truth
    seen = truth.visible()
    excluded = {b for pair in exclusive_pairs() for a, b in (pair, pair[::-1]) if a in seen}
    wanted = ACTION_UNITS if draft.wish.unit is None else (draft.wish.unit,)
    absent = [n for n in wanted if n not in excluded | draft.touched and n not in seen]
    if hidden:
        absent = [n for n in absent if n in truth.hidden]
        return choose(draft.rng, absent) if absent else None
    absent = [n for n in absent if n not in truth.action_units and n not in truth.hidden]
    usual = {n for p in prototypes() if any(u[0] in seen for u in p.units) for n, *_ in p.units}
    likely = [n for n in absent if n in usual]
    return choose(draft.rng, likely or absent) if absent else None


def false_intensity(rng: np.random.Generator) -> UnitTruth:
    """Draw how strong a unit that is not there is said to be."""
    return UnitTruth(float(rng.uniform(_FAINTEST, _STRONGEST)))


def other_side(side: Side) -> Side:
    """Return the other one of left and right."""
    return Side.RIGHT if side is Side.LEFT else Side.LEFT


def false_side(unit: UnitTruth, number: int, rng: np.random.Generator) -> tuple[str, Side] | None:
    """Return a clause about a unit on the wrong side and that side, or None for units that have no sides."""
    wordings = unit_phrases()[number].one_sided
    if not wordings:
        return None
    side = choose(rng, (Side.LEFT, Side.RIGHT)) if unit.side is Side.BOTH else other_side(unit.side)
    return choose(rng, wordings).format(side=side.value), side


def false_rest(draft: Draft[Any], named: list[int]) -> tuple[str, str, int] | None:
    """Return a part of the face where a named unit acts, a sentence that calls it at rest, and that unit."""
    parts = [(part, n) for part, units in PART_UNITS.items() for n in named if n in units and n not in draft.touched]
    if not parts:
        return None
    part, number = choose(draft.rng, parts)
    return part, choose(draft.rng, REST[part]), number
