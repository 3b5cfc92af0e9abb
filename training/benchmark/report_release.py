"""Old and new labels against old and new references: what a review release changes about a run's numbers.

A release is a folder that the review part wrote, or an evaluation JSON in FABA's form (``image``, ``label``, ``gpt4``);
its records are matched by picture. Old labels and references are those that a release folder names, else the run's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from emola.errors import InputError
from training.benchmark.questions import read_records
from training.benchmark.release import is_release, read_release_rows
from training.benchmark.report_results import PROTOCOLS, RunResult, judge_rows
from training.benchmark.report_tables import TASK_NAMES, TOTAL_NAMES, Table, with_bounds
from training.data.records import Task


@dataclass(frozen=True)
class Revision:
    """Labels and reference of a picture after the review, and before it where the release names them.

    Attributes:
        new: ``label``, the action units ``contested`` in it, and ``reference``.
        old: the same before; what is missing is taken from the run.
    """

    new: Mapping[str, Any]
    old: Mapping[str, Any]


def read_release(path: Path, task: Task) -> dict[str, Revision]:
    """Return what a release says about each picture of a task.

    Raises:
        InputError: it cannot be read, or a record has no picture, label or reference, or a picture comes twice.
    """
    records = read_release_rows(path, task) if path.is_dir() and is_release(path) else _json_records(path)
    found: dict[str, Revision] = {}
    for record in records:
        if record["image"] in found:
            raise InputError(f"{path} has {record['image']} twice; a release for the report has each picture once.")
        new = {"contested": record.get("contested") or [], **{name: record[name] for name in ("label", "reference")}}
        old = {name: record[f"old_{name}"] for name in new if record.get(f"old_{name}") is not None}
        found[record["image"]] = Revision(new, old)
    return found


def _json_records(path: Path) -> list[dict[str, Any]]:
    """Return the records of an evaluation JSON with the names that a release folder uses."""
    records = []
    for number, record in enumerate(read_records(path), start=1):
        if not isinstance(record, dict) or not {"image", "label", "gpt4"} <= record.keys():
            raise InputError(f"Record {number} of {path} lacks image, label or gpt4.")
        records.append({"image": record["image"], "label": record["label"], "reference": record["gpt4"]})
    return records


def release_table(runs: Sequence[RunResult], task: Task, release: Path, repeats: int, seed: int) -> Table:
    """Return the totals of every run on the pictures that the release holds, for the four combinations.

    Raises:
        InputError: no run of this task shares a picture with the release.
    """
    records = read_release(release, task)
    rows: list[tuple[str, ...]] = []
    counts = set()
    for run in runs:
        if task not in run.tasks:
            continue
        shared = [row for row in run.tasks[task].rows if row.get("image") in records]
        counts.add(len(shared))
        if shared:
            rows += _combinations(run, shared, records, task, repeats, seed)
    if not rows:
        raise InputError(f"{release} shares no picture with the {task} answers of these runs.")
    caption = f"{TASK_NAMES[task]}: labels and references before and after {release.name}, {max(counts)} items"
    return Table(caption, ("run", "protocol", "labels", "references", *TOTAL_NAMES.values()), rows)


def _combinations(
    run: RunResult,
    rows: Sequence[Mapping[str, Any]],
    records: Mapping[str, Revision],
    task: Task,
    repeats: int,
    seed: int,
) -> list[tuple[str, ...]]:
    """Return one line for each protocol, labels and references."""
    lines = []
    for labels, references in product(("old", "new"), repeat=2):
        changed = [_revised(row, records[row["image"]], labels, references) for row in rows]
        judged = judge_rows(changed, task, repeats, seed, run.units)
        for protocol in PROTOCOLS:
            scores = judged[protocol].scores
            totals = [with_bounds(scores[total], scores["intervals_95"].get(total)) for total in TOTAL_NAMES]
            lines.append((run.name, protocol, labels, references, *totals))
    return sorted(lines, key=lambda line: PROTOCOLS.index(line[1]))


def _revised(row: Mapping[str, Any], revision: Revision, labels: str, references: str) -> dict[str, Any]:
    """Return a row of predictions with its label and reference as they were ("old") or as they are ("new")."""
    label, reference = (revision.new if which == "new" else revision.old for which in (labels, references))
    return {
        **row,
        "label": label.get("label", row["label"]),
        "contested": label.get("contested", []),
        "reference": reference.get("reference", row.get("reference")),
    }
