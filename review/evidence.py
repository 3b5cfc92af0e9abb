"""Geometry evidence for every claim about an action unit, from faces that ``python -m emola faces`` measured.

The measuring runs in a process of its own, so that the review application needs no MediaPipe. Whatever is measured or
judged is kept, with its version, so that a killed run goes on where it was.
"""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from emola.errors import EmolaError, InputError
from emola.faces.face import Face, Gate, Pose
from emola.faces.geometry import Evidence, evidence
from emola.taxonomy import Side
from review.database import Database
from review.store.evidence import (
    CHUNK,
    ImageFile,
    JudgedClaim,
    MeasuredFace,
    NewEvidence,
    image_ids_by_hash,
    images_without_face,
    measured_faces,
    store_evidence,
    store_faces,
    unit_claims,
)

Progress = Callable[[int, int], None]
KIND = "geometry"
_SIDES = {"L": Side.LEFT, "R": Side.RIGHT}
_STRENGTH_SCORES = {"measurable": 1.0, "weak": 0.5}
_MESH_SHAPE = (478, 3)


@dataclass(frozen=True)
class EvidenceReport:
    """How many pictures were measured now, how many of all show a face, and how many claims were judged."""

    measured: int
    faces: int
    judged: int


def compute_evidence(
    database: Database, *, cache: Path, workers: int = 1, progress: Progress | None = None
) -> EvidenceReport:
    """Measure the faces that are not measured yet and judge every claim about an action unit.

    Args:
        database: upgraded.
        cache: folder for the files of measured faces, which make a killed run go on.
        workers: processes that measure.
        progress: called with how many pictures are judged and how many there are.

    Raises:
        InputError: ``cache`` is no folder that can be made.
        EmolaError: the measuring failed; its own sentence was printed.
    """
    with database.read() as session:
        left = images_without_face(session)
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {cache} cannot be made: {error.strerror or error}.") from error
    measured = 0
    for images_dir, images in groupby(left, key=lambda image: image.images_dir):
        measured += import_faces(database, faces_jsonl=_measure(images_dir, list(images), cache, workers))
    faces, judged = judge_claims(database, progress=progress)
    return EvidenceReport(measured, faces, judged)


def import_faces(database: Database, *, faces_jsonl: Path) -> int:
    """Store the faces of a file that ``python -m emola faces`` wrote; return how many of our pictures it tells of.

    Raises:
        InputError: the file cannot be read or a line is no measured face.
    """
    stored = 0
    rows = _read_faces(faces_jsonl)
    while batch := [row for _, row in zip(range(CHUNK), rows, strict=False)]:
        with database.read() as session:
            images = image_ids_by_hash(session, hashes=[row["sha256"] for row in batch if row["sha256"]])
        faces = {
            images[row["sha256"]]: _measured_face(row, images[row["sha256"]])
            for row in batch
            if row["sha256"] in images
        }
        with database.write() as session:
            store_faces(session, faces=list(faces.values()))
        stored += len(faces)
    return stored


def judge_claims(database: Database, *, progress: Progress | None = None) -> tuple[int, int]:
    """Judge every claim about an action unit by the geometry of its face; return faces and claims."""
    after = faces = judged = 0
    while True:
        with database.read() as session:
            batch = measured_faces(session, after=after)
            claims = unit_claims(session, image_ids=[face.image_id for face in batch])
        if not batch:
            return faces, judged
        by_image = {face.image_id: face for face in batch if face.found}
        found = [judge(claim, by_image[claim.image_id]) for claim in claims if claim.image_id in by_image]
        with database.write() as session:
            store_evidence(session, kind=KIND, evidence=found, replaced="")
        after, faces, judged = batch[-1].image_id, faces + len(by_image), judged + len(found)
        if progress:
            progress(faces, faces)


