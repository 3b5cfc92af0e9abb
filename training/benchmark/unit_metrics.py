"""Figures of each action unit and their means under the two protocols, all from counts of four kinds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.answer import Protocol
from emola.taxonomy import ACTION_UNITS, SCORED_ACTION_UNITS
from training.benchmark.outcomes import Outcome

_NUMBERS = tuple(ACTION_UNITS)
_SCORED = [_NUMBERS.index(number) for number in SCORED_ACTION_UNITS]


def unit_kinds(outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """Return 0/1 (items, 20 * 4): true positive, false positive, false negative, true negative of each unit."""
    said = np.array([[n in (o.predicted or ()) for n in _NUMBERS] for o in outcomes], dtype=bool)
    meant = np.array([[n in (o.label or ()) for n in _NUMBERS] for o in outcomes], dtype=bool)
    kinds = np.stack([said & meant, said & ~meant, ~said & meant, ~said & ~meant], axis=2)
    flat: NDArray[np.float64] = kinds.reshape(len(outcomes), -1).astype(np.float64)
    return flat


def unit_counts(sums: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return counts (20, 4) from summed kinds (80,)."""
    return np.rint(sums).astype(np.int64).reshape(len(_NUMBERS), 4)


def unit_means(counts: NDArray[np.int64], protocol: Protocol, min_positives: int) -> dict[str, float | None]:
    """Return ``s_re`` (0 to 100) and the means that stand beside it.

    ``paper``: mean F1 over the 12 scored units, F1 = 0 without a true positive, units left out where label and answer
    have one and the same value throughout (the published code fails on them in silence). ``strict``: mean F1 over the
    scored units with at least ``min_positives`` labels, and over all 20.
    """
    if protocol == "paper":
        kept = counts[[i for i in _SCORED if not _constant(counts[i])]]
        f1, right = [_f1(row) or 0.0 for row in kept], kept[:, [0, 3]].sum(1)
        mean = _mean(f1)
        accuracy = _mean(list(right / kept.sum(1))) if len(kept) else None
        return {"s_re": None if mean is None else 100 * mean, "accuracy": accuracy}
    scored = _mean(_with_positives(counts[_SCORED], min_positives))
    total = counts.sum(0)
    return {
        "s_re": None if scored is None else 100 * scored,
        "macro_f1_all": _mean(_with_positives(counts, min_positives)),
        "micro_f1_all": _f1(total),
        "micro_f1_scored": _f1(counts[_SCORED].sum(0)),
        "accuracy": float((counts[_SCORED][:, [0, 3]].sum()) / counts[_SCORED].sum()),
    }


def unit_table(counts: NDArray[np.int64], protocol: Protocol) -> dict[str, dict[str, Any]]:
    """Return counts, precision, recall, F1, support, accuracy, balanced accuracy, kappa and MCC of each unit.

    A figure whose denominator is 0 is None; with ``paper``, F1 is 0 without a true positive and ``left_out`` says
    where the published code drops the unit from its mean.
    """
    table = {}
    for number, row in zip(_NUMBERS, counts, strict=True):
        tp, fp, fn, tn = (int(x) for x in row)
        f1 = _f1(row)
        entry: dict[str, Any] = {
            "name": ACTION_UNITS[number].name,
            "scored": number in SCORED_ACTION_UNITS,
            "tp": tp,
            "fp": fp,
            "fn": fn,
            "tn": tn,
            "support": tp + fn,
            "precision": tp / (tp + fp) if tp + fp else None,
            "recall": tp / (tp + fn) if tp + fn else None,
            "f1": (f1 or 0.0) if protocol == "paper" and not _constant(row) else f1,
            "accuracy": (tp + tn) / (tp + fp + fn + tn),
            **_agreement(tp, fp, fn, tn),
        }
        if protocol == "paper":
            entry["left_out"] = _constant(row)
        table[str(number)] = entry
    return table


def _f1(row: NDArray[np.int64]) -> float | None:
    """Return 2TP / (2TP + FP + FN), None where the unit is neither labelled nor predicted."""
    tp, fp, fn = (int(x) for x in row[:3])
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None


def _constant(row: NDArray[np.int64]) -> bool:
    """Say whether labels and answers are all present or all absent, a confusion matrix of one cell."""
    return bool(row[1] + row[2] == 0 and (row[0] == 0 or row[3] == 0))


def _with_positives(counts: NDArray[np.int64], least: int) -> list[float]:
    """Return F1 of the units with enough labels."""
    return [_f1(row) or 0.0 for row in counts if row[0] + row[2] >= max(least, 1)]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _agreement(tp: int, fp: int, fn: int, tn: int) -> dict[str, float | None]:
    """Return balanced accuracy, Cohen's kappa and MCC of one unit; None where a margin is empty."""
    total, positives, negatives = tp + fp + fn + tn, tp + fn, fp + tn
    expected = positives * (tp + fp) + negatives * (fn + tn)
    spread = float(positives) * negatives * (tp + fp) * (fn + tn)
    both = positives and negatives
    return {
        "balanced_accuracy": (tp / positives + tn / negatives) / 2 if both else None,
        "kappa": ((tp + tn) * total - expected) / (total**2 - expected) if total**2 > expected else None,
        "mcc": (tp * tn - fp * fn) / float(np.sqrt(spread)) if spread > 0 else None,
    }
