"""One description with all that a reviewer needs beside it: claims, lint, evidence, the face, what models answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

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
from review.store.item_views import (
    AnswerView,
    Box,
    ClaimView,
    DuplicateView,
    EvidenceView,
    FaceView,
    GateView,
    ItemView,
    LintView,
    SuspicionView,
)
from review.store.sealing import is_sealed
from review.suspicion import Reason

__all__ = [
    "AnswerView",
    "ClaimView",
    "DuplicateView",
    "EvidenceView",
    "FaceView",
    "GateView",
    "ItemView",
    "LintView",
    "SuspicionView",
    "has_submitted",
    "load_item",
]

MODEL_KIND = "model"


def load_item(session: Session, *, description_id: int, reviewer_id: int | None = None) -> ItemView:
    """Return a description with everything beside it.

    Args:
        session: any session.
        description_id: which one.
        reviewer_id: who looks; the author of the text is hidden from them until they have submitted a review of it.
            None (lead, command line) sees it, unless the description is part of a blind check that still runs.

    Raises:
        InputError: there is no such description.
    """
    query = select(Description, Image).join(Image, Image.id == Description.image_id)
    row = session.execute(query.where(Description.id == description_id, Description.deleted_at.is_(None))).first()
    if row is None:
        raise InputError(f"There is no description {description_id}; it may have been taken out.")
    description, image = row
    lint = _lint(session, description_id)
    sealed = is_sealed(session, description_id=description_id)
    submitted = reviewer_id is None or has_submitted(session, description_id=description_id, reviewer_id=reviewer_id)
    hidden = sealed or not submitted
    return ItemView(
        description_id=description.id,
        image_id=image.id,
        task=description.task,
        split=image.split,
        row_id=description.row_id,
        text=description.text,
        prompt=description.prompt,
        origin_model=None if hidden else description.origin_model,
        sealed=sealed,
        claims=_claims(session, description, lint, told=not sealed),
        lint=tuple(lint[None]),
        face=_face(session, image.id),
        width=image.width,
        height=image.height,
        suspicion=None if sealed else _suspicion(session, description_id),
        answers=() if sealed else _answers(session, image.id, description.task),
        duplicates=_duplicates(session, image),
    )


def has_submitted(session: Session, *, description_id: int, reviewer_id: int) -> bool:
    """Say whether a person has submitted a review of a description, so that nothing about it can lead them."""
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
    session: Session, description: Description, lint: Mapping[int | None, list[LintView]], *, told: bool
) -> tuple[ClaimView, ...]:
    """Return the claims; what models say of them, by name, only where the author is ``told``."""
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
            model_votes=tuple(found for found in evidence[row.id] if told and found.kind == MODEL_KIND),
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
    query = select(Prediction).where(Prediction.image_id == image_id, Prediction.task == task, Prediction.text != "")
    return tuple(AnswerView(row.model, row.run, row.text) for row in session.scalars(query.order_by(Prediction.id)))


def _duplicates(session: Session, image: Image) -> tuple[DuplicateView, ...]:
    if image.dup_group is None:
        return ()
    query = select(Description.id, Image.id, Image.split, Description.task).join(Image)
    same = (Image.dup_group == image.dup_group, Image.id != image.id, Description.deleted_at.is_(None))
    return tuple(DuplicateView(*row) for row in session.execute(query.where(*same).order_by(Description.id)))
