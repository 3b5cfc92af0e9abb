"""The largest face of each of many pictures as lines of JSON: resumable, in parallel, nothing measured twice.

A line holds ``image`` (path relative to the root), ``sha256`` of the file, ``version``, ``found`` and, when it is
true, ``box``, ``score``, ``points_106``, ``points_106_approximate``, ``pose_deg``, ``size_px``, ``gates``,
``backend``, ``regions`` (boxes to zoom into) and ``mesh`` (base64 of float32 (478, 3), little endian, pixels); when it
is false, ``reason``. A killed run leaves at most one torn last line, which the next run cuts off.
"""

import base64
import fcntl
import functools
import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emola.errors import ImageError, InputError, ResourceError
from emola.faces.layouts import INSIGHTFACE_106, mesh_to_106
from emola.imaging import open_image

if TYPE_CHECKING:
    from emola.faces.analyze import FaceAnalyzer
    from emola.faces.face import Face

FORMAT: Final = 1
"""Counted up when a line means something else."""
_BATCH: Final = 8
_REGIONS: Final = {
    "brow": (("brow_image_left", "brow_image_right"), (0.06, 0.16, 0.06, 0.06)),
    "eyes": (("eye_image_left", "eye_image_right"), (0.07, 0.07, 0.07, 0.07)),
    "nose_cheek": (("nose", "eye_image_left", "eye_image_right"), (0.04, 0.0, 0.04, 0.06)),
    "mouth_chin": (("mouth",), (0.14, 0.1, 0.14, 0.22)),
}
"""Name to the regions of the 106 points that it spans, and how far it reaches beyond them to the left, up, right and
down, in widths of the face."""


@dataclass(frozen=True)
class MeasuringPlan:
    """What to measure and where to write it.

    Attributes:
        root: folder that the paths start from.
        images: distinct relative paths with forward slashes, already known to stay inside ``root``.
        out: the file of lines.
        face_models: an InsightFace pack, or None for what is installed.
        workers: processes; 1 works in this one.
    """

    root: Path
    images: tuple[str, ...]
    out: Path
    face_models: Path | None = None
    workers: int = 1


@dataclass(frozen=True)
class MeasuringReport:
    """How many pictures show a face, how many do not, and how many of both were measured before."""

    found: int
    without: int
    kept: int


def measure_faces(plan: MeasuringPlan) -> MeasuringReport:
    """Append a line for every picture that has none yet, and return the counts over all of them.

    Raises:
        InputError: another process writes to the file, or it is damaged.
        ResourceError: the disk is full or not writable, or a worker process was killed; what is written stays valid.
    """
    wanted = set(plan.images)
    try:
        with plan.out.open("ab+") as file:
            _lock(file, plan.out)
            known = {row["image"]: row for row in _read_rows(file, plan.out) if row["image"] in wanted}
            rows = dict(_add_missing(plan, file, known))
    except OSError as error:
        raise ResourceError(f"{plan.out} could not be written: {error.strerror or error}.") from error
    except BrokenProcessPool as error:
        raise ResourceError(
            "A worker process was killed, most likely because memory ran out; the same command continues, "
            "with fewer --workers if it happens again."
        ) from error
    every = known | rows
    found = sum(row["found"] for row in every.values())
    return MeasuringReport(found, len(every) - found, len(every) - len(rows))


def face_row(face: "Face") -> dict[str, Any]:
    """Return what a line says of a face."""
    measured = face.layout == "insightface-106"
    points = face.landmarks if measured else mesh_to_106(face.landmarks)
    mesh = None if face.mesh is None else base64.b64encode(face.mesh.astype("<f4").tobytes()).decode()
    return {
        "found": True,
        "box": [round(float(value), 2) for value in face.box],
        "score": round(float(face.score), 4),
        "points_106": [[round(float(x), 2), round(float(y), 2)] for x, y in points],
        "points_106_approximate": not measured,
        "pose_deg": None if face.pose is None else {k: round(float(v), 2) for k, v in vars(face.pose).items()},
        "size_px": round(float(face.size_px), 1),
        "gates": [
            {"name": gate.name, "reason": gate.reason, "blocks": list(gate.blocks), "refuses": gate.refuses}
            for gate in face.gates
        ],
        "backend": face.backend,
        "regions": zoom_regions(points),
        "mesh": mesh,
    }


