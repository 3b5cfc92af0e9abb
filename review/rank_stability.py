"""The order of models by their scores, under old and new labels, and how often it holds. Pure; arrays in, numbers out.

Only runs over the same items can be compared: ranked are the runs that answered at least half as many items as the
widest one, on the items that all of them answered. How stable the order is comes from a paired percentile bootstrap
(Efron and Tibshirani, 1993): whole items are drawn with replacement, the same ones for every run and for old and new
labels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import SCORED_ACTION_UNITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.float32]
When = Literal["old", "now"]
REPEATS: Final = 1000
FEWEST_REPEATS: Final = 200
WIDE_ENOUGH: Final = 0.5
"""Share of the widest run's items that a run must have answered to be ranked (project rule)."""
NONE: Final = -1
"""Stands for no emotion, or a label that cannot be read."""
_CELLS: Final = 4_000_000
_DIGITS: Final = 9
"""Scores are compared to so many decimals, so that equal runs stay equal whatever the order of summing."""


@dataclass(frozen=True)
class AnswerTable:
    """Answers of R runs about I items of one task; labels and answers are numbers as in :mod:`review.scores`.

    Attributes:
        task: au or emotion.
        runs: ids (R,).
        said: (I, R).
        answered: (I, R), whether the run has an answer, be it an empty one.
        old: labels (I,) as they were.
        now: labels (I,), new ones where an item is reviewed.
        reviewed: (I,).
        sampled: (I,), whether the item is reviewed and was drawn by chance.
        rouge_old: (I, R), 0 to 1, NaN where it is not computed.
        rouge_now: the same against the references as they are now.
        left_open: action units (I,) that the labels of now leave open, so that answers are not scored on them.
    """

    task: str
    runs: Ints
    said: Ints
    answered: NDArray[np.bool_]
    old: Ints
    now: Ints
    reviewed: NDArray[np.bool_]
    sampled: NDArray[np.bool_]
    rouge_old: Floats
    rouge_now: Floats
    left_open: Ints

    @property
    def has_rouge(self) -> bool:
        """Whether every ROUGE-L is there, so that runs can be ranked by S_rege."""
        return not (np.isnan(self.rouge_old).any() or np.isnan(self.rouge_now).any())

    def labels(self, when: When) -> Ints:
        """Return the labels (I,) of one moment."""
        return self.old if when == "old" else self.now

    def scored(self, when: When) -> Ints:
        """Return what counts of the answers (I, R) beside the labels of one moment."""
        if when == "old" or self.task == "emotion":
            return self.said
        return np.where(self.said == NONE, NONE, self.said & ~self.left_open[:, None])

    def rouge(self, when: When) -> Floats:
        """Return ROUGE-L (I, R) against the references of one moment."""
        return self.rouge_old if when == "old" else self.rouge_now


@dataclass(frozen=True)
class RankedRun:
    """One run in the order of now.

    Attributes:
        run: its id.
        score_old: S_rege (or S_re) on the common items under old labels and references.
        score_now: the same under new ones.
        rank_old: 1 is the best; equal scores share the better rank.
        rank_now: the same now.
        low: best rank in 95 % of the samples of items, now.
        high: worst rank in them.
        above_next: share of the samples in which it does not fall behind the next one; None for the last.
    """

    run: int
    score_old: float
    score_now: float
    rank_old: int
    rank_now: int
    low: int
    high: int
    above_next: float | None


@dataclass(frozen=True)
class Ranking:
    """The order of the runs.

    Attributes:
        measure: what it is by: S_rege, or S_re while ROUGE-L is not complete.
        items: that every ranked run answered.
        repeats: samples of items drawn.
        runs: the best one of now first.
        left_out: ids of the runs that answered too few items.
        held_old: share of the samples in which the whole order under old labels holds.
        held_now: the same for the order of now.
    """

    measure: str
    items: int
    repeats: int
    runs: tuple[RankedRun, ...]
    left_out: tuple[int, ...]
    held_old: float
    held_now: float


def common_items(table: AnswerTable) -> AnswerTable:
    """Return the runs that can be compared, on the items that all of them answered."""
    widths = table.answered.sum(0)
    runs = widths >= WIDE_ENOUGH * widths.max(initial=0)
    items = table.answered[:, runs].all(1)
    both = np.ix_(items, runs)
    return AnswerTable(
        table.task,
        table.runs[runs],
        table.said[both],
        table.answered[both],
        table.old[items],
        table.now[items],
        table.reviewed[items],
        table.sampled[items],
        table.rouge_old[both],
        table.rouge_now[both],
        table.left_open[items],
    )


