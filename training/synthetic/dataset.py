"""Writes a data set of rendered faces in the form of FABA-Instruct.

    DIR/{train,eval}/{train,eval}_{au,emotion}_anno.json   questions and answers
    DIR/{train,eval}/images/ID.jpg                         256 px pictures
    DIR/{train,eval}/landmarks/ID.npy                      float32 (212,), recipe mediapipe-106, of the true geometry
    DIR/{train,eval}/truth.jsonl                           action units (0 to 5, side), emotion, pose
    DIR/{train,eval}/errors.jsonl                          planted errors, when wrong descriptions were asked for
    DIR/dataset.json                                       how it was made

Paths in the JSON are relative to DIR. Every face depends on (seed, index) alone; a file is written beside its place
and renamed, so a killed run leaves whole files and the next one makes what is missing, with identical results.
"""

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from emola.errors import InputError, ResourceError
from emola.faces.priors.mediapipe_106 import load_table, mediapipe_106_from_vertices
from training.synthetic.annotations import FaceEntry, Form, SplitTexts, split_texts
from training.synthetic.face import make_face, plan_face
from training.synthetic.wrong import CODES, Code, WrongPlan

EVAL_SHARE = 0.05
"""Share of the faces, the first ones, that form the evaluation split."""

SOURCE = "emola-synthetic"
PRIOR_RECIPE = "mediapipe-106"
"""How the priors are made."""

_JPEG_QUALITY = 92
_VERSION = 2


@dataclass(frozen=True)
class DatasetPlan:
    """Which faces go where.

    Attributes:
        out: folder of the data set.
        count: number of faces.
        seed: series.
        wrong: how many descriptions hold planted errors; none by default.
        eval_share: share of the faces that go into the eval split, 0 to 1.
        form: of the descriptions.
    """

    out: Path
    count: int
    seed: int
    wrong: WrongPlan = field(default_factory=WrongPlan)
    eval_share: float = EVAL_SHARE
    form: Form = "usual"

    def split(self, index: int) -> str:
        """Return ``eval`` or ``train``."""
        return "eval" if index < round(self.count * self.eval_share) else "train"

    def identifier(self, index: int) -> str:
        """Return the id of a face."""
        return f"{self.seed}-{index:07d}"

    def image(self, index: int) -> Path:
        """Return the path of a picture, relative to ``out``."""
        return Path(self.split(index)) / "images" / f"{self.identifier(index)}.jpg"

    def prior(self, index: int) -> Path:
        """Return the path of a prior, relative to ``out``."""
        return Path(self.split(index)) / "landmarks" / f"{self.identifier(index)}.npy"


@dataclass(frozen=True)
class DatasetReport:
    """What a finished data set holds.

    Attributes:
        faces: how many.
        planted: errors of each code, train and eval together; codes that fit no description are 0.
        wrong, asked: how many descriptions hold errors, and how many were to.
        errors: how many each of them was to hold.
    """

    faces: int
    planted: dict[Code, int]
    wrong: int
    asked: int
    errors: int

    def summary(self) -> str:
        """Return one to three sentences; what was asked for and could not be planted is said."""
        text, total = f"{self.faces} faces, {2 * self.faces} descriptions.", sum(self.planted.values())
        if total:
            text += f" Planted errors: {', '.join(f'{code} {count}' for code, count in self.planted.items())}."
        if total < self.asked * self.errors:
            each = f"{self.wrong} of the {self.asked} descriptions asked for hold errors"
            text += f" {each}, {total} instead of {self.asked * self.errors}: the faces give occasion for no more."
        return text


