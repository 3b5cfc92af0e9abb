"""Small regressions on few examples with many features, each example scored by a fit that has not seen it."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FOLDS = 10
RIDGE = 60.0
"""Weight of the penalty, for standardised features; chosen on rendered faces among 30, 60 and 120."""
_NEWTON_STEPS = 25
_TINY = 1e-9


def out_of_fold(features: Floats, rows: NDArray[np.int_], labels: Floats) -> Floats:
    """Return a score for every face, by ridge regressions that have not seen its own label.

    Args:
        features: (N, D).
        rows: (M,) the faces with a label.
        labels: (M,).

    Returns:
        (N,); a face without a label is scored by all labels.
    """
    centred = (features - features.mean(axis=0)) / (features.std(axis=0) + _TINY)
    scores = centred @ _ridge(centred[rows], labels) + labels.mean()
    fold = np.arange(len(rows)) % FOLDS
    for k in range(FOLDS):
        train, held = rows[fold != k], rows[fold == k]
        if len(train) and len(held):
            kept = labels[fold != k]
            scores[held] = centred[held] @ _ridge(centred[train], kept) + kept.mean()
    return np.asarray(scores)


def auc(scores: Floats, labels: Floats) -> float:
    """Return the share of pairs of a positive and a negative that the scores order rightly, ties at random."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    positive = labels.sum()
    below = ranks[labels == 1].sum() - positive * (positive + 1) / 2
    return float(below / (positive * (len(labels) - positive)))


def _ridge(rows: Floats, labels: Floats) -> Floats:
    gram = rows.T @ rows + RIDGE * np.eye(rows.shape[1])
    return np.asarray(np.linalg.solve(gram, rows.T @ (labels - labels.mean())))


def calibrate(scores: Floats, labels: Floats) -> tuple[float, float]:
    """Return slope and offset of a logistic regression on one score, by Newton's method."""
    design = np.stack([(scores - scores.mean()) / (scores.std() + _TINY), np.ones(len(scores))], axis=1)
    fitted = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        likely = 1 / (1 + np.exp(-design @ fitted))
        curve = (design * (likely * (1 - likely))[:, None]).T @ design + 1e-3 * np.eye(2)
        fitted = fitted + np.linalg.solve(curve, design.T @ (labels - likely) - 1e-3 * fitted)
    slope = fitted[0] / (scores.std() + _TINY)
    return float(slope), float(fitted[1] - slope * scores.mean())
