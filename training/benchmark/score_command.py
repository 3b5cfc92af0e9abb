"""``python -m training.benchmark score``: predictions in, scores out; no model, no network.

P.jsonl has one JSON object a line:

    id           text or whole number, once each
    prediction   the answer, or null where there is none
    label        emotion: name or 0 to 6; action units: "1, 2, 4" or a list of numbers (paper takes emotions only as the
                 published code does: Happiness with a capital, or 0 to 6)
    reference    text for ROUGE-L (may be absent)
    group        name or number of a subject or the like (may be absent), scored on its own as well
    contested    action units that the label leaves open (may be absent), left out by strict
    status       "cut off" where the answer reached the limit of its length (may be absent, as run writes it)
    reason       why there is no answer (may be absent, as run writes it)
    task         "emotion" or "au" (may be absent, as run writes it); a line of another --task is refused

OUT.json has n, s_re, s_ge and s_rege (0 to 100; their sum), a row of figures for each class or action unit, counts of
unparsed, unknown, failed, cut off and skipped items with their ids and reasons, labels that were not wholly read, ROUGE
variants, intervals, the action units that were scored, and the versions of everything.
ITEMS.jsonl has, for each item, id, predicted, label, rouge_l (0 to 1) and status.

    python -m training.benchmark score --task au --protocol strict --predictions P.jsonl --json OUT.json
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from training.benchmark.counts import counts_in_words
from training.benchmark.items import Item, check_output, read_items, write_lines
from training.benchmark.measures import recognition_measures, rouge_measures
from training.benchmark.outcomes import Outcome
from training.benchmark.run_folder import RunFolder
from training.benchmark.score import ScoringSettings, judge_all, score
from training.data.unit_lists import UnitList, read_unit_list, unit_list

_TOTALS: Final = {"s_re": "S_re", "s_ge": "S_ge", "s_rege": "S_rege"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "score", help="score predictions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", required=True, choices=("emotion", "au"), help="what was asked for")
    protocol = "paper: the published evaluation, bug for bug; strict: the repaired one"
    parser.add_argument("--protocol", required=True, choices=("paper", "strict"), help=protocol)
    parser.add_argument("--predictions", required=True, type=Path, metavar="P.jsonl", help="one JSON object a line")
    parser.add_argument("--json", type=Path, metavar="OUT.json", help="write the whole report there")
    parser.add_argument("--items", type=Path, metavar="ITEMS.jsonl", help="write what was read of each item there")
    units = (
        "au: the data set whose action units are scored (faba, bp4d, disfa, emotionet, gft), or their numbers; answers "
        "are not judged on others (default: the data set of the run that the predictions lie in, else faba)"
    )
    parser.add_argument("--units", metavar="LIST", help=units)
    parser.add_argument("--min-positives", type=int, default=1, help="fewest labels of a unit in strict means")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples of the 95 %% intervals (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling (default 0)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score, print a short table and write the files asked for; 0."""
    if options.bootstrap < 0 or options.workers < 1 or options.min_positives < 1 or options.seed < 0:
        raise InputError("--bootstrap and --seed must be 0 or more, --workers and --min-positives at least 1.")
    settings = ScoringSettings(
        options.task,
        options.protocol,
        options.min_positives,
        options.bootstrap,
        options.seed,
        options.workers,
        _units(options),
    )
    items = read_items(options.predictions)
    _check_task(items, options)
    written = [path for path in (options.json, options.items) if path]
    for place, path in enumerate(written):
        check_output(path, options.predictions, *written[:place])
    outcomes = judge_all(items, settings)
    _check_labels(outcomes)
    report = score(outcomes, settings)
    if options.items:
        write_lines(options.items, (outcome.row(settings.protocol) for outcome in outcomes))
    if options.json:
        _write_report(options.json, report)
    print(_summary(report))
    return 0


def _units(options: argparse.Namespace) -> UnitList:
    """Return the action units that were asked for, else those of the run's data set."""
    if options.units is not None:
        if options.task != "au":
            raise InputError("--units is about action units; leave it out for --task emotion.")
        return read_unit_list(options.units)
    run = RunFolder(options.predictions.parent)
    beside = run.description_file.is_file() and options.predictions == run.predictions_file(options.task)
    return unit_list(run.describe().get("data_set") if beside else None)


def _check_task(items: Sequence[Item], options: argparse.Namespace) -> None:
    """Make sure that the predictions answer the task: emotions 1 to 6 could be read as action units as well."""
    others = [item for item in items if item.task not in (None, options.task)]
    if others:
        raise InputError(
            f"{len(others)} of the {len(items)} predictions in {options.predictions} are of the task "
            f"{others[0].task!r} (the first is {others[0].id}), not of {options.task!r}; give their --task, or keep "
            "one task to a file."
        )


def _check_labels(outcomes: Sequence[Outcome]) -> None:
    """Make sure that there is something to score, so that a wrong --task is no row of dashes."""
    if all(outcome.label is None for outcome in outcomes):
        raise InputError(f"None of the {len(outcomes)} labels can be read: {outcomes[0].label_error}.")


def _write_report(path: Path, report: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"The report {path} cannot be written: {error.strerror}.") from None


def _summary(report: dict[str, Any]) -> str:
    """Return the scores with their intervals, what stands beside them, and what was not simply scored."""
    lines = [f"{report['task']}, protocol {report['protocol']['name']}, {report['n']} items"]
    if units := report.get("units"):
        own = ", ".join(map(str, units["scored"])) if units["version"] is None else None
        lines[0] += f", action units: {own or '{list}, version {version}'.format(**units)}"
    for key, name in _TOTALS.items():
        bounds = report["intervals_95"].get(key)
        spread = f"   95 % interval {bounds[0]:.2f} to {bounds[1]:.2f}" if bounds else ""
        lines.append(f"{name:7}{_number(report[key]):>7}{spread}")
    for measures in (recognition_measures(report), rouge_measures(report)):
        lines.append(", ".join(f"{words} {value}" for words, value in measures))
    rows = report.get("classes") or report["action_units"]
    for key, row in rows.items():
        name = f"AU{key} {ACTION_UNITS[int(key)].name}" if key.isdecimal() else key
        aside = "" if row.get("scored", True) else "   (not in S_re)"
        lines.append(f"  {name:28} F1 {_number(row['f1'], 100):>6}   support {row['support']}{aside}")
    for name, row in report["groups"].items():
        totals = ", ".join(f"{words} {_number(row[key])}" for key, words in _TOTALS.items())
        lines.append(f"  group {name:22} {totals}   {row['n']} items")
    counted = counts_in_words(report["counts"])
    return "\n".join([*lines, *([f"of them: {counted}"] if counted else []), *_unlabelled(report)])


def _unlabelled(report: dict[str, Any]) -> list[str]:
    """Return over how many items S_re is, where labels cannot be read, with the most frequent reason."""
    if report["n_labelled"] == report["n"]:
        return []
    reasons = report["counts"]["label_errors"]
    return [f"S_re is over {report['n_labelled']} of {report['n']} items; of the others: {next(iter(reasons), '')}"]


def _number(value: float | None, factor: float = 1.0) -> str:
    return "-" if value is None else f"{factor * value:.2f}"
