"""Classic action-unit sets as they are published: mean F1 over the set's own units in each fold, then mean over folds.

A unit without a true positive counts 0, whether it has labels or not (EmoLA, calculate_threefolds_AU.py). Each fold is
usually answered by an adapter of its own, so folds belong together by their data set, not by their model.
"""

from collections import Counter
from collections.abc import Sequence

from emola.answer import Protocol
from training.benchmark.report_results import PROTOCOLS, RunResult
from training.benchmark.report_tables import Table
from training.data.folds import load_folds
from training.data.unit_lists import FABA


def fold_tables(runs: Sequence[RunResult]) -> list[Table]:
    """Return the tables of the classic action-unit sets among the runs, for both protocols."""
    classic = [run for run in runs if run.units.name != FABA and "au" in run.tasks]
    return [
        _table(members, protocol)
        for data_set in dict.fromkeys(run.units.name for run in classic)
        for members in _sets_of_folds([run for run in classic if run.units.name == data_set])
        for protocol in PROTOCOLS
    ]


def unit_f1(run: RunResult, protocol: Protocol) -> list[float]:
    """Return F1 (0 to 1) of every unit of the run's data set; 0 without a true positive."""
    rows = run.tasks["au"].judged[protocol].scores["action_units"]
    return [rows[str(number)]["f1"] or 0.0 for number in run.units.scored]


def _sets_of_folds(runs: list[RunResult]) -> list[list[RunResult]]:
    """Return runs of one data set as sets to take a mean over: all of them, or by model when that parts equal folds."""
    by_model: dict[str, list[RunResult]] = {}
    for run in runs:
        by_model.setdefault(run.model, []).append(run)
    parted = all(not _repeated(members) for members in by_model.values()) and len(by_model) < len(runs)
    return list(by_model.values()) if _repeated(runs) and parted else [runs]


def _repeated(runs: Sequence[RunResult]) -> list[int]:
    """Return the folds that several runs test."""
    return sorted(fold for fold, count in Counter(run.fold for run in runs).items() if count > 1 and fold is not None)


def _table(runs: Sequence[RunResult], protocol: Protocol) -> Table:
    units, data_set = runs[0].units.scored, runs[0].units.name
    rows = []
    for run in runs:
        values = unit_f1(run, protocol)
        rows.append((_row_name(run), run.model, values, sum(values) / len(values)))
    cells = [(name, model, *_percent([*values, mean])) for name, model, values, mean in rows]
    refused = _no_mean(runs)
    if refused:
        cells.append((refused, "", *("" for _ in units), ""))
    elif len(rows) > 1 and runs[0].fold is not None:
        by_unit = [sum(values) / len(rows) for values in zip(*(values for _, _, values, _ in rows), strict=True)]
        of_all = f"mean of {len(rows)} of {len(load_folds(data_set))} folds"
        cells.append((of_all, "", *_percent([*by_unit, sum(mean for *_, mean in rows) / len(rows)])))
    rule = "0 without a true positive"
    caption = f"{data_set}: F1 of its {len(units)} action units ({rule}), protocol {protocol}"
    return Table(caption, ("run", "model", *(f"AU{number}" for number in units), "mean"), cells)


def _row_name(run: RunResult) -> str:
    return run.name if run.fold is None else f"{run.name} (fold {run.fold})"


def _no_mean(runs: Sequence[RunResult]) -> str:
    """Return why there is no mean over folds, "" when there is one or none is due."""
    if repeated := _repeated(runs):
        folds = " and ".join(map(str, repeated))
        return f"no mean: fold {folds} is tested more than once; give one run of each fold"
    folded = [run.fold is not None for run in runs]
    return "no mean: some runs test no fold" if any(folded) and not all(folded) else ""


def _percent(values: Sequence[float]) -> list[str]:
    return [f"{100 * value:.1f}" for value in values]
