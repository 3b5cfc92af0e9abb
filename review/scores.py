"""Scores of a model's answers as sums over items, so that a changed label is one item taken out and put in. Pure.

S_re, S_ge and S_rege are those of the benchmark under its ``strict`` protocol: S_re is the mean F1 of the scored action
units that have a label, or the share of emotions that are right, over items whose label can be read; S_ge is the mean
F of Google's ROUGE-L; S_rege is their sum. A test holds these sums against the benchmark's own scores.

Labels and answers are whole numbers: a set of action units has bit ``n`` for AU n, an emotion is its number in the
taxonomy; None is an answer without an emotion, or a label that cannot be read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from emola.answer.labels import LabelUnreadable, read_emotion_label, read_unit_label
from emola.taxonomy import ACTION_UNITS, EMOTIONS, SCORED_ACTION_UNITS

ROUGE_UNIT: Final = 1_000_000_000
"""ROUGE-L is summed in whole steps of 1e-9, so that sums by difference stay exact for ever."""
Counts = tuple[int, int, int]


@dataclass(frozen=True)
class Tally:
    """Sums over some items of one run and task.

    Attributes:
        answers: items.
        labelled: of them with a readable label.
        hits: right emotions.
        units: action unit to true positives, false positives, false negatives; units that are all zero are left out.
        rouge_n: items whose ROUGE-L was computed.
        rouge_sum: sum of it, in steps of 1e-9.
    """

    answers: int = 0
    labelled: int = 0
    hits: int = 0
    units: Mapping[int, Counts] = field(default_factory=dict)
    rouge_n: int = 0
    rouge_sum: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sums over both."""
        return self._joined(other, 1)

    def __sub__(self, other: "Tally") -> "Tally":
        """Return the sums without the items of ``other``."""
        return self._joined(other, -1)

    def _joined(self, other: "Tally", sign: int) -> "Tally":
        units = {}
        for number in sorted({*self.units, *other.units}):
            ours, theirs = self.units.get(number, (0, 0, 0)), other.units.get(number, (0, 0, 0))
            counts = (ours[0] + sign * theirs[0], ours[1] + sign * theirs[1], ours[2] + sign * theirs[2])
            if any(counts):
                units[number] = counts
        return Tally(
            self.answers + sign * other.answers,
            self.labelled + sign * other.labelled,
            self.hits + sign * other.hits,
            units,
            self.rouge_n + sign * other.rouge_n,
            self.rouge_sum + sign * other.rouge_sum,
        )


@dataclass(frozen=True)
class Scores:
    """S_re and S_ge (0 to 100) and S_rege (0 to 200); None where one is not defined."""

    s_re: float | None
    s_ge: float | None

    @property
    def s_rege(self) -> float | None:
        """Their sum."""
        return None if self.s_re is None or self.s_ge is None else self.s_re + self.s_ge


@dataclass(frozen=True)
class Sums:
    """What is summed of one run and task.

    Attributes:
        all: every item, with its old label and reference.
        reviewed_old: the reviewed ones, with their old label and reference.
        reviewed_new: the reviewed ones, with their new label and reference.
    """

    all: Tally
    reviewed_old: Tally
    reviewed_new: Tally

    @property
    def now(self) -> Tally:
        """Every item, with its new label and reference where it is reviewed and its old ones elsewhere."""
        return self.all - self.reviewed_old + self.reviewed_new


def score(task: str, labels: Tally, references: Tally | None = None) -> Scores:
    """Return the scores with the labels of one sum and the references of another (the same if None)."""
    return Scores(recognition(task, labels), generation(labels if references is None else references))


def tally(task: str, *, said: int | None, label: int | None, rouge: int | None) -> Tally:
    """Return one item: what was said, what is true, and F of ROUGE-L in steps of 1e-9 (None while not computed)."""
    measured = (0, 0) if rouge is None else (1, rouge)
    if label is None:
        return Tally(1, 0, 0, {}, *measured)
    if task == "emotion":
        return Tally(1, 1, int(said == label), {}, *measured)
    spoken = said or 0
    kinds = ((spoken & label, (1, 0, 0)), (spoken & ~label, (0, 1, 0)), (label & ~spoken, (0, 0, 1)))
    units = {number: counts for bits, counts in kinds for number in ACTION_UNITS if bits >> number & 1}
    return Tally(1, 1, 0, units, *measured)


def unit_f1(counts: Counts) -> float | None:
    """Return 2TP / (2TP + FP + FN), 0 to 1; None where a unit is neither labelled nor said."""
    below = 2 * counts[0] + counts[1] + counts[2]
    return 2 * counts[0] / below if below else None


def recognition(task: str, sums: Tally) -> float | None:
    """Return S_re (0 to 100), None without a readable label or a scored unit that is ever present."""
    if not sums.labelled:
        return None
    if task == "emotion":
        return 100 * sums.hits / sums.labelled
    present = [sums.units[number] for number in SCORED_ACTION_UNITS if number in sums.units]
    values = [unit_f1(counts) or 0.0 for counts in present if counts[0] + counts[2]]
    return 100 * sum(values) / len(values) if values else None


def generation(sums: Tally) -> float | None:
    """Return S_ge (0 to 100), None while no ROUGE-L is computed."""
    return 100 * sums.rouge_sum / sums.rouge_n / ROUGE_UNIT if sums.rouge_n else None


def label_code(task: str, raw: Any) -> int | None:
    """Return a label as a number, or None where it is missing or cannot be read."""
    if raw is None:
        return None
    try:
        if task == "emotion":
            return EMOTIONS.index(read_emotion_label(raw))
        return unit_bits(read_unit_label(raw))
    except LabelUnreadable:
        return None


def answer_code(task: str, read: Mapping[str, Any]) -> int | None:
    """Return what an answer says as a number; ``read`` is what :func:`review.predictions.read_answer` stores."""
    if task == "emotion":
        label = read.get("emotion")
        return EMOTIONS.index(label) if label in EMOTIONS else None
    return unit_bits(int(number) for number, state in read.get("units", {}).items() if state["present"])


def unit_bits(numbers: Iterable[int]) -> int:
    """Return a set of action units as a number with bit n for AU n."""
    return sum(1 << number for number in set(numbers) if number in ACTION_UNITS)


def rouge_steps(value: float) -> int:
    """Return F of ROUGE-L in whole steps."""
    return round(value * ROUGE_UNIT)
