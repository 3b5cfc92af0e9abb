"""Two texts about one picture held against each other: what one of them claims and the other one does not.

How surprising a difference is, is learned from the data set itself: where nearly every unit of an action-unit text is
a cue of the emotion text of the same picture too, one that is not is suspicious; where that is common, it says nothing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emola.taxonomy import ACTION_UNITS
from review.soft_rules import emotion_mismatch
from review.suspicion import DescriptionFacts, Reason, weights

_SMOOTHING = 1.0
"""Added to the counts of both outcomes, so that no rate is 0 or 1."""
_MANY = 8
"""Texts with so many units or more are counted together."""
_ONE_SIDED = ("L", "R")
_SIDE_NAMES = {"L": "left", "R": "right"}


@dataclass(frozen=True)
class MentionRates:
    """How often two texts about one picture agree.

    Attributes:
        emotion_text_names: by the number of units in the action-unit text, how often one of them is in the other text.
        unit_text_names: how often a unit of the emotion text is in the action-unit text.
    """

    emotion_text_names: dict[int, float]
    unit_text_names: float


def measure_rates(pairs: Sequence[tuple[DescriptionFacts, DescriptionFacts]]) -> MentionRates:
    """Return the rates over pairs of an action-unit text and an emotion text about one picture each."""
    named: Counter[tuple[int, bool]] = Counter()
    back: Counter[bool] = Counter()
    for units, emotion in pairs:
        size = min(len(units.affirmed), _MANY)
        named.update((size, unit in emotion.affirmed) for unit in units.affirmed)
        back.update(unit in units.affirmed for unit in emotion.affirmed)
    return MentionRates(
        {size: _rate(named[size, True], named[size, False]) for size in range(_MANY + 1)},
        _rate(back[True], back[False]),
    )


def pair_reasons(
    units: DescriptionFacts, emotion: DescriptionFacts, rates: MentionRates
) -> tuple[list[Reason], list[Reason]]:
    """Return the reasons for suspicion of the action-unit text and of the emotion text of one picture."""
    table = weights()["other_text"]
    of_units, of_emotion = [], []
    expected = _surprise(rates.emotion_text_names[min(len(units.affirmed), _MANY)])
    for unit in units.affirmed.keys() - emotion.affirmed.keys():
        text = f"{_title(unit)} is no cue of the emotion text about this picture, though most units are."
        of_units.append(Reason("other_text_unit", text, table["unit"] * expected, units.affirmed[unit].ord))
    expected = _surprise(rates.unit_text_names)
    for unit in emotion.affirmed.keys() - units.affirmed.keys():
        text = f"The emotion text about this picture names {_title(unit)}, which is missing here."
        of_units.append(Reason("other_text_omission", text, table["omission"] * expected))
        text = f"{_title(unit)} is not in the action-unit text about this picture."
        of_emotion.append(Reason("other_text_unit", text, table["unit"] * expected, emotion.affirmed[unit].ord))
    for side_of_units, side_of_emotion in _sides(units, emotion):
        of_units.append(side_of_units)
        of_emotion.append(side_of_emotion)
    if emotion.emotion and (mismatch := emotion_mismatch(units.affirmed.keys(), emotion.emotion)):
        text = f"By the action-unit text about this picture: {mismatch.message}."
        of_emotion.append(Reason("other_text_emotion", text, table["emotion"]))
    return of_units, of_emotion


def pairs_of(every: Iterable[DescriptionFacts]) -> list[tuple[DescriptionFacts, DescriptionFacts]]:
    """Return the pairs of an action-unit text and an emotion text about one picture, every combination of them."""
    by_image: dict[int, tuple[list[DescriptionFacts], list[DescriptionFacts]]] = {}
    for facts in every:
        by_image.setdefault(facts.image_id, ([], []))[facts.task == "emotion"].append(facts)
    return [(a, b) for units, emotions in by_image.values() for a in units for b in emotions]


def _sides(units: DescriptionFacts, emotion: DescriptionFacts) -> Iterable[tuple[Reason, Reason]]:
    """Yield the reasons for both texts where they differ in the side of a unit."""
    table = weights()["other_text"]
    for unit in sorted(units.affirmed.keys() & emotion.affirmed.keys()):
        first, second = units.affirmed[unit], emotion.affirmed[unit]
        if first.side == second.side or not {first.side, second.side} & set(_ONE_SIDED):
            continue
        weight = table["opposite_sides" if {first.side, second.side} == set(_ONE_SIDED) else "one_side"]
        texts = [
            f"{_title(unit)}: this text says {_side(own.side)}, the other text about this picture {_side(other.side)}."
            for own, other in ((first, second), (second, first))
        ]
        yield (
            Reason("other_text_side", texts[0], weight, first.ord),
            Reason("other_text_side", texts[1], weight, second.ord),
        )


def _side(letter: str) -> str:
    return _SIDE_NAMES.get(letter, "both sides" if letter == "B" else "no side")


def _rate(yes: int, no: int) -> float:
    return (yes + _SMOOTHING) / (yes + no + 2 * _SMOOTHING)


def _surprise(rate: float) -> float:
    """Return the log odds of a rate, 0 where the contrary is as common, and never more than the table allows."""
    return float(min(weights()["other_text"]["most"], max(0.0, math.log(rate / (1 - rate)))))


def _title(unit: int) -> str:
    return f"AU{unit} {ACTION_UNITS[unit].name}" if unit in ACTION_UNITS else f"AU{unit}"
