"""What the pages are told of a description: its claims, lint, evidence, the face, and what models answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from review.suspicion import Reason


@dataclass(frozen=True)
class LintView:
    """One fault of the text: its kind, a sentence, and code points into the text."""

    kind: str
    message: str
    start: int
    end: int


@dataclass(frozen=True)
class EvidenceView:
    """What geometry or a model says about one claim.

    Attributes:
        kind: ``geometry`` or ``model``.
        verdict: about the claim: supports, contradicts, unclear or not measurable.
        score: how strongly, 0 to 1; None where nothing was measured.
        reason: one or two plain sentences.
        payload: the numbers behind it (see :mod:`review.evidence`); ``segments`` are points to draw in pixels.
        version: what made it.
    """

    kind: str
    verdict: str
    score: float | None
    reason: str
    payload: Mapping[str, Any]
    version: str


@dataclass(frozen=True)
class ClaimView:
    """One claim; ``start`` and ``end`` are code points into the description's text, ``side`` one of N, L, R, B.

    ``evidence`` is what geometry says; ``model_votes`` is what other models' own answers say of the claim.
    """

    id: int
    ord: int
    kind: str
    start: int
    end: int
    text: str
    action_unit: int | None
    more_units: tuple[int, ...]
    emotion: str | None
    side: str
    intensity: str | None
    negated: bool
    lint: tuple[LintView, ...]
    evidence: tuple[EvidenceView, ...]
    model_votes: tuple[EvidenceView, ...]


@dataclass(frozen=True)
class GateView:
    """Why parts of a face cannot be judged; ``blocks`` names the regions."""

    name: str
    reason: str
    blocks: tuple[str, ...]


Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the picture."""


@dataclass(frozen=True)
class FaceView:
    """What was measured on the face, in pixels of the picture.

    Attributes:
        box: the face.
        points_106: landmarks in InsightFace's order.
        pose: yaw, pitch and roll in degrees; empty where unknown.
        gates: what cannot be judged and why.
        regions: boxes to zoom into: brow, eyes, nose_cheek, mouth_chin.
        version: what measured it.
    """

    box: Box
    points_106: tuple[tuple[float, float], ...]
    pose: Mapping[str, float]
    gates: tuple[GateView, ...]
    regions: Mapping[str, Box]
    version: str


@dataclass(frozen=True)
class SuspicionView:
    """How likely a description is wrong (0 to 1) and why, the strongest reason first."""

    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class AnswerView:
    """What a model itself answered about this picture and task."""

    model: str
    run: str
    text: str


@dataclass(frozen=True)
class DuplicateView:
    """Another description of a near-duplicate picture."""

    description_id: int
    image_id: int
    split: str
    task: str


@dataclass(frozen=True)
class ItemView:
    """Everything about one description.

    Attributes:
        description_id: the description.
        image_id: its picture; ``width`` and ``height`` are its size in pixels.
        task: ``au`` or ``emotion``.
        split: train, eval or probe.
        row_id: the record's id in the imported file.
        text: NFC; all offsets are code points into it.
        prompt: the question, without the image token.
        origin_model: who wrote the text; None while it is hidden from this reviewer.
        sealed: whether the author is hidden from everybody, as in a blind check; then nothing here names a model.
        claims: in order; together they are the whole text.
        lint: faults of the text as a whole; those of one claim are with the claim.
        face: None where no face was measured or found.
        suspicion: None before ``python -m review suspicion``.
        answers: what models answered about this picture, by a benchmark run.
        duplicates: descriptions of near-duplicate pictures, the same picture's excluded.
    """

    description_id: int
    image_id: int
    task: str
    split: str
    row_id: str
    text: str
    prompt: str
    origin_model: str | None
    sealed: bool
    claims: tuple[ClaimView, ...]
    lint: tuple[LintView, ...]
    face: FaceView | None
    width: int
    height: int
    suspicion: SuspicionView | None
    answers: tuple[AnswerView, ...]
    duplicates: tuple[DuplicateView, ...]