def judge(claim: JudgedClaim, measured: MeasuredFace) -> NewEvidence:
    """Return what geometry says of one claim; a denied unit that is there contradicts the claim."""
    face = face_of(measured)
    side = _SIDES.get(claim.side, Side.BOTH)
    units = [evidence(face, unit, side) for unit in (claim.action_unit, *claim.more_units)]
    verdict = _together([unit.verdict for unit in units])
    if claim.negated:
        verdict = {"supports": "contradicts", "contradicts": "supports"}.get(verdict, verdict)
    deciding = next((unit for unit in units if unit.verdict == units[0].verdict), units[0])
    score = None if verdict == "not measurable" else 0.0
    if verdict in ("supports", "contradicts"):
        score = max(_STRENGTH_SCORES.get(unit.strength, 0.0) for unit in units)
    payload = {
        "reason": " ".join(dict.fromkeys(unit.reason for unit in units)),
        "strength": deciding.strength,
        "segments": [[list(a), list(b)] for unit in units for a, b in unit.segments],
        "units": [_unit_json(unit) for unit in units],
    }
    return NewEvidence(claim.claim_id, verdict, score, payload, f"{deciding.table_version}; {measured.version}")


def face_of(measured: MeasuredFace) -> Face:
    """Return the face of a stored measurement, as the geometry of ``emola`` takes it."""
    document = measured.document
    pose = document["pose_deg"]
    return Face(
        box=tuple(document["box"]),
        score=document["score"],
        landmarks=np.array(document["points_106"], dtype=np.float32),
        layout="insightface-106",
        mesh=None if measured.mesh is None else np.frombuffer(measured.mesh, dtype="<f4").reshape(_MESH_SHAPE),
        pose=None if pose is None else Pose(**pose),
        size_px=document["size_px"],
        gates=tuple(Gate(g["name"], g["reason"], tuple(g["blocks"]), g["refuses"]) for g in document["gates"]),
        backend=document["backend"],
    )


def _together(verdicts: Sequence[str]) -> str:
    """Return the verdict on a phrase about several units: one contradiction is enough, support needs them all."""
    if "contradicts" in verdicts:
        return "contradicts"
    if all(verdict == "supports" for verdict in verdicts):
        return "supports"
    return "not measurable" if all(verdict == "not measurable" for verdict in verdicts) else "unclear"


def _unit_json(unit: Evidence) -> dict[str, Any]:
    """Return the numbers behind the verdict on one unit."""
    return {
        "action_unit": unit.action_unit,
        "side": str(unit.side),
        "verdict": unit.verdict,
        "strength": unit.strength,
        "measure": unit.measure,
        "value": None if unit.value is None else round(float(unit.value), 4),
        "neutral_mean": unit.neutral_mean,
        "neutral_sd": unit.neutral_sd,
        "supports_when": unit.supports_when,
        "contradicts_when": unit.contradicts_when,
        "reason": unit.reason,
    }


def _measure(images_dir: str, images: list[ImageFile], cache: Path, workers: int) -> Path:
    """Run ``python -m emola faces`` on the pictures of one folder and return its file."""
    name = hashlib.sha256(images_dir.encode()).hexdigest()[:12]
    listed, out = cache / f"pictures-{name}.txt", cache / f"faces-{name}.jsonl"
    listed.write_text("".join(f"{image.rel_path}\n" for image in images), encoding="utf-8")
    command = [sys.executable, "-m", "emola", "faces", str(listed), "--root", images_dir, "--out", str(out)]
    done = subprocess.run([*command, "--workers", str(workers)], check=False, stdout=subprocess.DEVNULL)
    if done.returncode == 2:
        raise InputError(f"The faces in {images_dir} could not be measured (see above).")
    if done.returncode and not out.is_file():
        raise EmolaError(f"The faces in {images_dir} could not be measured (see above); the same command continues.")
    return out


def _read_faces(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file of faces; a torn last one is left out."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"The measured faces {path} cannot be read: {error.strerror or error}.") from error
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            row = json.loads(line)
            row["sha256"], row["version"], row["found"]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"Line {number} of {path} is no measured face ({error}).") from error
        yield row


def _measured_face(row: dict[str, Any], image_id: int) -> MeasuredFace:
    """Return a line as it is stored."""
    mesh = base64.b64decode(row["mesh"]) if row.get("mesh") else None
    left_out = ("image", "sha256", "version", "found", "mesh")
    document = {key: value for key, value in row.items() if key not in left_out}
    return MeasuredFace(image_id, row["found"], document, mesh, row["version"])
