"""How well people agree: chance-corrected coefficients with bootstrap intervals. Pure; arrays in, numbers out.

Judgements come as counts of shape (U, C): how many people put unit u into category c; people may be missing. A
coefficient is a function of sums over units (last axis F, any number of axes before it), so that a thousand bootstrap
samples are one product of matrices. It is NaN where it is not defined: nobody judged a unit twice, or everybody used
one single category, so that there is nothing to correct for chance.

Krippendorff's alpha of the data comes from the ``krippendorff`` library, which takes one table at a time; its samples
come from the same sums (a test holds the two against each other). For the others no library fits: irrCAC 0.4.4 pins
SciPy 1.12.0 and computes one coefficient at a time. Sources: Cohen (1960, 1968); Fleiss (1971), for people missing as
Gwet (2014) extends it; Gwet (2008); Krippendorff (2011); positive agreement: Cicchetti and Feinstein (1990); FACS
index: Ekman, Friesen and Hager (2002); percentile bootstrap: Efron and Tibshirani (1993).
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import krippendorff
import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal"]
REPEATS: Final = 1000
CONFIDENCE: Final = 0.95
_CELLS: Final = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; None where it is not defined.

    Attributes:
        value: on all units.
        low: lower end of the interval.
        high: upper end.
        n: units that at least two people judged.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Coefficient:
    """One way to measure agreement.

    Attributes:
        features: from counts (U, C) to what is summed over units, (U, F).
        of_sums: from sums (..., F) to values (...), NaN where not defined.
        exact: from counts to the value on all of them, where a library computes it.
    """

    features: Callable[[Counts], Floats]
    of_sums: Callable[[Floats], Floats]
    exact: Callable[[Counts], float] | None = None

    def __call__(self, counts: Counts) -> float | None:
        """Return the value, None where it is not defined."""
        value = self.exact(counts) if self.exact else float(self.of_sums(self.features(counts).sum(0)))
        return None if np.isnan(value) else value


def estimate(
    coefficient: Coefficient,
    counts: Counts,
    *,
    clusters: NDArray[np.int64] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Estimate:
    """Return a coefficient with its percentile bootstrap interval.

    Args:
        coefficient: what to measure.
        counts: (U, C).
        clusters: (U,), the picture each unit belongs to; whole pictures are drawn. Each unit its own if None.
        repeats: samples drawn.
        seed: of the drawing; the same seed gives the same interval.
    """
    pairs = int((counts.sum(1) >= 2).sum())
    value = coefficient(counts) if pairs else None
    if value is None:
        return Estimate(None, None, None, pairs)
    features = coefficient.features(counts)
    if clusters is not None:
        _, places = np.unique(clusters, return_inverse=True)
        summed = np.zeros((places.max() + 1, features.shape[1]))
        np.add.at(summed, places, features)
        features = summed
    random = np.random.default_rng(seed)
    drawn = np.concatenate([coefficient.of_sums(sums) for sums in _samples(features, repeats, random)])
    return _between(value, drawn, pairs)


def _samples(features: Floats, repeats: int, random: np.random.Generator) -> list[Floats]:
    """Return the sums of ``repeats`` samples of rows drawn with replacement, (R, F) in parts that fit in memory."""
    rows = len(features)
    part = max(1, min(repeats, _CELLS // rows))
    sizes = [min(part, repeats - start) for start in range(0, repeats, part)]
    return [random.multinomial(rows, np.full(rows, 1 / rows), size=size) @ features for size in sizes]


def _pair_features(counts: Counts) -> Floats:
    """Return paired or not, share of agreeing pairs, judged or not, and share of each category: (U, 3 + C)."""
    people = counts.sum(1)
    pairs = people * (people - 1)
    agreeing = (counts * (counts - 1)).sum(1) / np.maximum(pairs, 1)
    shares = counts / np.maximum(people, 1)[:, None]
    return np.column_stack([pairs > 0, agreeing, people > 0, shares])


def _observed(sums: Floats) -> Floats:
    return _ratio(sums[..., 1], sums[..., 0])


def _fleiss(sums: Floats) -> Floats:
    shares = sums[..., 3:] / np.maximum(sums[..., 2:3], 1)
    return _beyond_chance(_observed(sums), (shares**2).sum(-1))


def _ac1(sums: Floats) -> Floats:
    shares = sums[..., 3:] / np.maximum(sums[..., 2:3], 1)
    categories = shares.shape[-1]
    return _beyond_chance(_observed(sums), (shares * (1 - shares)).sum(-1) / max(categories - 1, 1))


def _positive_features(counts: Counts) -> Floats:
    """Return agreeing pairs and all pairs in which somebody said the second category, each person's pairs as one."""
    said, people = counts[:, 1], counts.sum(1)
    others = np.maximum(people - 1, 1)
    return np.column_stack([said * (said - 1) / others, np.where(people >= 2, said, 0)])


def _positive(sums: Floats) -> Floats:
    return _ratio(sums[..., 0], sums[..., 1])


def _coincidences(counts: Counts) -> Floats:
    """Return the coincidence matrix of each unit, (U, C * C); zero for units with less than two judgements."""
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1], dtype=int)
    weights = np.where(counts.sum(1) >= 2, 1 / np.maximum(counts.sum(1) - 1, 1), 0)
    return np.asarray(pairs * weights[:, None, None], dtype=float).reshape(len(counts), -1)