def zoom_regions(points: NDArray[np.floating[Any]]) -> dict[str, list[float]]:
    """Return boxes (x0, y0, x1, y1 in pixels) around brows, eyes, nose with cheeks, and mouth with chin.

    Args:
        points: (106, 2) pixels in the ``insightface-106`` layout.
    """
    width = float(np.ptp(points[:, 0]))
    boxes = {}
    for name, (regions, (left, up, right, down)) in _REGIONS.items():
        indices = [i for region in regions for line in INSIGHTFACE_106[region] for i in line.indices]
        (x0, y0), (x1, y1) = points[indices].min(axis=0), points[indices].max(axis=0)
        corners = (x0 - left * width, y0 - up * width, x1 + right * width, y1 + down * width)
        boxes[name] = [round(float(value), 1) for value in corners]
    return boxes


def _lock(file: IO[bytes], path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(f"Another process is writing to {path}; wait for it to end.") from None


def _read_rows(file: IO[bytes], path: Path) -> Iterator[dict[str, Any]]:
    """Yield the whole lines and cut off a torn last one."""
    file.seek(0)
    content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        file.truncate(whole)
    file.seek(0, os.SEEK_END)
    for number, line in enumerate(content[:whole].splitlines(), start=1):
        try:
            row = json.loads(line)
            image, found = row["image"], row["found"]
        except (ValueError, TypeError, KeyError):
            raise InputError(
                f"Line {number} of {path} is damaged; take that line out, or name another --out."
            ) from None
        if not isinstance(image, str) or not isinstance(found, bool):
            raise InputError(f"Line {number} of {path} is no measured face; name another --out.")
        yield row


def _add_missing(
    plan: MeasuringPlan, file: IO[bytes], known: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Measure what is new or has changed, write it batch by batch, and yield it."""
    current = measuring_version(plan.face_models)
    with tqdm(total=len(plan.images), unit="picture", desc="faces", smoothing=0.05, disable=None) as bar:
        left = []
        for image in plan.images:
            row = known.get(image)
            if row and row["version"] == current and row["sha256"] == _digest(plan.root / image):
                bar.update()
            else:
                left.append(image)
        for rows in _run(plan, [left[start : start + _BATCH] for start in range(0, len(left), _BATCH)]):
            file.write(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
            file.flush()
            os.fsync(file.fileno())
            bar.update(len(rows))
            yield from ((row["image"], row) for row in rows)


def measuring_version(face_models: Path | None) -> str:
    """Return what measures: format of the lines, backend and version of MediaPipe."""
    return f"faces {FORMAT}; {_analyzer(face_models).backend}; mediapipe {version('mediapipe')}"


def _run(plan: MeasuringPlan, batches: Sequence[list[str]]) -> Iterator[list[dict[str, Any]]]:
    """Measure batches in this process or in several, a few waiting at a time."""
    if plan.workers <= 1 or len(batches) <= 1:
        yield from (_measure_batch(plan.root, plan.face_models, batch) for batch in batches)
        return
    pool = ProcessPoolExecutor(plan.workers, mp_context=multiprocessing.get_context("spawn"))
    waiting: set[Future[list[dict[str, Any]]]] = set()
    try:
        for batch in batches:
            waiting.add(pool.submit(_measure_batch, plan.root, plan.face_models, batch))
            if len(waiting) >= 3 * plan.workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _measure_batch(root: Path, face_models: Path | None, images: Sequence[str]) -> list[dict[str, Any]]:
    """Measure some pictures; runs in a worker."""
    current = measuring_version(face_models)
    analyzer = _analyzer(face_models)
    return [
        {"image": image, "sha256": _digest(root / image), "version": current, **_measure(analyzer, root / image)}
        for image in images
    ]


def _measure(analyzer: "FaceAnalyzer", path: Path) -> dict[str, Any]:
    try:
        faces = analyzer.analyze(open_image(path))
    except ImageError as error:
        return {"found": False, "reason": str(error)}
    return face_row(faces[0]) if faces else {"found": False, "reason": "No face was found."}


@functools.cache
def _analyzer(face_models: Path | None) -> "FaceAnalyzer":
    """Return the analyzer of this process."""
    from emola.faces.analyze import FaceAnalyzer  # mediapipe, about a second
    from emola.faces.packs import find_pack

    return FaceAnalyzer(find_pack(face_models))


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file in hex, None where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
