"""A compact store of rendered faces for training: numbered chunk files that can be made in any order.

A chunk holds 250 faces: JPEG bytes of the 256 px pictures, meshes, activations and truths. A chunk is written to a
temporary name and renamed, so a killed run leaves only whole chunks and the next run makes what is missing.
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
from numpy.typing import NDArray
from tqdm import tqdm

from emola.errors import InputError
from emola.taxonomy import Side
from training.synthetic.face import activation_of, make_face
from training.synthetic.truth import Truth, UnitTruth

CHUNK = 250
"""Faces in one file."""

_JPEG_QUALITY = 95


@dataclass(frozen=True)
class StoredFaces:
    """Many faces in memory.

    Attributes:
        pictures: JPEG bytes of each 256 px picture.
        points: (N, 468, 3) float32 mesh in pixels of the picture.
        meshes: (N, 468, 3) float32 mesh in the base frame with the head upright.
        activations: (N, 20, 2) float32 right and left activation.
        truths: what each face shows.
    """

    pictures: list[bytes]
    points: NDArray[np.float32]
    meshes: NDArray[np.float32]
    activations: NDArray[np.float32]
    truths: list[Truth]

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Return one picture, RGB uint8 (256, 256, 3)."""
        packed = np.frombuffer(self.pictures[index], np.uint8)
        picture = cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return np.asarray(picture, dtype=np.uint8)


def truth_to_json(truth: Truth) -> dict[str, Any]:
    """Return a truth as JSON: action units (intensity 0 to 5, FACS letter, side), emotion, strength, occlusion."""
    units = [
        {
            "number": number,
            "intensity": round(unit.intensity * 5, 3),
            "letter": str(unit.letter),
            "side": str(unit.side),
            "asymmetry": round(unit.asymmetry, 3),
            "named": number in truth.visible(),
        }
        for number, unit in sorted(truth.action_units.items())
    ]
    return {
        "action_units": units,
        "emotion": truth.emotion,
        "second_emotion": truth.second_emotion,
        "strength": round(truth.strength, 3),
        "occlusion": truth.occlusion,
        "hidden_action_units": sorted(truth.hidden),
    }


def truth_from_json(content: dict[str, Any]) -> Truth:
    """Return the truth that :func:`truth_to_json` wrote."""
    units = {
        int(unit["number"]): UnitTruth(unit["intensity"] / 5, Side(unit["side"]), unit["asymmetry"])
        for unit in content["action_units"]
    }
    return Truth(units, content["emotion"], content["second_emotion"], content["strength"], content["occlusion"])


def chunk_path(folder: Path, seed: int, chunk: int) -> Path:
    """Return where a chunk of a series lies."""
    return folder / f"faces-{seed}-{chunk:04d}.npz"


def _write_chunk(job: tuple[Path, int, int, int]) -> int:
    """Render one chunk and write it; return how many faces it holds."""
    folder, seed, chunk, count = job
    cv2.setNumThreads(1)
    faces = [make_face(seed, chunk * CHUNK + offset) for offset in range(count)]
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    pictures = [cv2.imencode(".jpg", face.image[..., ::-1], options)[1].ravel() for face in faces]
    path = chunk_path(folder, seed, chunk)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as stream:
        np.savez(
            stream,
            pictures=np.concatenate(pictures),
            lengths=np.array([len(picture) for picture in pictures]),
            points=np.stack([face.points for face in faces]),
            meshes=np.stack([face.scene.mesh for face in faces]).astype(np.float32),
            activations=np.stack([activation_of(face.truth) for face in faces]).astype(np.float32),
            truths=np.array(json.dumps([truth_to_json(face.truth) for face in faces])),
        )
    temporary.replace(path)
    return count


def _stored(path: Path) -> int:
    """Return how many faces a chunk holds; none when it is not there."""
    if not path.is_file():
        return 0
    with np.load(path) as content:
        return len(content["lengths"])


def render_store(folder: Path, count: int, seed: int, workers: int = 1) -> None:
    """Render the faces 0 to ``count`` of a series into ``folder``; chunks already there with enough faces are kept.

    Args:
        folder: made when missing.
        count: number of faces; a multiple of 250 or less than 250.
        seed: series.
        workers: processes.
    """
    if count > CHUNK and count % CHUNK:
        raise InputError(f"The number of faces must be a multiple of {CHUNK}, but it is {count}.")
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(folder, seed, chunk, min(CHUNK, count)) for chunk in range(max(1, count // CHUNK))]
    missing = [job for job in jobs if _stored(chunk_path(folder, seed, job[2])) < job[3]]
    with tqdm(total=count, initial=count - sum(job[3] for job in missing), unit="face", desc="rendering") as bar:
        for made in _run(missing, workers):
            bar.update(made)


def _run(jobs: list[tuple[Path, int, int, int]], workers: int) -> Iterator[int]:
    """Write the chunks in this process or in several."""
    if workers <= 1 or len(jobs) <= 1:
        yield from map(_write_chunk, jobs)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_write_chunk, jobs)


def load_store(folder: Path, count: int, seed: int) -> StoredFaces:
    """Read the first ``count`` faces of a series.

    Raises:
        InputError: if a chunk is missing or holds too few faces.
    """
    parts: dict[str, list[Any]] = {"points": [], "meshes": [], "activations": []}
    pictures: list[bytes] = []
    truths: list[Truth] = []
    for chunk in range(max(1, -(-count // CHUNK))):
        path = chunk_path(folder, seed, chunk)
        if not path.is_file():
            raise InputError(f"{path} is missing; render the training faces first.")
        with np.load(path) as content:
            for name, values in parts.items():
                values.append(content[name])
            ends = np.cumsum(content["lengths"])
            pictures += [piece.tobytes() for piece in np.split(content["pictures"], ends[:-1])]
            truths += [truth_from_json(item) for item in json.loads(str(content["truths"]))]
    if len(truths) < count:
        raise InputError(f"{folder} holds {len(truths)} of {count} faces of series {seed}; render them first.")
    stacked = {name: np.concatenate(values)[:count] for name, values in parts.items()}
    return StoredFaces(pictures[:count], truths=truths[:count], **stacked)
