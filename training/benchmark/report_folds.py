"""Classic action-unit sets as they are published: mean F1 over the set's own units in each fold, then mean over folds.

A unit without a true positive counts 0, whether it has labels or not (EmoLA, calculate_threefolds_AU.py).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from emola.answer import Protocol
from training.benchmark.report_results import PROTOCOLS, RunResult
from training.benchmark.report_tables import Table
from training.data.classic import bp4d, disfa, emotionet, gft

UNITS_OF: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "bp4d": bp4d.ACTION_UNITS,
        "disfa": disfa.ACTION_UNITS,
        "emotionet": emotionet.ACTION_UNITS,
        "gft": gft.ACTION_UNITS,
    }
)
"""Classic data set to the action units that its published numbers are about."""


def fold_tables(runs: Sequence[RunResult]) -> list[Table]:
    """Return a table for every model, classic action-unit set and protocol among the runs."""
    found: dict[tuple[str, str], list[RunResult]] = {}
    for run in runs:
        if run.description.get("data_set") in UNITS_OF and "au" in run.tasks:
            found.setdefault((run.description["data_set"], str(run.description.get("model"))), []).append(run)
    return [_table(*key, members, protocol) for key, members in found.items() for protocol in PROTOCOLS]


def unit_f1(run: RunResult, data_set: str, protocol: Protocol) -> list[float]:
    """Return F1 (0 to 1) of every unit of the set; 0 without a true positive."""
    rows = run.tasks["au"].judged[protocol].scores["action_units"]
    return [rows[str(number)]["f1"] or 0.0 for number in UNITS_OF[data_set]]


def _table(data_set: str, model: str, runs: Sequence[RunResult], protocol: Protocol) -> Table:
    units = UNITS_OF[data_set]
    rows = []
    for run in runs:
        values = unit_f1(run, data_set, protocol)
        fold = run.description.get("fold")
        name = run.name if fold is None else f"{run.name} (fold {fold})"
        rows.append((name, values, sum(values) / len(values)))
    if len(rows) > 1:
        by_unit = [sum(values) / len(rows) for values in zip(*(values for _, values, _ in rows), strict=True)]
        rows.append((f"mean of {len(rows)} folds", by_unit, sum(mean for _, _, mean in rows) / len(rows)))
    cells = [(name, *(f"{100 * value:.1f}" for value in (*values, mean))) for name, values, mean in rows]
    caption = f"{data_set}, {model}: F1 of its {len(units)} action units, protocol {protocol}"
    return Table(caption, ("run", *(f"AU{number}" for number in units), "mean"), cells)
