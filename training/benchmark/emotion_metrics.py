"""Accuracy, per-class figures and agreement of emotion predictions, all from one confusion matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import EMOTIONS
from training.benchmark.outcomes import Outcome

ROWS = (*EMOTIONS, "other label")
COLUMNS = (*EMOTIONS, "unknown", "crash", "failed")
_CLASSES = len(EMOTIONS)


def emotion_codes(outcomes: Sequence[Outcome]) -> NDArray[np.int64]:
    """Return row * columns + column of the confusion matrix for each outcome; every outcome needs a label."""
    rows = [ROWS.index(o.label) if o.label in EMOTIONS else _CLASSES for o in outcomes]
    columns = [COLUMNS.index(o.predicted if isinstance(o.predicted, str) else o.status) for o in outcomes]
    return np.asarray(rows, dtype=np.int64) * len(COLUMNS) + np.asarray(columns, dtype=np.int64)


def confusion_matrix(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return counts (labels in :data:`ROWS`, predictions in :data:`COLUMNS`)."""
    return np.bincount(codes, minlength=len(ROWS) * len(COLUMNS)).reshape(len(ROWS), len(COLUMNS))


def accuracy(confusion: NDArray[np.int64]) -> float | None:
    """Return the share of right answers among all, None without any; unknown, crashed and failed ones are wrong."""
    total = int(confusion.sum())
    return int(np.trace(confusion[:_CLASSES, :_CLASSES])) / total if total else None


def emotion_f1(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 (..., 7) of each class from confusion matrices (..., rows, columns), NaN without labels and answers."""
    hits = 2.0 * np.diagonal(confusions[..., :_CLASSES, :_CLASSES], axis1=-2, axis2=-1)
    below = confusions.sum(-1)[..., :_CLASSES] + confusions.sum(-2)[..., :_CLASSES]
    return np.divide(hits, below, out=np.full(hits.shape, np.nan), where=below > 0)


def emotion_table(confusion: NDArray[np.int64]) -> dict[str, dict[str, Any]]:
    """Return precision, recall, F1, support, predicted and accuracy (one against the rest) of each class.

    A figure whose denominator is 0 is None: precision without predictions, recall without support, F1 without both.
    """
    total = int(confusion.sum())
    table = {}
    for index, emotion in enumerate(EMOTIONS):
        hits, support, predicted = (
            int(confusion[index, index]),
            int(confusion[index].sum()),
            int(confusion[:, index].sum()),
        )
        table[emotion] = {
            "precision": hits / predicted if predicted else None,
            "recall": hits / support if support else None,
            "f1": 2 * hits / (support + predicted) if support + predicted else None,
            "support": support,
            "predicted": predicted,
            "accuracy": (total - support - predicted + 2 * hits) / total if total else None,
        }
    return table


def emotion_agreement(confusion: NDArray[np.int64]) -> dict[str, float | None]:
    """Return macro F1 and balanced accuracy over classes with support, Cohen's kappa and the multi-class MCC."""
    table = [row for row in emotion_table(confusion).values() if row["support"]]
    total = float(confusion.sum())
    square = np.zeros((confusion.shape[1] + 1,) * 2)
    square[:_CLASSES, : confusion.shape[1]] = confusion[:_CLASSES]
    square[-1, : confusion.shape[1]] = confusion[_CLASSES]
    labels, predictions, hits = square.sum(1), square.sum(0), float(np.trace(square))
    expected = float(labels @ predictions)
    spread = np.sqrt((total**2 - float(predictions @ predictions)) * (total**2 - float(labels @ labels)))
    return {
        "macro_f1": float(np.mean([row["f1"] for row in table])) if table else None,
        "balanced_accuracy": float(np.mean([row["recall"] for row in table])) if table else None,
        "kappa": (hits * total - expected) / (total**2 - expected) if total**2 > expected else None,
        "mcc": float((hits * total - expected) / spread) if spread > 0 else None,
    }
