"""Find the questions behind what a user named: a FABA JSON, a folder of FABA's shape, or a classic data set."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, get_args

from emola.data_root import find_data_root
from emola.errors import InputError
from emola.prompt import QUESTIONS
from training.benchmark.questions import Question, faba_questions, read_records, unique_ids
from training.benchmark.release import is_release, release_records, release_version
from training.data.classic.listing import LabelledImage
from training.data.records import RecordFault, Task, safe_path
from training.data.registry import READERS, DataSpec

TaskChoice = Literal["emotion", "au", "both"]
_TASKS: Final[tuple[Task, ...]] = get_args(Task)
_OPTIONS: Final = ("split", "fold", "images", "frame_offset", "every", "file", "priors")


@dataclass(frozen=True)
class Source:
    """The questions of a run, in the order in which they are reported.

    Attributes:
        name: as the user wrote it.
        root: folder that every path lies in.
        questions: all of them, those that cannot be asked included.
        left_out: kind to number of rows that the data set's own protocol does not use, and of subjects of the fold that
            are missing or in no fold.
        data_set: name of a classic data set, None for FABA's form.
        fold: which fold of it is tested, None without folds.
        version: of labels and references, None where the data carry none.
    """

    name: str
    root: Path
    questions: tuple[Question, ...]
    left_out: dict[str, int]
    data_set: str | None = None
    fold: int | None = None
    version: str | None = None

    @cached_property
    def missing_priors(self) -> int:
        """How many of the prior files that the data name are not there."""
        return sum(question.prior_is_missing for question in self.questions)


def open_source(
    name: str, task: TaskChoice, root: Path | None = None, limit: int | None = None, unlabelled: bool = False
) -> Source:
    """Return the questions of a data set.

    Args:
        name: a FABA evaluation JSON; a folder with ``eval/eval_emotion_anno.json`` and ``eval/eval_au_anno.json``, as
            FABA-Instruct is published and ``training.synthetic make`` writes; the folder of a review release; or
            ``NAME:ROOT[,fold=1,...]`` for a classic data set of :data:`training.data.registry.READERS` (its test split
            unless ``split`` says else).
        task: what to ask; "both" needs a folder.
        root: data root of a JSON or folder, when it is not one of the folders above it.
        limit: take only so many questions of each task, the first ones.
        unlabelled: take a FABA JSON without labels, such as a training one; its answers can be reviewed, not scored.

    Raises:
        InputError: nothing of this kind is there, or an option does not fit.
    """
    before, separator, rest = name.partition(":")
    if separator and before in READERS and not Path(name).exists():
        source = _classic(name, before, rest, task)
    else:
        path = Path(name).expanduser()
        if not path.exists():
            known = ", ".join(READERS)
            raise InputError(f"There is no file or folder {name}, and it is no NAME:ROOT with NAME one of {known}.")
        source = _faba(name, path, task, root, unlabelled)
    if limit is None:
        return source
    kept = [q for task_name in _TASKS for q in [q for q in source.questions if q.task == task_name][:limit]]
    return replace(source, questions=tuple(kept))


def _faba(name: str, path: Path, task: TaskChoice, root: Path | None, unlabelled: bool) -> Source:
    """Read one JSON, those of a folder, or a review release."""
    wanted: tuple[Task, ...] = _TASKS if task == "both" else (task,)
    if path.is_dir() and is_release(path):
        given = {one: list[Any](release_records(path, one)) for one in wanted}
        records = {one: rows for one, rows in given.items() if rows}
        version, beside = release_version(path), path / "benchmark"
    else:
        files = _annotations(name, path, task)
        records = {one: read_records(file) for one, file in files.items()}
        version, beside = None, next(iter(files.values()))
    every = [record for rows in records.values() for record in rows]
    if not unlabelled and not any(isinstance(record, dict) and "label" in record for record in every):
        raise InputError(
            f"{name} holds no labels; give evaluation records, each with image, label, gpt4 and landmark, or "
            "--unlabelled for answers that people review."
        )
    found = root.resolve() if root else find_data_root(beside, _pictures(every), "--root")
    questions = [q for one, rows in records.items() for q in faba_questions(rows, found, one)]
    return Source(name, found, tuple(questions), {}, version=version)


def _annotations(name: str, path: Path, task: TaskChoice) -> dict[Task, Path]:
    """Return the evaluation JSON of every task that is asked for."""
    if path.is_dir():
        return {one: _annotation(path, one) for one in (_TASKS if task == "both" else (task,))}
    if task == "both":
        raise InputError(f"{name} is one file, and both tasks need two: say --task emotion or --task au.")
    return {task: path}


def _annotation(folder: Path, task: Task) -> Path:
    """Return the evaluation JSON of a task in a folder of FABA's shape."""
    name = f"eval_{task}_anno.json"
    for path in (folder / "eval" / name, folder / name):
        if path.is_file():
            return path
    raise InputError(f"{folder} holds neither eval/{name} nor {name}; give the JSON itself with --task.")


