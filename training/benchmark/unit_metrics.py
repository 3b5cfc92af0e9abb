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
    """Return 0/1 (items, 20 * 4): true positive, false positive, false negative, true negative of each unit.

    A contested unit is none of the four.
    """
    said = np.array([[n in (o.predicted or ()) for n in _NUMBERS] for o in outcomes], dtype=bool)
    meant = np.array([[n in (o.label or ()) for n in _NUMBERS] for o in outcomes], dtype=bool)
    open_ones = np.array([[n in o.contested for n in _NUMBERS] for o in outcomes], dtype=bool)
    kinds = np.stack([said & meant, said & ~meant, ~said & meant, ~said & ~meant & ~open_ones], axis=2)
    flat: NDArray[np.float64] = kinds.reshape(len(outcomes), -1).astype(np.float64)
    return flat


def unit_counts(sums: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return counts (..., 20, 4) from summed kinds (..., 80)."""
    return np.rint(sums).astype(np.int64).reshape(*sums.shape[:-1], len(_NUMBERS), 4)


def unit_f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 2TP / (2TP + FP + FN) from counts (..., 4), NaN where a unit is neither labelled nor predicted."""
    hits = 2.0 * counts[..., 0]
    below = hits + counts[..., 1] + counts[..., 2]
    return np.divide(hits, below, out=np.full(below.shape, np.nan), where=below > 0)


def unit_s_re(counts: NDArray[np.int64], protocol: Protocol, min_positives: int) -> NDArray[np.float64]:
    """Return S_re (...), 0 to 100, from counts (..., 20, 4); NaN where no unit enters the mean.

    ``paper``: mean F1 over the 12 scored units, F1 = 0 without a true positive, units left out where label and answer
    have one and the same value throughout (the published code fails on them in silence). ``strict``: mean F1 over the
    scored units with at least ``min_positives`` labels.
    """
    scored = counts[..., _SCORED, :]
    kept = ~_constant(scored) if protocol == "paper" else _positives(scored) >= max(min_positives, 1)
    return 100 * _mean(unit_f1(scored), kept)


def unit_means(counts: NDArray[np.int64], protocol: Protocol, min_positives: int) -> dict[str, float | None]:
    """Return ``s_re`` (0 to 100) and the means that stand beside it, None where one is not defined.

    Beside ``paper``: the mean accuracy of its units. Beside ``strict``: mean F1 over all 20 units with enough labels,
    F1 of the summed counts of all and of the scored units, and the accuracy over the scored ones.
    """
    scored = counts[_SCORED]
    s_re = unit_s_re(counts, protocol, min_positives)
    right, total = scored[:, [0, 3]].sum(1), scored.sum(1)
    if protocol == "paper":
        return {"s_re": _known(s_re), "accuracy": _known(_mean(right / total, ~_constant(scored)))}
    return {
        "s_re": _known(s_re),
        "macro_f1_all": _known(_mean(unit_f1(counts), _positives(counts) >= max(min_positives, 1))),
        "micro_f1_all": _known(unit_f1(counts.sum(0))),
        "micro_f1_scored": _known(unit_f1(scored.sum(0))),
        "accuracy": float(right.sum() / total.sum()) if total.any() else None,
    }


def unit_table(counts: NDArray[np.int64], protocol: Protocol) -> dict[str, dict[str, Any]]:
    """Return counts, precision, recall, F1, support, accuracy, balanced accuracy, kappa and MCC of each unit.

    A figure whose denominator is 0 is None; with ``paper``, ``left_out`` says where the published code drops the unit
    from its mean.
    """
    table = {}
    for number, row in zip(_NUMBERS, counts, strict=True):
        tp, fp, fn, tn = (int(x) for x in row)
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
            "f1": _known(unit_f1(row)),
            "accuracy": (tp + tn) / total if (total := tp + fp + fn + tn) else None,
            **_agreement(tp, fp, fn, tn),
        }
        if protocol == "paper":
            entry["left_out"] = bool(_constant(row))
        table[str(number)] = entry
    return table


def _constant(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say where labels and answers (..., 4) are all present or all absent, a confusion matrix of one cell."""
    wrong = counts[..., 1] + counts[..., 2]
    constant: NDArray[np.bool_] = (wrong == 0) & ((counts[..., 0] == 0) | (counts[..., 3] == 0))
    return constant


def _positives(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of labels of each unit (...) from counts (..., 4)."""
    return counts[..., 0] + counts[..., 2]


def _mean(values: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean over the last axis of what is kept, NaN counted as 0; NaN where nothing is."""
    total, n = np.where(kept, np.nan_to_num(values), 0.0).sum(-1), kept.sum(-1)
    return np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0)


def _known(value: NDArray[np.float64]) -> float | None:
    return None if np.isnan(value) else float(value)


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
