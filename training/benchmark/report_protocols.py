"""Which definitions a report rests on: vocabularies, lists of action units, folds and ROUGE packages, with versions."""

from collections.abc import Sequence

from emola.answer import protocol_version
from training.benchmark.outcomes import MAIN_ROUGE
from training.benchmark.report_results import PROTOCOLS, RunResult
from training.benchmark.report_tables import Table
from training.benchmark.rouge_l import ROUGE_PACKAGES
from training.data.folds import folds_version, load_folds
from training.data.unit_lists import unit_lists_version


def protocols_table(runs: Sequence[RunResult]) -> Table:
    """Return every definition behind the numbers of some runs, its version, and what it holds."""
    rows = [
        (f"vocabularies of {protocol}", protocol_version(protocol), "how answers are read") for protocol in PROTOCOLS
    ]
    lists = {run.units.name: run.units for run in runs if "au" in run.tasks}
    for units in lists.values():
        scored, coded = (", ".join(map(str, numbers)) for numbers in (units.scored, units.coded))
        beside = "" if units.scored == units.coded else f"; coded: {coded}"
        rows.append((f"action units of {units.name}", str(unit_lists_version()), f"scored: {scored}{beside}"))
    for data_set in dict.fromkeys(run.data_set for run in runs if run.data_set and run.fold is not None):
        subjects = "; ".join(f"fold {number}: {len(names)} subjects" for number, names in load_folds(data_set).items())
        rows.append((f"folds of {data_set}", str(folds_version()), subjects))
    used = {name: protocol for protocol, name in MAIN_ROUGE.items()}
    for (package, version), variant in zip(ROUGE_PACKAGES.items(), ("pltrdy_l", "google_l"), strict=True):
        rows.append((f"ROUGE-L of {package}", version, f"S_ge of {used[variant]}; the same numbers, computed here"))
    return Table("Protocols: the definitions behind the numbers", ("definition", "version", "holds"), rows)