def _alpha(sums: Floats, level: Level) -> Floats:
    categories = round(sums.shape[-1] ** 0.5)
    seen = sums.reshape(*sums.shape[:-1], categories, categories)
    totals = seen.sum(-1)
    if level == "nominal":
        distance = np.broadcast_to(1 - np.eye(categories), seen.shape)
    else:
        upto = totals.cumsum(-1) - totals / 2
        distance = (upto[..., :, None] - upto[..., None, :]) ** 2
    expected = (totals[..., :, None] * totals[..., None, :] * distance).sum((-1, -2)) / (totals.sum(-1) - 1)
    return 1 - _ratio((seen * distance).sum((-1, -2)), expected)


def _exact_alpha(counts: Counts, level: Level) -> float:
    pairable = counts[counts.sum(1) >= 2]
    used = np.flatnonzero(pairable.sum(0))
    if len(used) < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=pairable[:, used], value_domain=used, level_of_measurement=level))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)


def _beyond_chance(observed: Floats, chance: Floats) -> Floats:
    return _ratio(observed - chance, np.where(np.isclose(chance, 1), 0, 1 - chance))


OBSERVED: Final = Coefficient(_pair_features, _observed)
"""Share of agreeing pairs of people, averaged over units."""
FLEISS: Final = Coefficient(_pair_features, _fleiss)
"""Fleiss' kappa: chance taken from all judgements together."""
AC1: Final = Coefficient(_pair_features, _ac1)
"""Gwet's AC1, which stays near the observed agreement when a category is rare."""
POSITIVE: Final = Coefficient(_positive_features, _positive)
"""How often another person says the second category where one has said it; 2a / (2a + b + c) for two people."""
ALPHA: Final = Coefficient(_coincidences, partial(_alpha, level="nominal"), partial(_exact_alpha, level="nominal"))
"""Krippendorff's alpha of categories without order."""
ORDINAL_ALPHA: Final = Coefficient(
    _coincidences, partial(_alpha, level="ordinal"), partial(_exact_alpha, level="ordinal")
)
"""Krippendorff's alpha of categories in their order."""


def cohen_kappa(table: Counts, *, weights: Literal["nominal", "quadratic"] = "nominal") -> float | None:
    """Return the agreement of two people beyond chance.

    Args:
        table: (C, C), how often the first said the row and the second the column.
        weights: "nominal" counts only equal categories, "quadratic" lets near ones of an ordered list count in part.
    """
    total = table.sum()
    if total == 0:
        return None
    places = np.arange(len(table))
    apart = np.subtract.outer(places, places)
    disagreement = (apart != 0).astype(float) if weights == "nominal" else apart.astype(float) ** 2
    chance = float((disagreement * np.outer(table.sum(1), table.sum(0)) / total).sum())
    return None if chance == 0 else 1 - float((disagreement * table).sum()) / chance


def estimate_cohen(
    tables: Counts, *, weights: Literal["nominal", "quadratic"] = "nominal", repeats: int = REPEATS, seed: int = 0
) -> Estimate:
    """Return Cohen's kappa with its percentile bootstrap interval.

    Args:
        tables: (D, C, C), a table for each picture; whole pictures are drawn.
        weights: as in :func:`cohen_kappa`.
        repeats: samples drawn.
        seed: of the drawing.
    """
    judged = int(tables.sum())
    value = cohen_kappa(tables.sum(0), weights=weights)
    if value is None:
        return Estimate(None, None, None, judged)
    features = tables.reshape(len(tables), -1).astype(float)
    sums = np.concatenate(_samples(features, repeats, np.random.default_rng(seed))).reshape(-1, *tables.shape[1:])
    drawn = np.array([cohen_kappa(table, weights=weights) for table in sums], dtype=float)  # None becomes NaN
    return _between(value, drawn, judged)


def estimate_ratio(above: Sequence[int], below: Sequence[int], *, repeats: int = REPEATS, seed: int = 0) -> Estimate:
    """Return the sum of ``above`` over the sum of ``below``, one number a picture each, with its bootstrap interval."""
    total = sum(below)
    if not total:
        return Estimate(None, None, None, 0)
    features = np.column_stack([above, below]).astype(float)
    sums = np.concatenate(_samples(features, repeats, np.random.default_rng(seed)))
    return _between(sum(above) / total, _ratio(sums[:, 0], sums[:, 1]), total)


def _between(value: float, drawn: Floats, n: int) -> Estimate:
    """Return a value with the interval of its samples (R,), of which those that are not defined (NaN) are left out."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Estimate(value, None, None, n)
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high), n)


def facs_index(scored: Sequence[AbstractSet[int]]) -> float | None:
    """Return the FACS agreement index of one picture: units that two people both scored, twice over all they scored.

    With more than two people it is the mean over all pairs. Pairs who both scored nothing are left out; without any
    other pair the result is None.
    """
    values = [
        2 * len(first & second) / (len(first) + len(second))
        for place, first in enumerate(scored)
        for second in scored[place + 1 :]
        if first or second
    ]
    return sum(values) / len(values) if values else None


def estimate_mean(values: Sequence[float], *, repeats: int = REPEATS, seed: int = 0) -> Estimate:
    """Return the mean of one number a picture, such as the FACS index, with its percentile bootstrap interval."""
    if not len(values):
        return Estimate(None, None, None, 0)
    features = np.asarray(values, dtype=float)[:, None]
    drawn = np.concatenate(_samples(features, repeats, np.random.default_rng(seed)))[:, 0] / len(values)
    return _between(float(features.mean()), drawn, len(values))
