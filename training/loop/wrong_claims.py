"""How often generated answers say what is known to be wrong.

Two counts, both against labels that are known exactly (rendered faces). By class of the review's error taxonomy, a
description: H1 action units claimed that are not there, M1 those left out, H6 another emotion than the face shows; by
their wording, since no rendered face ever shows such a thing: H5 invented persons and scenes, H9 states of mind and
causes, H0 hedges. And by habit of ``training.synthetic make --habits``: how often the very mistake that was planted is
made where a face gives occasion for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from emola.answer import normalise, read_action_units, read_emotion
from training.benchmark.items import Item
from training.benchmark.labels import read_label
from training.synthetic.wrong.habits import Habit, habits
from training.synthetic.wrong.phrases import wrong_phrases

Code = Literal["H0", "H1", "H5", "H6", "H9", "M1"]

CODES: dict[Code, str] = {
    "H1": "absent action units claimed",
    "M1": "visible action units left out",
    "H6": "emotion against the face",
    "H5": "invented person or scene",
    "H9": "state of mind or cause",
    "H0": "hedge or boilerplate",
}
"""What is counted, in the order of reports."""


@dataclass(frozen=True)
class WrongCount:
    """``wrong`` in ``of`` descriptions, or by habit in ``of`` faces that give occasion for it."""

    wrong: int
    of: int

    @property
    def rate(self) -> float | None:
        """How many a description, or None where there was none; H1 and M1 can be above 1."""
        return self.wrong / self.of if self.of else None

    def __add__(self, other: "WrongCount") -> "WrongCount":
        """Return both together."""
        return WrongCount(self.wrong + other.wrong, self.of + other.of)


def count_wrong(units: Sequence[Item], emotions: Sequence[Item]) -> dict[Code, WrongCount]:
    """Return how often each class of error occurs in the answers of one model.

    Args:
        units: answers about action units with their true labels; failed ones count nowhere.
        emotions: answers about the emotion, likewise.
    """
    absent = missed = WrongCount(0, 0)
    for item in _answered(units):
        said, true = _said(item), set(read_label(item.label, "au", "strict"))
        absent += WrongCount(len(said - true), 1)
        missed += WrongCount(len(true - said), 1)
    other = WrongCount(0, 0)
    for item in _answered(emotions):
        read = read_emotion(item.prediction or "")
        other += WrongCount(int(read.label != read_label(item.label, "emotion", "strict")), 1)
    texts = [normalise(item.prediction or "") for item in (*_answered(units), *_answered(emotions))]
    phrases = wrong_phrases()
    return {
        "H1": absent,
        "M1": missed,
        "H6": other,
        "H5": _with_any(texts, (*phrases.invented, *phrases.people)),
        "H9": _with_any(texts, phrases.inferred),
        "H0": _with_any(texts, phrases.hedges),
    }


def count_habits(units: Sequence[Item], emotions: Sequence[Item]) -> dict[str, WrongCount]:
    """Return by habit how often its mistake is made where there is occasion for it; arguments as for the classes."""
    counts = {}
    for habit in habits():
        items = _answered(units if habit.task == "au" else emotions)
        made = [_makes(habit, item) for item in items if _has_occasion(habit, item)]
        counts[habit.name] = WrongCount(sum(made), len(made))
    return counts


def _has_occasion(habit: Habit, item: Item) -> bool:
    label = read_label(item.label, habit.task, "strict")
    return habit.has_occasion((), label) if isinstance(label, str) else habit.has_occasion(label, None)


def _makes(habit: Habit, item: Item) -> bool:
    """Say whether an answer makes a mistake for which its face gives occasion."""
    if habit.wish.emotion is not None:
        return read_emotion(item.prediction or "").label == habit.wish.emotion
    return (habit.wish.unit in _said(item)) == (habit.code != "M1")


def _said(item: Item) -> set[int]:
    return {reading.number for reading in read_action_units(item.prediction or "")}


def _answered(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.prediction is not None]


def _with_any(texts: Sequence[str], wordings: Sequence[str]) -> WrongCount:
    return WrongCount(sum(any(words in text for words in wordings) for text in texts), len(texts))
