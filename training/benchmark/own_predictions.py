"""Predictions that no ``run`` wrote, for a report: a JSONL file, or a folder with ``predictions_TASK.jsonl``.

Nothing is known of them but what their lines say: they are named after the file, and no pictures are shown.
"""

import json
from pathlib import Path
from typing import Any, get_args

from emola.errors import InputError
from training.benchmark.items import read_items
from training.benchmark.labels import Task

_TASKS: tuple[Task, ...] = get_args(Task)


def find_own_predictions(place: Path) -> dict[Task, Path]:
    """Return the file of each task, {} where there is none.

    Raises:
        InputError: neither the lines nor the name of a file say which task was asked.
    """
    if place.is_file():
        return {_task_of(place): place}
    files = {task: place / f"predictions_{task}.jsonl" for task in _TASKS}
    return {task: path for task, path in files.items() if path.is_file()}


def describe_own_predictions(place: Path) -> dict[str, Any]:
    """Return what stands for ``run.json``."""
    return {"model": f"own predictions, {place.stem}", "data": place.name}


def prediction_rows(path: Path, task: Task) -> list[dict[str, Any]]:
    """Return the lines of a file of predictions; groups are text.

    Raises:
        InputError: with the lines that are no predictions, or when they are of another task.
    """
    others = [item.id for item in read_items(path) if item.task not in (None, task)]
    if others:
        raise InputError(f"{path} holds predictions of another task than {task} (the first is {others[0]}).")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8-sig").split("\n") if line.strip()]
    return [{**row, "group": None if row.get("group") is None else str(row["group"])} for row in rows]


def _task_of(path: Path) -> Task:
    """Return the task that the lines name, else the one in the name of the file."""
    said = {item.task for item in read_items(path)} - {None}
    named = [task for task in _TASKS if said == {task} or (not said and path.stem.endswith(f"_{task}"))]
    if len(named) != 1:
        raise InputError(
            f'{path} does not say which task it answers; write "task": "emotion" or "task": "au" into every line, or '
            "name it NAME_emotion.jsonl or NAME_au.jsonl."
        )
    return named[0]
