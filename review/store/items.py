"""One description with all that a reviewer needs beside it: claims, lint, evidence, the face, what models answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import (
    Claim,
    Description,
    Evidence,
    FaceMeasurement,
    Image,
    LintFinding,
    Prediction,
    Review,
    Suspicion,
)
from review.suspicion import Reason

MODEL_KIND = "model"


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
        points_approximate: True where the 106 points were taken from the mesh.
        pose: yaw, pitch and roll in degrees; empty where unknown.
        gates: what cannot be judged and why.
        regions: boxes to zoom into: brow, eyes, nose_cheek, mouth_chin.
        version: what measured it.
    """

    box: Box
    points_106: tuple[tuple[float, float], ...]
    points_approximate: bool
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
    claims: tuple[ClaimView, ...]
    lint: tuple[LintView, ...]
    face: FaceView | None
    width: int
    height: int
    suspicion: SuspicionView | None
    answers: tuple[AnswerView, ...]
    duplicates: tuple[DuplicateView, ...]


def load_item(session: Session, *, description_id: int, reviewer_id: int | None = None) -> ItemView:
    """Return a description with everything beside it.

    Args:
        session: any session.
        description_id: which one.
        reviewer_id: who looks; the author of the text is hidden from them until they have submitted a review of it.
            None (lead, command line) sees it.

    Raises:
        InputError: there is no such description.
    """
    query = select(Description, Image).join(Image, Image.id == Description.image_id)
    row = session.execute(query.where(Description.id == description_id, Description.deleted_at.is_(None))).first()
    if row is None:
        raise InputError(f"There is no description {description_id}; it may have been taken out.")
    description, image = row
    lint = _lint(session, description_id)
    hidden = reviewer_id is not None and not _has_submitted(session, description_id, reviewer_id)
    return ItemView(
        description_id=description.id,
        image_id=image.id,
        task=description.task,
        split=image.split,
        row_id=description.row_id,
        text=description.text,
        prompt=description.prompt,
        origin_model=None if hidden else description.origin_model,
        claims=_claims(session, description, lint),
        lint=tuple(lint[None]),
        face=_face(session, image.id),
        width=image.width,
        height=image.height,
        suspicion=_suspicion(session, description_id),
        answers=_answers(session, image.id, description.task),
        duplicates=_duplicates(session, image),
    )


def _has_submitted(session: Session, description_id: int, reviewer_id: int) -> bool:
    query = exists().where(
        Review.description_id == description_id, Review.reviewer_id == reviewer_id, Review.status == "submitted"
    )
    return bool(session.scalar(select(query)))


def _lint(session: Session, description_id: int) -> dict[int | None, list[LintView]]:
    """Return the findings by claim id; None for those of the whole text."""
    found: dict[int | None, list[LintView]] = defaultdict(list)
    query = select(LintFinding).where(LintFinding.description_id == description_id).order_by(LintFinding.id)
    for row in session.scalars(query):
        found[row.claim_id].append(LintView(row.kind, row.message, row.start, row.end))
    return found


def _claims(
    session: Session, description: Description, lint: Mapping[int | None, list[LintView]]
) -> tuple[ClaimView, ...]:
    rows = session.scalars(select(Claim).where(Claim.description_id == description.id).order_by(Claim.ord)).all()
    evidence: dict[int, list[EvidenceView]] = defaultdict(list)
    query = select(Evidence).join(Claim, Claim.id == Evidence.claim_id)
    for found in session.scalars(query.where(Claim.description_id == description.id).order_by(Evidence.id)):
        evidence[found.claim_id].append(_evidence(found))
    return tuple(
        ClaimView(
            id=row.id,
            ord=row.ord,
            kind=row.kind,
            start=row.start,
            end=row.end,
            text=description.text[row.start : row.end],
            action_unit=row.action_unit,
            more_units=tuple(row.more_units),
            emotion=row.emotion,
            side=row.side,
            intensity=row.intensity,
            negated=row.negated,
            lint=tuple(lint.get(row.id, ())),
            evidence=tuple(found for found in evidence[row.id] if found.kind != MODEL_KIND),
            model_votes=tuple(found for found in evidence[row.id] if found.kind == MODEL_KIND),
        )
        for row in rows
    )


def _evidence(row: Evidence) -> EvidenceView:
    return EvidenceView(row.kind, row.verdict, row.score, row.payload.get("reason", ""), row.payload, row.version)


def _face(session: Session, image_id: int) -> FaceView | None:
    row = session.get(FaceMeasurement, image_id)
    if row is None or not row.found:
        return None
    document = row.document
    return FaceView(
        box=_box(document["box"]),
        points_106=tuple((float(x), float(y)) for x, y in document["points_106"]),
        points_approximate=bool(document["points_106_approximate"]),
        pose=dict(document["pose_deg"] or {}),
        gates=tuple(GateView(gate["name"], gate["reason"], tuple(gate["blocks"])) for gate in document["gates"]),
        regions={name: _box(box) for name, box in document.get("regions", {}).items()},
        version=row.version,
    )


def _box(values: Sequence[float]) -> Box:
    x0, y0, x1, y1 = (float(value) for value in values)
    return x0, y0, x1, y1


def _suspicion(session: Session, description_id: int) -> SuspicionView | None:
    row = session.get(Suspicion, description_id)
    return None if row is None else SuspicionView(row.score, tuple(Reason(**reason) for reason in row.reasons))


def _answers(session: Session, image_id: int, task: str) -> tuple[AnswerView, ...]:
    query = select(Prediction).where(Prediction.image_id == image_id, Prediction.task == task)
    return tuple(AnswerView(row.model, row.run, row.text) for row in session.scalars(query.order_by(Prediction.id)))


def _duplicates(session: Session, image: Image) -> tuple[DuplicateView, ...]:
    if image.dup_group is None:
        return ()
    query = select(Description.id, Image.id, Image.split, Description.task).join(Image)
    same = (Image.dup_group == image.dup_group, Image.id != image.id, Description.deleted_at.is_(None))
    return tuple(DuplicateView(*row) for row in session.execute(query.where(*same).order_by(Description.id)))