def rank_runs(table: AnswerTable, *, repeats: int | None = None, seed: int = 0) -> Ranking | None:
    """Return the order of the runs and its stability; None where no two runs share an item with a label.

    Args:
        table: all answers of one task.
        repeats: samples of items; as :func:`repeats_for` says if None.
        seed: of the drawing; the same seed gives the same numbers.
    """
    shared = common_items(table)
    count = len(shared.old)
    repeats = repeats or repeats_for(count)
    if len(shared.runs) < 2 or not count:
        return None
    scorers = WeightedScores(shared, "old"), WeightedScores(shared, "now")
    old, now = (scorer(np.ones((1, count), np.float32))[0] for scorer in scorers)
    if np.isnan(old).any() or np.isnan(now).any():
        return None
    drawn = [[scorer(weights) for scorer in scorers] for weights in _weights(count, repeats, seed)]
    # a sample in which nothing is defined counts as a tie
    samples_old, samples_now = (np.nan_to_num(np.concatenate(parts)) for parts in zip(*drawn, strict=True))
    order = np.argsort(-now, kind="stable")
    ranks = 1 + (samples_now[:, None, :] > samples_now[:, :, None]).sum(2)
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0, method="nearest")
    follows = samples_now[:, order[:-1]] >= samples_now[:, order[1:]]
    runs = tuple(
        RankedRun(
            int(shared.runs[place]),
            float(old[place]),
            float(now[place]),
            1 + int((old > old[place]).sum()),
            1 + int((now > now[place]).sum()),
            int(low[place]),
            int(high[place]),
            float(follows[:, index].mean()) if index < len(order) - 1 else None,
        )
        for index, place in enumerate(order)
    )
    left_out = tuple(int(run) for run in table.runs if run not in shared.runs)
    return Ranking(
        "S_rege" if shared.has_rouge else "S_re",
        count,
        repeats,
        runs,
        left_out,
        share_in_order(samples_old, np.argsort(-old, kind="stable")),
        float(follows.all(1).mean()),
    )


def repeats_for(items: int) -> int:
    """Return how many samples are drawn: 1000, and fewer for more than 4000 items, down to 200."""
    return min(REPEATS, max(FEWEST_REPEATS, _CELLS // max(1, items)))


def share_in_order(samples: Floats, order: Ints) -> float:
    """Return the share of samples (S, R) in which no run falls behind the next one of ``order`` (R,)."""
    return float((samples[:, order[:-1]] >= samples[:, order[1:]]).all(1).mean())


class WeightedScores:
    """S_rege, or S_re without ROUGE-L, of every run with items counted as often as some weights say.

    Args:
        table: items that every run answered.
        when: old or new labels and references.
    """

    def __init__(self, table: AnswerTable, when: When) -> None:
        self._task, self._has_rouge, self._runs = table.task, table.has_rouge, len(table.runs)
        labels = table.labels(when)
        labelled = (labels != NONE)[:, None]
        if table.task == "emotion":
            columns = [labelled, (table.said == labels[:, None]) & labelled]
        else:
            there, said = units_present(labels[:, None]), units_present(table.scored(when))
            parts = (there, said & labelled[:, None], said & there)
            columns = [part.reshape(len(labels), -1) for part in parts]
        self._columns = np.concatenate(columns, 1).astype(np.float32)
        self._rouge = table.rouge(when) if self._has_rouge else np.zeros((len(labels), self._runs))

    def __call__(self, weights: Counts) -> Floats:
        """Return the scores (S, R) for weights (S, I), whole numbers; NaN where nothing is defined.

        Counts are whole numbers below 2**24, which float32 adds up exactly, at half the price of float64.
        """
        sums = (weights @ self._columns).astype(float)
        recognised = self._emotion(sums) if self._task == "emotion" else self._units(sums)
        rouge = _ratio(weights.astype(float) @ self._rouge, weights.sum(1, dtype=float)[:, None])
        return np.asarray((100 * recognised + 100 * rouge).round(_DIGITS))

    def _emotion(self, sums: Floats) -> Floats:
        return _ratio(sums[:, 1 : 1 + self._runs], sums[:, :1])

    def _units(self, sums: Floats) -> Floats:
        units, runs = len(SCORED_ACTION_UNITS), self._runs
        shape = (len(sums), units, runs)
        said = sums[:, units : units * (1 + runs)].reshape(shape)
        hits = sums[:, units * (1 + runs) : units * (1 + 2 * runs)].reshape(shape)
        return unit_f1_means(hits, sums[:, :units, None], said)


def unit_f1_means(hits: Floats, labels: Floats, said: Floats) -> Floats:
    """Return the mean F1 (S, R), 0 to 1, over the units that have a label.

    Args:
        hits: true positives (S, U, R).
        labels: how often each unit is there (S, U, 1).
        said: how often it was said (S, U, R).
    """
    present = labels > 0
    f1 = np.where(present, np.nan_to_num(_ratio(2 * hits, labels + said)), 0.0)
    return _ratio(f1.sum(1), present.sum(1))


def units_present(codes: Ints) -> NDArray[np.bool_]:
    """Return whether each scored unit is in sets of units given as numbers; a missing label has none.

    Args:
        codes: (I, N).

    Returns:
        (I, U, N).
    """
    there = np.where(codes == NONE, 0, codes)[:, None, :]
    return np.asarray((there >> np.array(SCORED_ACTION_UNITS)[:, None] & 1).astype(bool))


def _weights(count: int, repeats: int, seed: int) -> Iterator[Counts]:
    """Yield how often each item is drawn, (S, I) at a time."""
    random = np.random.default_rng(seed)
    part = max(1, _CELLS // count)
    for start in range(0, repeats, part):
        drawn = np.empty((min(part, repeats - start), count), np.float32)
        for sample in drawn:
            sample[:] = np.bincount(random.integers(0, count, count), minlength=count)
        yield drawn


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=np.broadcast_to(below, above.shape) > 0)
