"""The JSON document of a description: what the command line prints and the page exports.

Every value is plain JSON. Pixels are of the upright picture; pictures themselves are never part of it.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from emola import __version__
from emola.describe import ClaimReading, Reading, UnitChip
from emola.faces.face import Face
from emola.faces.geometry import Evidence
from emola.faces.layouts import mesh_to_106, points_106_to_68
from emola.settings import TASKS, GenerationSettings

if TYPE_CHECKING:
    from emola.model.loading import LoadedModel

PACKAGES = ("torch", "transformers", "mediapipe", "insightface", "numpy")
"""Packages whose versions can change the numbers."""


def face_to_json(face: Face) -> dict[str, Any]:
    """Return box, score, landmarks, layout, pose in degrees, gates, size in pixels and backend of ``face``.

    The 106 and 68 points are there for tools that read those layouts; ``points_106_approximate`` says whether they
    were measured or taken from the mesh.
    """
    pose = face.pose
    approximate = face.layout != "insightface-106"
    points = mesh_to_106(face.landmarks) if approximate else face.landmarks
    return {
        "box": _rounded(face.box, 2),
        "score": round(float(face.score), 4),
        "landmarks": [_rounded(point, 2) for point in face.landmarks],
        "layout": face.layout,
        "points_106": [_rounded(point, 2) for point in points],
        "points_106_approximate": approximate,
        "points_68": [_rounded(point, 2) for point in points_106_to_68(points)],
        "pose_deg": None if pose is None else {k: round(float(v), 2) for k, v in vars(pose).items()},
        "size_px": round(float(face.size_px), 1),
        "gates": [
            {"name": gate.name, "reason": gate.reason, "blocks": list(gate.blocks), "refuses": gate.refuses}
            for gate in face.gates
        ],
        "backend": face.backend,
    }


def evidence_to_json(found: Evidence | None) -> dict[str, Any] | None:
    """Return verdict, measure, number, neutral band, limits, reason and points of one piece of evidence."""
    if found is None:
        return None
    return {
        "verdict": found.verdict,
        "measure": found.measure,
        "value": None if found.value is None else round(float(found.value), 4),
        "neutral_mean": found.neutral_mean,
        "neutral_sd": found.neutral_sd,
        "supports_when": found.supports_when,
        "contradicts_when": found.contradicts_when,
        "reason": found.reason,
        "points": None if found.points is None else [_rounded(point, 2) for point in found.points],
        "table_version": found.table_version,
    }


def describe_document(
    faces: list[Face],
    described: int,
    texts: dict[str, str],
    reading: Reading | None,
    loaded: "LoadedModel",
    settings: GenerationSettings,
    timings_ms: dict[str, float],
) -> dict[str, Any]:
    """Return the whole document.

    Args:
        faces: all faces of the picture, largest first.
        described: index of the face the texts are about.
        texts: task to finished answer; a task not asked for is null in the document.
        reading: what the texts say; None when the face was refused.
        loaded: the model that answered.
        settings: how it decoded.
        timings_ms: milliseconds by step.
    """
    config = loaded.model.config
    return {
        "faces": [face_to_json(face) for face in faces],
        "described_face": described,
        "text": {task: texts.get(task) for task in TASKS} | {k: v for k, v in texts.items() if k not in TASKS},
        "claims": [] if reading is None else [_claim_to_json(claim) for claim in reading.claims],
        "action_units": [] if reading is None else [_chip_to_json(chip) for chip in reading.action_units],
        "emotion": _emotion_to_json(reading),
        "timings_ms": {step: round(value, 1) for step, value in timings_ms.items()},
        "model": loaded.name,
        "prior_recipe": config.prior_recipe,
        "crop_recipe": config.crop_recipe,
        "inputs": config.inputs,
        "face_backend": faces[described].backend,
        "settings": settings.to_json(),
        "versions": {"emola-studio": __version__} | _package_versions(),
    }


def _claim_to_json(claim: ClaimReading) -> dict[str, Any]:
    return {
        "task": claim.task,
        "start": claim.start,
        "end": claim.end,
        "text": claim.text,
        "action_unit": claim.action_unit,
        "side": claim.side,
        "intensity": claim.intensity,
        "intensity_word": claim.intensity_word,
        "negated": claim.negated,
        "verdict": claim.verdict,
        "evidence": evidence_to_json(claim.evidence),
    }


def _chip_to_json(chip: UnitChip) -> dict[str, Any]:
    return {
        "number": chip.number,
        "name": chip.name,
        "side": chip.side,
        "intensity": chip.intensity,
        "intensity_word": chip.intensity_word,
        "reliability": chip.reliability,
    }


def _emotion_to_json(reading: Reading | None) -> dict[str, Any]:
    """``strict`` may be "unknown"; ``paper`` is null where the published reader crashes, with the reason."""
    strict = reading.emotion_strict if reading else None
    paper = reading.emotion_paper if reading else None
    return {
        "strict": None if strict is None else strict.label or "unknown",
        "paper": None if paper is None else paper.label,
        "paper_status": None if paper is None else paper.status,
    }


def _package_versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _rounded(values: Any, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]
