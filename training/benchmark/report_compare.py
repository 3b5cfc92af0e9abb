"""Two runs on the same items: the paired bootstrap of their difference, and which items flipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.answer import Protocol
from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from training.benchmark.bootstrap import Samples, Scores, as_scores, intervals
from training.benchmark.item_scores import TOTALS, ItemScores
from training.benchmark.labels import Task
from training.benchmark.outcomes import Outcome
from training.benchmark.report_results import Bounds, RunResult, TaskResult


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


def compare(first: RunResult, second: RunResult, task: Task, protocol: Protocol, repeats: int, seed: int) -> Comparison:
    """Compare two runs on the items they share.

    Raises:
        InputError: they share no item, or the labels of a shared item differ.
    """
    one, two, left_out = _shared(first, second, task, protocol)
    scorers = [ItemScores(outcomes, task, protocol, units=first.units) for outcomes in (one, two)]

    def difference(weights: NDArray[np.float64]) -> Samples:
        before, after = (scorer(weights) for scorer in scorers)
        return {name: after[name] - before[name] for name in TOTALS}

    flips = [_flip(a, b, task) for a, b in zip(one, two, strict=True)]
    return Comparison(
        first=first.name,
        second=second.name,
        task=task,
        protocol=protocol,
        n=len(one),
        left_out=left_out,
        differences=as_scores(difference(np.ones((1, len(one))))),
        bounds=intervals(len(one), difference, repeats, seed),
        flips=sorted((flip for flip in flips if flip.change), key=lambda flip: (-abs(flip.change), flip.id)),
    )


def runs_to_compare(runs: Sequence[RunResult]) -> list[tuple[RunResult, RunResult]]:
    """Return each later run behind the one that it is compared with.

    That is the first run on the same data set and fold, else the first of all; runs on different classic data sets or
    folds have no item in common and are not compared.
    """
    pairs = []
    for place, run in enumerate(runs[1:], start=1):
        same = [other for other in runs[:place] if (other.data_set, other.fold) == (run.data_set, run.fold)]
        if same or run.data_set is None or runs[0].data_set is None:
            pairs.append((same[0] if same else runs[0], run))
    return pairs


def not_compared(runs: Sequence[RunResult], comparisons: Sequence[Comparison]) -> str:
    """Return a sentence with the runs that stand in no comparison, "" when there is none."""
    names = {name for comparison in comparisons for name in (comparison.first, comparison.second)}
    left = [run.name for run in runs if run.name not in names]
    if len(runs) < 2 or not left:
        return ""
    return f"Not compared, because no other run here answers the same data set and fold: {', '.join(left)}."


def right_units(outcome: Outcome) -> int:
    """Return on how many of the 20 action units answer and label agree; those that are not coded count as agreeing."""
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
    if one.label is None:
        change = 0
    elif task == "emotion":
        change = int(two.predicted == two.label) - int(one.predicted == one.label)
    else:
        change = right_units(two) - right_units(one)
    return Flip(str(one.id), change, shown(one.predicted), shown(two.predicted), shown(one.label))
