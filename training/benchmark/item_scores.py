"""Scores of weighted items: what the bootstrap, groups and comparisons of runs are made of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emola.answer import Protocol
from emola.taxonomy import ACTION_UNITS, EMOTIONS
from training.benchmark.bootstrap import Samples, Scores, as_scores
from training.benchmark.emotion_metrics import COLUMNS, ROWS, emotion_codes, emotion_f1
from training.benchmark.labels import Task
from training.benchmark.outcomes import MAIN_ROUGE, Outcome
from training.benchmark.unit_metrics import unit_counts, unit_f1, unit_kinds, unit_s_re
from training.data.unit_lists import UnitList, unit_list

TOTALS = ("s_re", "s_ge", "s_rege")


class ItemScores:
    """Totals of weighted items of one run.

    Args:
        outcomes: the items, n of them.
        task: "emotion" or "au".
        protocol: under which they were judged.
        min_positives: fewest labels of an action unit in a strict mean.
        units: those of the data set; FABA-Bench's if None.
    """

    def __init__(
        self,
        outcomes: Sequence[Outcome],
        task: Task,
        protocol: Protocol,
        min_positives: int = 1,
        units: UnitList | None = None,
    ) -> None:
        self._task, self._protocol, self._min_positives = task, protocol, min_positives
        self._units = units or unit_list(None)
        self._n = len(outcomes)
        self._labelled = np.array([outcome.label is not None for outcome in outcomes])
        labelled = [outcome for outcome in outcomes if outcome.label is not None]
        values = [outcome.rouge[MAIN_ROUGE[protocol]] for outcome in outcomes]
        self._has_rouge = np.array([value is not None for value in values], dtype=np.float64)
        self._rouge = np.array([value or 0.0 for value in values])
        self._right = np.array([float(outcome.predicted == outcome.label) for outcome in labelled])
        self._kinds = unit_kinds(labelled) if task == "au" and labelled else np.empty((0, 0))

    def __call__(self, weights: NDArray[np.float64]) -> Samples:
        """Return S_re, S_ge (0 to 100) and S_rege of the items, each counted as often as ``weights`` (R, n) says."""
        s_ge = 100 * _ratio(weights @ self._rouge, weights @ self._has_rouge)
        s_re = self._s_re(weights[:, self._labelled])
        return {"s_re": s_re, "s_ge": s_ge, "s_rege": s_re + s_ge}

    def totals(self) -> Scores:
        """Return the scores with every item counted once; None where one is not defined."""
        return as_scores(self(np.ones((1, self._n))))

    def _s_re(self, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return S_re (R,) of labelled items with weights (R, labelled)."""
        if self._task == "emotion" or not drawn.shape[1]:
            return 100 * _ratio(drawn @ self._right, drawn.sum(1))
        s_re = unit_s_re(unit_counts(drawn @ self._kinds), self._protocol, self._min_positives, self._units)
        return np.where(drawn.sum(1) > 0, s_re, np.nan)


class ClassScores:
    """F1 of each emotion or action unit (its number as text) of weighted items of one run.

    Args:
        outcomes: the items, n of them.
        task: "emotion" or "au".
        units: those of the data set; FABA-Bench's if None.
    """

    def __init__(self, outcomes: Sequence[Outcome], task: Task, units: UnitList | None = None) -> None:
        self._labelled = np.array([outcome.label is not None for outcome in outcomes])
        labelled = [outcome for outcome in outcomes if outcome.label is not None]
        self._task = task
        self._coded = (units or unit_list(None)).coded
        self._kinds = (
            unit_kinds(labelled) if task == "au" else np.eye(len(ROWS) * len(COLUMNS))[emotion_codes(labelled)]
        )

    def __call__(self, weights: NDArray[np.float64]) -> Samples:
        """Return F1 (0 to 1) of each class of the items, each counted as often as ``weights`` (R, n) says."""
        sums = weights[:, self._labelled] @ self._kinds
        if self._task == "au":
            f1 = dict(zip(ACTION_UNITS, unit_f1(unit_counts(sums)).T, strict=True))
            return {str(number): f1[number] for number in self._coded}
        counts = np.rint(sums).astype(np.int64).reshape(-1, len(ROWS), len(COLUMNS))
        return dict(zip(EMOTIONS, emotion_f1(counts).T, strict=True))


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return above / below (R,), NaN where below is 0."""
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
