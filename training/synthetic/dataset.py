"""Writes a data set of rendered faces in the form of FABA-Instruct.

    DIR/{train,eval}/{train,eval}_{au,emotion}_anno.json   questions and answers
    DIR/{train,eval}/images/ID.jpg                         256 px pictures
    DIR/{train,eval}/landmarks/ID.npy                      float32 (212,), recipe mediapipe-106, of the true geometry
    DIR/{train,eval}/truth.jsonl                           action units (0 to 5, side), emotion, pose
    DIR/dataset.json                                       how it was made

Paths in the JSON are relative to DIR. Every face depends on (seed, index) alone; a file is written beside its place
and renamed, so a killed run leaves whole files and the next one makes what is missing, with identical results.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from emola.errors import InputError, ResourceError
from emola.faces.priors.mediapipe_106 import load_table, mediapipe_106_from_vertices
from emola.prompt import IMAGE_TOKEN
from emola.taxonomy import EMOTIONS
from training.synthetic.face import make_face, plan_face
from training.synthetic.store import truth_to_json
from training.synthetic.text import ask, describe_action_units, describe_emotion
from training.synthetic.truth import Truth

EVAL_SHARE = 0.05
"""Share of the faces, the first ones, that form the evaluation split."""

SOURCE = "emola-synthetic"
_JPEG_QUALITY = 92
_VERSION = 1


@dataclass(frozen=True)
class DatasetPlan:
    """Which faces go where.

    Attributes:
        out: folder of the data set.
        count: number of faces.
        seed: series.
    """

    out: Path
    count: int
    seed: int

    def split(self, index: int) -> str:
        """Return ``eval`` or ``train``."""
        return "eval" if index < round(self.count * EVAL_SHARE) else "train"

    def identifier(self, index: int) -> str:
        """Return the id of a face."""
        return f"{self.seed}-{index:07d}"

    def image(self, index: int) -> Path:
        """Return the path of a picture, relative to ``out``."""
        return Path(self.split(index)) / "images" / f"{self.identifier(index)}.jpg"

    def prior(self, index: int) -> Path:
        """Return the path of a prior, relative to ``out``."""
        return Path(self.split(index)) / "landmarks" / f"{self.identifier(index)}.npy"


def make_dataset(plan: DatasetPlan, workers: int = 1) -> None:
    """Write the data set, or what is missing of it.

    Args:
        plan: what to write; another seed or count in the same folder is refused.
        workers: processes.

    Raises:
        InputError: ``count`` is not positive, or the folder holds another data set.
        ResourceError: the disk is full or not writable; what is written stays valid.
    """
    if plan.count < 1:
        raise InputError(f"The number of faces must be at least 1, but it is {plan.count}.")
    try:
        _claim(plan)
        missing = [index for index in range(plan.count) if not _complete(plan, index)]
        with tqdm(total=plan.count, initial=plan.count - len(missing), unit="face", desc="rendering") as bar:
            for _ in _run([(plan, index) for index in missing], workers):
                bar.update()
        for split in ("eval", "train"):
            _write_annotations(plan, split)
    except OSError as error:
        raise ResourceError(f"The data set in {plan.out} could not be written: {error.strerror or error}.") from error


def _claim(plan: DatasetPlan) -> None:
    """Make the folders, or check that they belong to this plan."""
    description = {"version": _VERSION, "source": SOURCE, "seed": plan.seed, "count": plan.count}
    path = plan.out / "dataset.json"
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != description:
            raise InputError(f"{plan.out} holds another data set ({found}); choose another folder.")
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
    path = plan.out / plan.prior(index)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as stream:
        np.save(stream, mediapipe_106_from_vertices(face.scene.mesh, load_table()))
    temporary.replace(path)


def _replace(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)


def _write_annotations(plan: DatasetPlan, split: str) -> None:
    """Write the JSON of both tasks and the truth of a split."""
    records: dict[str, list[dict[str, Any]]] = {"au": [], "emotion": []}
    truths = []
    for index in range(plan.count):
        if plan.split(index) != split:
            continue
        truth, scene = plan_face(plan.seed, index)
        pose = scene.camera.pose
        degrees = {"yaw": round(pose.yaw, 2), "pitch": round(pose.pitch, 2), "roll": round(pose.roll, 2)}
        truths.append({"id": plan.identifier(index), **truth_to_json(truth), "pose_deg": degrees})
        for task, rows in records.items():
            rows.append(_record(plan, index, task, truth, split))
    for task, rows in records.items():
        text = json.dumps(rows, indent=1, ensure_ascii=False)
        _replace(plan.out / split / f"{split}_{task}_anno.json", text.encode())
    _replace(plan.out / split / "truth.jsonl", "".join(json.dumps(row) + "\n" for row in truths).encode())


def _record(plan: DatasetPlan, index: int, task: str, truth: Truth, split: str) -> dict[str, Any]:
    """Return one entry in FABA-Instruct's form of the split."""
    rng = np.random.default_rng((plan.seed, index, 2))
    emotion = describe_emotion(truth, rng)
    units = describe_action_units(truth, rng)
    answer = units if task == "au" else emotion
    shared = {"image": plan.image(index).as_posix(), "landmark": plan.prior(index).as_posix()}
    if split == "eval":
        label = ", ".join(map(str, truth.visible())) if task == "au" else str(EMOTIONS.index(truth.emotion))
        return {**shared, "label": label, "gpt4": answer}
    question = ask("au", rng) if task == "au" else ask("emotion", rng)
    turns = [{"from": "human", "value": f"{question}\n{IMAGE_TOKEN}"}, {"from": "gpt", "value": answer}]
    return {"source": SOURCE, "id": plan.identifier(index), "conversations": turns, **shared}
