"""Runs read back for a report: their predictions, judged and scored under both protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from emola.answer import Protocol
from emola.errors import InputError
from training.benchmark.items import Item, make_item
from training.benchmark.labels import Task
from training.benchmark.outcomes import Outcome
from training.benchmark.own_predictions import describe_own_predictions, find_own_predictions, prediction_rows
from training.benchmark.run_folder import RunFolder
from training.benchmark.score import ScoringSettings, judge_all, score
from training.data.unit_lists import UnitList, unit_list

PROTOCOLS: Final[tuple[Protocol, ...]] = ("paper", "strict")
_TASKS: Final[tuple[Task, ...]] = get_args(Task)

Bounds = tuple[float, float] | None


@dataclass(frozen=True)
class Judged:
    """One task of one run under one protocol.

    Attributes:
        outcomes: what the protocol makes of each item, in the order of the file.
        scores: as ``score`` reports them.
    """

    outcomes: list[Outcome]
    scores: dict[str, Any]

    @property
    def classes(self) -> Mapping[str, dict[str, Any]]:
        """The figures of each emotion or action unit (its number as text)."""
        table: Mapping[str, dict[str, Any]] = self.scores.get("classes") or self.scores["action_units"]
        return table


@dataclass(frozen=True)
class TaskResult:
    """One task of one run.

    Attributes:
        task: "emotion" or "au".
        rows: the lines of the predictions.
        judged: by protocol.
    """

    task: Task
    rows: list[dict[str, Any]]
    judged: dict[Protocol, Judged]


@dataclass(frozen=True)
class RunResult:
    """One run.

    Attributes:
        name: unique among the runs of a report.
        description: ``run.json``; of own predictions little.
        tasks: by name, those that the run has.
    """

    name: str
    description: dict[str, Any]
    tasks: dict[Task, TaskResult]

    @property
    def root(self) -> Path | None:
        """Folder that the pictures' paths start from, None for own predictions."""
        return Path(self.description["root"]) if "root" in self.description else None

    @property
    def model(self) -> str:
        """What was asked, as the user wrote it."""
        return str(self.description.get("model"))

    @property
    def data_set(self) -> str | None:
        """Name of a classic data set, None for FABA's form."""
        return self.description.get("data_set")

    @property
    def fold(self) -> int | None:
        """Which fold of the data set was asked, None without folds."""
        return self.description.get("fold")

    @property
    def units(self) -> UnitList:
        """The action units that the data set codes and is scored on."""
        return unit_list(self.data_set)


def read_runs(folders: Sequence[Path], repeats: int, seed: int) -> list[RunResult]:
    """Read and score finished runs and own predictions.

    Args:
        folders: of ``run``, or own predictions (a file or folder); each once.
        repeats: bootstrap resamples, 0 for no intervals.
        seed: of the resampling.

    Raises:
        InputError: a folder is no run, or its run is not finished, or a folder is named twice.
    """
    resolved = [folder.resolve() for folder in folders]
    if len(set(resolved)) < len(resolved):
        raise InputError("The same run is named twice; give each run once.")
    names = _names(resolved)
    return [_read_run(folder, name, repeats, seed) for folder, name in zip(folders, names, strict=True)]


def judge_rows(
    rows: Sequence[Mapping[str, Any]], task: Task, repeats: int, seed: int, units: UnitList | None = None
) -> dict[Protocol, Judged]:
    """Return the rows of a task judged and scored under both protocols.

    Args:
        rows: the lines of the predictions.
        task: "emotion" or "au".
        repeats: bootstrap resamples, 0 for no intervals.
        seed: of the resampling.
        units: those of the data set; FABA-Bench's if None.
    """
    items, coded = [make_item(row) for row in rows], units or unit_list(None)
    return {
        protocol: _judge(items, ScoringSettings(task, protocol, repeats=repeats, seed=seed, units=coded))
        for protocol in PROTOCOLS
    }


def _names(folders: Sequence[Path]) -> list[str]:
    """Return the folders' names, with their parent's where two are the same."""
    plain = [folder.stem if folder.is_file() else folder.name for folder in folders]
    return [
        name if plain.count(name) == 1 else f"{f.parent.name}/{name}" for name, f in zip(plain, folders, strict=True)
    ]


def _read_run(folder: Path, name: str, repeats: int, seed: int) -> RunResult:
    run = RunFolder(folder)
    own = {} if run.description_file.is_file() else find_own_predictions(folder)
    description = describe_own_predictions(folder) if own else run.describe()
    units = unit_list(description.get("data_set"))
    tasks: dict[Task, TaskResult] = {}
    for task in _TASKS:
        path = own.get(task) or run.predictions_file(task)
        if path.is_file():
            rows = prediction_rows(path, task)
            tasks[task] = TaskResult(task, rows, judge_rows(rows, task, repeats, seed, units))
    if not tasks:
        raise InputError(f"The run in {folder} is not finished; start it again with the same command to continue it.")
    return RunResult(name, description, tasks)


def _judge(items: Sequence[Item], settings: ScoringSettings) -> Judged:
    outcomes = judge_all(items, settings)
    return Judged(outcomes, score(outcomes, settings))
