"""The benchmark runs below a folder: what each one is, whether it is finished, and its scores once somebody looks.

A run that cannot be used is listed with the sentence that says why; nothing is hidden.
"""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from emola.errors import InputError
from training.benchmark.labels import Task
from training.benchmark.report_results import RunResult, read_runs
from training.benchmark.run_folder import RunFolder

RunStatus = Literal["finished", "unfinished", "broken"]

_TASKS: Final[tuple[Task, ...]] = get_args(Task)
_DEEPEST: Final = 4
_KEPT: Final = 24
_Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class FoundRun:
    """One run as its files stand now.

    Attributes:
        key: path below the runs folder, with forward slashes; what a page sends back.
        folder: where it is.
        status: "finished", "unfinished" or "broken".
        sentence: what is missing or wrong; "" for a finished run.
        description: ``run.json``; {} for a broken run.
        changed: when its newest file was written, seconds since 1970.
    """

    key: str
    folder: Path
    status: RunStatus
    sentence: str
    description: dict[str, Any]
    changed: float


class RunLibrary:
    """Lists runs and keeps the scores of those that were looked at; safe for several threads.

    Args:
        folder: what lies in it, up to four folders deep, is listed; it need not exist.
        repeats: bootstrap resamples of the intervals.
        seed: of the resampling.
    """

    def __init__(self, folder: Path, repeats: int = 1000, seed: int = 0) -> None:
        self.folder = folder
        self.repeats, self.seed = repeats, seed
        self._scored: dict[str, tuple[_Stamp, RunResult]] = {}
        self._lock = threading.Lock()

    def runs(self) -> list[FoundRun]:
        """Return every run, the newest first."""
        found = (_describe(folder, self.folder) for folder in _run_folders(self.folder, 0))
        return sorted(found, key=lambda run: (-run.changed, run.key))

    def find(self, key: str) -> FoundRun:
        """Return one run.

        Raises:
            InputError: no run of that name is there (any more).
        """
        run = next((run for run in self.runs() if run.key == key), None)
        if run is None:
            raise InputError(f"There is no run {key} in {self.folder} any more; look at the list again.")
        return run

    def result(self, key: str) -> RunResult:
        """Return the scores of a run, named by its key; scored anew only when its files changed.

        Raises:
            InputError: the run is gone, not finished or damaged.
        """
        run = self.find(key)
        if run.status != "finished":
            raise InputError(run.sentence)
        with self._lock:
            stamp = _stamp(run.folder)
            known = self._scored.get(key)
            if known is None or known[0] != stamp:
                known = stamp, replace(read_runs([run.folder], self.repeats, self.seed)[0], name=key)
                self._scored[key] = known
                for old in list(self._scored)[:-_KEPT]:
                    del self._scored[old]
            return known[1]

    def scored(self, key: str) -> RunResult | None:
        """Return the scores of a run if they are known, without computing anything."""
        known = self._scored.get(key)
        return None if known is None else known[1]


def finished_runs(folder: Path) -> dict[str, Path]:
    """Return the folders of the finished runs below ``folder`` by what they are called, the newest first."""
    runs = [run for run in RunLibrary(folder).runs() if run.status == "finished"]
    return {f"{run.key} · {Path(str(run.description['model'])).name}": run.folder for run in runs}


def _run_folders(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders that hold a benchmark run; nothing below a run or behind a link is looked at."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # it does not exist or may not be read: then there is nothing to list
        return
    names = {entry.name for entry in entries}
    if "run.json" in names:
        if "config.yaml" not in names:  # a training run has both
            yield folder
        return
    if depth < _DEEPEST:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _run_folders(Path(entry.path), depth + 1)


def _describe(folder: Path, above: Path) -> FoundRun:
    run = RunFolder(folder)
    key = folder.relative_to(above).as_posix()
    changed = max((time / 1e9 for _, time, _ in _stamp(folder)), default=0.0)
    try:
        description = run.describe()
        if not {"root", "model", "data"} <= description.keys():
            raise InputError(f"{run.description_file} does not say which model was asked about which data.")
    except InputError as error:
        return FoundRun(key, folder, "broken", str(error), {}, changed)
    if any(run.predictions_file(task).is_file() for task in _TASKS):
        return FoundRun(key, folder, "finished", "", description, changed)
    answered = sum(path.read_bytes().count(b"\n") for path in folder.glob("parts/journal-*.jsonl"))
    sentence = (
        f"{answered} of {description['identity'].get('questions', 'an unknown number of')} questions are answered so "
        "far; if it was stopped, the same command continues it."
    )
    return FoundRun(key, folder, "unfinished", sentence, description, changed)


def _stamp(folder: Path) -> _Stamp:
    """Return name, time and size of the files that make a run."""
    names = ("run.json", *(RunFolder(folder).predictions_file(task).name for task in _TASKS))
    paths = [folder / name for name in names]
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths if path.is_file())


def count_failed(result: RunResult) -> dict[Task, tuple[int, int]]:
    """Return the number of items and of failed ones for each task."""
    return {
        task: (len(judged.rows), sum(row.get("status") == "failed" for row in judged.rows))
        for task, judged in result.tasks.items()
    }
