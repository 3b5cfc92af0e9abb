"""What can be learned from and measured on: review releases, data sets of FABA's shape, and files that somebody names.

Nothing heavy is loaded, and what is offered has rows: empty files are left out.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

from emola.data_root import find_data_root
from emola.errors import InputError
from training.benchmark.data_source import TaskChoice
from training.benchmark.release import is_release
from training.data.prior_recipe import recipe_of_folder
from training.data.records import Task
from training.jobs.contents import read_contents
from training.loop.plan import arm_of_release

_TASKS: Final[tuple[Task, ...]] = get_args(Task)
_DEEPEST: Final = 4


@dataclass(frozen=True)
class DataChoice:
    """What can be trained on and held out: a review release, a data set of FABA's shape, or one file.

    Attributes:
        title: for people; unique among the choices that are offered.
        root: folder that the paths inside the files start from.
        train_au: files of action-unit answers, none of them empty.
        train_emotion: files of emotion answers.
        eval_au: held-out files whose loss is measured.
        eval_emotion: the same for emotion answers.
        benchmark: what ``training.benchmark run --data`` gets; None where there is nothing to ask about.
        asked: tasks that can be asked about.
        lineage: where the files come from, written beside the adapter; release, manifest hash and revision of one.
    """

    title: str
    root: Path
    train_au: tuple[Path, ...] = ()
    train_emotion: tuple[Path, ...] = ()
    eval_au: tuple[Path, ...] = ()
    eval_emotion: tuple[Path, ...] = ()
    benchmark: str | None = None
    asked: TaskChoice = "both"
    lineage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def learned(self) -> tuple[Path, ...]:
        """The files that are learned from; none where all is held out."""
        return (*self.train_au, *self.train_emotion)


def review_release(folder: Path, root: Path) -> DataChoice:
    """Return a review release as a choice: corrected answers to learn from, its evaluated pictures held out.

    Args:
        folder: of the release.
        root: folder that the pictures' paths start from.

    Raises:
        InputError: the folder is no complete release.
    """
    arm = arm_of_release(folder.name, folder)
    held_out = [path for path in sorted((folder / "benchmark").glob("*.jsonl")) if _has_rows(path)]
    return DataChoice(
        title=f"Release {folder.name}",
        root=root.resolve(),
        train_au=_filled(arm.au),
        train_emotion=_filled(arm.emotion),
        benchmark=str(folder.resolve()) if held_out else None,
        lineage=arm.lineage,
    )


def data_set(folder: Path, title: str | None = None) -> DataChoice:
    """Return a folder of FABA's shape (``train/train_au_anno.json`` ...) as a choice; files without rows are left out.

    Args:
        folder: of the data set; rendered ones hold all their pictures, published ones may lie below their data root.
        title: for people; the folder's name by default.

    Raises:
        InputError: it holds no record, or none of its pictures is found.
    """
    place = folder.resolve()
    files = {split: {task: _filled(_annotation(place, split, task)) for task in _TASKS} for split in ("train", "eval")}
    every = [path for tasks in files.values() for found in tasks.values() for path in found]
    if not every:
        raise InputError(
            f"{folder} holds no records; a data set has train/train_au_anno.json, train/train_emotion_anno.json, "
            "eval/eval_au_anno.json or eval/eval_emotion_anno.json."
        )
    asked = [task for task, found in files["eval"].items() if found]
    return DataChoice(
        title=title or folder.name,
        root=place
        if (place / "dataset.json").is_file()
        else find_data_root(every[0], read_contents(every[0]).pictures),
        train_au=files["train"]["au"],
        train_emotion=files["train"]["emotion"],
        eval_au=files["eval"]["au"],
        eval_emotion=files["eval"]["emotion"],
        benchmark=str(place) if asked else None,
        asked=asked[0] if len(asked) == 1 else "both",
    )


def choose(name: str, choices: Sequence[DataChoice]) -> DataChoice:
    """Return the choice of a title, or else the data that the name is the path of.

    Raises:
        InputError: it is neither.
    """
    return next((choice for choice in choices if choice.title == name), None) or named_data(name)


def named_data(path: str) -> DataChoice:
    """Return the data set or the one JSON file that somebody named by its path.

    Raises:
        InputError: nothing of this kind is there.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return _one_file(place, path)
    if not place.is_dir():
        raise InputError(f"There is no data {path}: choose from the list, or give a folder or a JSON file.")
    if is_release(place):
        raise InputError(f"{path} is a review release; those of this studio's database are in the list.")
    return data_set(place, path)


