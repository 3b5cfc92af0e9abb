"""Seeded percentile bootstrap over items, many resamples at a time."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

Scores = dict[str, float | None]
Samples = Mapping[str, NDArray[np.float64]]
"""Values of named scores, one for each resample (R,); NaN where a resample defines none."""

_CELLS = 2_000_000
"""Weights held at a time (16 MB), so that memory does not grow with the number of resamples."""


def resample_weights(n: int, repeats: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield blocks (R, n) of how often each of ``n`` items is drawn with replacement, ``repeats`` rows in all."""
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS // n)
    for start in range(0, repeats, at_once):
        rows = (np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(min(at_once, repeats - start)))
        yield np.stack(list(rows)).astype(np.float64)


def intervals(
    n: int, score: Callable[[NDArray[np.float64]], Samples], repeats: int, seed: int
) -> dict[str, tuple[float, float] | None]:
    """Return the 95 % interval (2.5th and 97.5th percentile) of each score of weighted items.

    Args:
        n: number of items.
        score: maps weights (R, n) to named scores.
        repeats: number of resamples; 0 for no intervals.
        seed: of the resampling; the same seed gives the same intervals.
    """
    if not repeats:
        return {}
    drawn: dict[str, list[NDArray[np.float64]]] = {}
    with tqdm(total=repeats, desc="Resampling", unit="resample", delay=1, disable=None) as bar:
        for weights in resample_weights(n, repeats, seed):
            for name, values in score(weights).items():
                drawn.setdefault(name, []).append(values)
            bar.update(len(weights))
    return {name: _bounds(np.concatenate(values)) for name, values in drawn.items()}


def as_scores(samples: Samples) -> Scores:
    """Return the first value of each score, None where it is not defined."""
    return {name: None if np.isnan(values[0]) else float(values[0]) for name, values in samples.items()}


def _bounds(values: NDArray[np.float64]) -> tuple[float, float] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
