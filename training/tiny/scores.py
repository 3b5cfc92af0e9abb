"""F1 and accuracy of action units and emotions read from generated text; plain arrays in, numbers out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import ACTION_UNITS

NUMBERS = tuple(ACTION_UNITS)


@dataclass(frozen=True)
class Score:
    """How well readings agree with truths.

    Attributes:
        macro_f1: mean over the 20 action units; a unit that neither occurs nor is said counts 0.
        micro_f1: over all (face, unit) pairs.
        emotion: share of faces with the right emotion.
        per_unit: F1 of each action unit.
    """

    macro_f1: float
    micro_f1: float
    emotion: float
    per_unit: dict[int, float]


def presence(units: Sequence[set[int]]) -> NDArray[np.bool_]:
    """Return (N, 20) which action units each face has."""
    return np.array([[number in face for number in NUMBERS] for face in units], dtype=bool).reshape(-1, len(NUMBERS))


def score(
    said: Sequence[set[int]], true: Sequence[set[int]], said_emotions: Sequence[str | None], emotions: Sequence[str]
) -> Score:
    """Return the agreement of what was said with what is true, for the same faces in the same order."""
    guessed, actual = presence(said), presence(true)
    hits, sums = (guessed & actual).sum(0), guessed.sum(0) + actual.sum(0)
    each = 2 * hits / np.maximum(sums, 1)
    right = [guess == truth for guess, truth in zip(said_emotions, emotions, strict=True)]
    return Score(
        macro_f1=float(each.mean()),
        micro_f1=float(2 * hits.sum() / max(1, sums.sum())),
        emotion=float(np.mean(right)),
        per_unit={number: float(value) for number, value in zip(NUMBERS, each, strict=True)},
    )


def trivial(true: Sequence[set[int]], emotions: Sequence[str]) -> Score:
    """Return the best that one fixed answer can reach, each number by its own best fixed answer.

    Macro-F1 is best when all units are always said, micro-F1 for some number of the most frequent units, emotion for
    the most frequent one.
    """
    actual = presence(true)
    order = np.argsort(-actual.sum(0), kind="stable")
    micro = 0.0
    for count in range(1, len(NUMBERS) + 1):
        hits = actual[:, order[:count]].sum()
        micro = max(micro, float(2 * hits / (count * len(actual) + actual.sum())))
    each = 2 * actual.sum(0) / np.maximum(actual.sum(0) + len(actual), 1)
    most = Counter(emotions).most_common(1)[0][1] / len(emotions)
    return Score(float(each.mean()), micro, most, {n: float(v) for n, v in zip(NUMBERS, each, strict=True)})
