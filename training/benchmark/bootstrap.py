"""Seeded percentile bootstrap over items."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Scores = dict[str, float | None]


def resample_weights(n: int, repeats: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield ``repeats`` times how often each of ``n`` items is drawn, with replacement."""
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        yield np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)


def intervals(
    n: int, score: Callable[[NDArray[np.float64]], Scores], repeats: int, seed: int
) -> dict[str, tuple[float, float] | None]:
    """Return the 95 % interval (2.5th and 97.5th percentile) of each score of weighted items.

    Args:
        n: number of items.
        score: maps weights (n,) to named scores; None where a resample defines no score.
        repeats: number of resamples; 0 for no intervals.
        seed: of the resampling; the same seed gives the same intervals.
    """
    if not repeats:
        return {}
    drawn: dict[str, list[float]] = {}
    for weights in resample_weights(n, repeats, seed):
        for name, value in score(weights).items():
            drawn.setdefault(name, [])
            if value is not None:
                drawn[name].append(value)
    return {name: _bounds(values) for name, values in drawn.items()}


def _bounds(values: list[float]) -> tuple[float, float] | None:
    if not values:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
