"""S_re, S_ge and S_rege of a set of predictions, with everything needed to understand them."""

import os
import platform
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emola import __version__
from emola.answer import Protocol, protocol_version
from training.benchmark.bootstrap import Samples, Scores, intervals
from training.benchmark.counts import count_items
from training.benchmark.emotion_metrics import (
    COLUMNS,
    ROWS,
    accuracy,
    confusion_matrix,
    emotion_agreement,
    emotion_codes,
    emotion_table,
)
from training.benchmark.item_scores import ClassScores, ItemScores
from training.benchmark.items import Item
from training.benchmark.labels import Task
from training.benchmark.outcomes import MAIN_ROUGE, Outcome, judge
from training.benchmark.rouge_l import ROUGE_PACKAGES
from training.benchmark.unit_metrics import unit_counts, unit_kinds, unit_means, unit_table
from training.data.unit_lists import UnitList, unit_list, unit_lists_version

_PARALLEL_FROM = 400


@dataclass(frozen=True)
class ScoringSettings:
    """How to score.

    ``min_positives`` is the fewest labels that an action unit needs to enter a strict mean; ``units`` are those that
    the data set codes and is scored on.
    """

    task: Task
    protocol: Protocol
    min_positives: int = 1
    repeats: int = 1000
    seed: int = 0
    workers: int = 1
    units: UnitList = field(default_factory=lambda: unit_list(None))


def judge_all(items: Sequence[Item], settings: ScoringSettings) -> list[Outcome]:
    """Read all items, in order, over ``settings.workers`` processes when there are many; shows a progress bar."""
    work = partial(judge, task=settings.task, protocol=settings.protocol, units=settings.units)
    bar = partial(tqdm, total=len(items), desc="Scoring", unit="item", disable=None)
    workers = min(settings.workers, os.cpu_count() or 1)
    if workers < 2 or len(items) < _PARALLEL_FROM:
        return list(bar(map(work, items)))
    with ProcessPoolExecutor(workers) as pool:
        return list(bar(pool.map(work, items, chunksize=50)))


def score(outcomes: Sequence[Outcome], settings: ScoringSettings) -> dict[str, Any]:
    """Return the report of a set of outcomes as plain JSON values.

    S_re is over the items whose label can be read; an unknown, crashed or failed answer is a wrong one. S_ge is over
    the items for which the protocol's ROUGE-L is defined. S_rege is their sum. A score that is defined for no item is
    None: S_re where no label can be read, S_ge without references, S_rege without either.
    """
    labelled = [outcome for outcome in outcomes if outcome.label is not None]
    recognition = _emotion_part(labelled) if settings.task == "emotion" else _unit_part(labelled, settings)
    rouge = {name: _mean(o.rouge[name] for o in outcomes) for name in ("pltrdy_l", "google_l", "google_lsum")}
    main = _totals(recognition.pop("s_re"), rouge[MAIN_ROUGE[settings.protocol]])
    bounds = _intervals(outcomes, settings)
    for name, row in (recognition.get("classes") or recognition["action_units"]).items():
        row["f1_interval_95"] = bounds.pop(name, None)
    return {
        "task": settings.task,
        "n": len(outcomes),
        "n_labelled": len(labelled),
        **main,
        **recognition,
        "rouge": {"s_ge_uses": MAIN_ROUGE[settings.protocol], **rouge},
        "intervals_95": bounds,
        "bootstrap": {"repeats": settings.repeats, "seed": settings.seed},
        "counts": count_items(outcomes, settings.protocol),
        "groups": _groups(outcomes, settings),
        "protocol": {"name": settings.protocol, "vocabularies": protocol_version(settings.protocol)},
        "versions": {
            "emola": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            **ROUGE_PACKAGES,
        },
    }


def _intervals(outcomes: Sequence[Outcome], settings: ScoringSettings) -> dict[str, tuple[float, float] | None]:
    """Return the intervals of the totals and of F1 of each class, all from the same resamples; {} without any."""
    totals, classes = _item_scores(outcomes, settings), ClassScores(outcomes, settings.task, settings.units)

    def every(weights: NDArray[np.float64]) -> Samples:
        return {**totals(weights), **classes(weights)}

    return intervals(len(outcomes), every, settings.repeats, settings.seed)


def _totals(s_re: float | None, rouge: float | None) -> Scores:
    """Return the three scores, 0 to 100 (S_rege 0 to 200)."""
    s_ge = None if rouge is None else 100 * rouge
    return {"s_re": s_re, "s_ge": s_ge, "s_rege": None if s_re is None or s_ge is None else s_re + s_ge}


def _emotion_part(labelled: Sequence[Outcome]) -> dict[str, Any]:
    confusion = confusion_matrix(emotion_codes(labelled))
    right = accuracy(confusion)
    return {
        "s_re": None if right is None else 100 * right,
        "accuracy": right,
        **emotion_agreement(confusion),
        "classes": emotion_table(confusion),
        "confusion": {"rows": list(ROWS), "columns": list(COLUMNS), "counts": confusion.tolist()},
    }


def _unit_part(labelled: Sequence[Outcome], settings: ScoringSettings) -> dict[str, Any]:
    counts, units = unit_counts(unit_kinds(labelled).sum(0)), settings.units
    return {
        **unit_means(counts, settings.protocol, settings.min_positives, units),
        "min_positives": settings.min_positives,
        "units": {
            "list": units.name,
            "version": None if units.is_own else unit_lists_version(),
            "scored": list(units.scored),
            "coded": list(units.coded),
        },
        "action_units": unit_table(counts, settings.protocol, units),
    }


def _item_scores(outcomes: Sequence[Outcome], settings: ScoringSettings) -> ItemScores:
    return ItemScores(outcomes, settings.task, settings.protocol, settings.min_positives, settings.units)


def _groups(outcomes: Sequence[Outcome], settings: ScoringSettings) -> dict[str, Scores | dict[str, int]]:
    """Return the scores of each group by name; {} without groups."""
    groups: dict[str, Any] = {}
    for name in sorted({outcome.group for outcome in outcomes if outcome.group is not None}):
        members = [outcome for outcome in outcomes if outcome.group == name]
        groups[name] = {"n": len(members), **_item_scores(members, settings).totals()}
    return groups


def _mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the defined values, or None."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
