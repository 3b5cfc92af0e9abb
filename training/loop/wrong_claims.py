"""How often generated answers say what is known to be wrong, by class of the review's error taxonomy.

Counted against labels that are known exactly (rendered faces): H1 an action unit that is not there, M1 one that is
left out, H6 another emotion than the face shows. Counted by their wording, since no rendered face ever shows such a
thing: H5 invented persons and scenes, H9 states of mind and causes, H0 hedges. The wordings are those that
``training.synthetic make --wrong`` plants.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from emola.answer import normalise, read_action_units, read_emotion
from training.benchmark.items import Item
from training.benchmark.labels import read_label
from training.synthetic.wrong.phrases import wrong_phrases

Code = Literal["H0", "H1", "H5", "H6", "H9", "M1"]

CODES: dict[Code, str] = {
    "H1": "action unit claimed that is absent",
    "M1": "visible action unit left out",
    "H6": "emotion against the face",
    "H5": "invented person or scene",
    "H9": "state of mind or cause",
    "H0": "hedge or boilerplate",
}
"""What is counted, in the order of reports."""


@dataclass(frozen=True)
class WrongCount:
    """``wrong`` of ``of``: claims for H1, visible action units for M1, answers for the others."""

    wrong: int
    of: int

    @property
    def rate(self) -> float | None:
        """The share, or None where there was nothing to be wrong about."""
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
        said = {reading.number for reading in read_action_units(item.prediction or "")}
        true = set(read_label(item.label, "au", "strict"))
        absent += WrongCount(len(said - true), len(said))
        missed += WrongCount(len(true - said), len(true))
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


def _answered(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.prediction is not None]


def _with_any(texts: Sequence[str], wordings: Sequence[str]) -> WrongCount:
    return WrongCount(sum(any(words in text for words in wordings) for text in texts), len(texts))
