"""Old and new labels against old and new references: what a review release changes about a run's numbers.

A release is an evaluation JSON in FABA's form (``image``, ``label``, ``gpt4``); its records are matched by picture.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from emola.errors import InputError
from training.benchmark.questions import read_records
from training.benchmark.report_results import PROTOCOLS, RunResult, judge_rows
from training.benchmark.report_tables import TASK_NAMES, TOTAL_NAMES, Table, with_bounds
from training.data.records import Task


def read_release(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the records of a release by picture.

    Raises:
        InputError: it cannot be read, or a record has no picture, label or reference, or a picture comes twice.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for number, record in enumerate(read_records(path), start=1):
        if not isinstance(record, dict) or not {"image", "label", "gpt4"} <= record.keys():
            raise InputError(f"Record {number} of {path} lacks image, label or gpt4.")
        if record["image"] in found:
            raise InputError(f"{path} has {record['image']} twice; a release for the report has each picture once.")
        found[record["image"]] = record
    return found


def release_table(runs: Sequence[RunResult], task: Task, release: Path, repeats: int, seed: int) -> Table:
    """Return the totals of every run on the pictures that the release holds, for the four combinations.

    Raises:
        InputError: no run of this task shares a picture with the release.
    """
    records = read_release(release)
    rows: list[tuple[str, ...]] = []
    counts = set()
    for run in runs:
        if task not in run.tasks:
            continue
        shared = [row for row in run.tasks[task].rows if row.get("image") in records]
        counts.add(len(shared))
        if shared:
            rows += _combinations(run.name, shared, records, task, repeats, seed)
    if not rows:
        raise InputError(f"{release} shares no picture with the {task} answers of these runs.")
    caption = f"{TASK_NAMES[task]}: labels and references before and after {release.name}, {max(counts)} items"
    return Table(caption, ("run", "protocol", "labels", "references", *TOTAL_NAMES.values()), rows)


def _combinations(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    records: Mapping[str, Mapping[str, Any]],
    task: Task,
    repeats: int,
    seed: int,
) -> list[tuple[str, ...]]:
    """Return one line for each protocol, labels and references."""
    lines = []
    for labels, references in product(("old", "new"), repeat=2):
        changed = [
            {
                **row,
                "label": records[row["image"]]["label"] if labels == "new" else row["label"],
                "reference": records[row["image"]]["gpt4"] if references == "new" else row.get("reference"),
            }
            for row in rows
        ]
        judged = judge_rows(changed, task, repeats, seed)
        for protocol in PROTOCOLS:
            scores = judged[protocol].scores
            totals = [with_bounds(scores[total], scores["intervals_95"].get(total)) for total in TOTAL_NAMES]
            lines.append((name, protocol, labels, references, *totals))
    return sorted(lines, key=lambda line: PROTOCOLS.index(line[1]))