def find_data_sets(*roots: Path) -> list[DataChoice]:
    """Return the data sets below some folders, by name, each once.

    A title is the path below its folder, or the whole path where two folders hold the same one. A set without pictures
    is left out; :func:`named_data` says what is wrong with it.
    """
    found: dict[Path, tuple[str, Path]] = {}
    for root in roots:
        for folder in sorted(_sets(root)):
            title = folder.relative_to(root).as_posix() if folder != root else root.resolve().name
            found.setdefault(folder.resolve(), (title, folder))
    times = Counter(title for title, _ in found.values())
    choices = []
    for title, folder in found.values():
        try:
            choices.append(data_set(folder, title if times[title] == 1 else str(folder)))
        except InputError:
            continue
    return choices


def recipe_of_data(data: DataChoice) -> str | None:
    """Return which recipe made the priors of a choice, or None when nothing beside or above them says so.

    Raises:
        InputError: several recipes made them, and a model reads one.
        PriorError: what says so is damaged.
    """
    files = (*data.learned, *data.eval_au, *data.eval_emotion)
    folders = {folder for path in files for folder in read_contents(path).prior_folders}
    found = {recipe_of_folder(data.root / folder, data.root) for folder in folders} - {None}
    if len(found) > 1:
        names = " and ".join(sorted(map(str, found)))
        raise InputError(f"The priors of {data.title} were made by {names}, and a model reads one; extract them again.")
    return next(iter(found), None)


def _one_file(path: Path, title: str) -> DataChoice:
    """Return one JSON, its task told by FABA's naming as in a data set."""
    task = next((task for task in _TASKS if path.name.endswith(f"_{task}_anno.json")), None)
    if task is None:
        raise InputError(
            f"The name of {path} does not say its task; name it as FABA-Instruct does, such as "
            "train_au_anno.json or train_emotion_anno.json."
        )
    contents = read_contents(path)
    if not contents.rows:
        raise InputError(f"{path} holds no records; give a JSON list of them.")
    learned: Any = {f"train_{task}": (path.resolve(),)}
    asked = str(path.resolve()) if contents.has_labels else None
    return DataChoice(title, find_data_root(path, contents.pictures), **learned, benchmark=asked, asked=task)


def _annotation(folder: Path, split: str, task: str) -> Path:
    return folder / split / f"{split}_{task}_anno.json"


def _filled(path: Path | None) -> tuple[Path, ...]:
    """Return a file as a tuple of one, of none when it is missing or empty."""
    return (path.resolve(),) if path is not None and path.is_file() and _has_rows(path) else ()


def _has_rows(path: Path) -> bool:
    """Say whether there is something in a file; one that cannot be read counts, the plan says what is wrong with it."""
    try:
        return bool(read_contents(path).rows)
    except InputError:
        return True


def _sets(root: Path) -> Iterator[Path]:
    """Yield the data sets below a folder, at most some folders deep; links are not followed."""
    for place, folders, _ in os.walk(root):
        folder = Path(place)
        if any(_annotation(folder, split, task).is_file() for split in ("train", "eval") for task in _TASKS):
            yield folder
            folders.clear()
        if len(folder.relative_to(root).parts) >= _DEEPEST:
            folders.clear()
        folders[:] = [inner for inner in folders if not inner.startswith(".")]
