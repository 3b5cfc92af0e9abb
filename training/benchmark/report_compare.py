"""Two runs on the same items: the paired bootstrap of their difference, and which items flipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.answer import Protocol
from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from training.benchmark.bootstrap import Scores, intervals
from training.benchmark.labels import Task
from training.benchmark.outcomes import MAIN_ROUGE, Outcome
from training.benchmark.report_results import Bounds, RunResult, TaskResult
from training.benchmark.unit_metrics import unit_counts, unit_kinds, unit_means

TOTALS = ("s_re", "s_ge", "s_rege")


@dataclass(frozen=True)
class Flip:
    """One item that one run got right and the other wrong (for action units: right on more units).

    Attributes:
        id: of the item.
        change: right units of the second run minus those of the first; 1 or -1 for an emotion.
        first: what the first run said, as read.
        second: what the second run said, as read.
        label: as read.
    """

    id: str
    change: int
    first: str
    second: str
    label: str


@dataclass(frozen=True)
class Comparison:
    """The second run against the first, on one task under one protocol.

    Attributes:
        first: name of the first run.
        second: name of the second.
        task: "emotion" or "au".
        protocol: under which.
        n: items that both have, with the same label.
        left_out: items that only one of them has.
        differences: second minus first of each total.
        bounds: 95 % intervals of the differences, over the same resampled items.
        flips: items that changed, largest change first.
    """

    first: str
    second: str
    task: Task
    protocol: Protocol
    n: int
    left_out: int
    differences: Scores
    bounds: dict[str, Bounds]
    flips: list[Flip]


class ItemScores:
    """Totals of weighted items of one run."""

    def __init__(self, outcomes: Sequence[Outcome], task: Task, protocol: Protocol) -> None:
        self._protocol = protocol
        self._labelled = np.array([outcome.label is not None for outcome in outcomes])
        labelled = [outcome for outcome in outcomes if outcome.label is not None]
        values = [outcome.rouge[MAIN_ROUGE[protocol]] for outcome in outcomes]
        self._has_rouge = np.array([value is not None for value in values], dtype=np.float64)
        self._rouge = np.array([value or 0.0 for value in values])
        self._task = task
        self._right = np.array([float(outcome.predicted == outcome.label) for outcome in labelled])
        self._kinds = unit_kinds(labelled) if task == "au" else np.empty((0, 0))

    def __call__(self, weights: NDArray[np.float64]) -> Scores:
        """Return S_re, S_ge (0 to 100) and S_rege of the items, each counted as often as ``weights`` (n,) says."""
        drawn = weights[self._labelled]
        references = float(weights @ self._has_rouge)
        s_ge = 100 * float(weights @ self._rouge) / references if references else None
        s_re = self._s_re(drawn) if drawn.sum() else None
        return {"s_re": s_re, "s_ge": s_ge, "s_rege": None if s_re is None or s_ge is None else s_re + s_ge}

    def _s_re(self, drawn: NDArray[np.float64]) -> float | None:
        if self._task == "emotion":
            return 100 * float(drawn @ self._right / drawn.sum())
        return unit_means(unit_counts(drawn @ self._kinds), self._protocol, 1)["s_re"]


def compare(first: RunResult, second: RunResult, task: Task, protocol: Protocol, repeats: int, seed: int) -> Comparison:
    """Compare two runs on the items they share.

    Raises:
        InputError: they share no item, or the labels of a shared item differ.
    """
    one, two, left_out = _shared(first, second, task, protocol)
    scorers = ItemScores(one, task, protocol), ItemScores(two, task, protocol)

    def difference(weights: NDArray[np.float64]) -> Scores:
        before, after = (scorer(weights) for scorer in scorers)
        return {name: _minus(after[name], before[name]) for name in TOTALS}

    flips = [_flip(a, b, task) for a, b in zip(one, two, strict=True)]
    return Comparison(
        first=first.name,
        second=second.name,
        task=task,
        protocol=protocol,
        n=len(one),
        left_out=left_out,
        differences=difference(np.ones(len(one))),
        bounds=intervals(len(one), difference, repeats, seed),
        flips=sorted((flip for flip in flips if flip.change), key=lambda flip: (-abs(flip.change), flip.id)),
    )


def right_units(outcome: Outcome) -> int:
    """Return on how many of the 20 action units answer and label agree."""
    return sum((number in (outcome.predicted or ())) == (number in (outcome.label or ())) for number in ACTION_UNITS)


def shown(value: Any) -> str:
    """Return a predicted or true label as text."""
    if value is None:
        return "nothing read"
    return value if isinstance(value, str) else ", ".join(f"AU{number}" for number in value) or "no action unit"


def _shared(
    first: RunResult, second: RunResult, task: Task, protocol: Protocol
) -> tuple[list[Outcome], list[Outcome], int]:
    """Return the outcomes of the items that both runs have, in the first one's order, and how many only one has."""
    one, two = (_by_id(run.tasks[task], protocol) for run in (first, second))
    common = [key for key in one if key in two]
    if not common:
        raise InputError(f"{first.name} and {second.name} share no {task} item; compare runs on the same data.")
    for key in common:
        if one[key].label != two[key].label:
            raise InputError(
                f"The item {key} has different labels in {first.name} and {second.name}; use one data set."
            )
    return [one[key] for key in common], [two[key] for key in common], len(one) + len(two) - 2 * len(common)


def _by_id(result: TaskResult, protocol: Protocol) -> dict[str, Outcome]:
    return {str(outcome.id): outcome for outcome in result.judged[protocol].outcomes}


def _flip(one: Outcome, two: Outcome, task: Task) -> Flip:
    if task == "emotion":
        change = int(two.predicted == two.label) - int(one.predicted == one.label)
    else:
        change = right_units(two) - right_units(one)
    return Flip(str(one.id), change, shown(one.predicted), shown(two.predicted), shown(one.label))


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before
