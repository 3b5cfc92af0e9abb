"""Figures of each action unit and their means under the two protocols, all from counts of six kinds.

They are true positives, false positives, false negatives, true negatives, and answers that state nothing ("unknown", or
failed) where the unit is labelled and where it is not: wrong both times, and in a column of their own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.answer import Protocol
from emola.taxonomy import ACTION_UNITS
from training.benchmark.outcomes import Outcome
from training.data.unit_lists import UnitList

_NUMBERS = tuple(ACTION_UNITS)
_KINDS = 6


def unit_kinds(outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """Return 0/1 (items, 20 * 6): which of the six kinds each unit is; a contested unit is none of them."""
    if not outcomes:
        return np.zeros((0, len(_NUMBERS) * _KINDS))
    said = np.array([[n in (o.predicted or ()) for n in _NUMBERS] for o in outcomes], dtype=bool)
    meant = np.array([[n in (o.label or ()) for n in _NUMBERS] for o in outcomes], dtype=bool)
    open_ones = np.array([[n in o.contested for n in _NUMBERS] for o in outcomes], dtype=bool)
    stated = np.array([[o.status not in ("unknown", "failed")] for o in outcomes], dtype=bool)
    denied, absent = ~said & stated, ~meant & ~open_ones
    kinds = np.stack(
        [said & meant, said & absent, denied & meant, denied & absent, ~stated & meant, ~stated & absent], axis=2
    )
    flat: NDArray[np.float64] = kinds.reshape(len(outcomes), -1).astype(np.float64)
    return flat


def unit_counts(sums: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return counts (..., 20, 6) from summed kinds (..., 120)."""
    return np.rint(sums).astype(np.int64).reshape(*sums.shape[:-1], len(_NUMBERS), _KINDS)


def unit_f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 2TP / (2TP + FP + FN) from counts (..., 6), NaN where a unit is neither labelled nor predicted.

    A labelled unit in an answer that states nothing counts as a false negative.
    """
    hits = 2.0 * counts[..., 0]
    below = hits + counts[..., 1] + counts[..., 2] + counts[..., 4]
    return np.divide(hits, below, out=np.full(below.shape, np.nan), where=below > 0)


def unit_s_re(
    counts: NDArray[np.int64], protocol: Protocol, min_positives: int, units: UnitList
) -> NDArray[np.float64]:
    """Return S_re (...), 0 to 100, from counts (..., 20, 6); NaN where no unit enters the mean.

    ``paper``: mean F1 over the scored units, F1 = 0 without a true positive, units left out where label and answer
    have one and the same value throughout (the published code fails on them in silence). ``strict``: mean F1 over the
    scored units with at least ``min_positives`` labels.
    """
    scored = counts[..., _places(units.scored), :]
    kept = ~_constant(scored) if protocol == "paper" else _positives(scored) >= max(min_positives, 1)
    return 100 * _mean(unit_f1(scored), kept)


def unit_means(
    counts: NDArray[np.int64], protocol: Protocol, min_positives: int, units: UnitList
) -> dict[str, float | None]:
    """Return ``s_re`` (0 to 100) and the means that stand beside it, None where one is not defined.

    Beside ``paper``: the mean accuracy of its units. Beside ``strict``: mean F1 over all coded units with enough
    labels, F1 of the summed counts of all coded and of the scored units, and the accuracy over the scored ones.
    """
    scored, coded = counts[_places(units.scored)], counts[_places(units.coded)]
    s_re = unit_s_re(counts, protocol, min_positives, units)
    right, total = scored[:, [0, 3]].sum(1), scored.sum(1)
    if protocol == "paper":
        shares = right / np.maximum(total, 1)  # a unit without items is constant, so its share enters no mean
        return {"s_re": _known(s_re), "accuracy": _known(_mean(shares, ~_constant(scored)))}
    return {
        "s_re": _known(s_re),
        "macro_f1_all": _known(_mean(unit_f1(coded), _positives(coded) >= max(min_positives, 1))),
        "micro_f1_all": _known(unit_f1(coded.sum(0))),
        "micro_f1_scored": _known(unit_f1(scored.sum(0))),
        "accuracy": float(right.sum() / total.sum()) if total.any() else None,
    }


def unit_table(counts: NDArray[np.int64], protocol: Protocol, units: UnitList) -> dict[str, dict[str, Any]]:
    """Return counts, precision, recall, F1, support, accuracy, balanced accuracy, kappa and MCC of each coded unit.

    ``unknown`` counts the answers that state nothing, whatever the label; the four counts before it leave them out.

    A figure whose denominator is 0 is None; with ``paper``, ``left_out`` says where the published code drops the unit
    from its mean.
    """
    table = {}
    for number, row in zip(units.coded, counts[_places(units.coded)], strict=True):
        tp, fp, fn, tn, missed, unsaid = (int(x) for x in row)
        positives, total = tp + fn + missed, int(row.sum())
        entry: dict[str, Any] = {
            "name": ACTION_UNITS[number].name,
            "scored": number in units.scored,
            "tp": tp,
            "fp": fp,
            "fn": fn,
            "tn": tn,
            "unknown": missed + unsaid,
            "support": positives,
            "precision": tp / (tp + fp) if tp + fp else None,
            "recall": tp / positives if positives else None,
            "f1": _known(unit_f1(row)),
            "accuracy": (tp + tn) / total if total else None,
            **_agreement(row),
        }
        if protocol == "paper":
            entry["left_out"] = bool(_constant(row))
        table[str(number)] = entry
    return table


def _places(numbers: Sequence[int]) -> list[int]:
    """Return where action units stand among the 20."""
    return [_NUMBERS.index(number) for number in numbers]


def _constant(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say where labels and answers (..., 6) are all present or all absent, a confusion matrix of one cell."""
    wrong = counts[..., 1] + counts[..., 2] + counts[..., 4]
    constant: NDArray[np.bool_] = (wrong == 0) & ((counts[..., 0] == 0) | (counts[..., 3] + counts[..., 5] == 0))
    return constant


def _positives(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of labels of each unit (...) from counts (..., 6)."""
    positives: NDArray[np.int64] = counts[..., [0, 2, 4]].sum(-1)
    return positives


def _mean(values: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean over the last axis of what is kept, NaN counted as 0; NaN where nothing is."""
    total, n = np.where(kept, np.nan_to_num(values), 0.0).sum(-1), kept.sum(-1)
    return np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0)


def _known(value: NDArray[np.float64]) -> float | None:
    return None if np.isnan(value) else float(value)


def _agreement(row: NDArray[np.int64]) -> dict[str, float | None]:
    """Return balanced accuracy, Cohen's kappa and MCC of one unit, counts (6,); None where a margin is empty.

    Answers are of three kinds (present, absent, nothing stated), labels of two; MCC is that of several classes.
    """
    tp, fp, fn, tn, missed, unsaid = (int(x) for x in row)
    total, positives, negatives = int(row.sum()), tp + fn + missed, fp + tn + unsaid
    present, absent, nothing = tp + fp, fn + tn, missed + unsaid
    chance = positives * present + negatives * absent
    above = (tp + tn) * total - chance
    spread = float(total**2 - present**2 - absent**2 - nothing**2) * float(total**2 - positives**2 - negatives**2)
    return {
        "balanced_accuracy": (tp / positives + tn / negatives) / 2 if positives and negatives else None,
        "kappa": above / (total**2 - chance) if total**2 > chance else None,
        "mcc": above / float(np.sqrt(spread)) if spread > 0 else None,
    }
