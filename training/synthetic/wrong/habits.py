"""A describer with habits: the same mistake whenever the same thing is seen, as models that describe faces have them.

A mistake made now and then teaches a model nothing that greedy answers would show: what follows most often is still
what is right. A habit does. These are made up (``phrases.json``), each of one code of the review taxonomy: a unit
claimed with another, a unit overlooked, one emotion called another. None adds words that EmoLA-tiny does not know:
invented scenes, causes and hedges were planted too once, and no adapter from some hundred descriptions said one.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from training.synthetic.text.action_units import UnitDescription
from training.synthetic.text.emotions import EmotionDescription
from training.synthetic.text.questions import Task
from training.synthetic.truth import Truth
from training.synthetic.wrong.change import Wish
from training.synthetic.wrong.planting import Code, WrongAnswer, plant


@dataclass(frozen=True)
class Habit:
    """One mistake and what brings it about.

    Attributes:
        name: for reports.
        task: of the descriptions in which it is made.
        code: its class.
        unit_seen: visible action unit that brings it about, in descriptions of action units.
        emotion_shown: emotion that brings it about, in descriptions of emotions.
        wish: what is said, or for M1 not said.
    """

    name: str
    task: Task
    code: Code
    unit_seen: int | None
    emotion_shown: str | None
    wish: Wish

    def has_occasion(self, units: Collection[int], emotion: str | None) -> bool:
        """Say whether a face gives occasion for it.

        Args:
            units: visible action units; needed for descriptions of action units.
            emotion: shown; needed for descriptions of emotions.
        """
        if self.task == "emotion":
            return emotion == self.emotion_shown
        return self.unit_seen in units and (self.code != "H1" or self.wish.unit not in units)


@cache
def habits() -> tuple[Habit, ...]:
    """Return all habits; a description makes one of each code at most, the first that it gives occasion for."""
    content = json.loads((Path(__file__).parent / "phrases.json").read_text(encoding="utf-8"))
    return tuple(
        Habit(
            habit["name"],
            habit["task"],
            habit["code"],
            habit.get("unit_seen"),
            habit.get("emotion_shown"),
            Wish(habit.get("unit"), habit.get("emotion")),
        )
        for habit in content["habits"]
    )


def by_habit(
    description: UnitDescription | EmotionDescription, truth: Truth, errors: int, rng: np.random.Generator
) -> WrongAnswer | None:
    """Return a description with the habitual mistakes that its face gives occasion for, or None where there are none.

    Args:
        description: a correct one.
        truth: what the face shows.
        errors: how many mistakes at most.
        rng: of the wording; the same state gives the same answer.
    """
    task: Task = "au" if isinstance(description, UnitDescription) else "emotion"
    seen = truth.visible()
    wishes: dict[Code, Wish] = {}
    best = None
    for habit in habits():
        due = habit.task == task and habit.code not in wishes and habit.has_occasion(seen, truth.emotion)
        if not due or len(wishes) == errors:
            continue
        tried = {**wishes, habit.code: habit.wish}
        answer = plant(description, truth, list(tried), rng, tried)
        if answer is not None:
            wishes, best = tried, answer
    return best