def _pictures(records: Sequence[Any]) -> list[str]:
    """Return the pictures of the records that name one."""
    return [record["image"] for record in records if isinstance(record, dict) and isinstance(record.get("image"), str)]


def _classic(name: str, data_set: str, rest: str, task: TaskChoice) -> Source:
    """Read a classic data set; every labelled picture becomes a question, whether its file is there or not."""
    spec = _spec(data_set, rest)
    listing = READERS[data_set](spec)
    if task not in ("both", listing.task):
        raise InputError(f"{data_set} asks for {listing.task}, not for {task}; leave --task out.")
    root = spec.root.resolve()
    questions = unique_ids(_classic_question(image, root, spec, listing.task) for image in listing.images)
    if not questions:
        raise InputError(f"{name} has no labelled picture for this split.")
    left_out = dict(Counter(fault.kind for fault in (*listing.left_out, *listing.subject_faults)))
    return Source(name, root, tuple(questions), left_out, data_set, spec.fold)


def _spec(data_set: str, rest: str) -> DataSpec:
    """Read ``ROOT[,key=value...]``."""
    root, *options = rest.split(",")
    kinds = {field.name: field.type for field in fields(DataSpec)}
    given: dict[str, Any] = {"split": "test", "questions": "fixed", "decode": False}
    for option in options:
        key, _, value = option.partition("=")
        if key not in _OPTIONS or not value:
            raise InputError(f"{option!r} is no option of a data set; known are {', '.join(_OPTIONS)}, as key=value.")
        if "int" in str(kinds[key]) and not value.lstrip("-").isdecimal():
            raise InputError(f"{key} must be a whole number, not {value!r}.")
        given[key] = int(value) if "int" in str(kinds[key]) else value
    if not Path(root).is_dir():
        raise InputError(f"There is no folder {root} to read {data_set} from.")
    if given["split"] not in ("train", "test", "all") or given.get("every", 1) < 1:
        raise InputError("split must be train, test or all, and every at least 1.")
    return DataSpec(name=data_set, root=Path(root), **given)


def _classic_question(image: LabelledImage, root: Path, spec: DataSpec, task: Task) -> Question:
    label = image.labels.get("emotion", image.labels.get("action_units"))
    written = ", ".join(map(str, label)) if isinstance(label, list) else str(label).capitalize()
    fault, path, prior = None, None, None
    try:
        path = safe_path(root, image.image)
        prior = safe_path(root, f"{spec.priors}/{image.image}.npy") if spec.priors else None
    except RecordFault as found:
        fault = str(found)
    return Question(
        id=image.id,
        task=task,
        text=QUESTIONS[task],
        image_name=image.image,
        image=path,
        prior=prior,
        label=written,
        group=image.labels.get("subject"),
        fault=fault,
    )