def make_dataset(
    plan: DatasetPlan, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> DatasetReport:
    """Write the data set, or what is missing of it, and return what it holds.

    Args:
        plan: what to write; another seed or count in the same folder is refused.
        workers: processes; 1 renders in this one.
        progress: called with the faces there are and the faces there will be, in place of the bar on the terminal.

    Raises:
        InputError: a number of the plan is out of range, or the folder holds another data set.
        ResourceError: the disk is full or not writable; what is written stays valid.
    """
    _check(plan)
    try:
        _claim(plan)
        _render(plan, workers, progress)
        texts = [_write_annotations(plan, split) for split in ("eval", "train")]
    except OSError as error:
        raise ResourceError(f"The data set in {plan.out} could not be written: {error.strerror or error}.") from error
    planted = {code: sum(each.planted[code] for each in texts) for code in CODES}
    wrong, asked = sum(each.wrong for each in texts), sum(each.asked for each in texts)
    return DatasetReport(plan.count, planted, wrong, asked, plan.wrong.errors)


def _check(plan: DatasetPlan) -> None:
    """Refuse numbers out of range."""
    if plan.count < 1:
        raise InputError(f"The number of faces must be at least 1, but it is {plan.count}.")
    if plan.seed < 0:
        raise InputError(f"The seed must be at least 0, but it is {plan.seed}.")
    if not 0 <= plan.wrong.share <= 1:
        raise InputError(f"The share of wrong descriptions must lie between 0 and 1, but it is {plan.wrong.share}.")
    if not 0 <= plan.eval_share <= 1:
        raise InputError(f"The share of the eval split must lie between 0 and 1, but it is {plan.eval_share}.")
    if plan.wrong.share and plan.form == "brief":
        raise InputError(
            "Errors are planted in sentences; brief descriptions have none, so leave --wrong or --form out."
        )
    if not plan.wrong.share and (plan.wrong.habits or plan.wrong.errors != 1):
        raise InputError("--habits and --errors say how wrong descriptions err; give their share with --wrong as well.")
    if not 1 <= plan.wrong.errors <= len(CODES):
        raise InputError(f"A wrong description holds 1 to {len(CODES)} errors, not {plan.wrong.errors}.")


def _render(plan: DatasetPlan, workers: int, progress: Callable[[int, int], None] | None) -> None:
    """Write the faces that are missing."""
    missing = [index for index in range(plan.count) if not _complete(plan, index)]
    there = plan.count - len(missing)
    with tqdm(total=plan.count, initial=there, unit="face", desc="rendering", disable=progress is not None) as bar:
        for done, _ in enumerate(_run([(plan, index) for index in missing], workers), start=there + 1):
            bar.update()
            if progress is not None:
                progress(done, plan.count)


def _claim(plan: DatasetPlan) -> None:
    """Make the folders, or check that they belong to this plan."""
    made = {"version": _VERSION, "source": SOURCE, "seed": plan.seed, "count": plan.count}
    wrong = {name: value for name, value in asdict(plan.wrong).items() if name != "habits" or value}
    texts = {"form": plan.form, "wrong": wrong}
    description = {**made, "prior_recipe": PRIOR_RECIPE, "eval_share": plan.eval_share, **texts}
    path = plan.out / "dataset.json"
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(
                f"{plan.out} holds a data set whose dataset.json is damaged; choose another folder."
            ) from error
        if found != description:
            known = found if isinstance(found, dict) else {}
            names = {**description, **known}
            odd = " and ".join(name for name in names if known.get(name) != description.get(name))
            raise InputError(f"{plan.out} holds another data set (other {odd}); choose another folder.")
        return
    if plan.out.exists() and (not plan.out.is_dir() or any(plan.out.iterdir())):
        raise InputError(f"{plan.out} is not an empty folder; choose another one.")
    for split in ("eval", "train"):
        for kind in ("images", "landmarks"):
            (plan.out / split / kind).mkdir(parents=True, exist_ok=True)
    _replace(path, json.dumps(description, indent=2).encode())


def _complete(plan: DatasetPlan, index: int) -> bool:
    """Say whether both files of a face are there."""
    return (plan.out / plan.image(index)).is_file() and (plan.out / plan.prior(index)).is_file()


def _run(jobs: list[tuple[DatasetPlan, int]], workers: int) -> Iterator[None]:
    """Write the faces in this process or in several."""
    if workers <= 1 or len(jobs) < 8:
        yield from map(_write_face, jobs)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_write_face, jobs, chunksize=8)


def _write_face(job: tuple[DatasetPlan, int]) -> None:
    """Render one face and write its picture and prior."""
    plan, index = job
    cv2.setNumThreads(1)
    face = make_face(plan.seed, index)
    _, packed = cv2.imencode(".jpg", face.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    _replace(plan.out / plan.image(index), packed.tobytes())
    stream = io.BytesIO()
    np.save(stream, mediapipe_106_from_vertices(face.scene.mesh, load_table()))
    _replace(plan.out / plan.prior(index), stream.getvalue())


def _replace(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _write_annotations(plan: DatasetPlan, split: str) -> SplitTexts:
    """Write the questions and answers, the truth and the planted errors of a split, and return them."""
    faces = [_entry(plan, index) for index in range(plan.count) if plan.split(index) == split]
    texts = split_texts(faces, split, SOURCE, plan.wrong, (plan.seed, 3, split == "eval"))
    for name, content in texts.files.items():
        _replace(plan.out / split / name, content.encode())
    return texts


def _entry(plan: DatasetPlan, index: int) -> FaceEntry:
    """Return what the text files say of one face."""
    truth, scene = plan_face(plan.seed, index)
    pose = scene.camera.pose
    degrees = {"yaw": round(pose.yaw, 2), "pitch": round(pose.pitch, 2), "roll": round(pose.roll, 2)}
    image, prior = plan.image(index).as_posix(), plan.prior(index).as_posix()
    return FaceEntry(plan.identifier(index), image, prior, truth, degrees, (plan.seed, index, 2), plan.form)
