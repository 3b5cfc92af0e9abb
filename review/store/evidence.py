"""Measured faces and what geometry or models say of claims: what is missing, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from review.schema import Claim, Description, Evidence, FaceMeasurement, Image, Source
from review.store.events import append_event

CHUNK = 500


@dataclass(frozen=True)
class ImageFile:
    """Where a picture lies."""

    image_id: int
    images_dir: str
    rel_path: str
    sha256: str


@dataclass(frozen=True)
class MeasuredFace:
    """A stored measurement; ``mesh`` is float32 (478, 3) little endian, or None."""

    image_id: int
    found: bool
    document: dict[str, Any]
    mesh: bytes | None
    version: str


@dataclass(frozen=True)
class JudgedClaim:
    """An action-unit claim to be judged by the geometry of its face."""

    claim_id: int
    image_id: int
    action_unit: int
    more_units: tuple[int, ...]
    side: str
    negated: bool


@dataclass(frozen=True)
class NewEvidence:
    """What is to be stored about one claim; see :class:`review.store.items.EvidenceView`."""

    claim_id: int
    verdict: str
    score: float | None
    payload: dict[str, Any]
    version: str


def images_without_face(session: Session) -> list[ImageFile]:
    """Return the pictures that were not measured yet, by folder and id."""
    measured = exists().where(FaceMeasurement.image_id == Image.id)
    query = select(Image.id, Source.images_dir, Image.rel_path, Image.sha256).join(Source, Source.id == Image.source_id)
    return [ImageFile(*row) for row in session.execute(query.where(~measured).order_by(Source.images_dir, Image.id))]


def image_ids_by_hash(session: Session, *, hashes: Sequence[str]) -> dict[str, int]:
    """Return the image of each hash that is stored."""
    found: dict[str, int] = {}
    for start in range(0, len(hashes), CHUNK):
        query = select(Image.sha256, Image.id).where(Image.sha256.in_(hashes[start : start + CHUNK]))
        found.update(session.execute(query).all())
    return found


def store_faces(session: Session, *, faces: Sequence[MeasuredFace]) -> None:
    """Store measurements in the place of earlier ones."""
    if not faces:
        return
    ids = [face.image_id for face in faces]
    for start in range(0, len(ids), CHUNK):
        session.execute(delete(FaceMeasurement).where(FaceMeasurement.image_id.in_(ids[start : start + CHUNK])))
    session.execute(insert(FaceMeasurement), [vars(face) for face in faces])
    after = {"faces": len(ids), "version": faces[0].version}
    append_event(session, actor_id=None, entity="image", entity_id=ids[0], action="measure", after=after)


def load_faces(session: Session, *, image_ids: Sequence[int]) -> dict[int, MeasuredFace]:
    """Return the measurements of at most 500 images, pictures without a face included."""
    rows = session.scalars(select(FaceMeasurement).where(FaceMeasurement.image_id.in_(image_ids)))
    return {row.image_id: _measured(row) for row in rows}


def measured_faces(session: Session, *, after: int, limit: int = CHUNK) -> list[MeasuredFace]:
    """Return the measurements of images beyond ``after``, in order of the image."""
    query = select(FaceMeasurement).where(FaceMeasurement.image_id > after).order_by(FaceMeasurement.image_id)
    rows = session.scalars(query.limit(limit)).all()
    return [_measured(row) for row in rows]


def _measured(row: FaceMeasurement) -> MeasuredFace:
    return MeasuredFace(row.image_id, row.found, row.document, row.mesh, row.version)


def unit_claims(
    session: Session, *, image_ids: Sequence[int], description_ids: Sequence[int] | None = None
) -> list[JudgedClaim]:
    """Return the action-unit claims about at most 500 images; of at most 500 descriptions, if they are given."""
    query = select(Claim, Description.image_id).join(Description, Description.id == Claim.description_id)
    query = query.where(Description.image_id.in_(image_ids), Claim.kind == "au", Description.deleted_at.is_(None))
    if description_ids is not None:
        query = query.where(Description.id.in_(description_ids))
    return [
        JudgedClaim(claim.id, image, claim.action_unit, tuple(claim.more_units), claim.side, claim.negated)
        for claim, image in session.execute(query.order_by(Claim.id))
        if claim.action_unit is not None
    ]


def store_evidence(session: Session, *, kind: str, evidence: Sequence[NewEvidence], replaced: str) -> None:
    """Store evidence of one kind.

    Args:
        session: of a write.
        kind: ``geometry`` or ``model``.
        evidence: at most one for a claim and version.
        replaced: earlier evidence on these claims goes where its version starts so: a run's name, or nothing for all.
    """
    if not evidence:
        return
    claims = [item.claim_id for item in evidence]
    versions = {item.version for item in evidence}
    earlier = Evidence.version.startswith(replaced, autoescape=True)
    for start in range(0, len(claims), CHUNK):
        old = (Evidence.claim_id.in_(claims[start : start + CHUNK]), Evidence.kind == kind)
        session.execute(delete(Evidence).where(*old, earlier))
    session.execute(insert(Evidence), [{"kind": kind, **vars(item)} for item in evidence])
    after = {"claims": len(claims), "kind": kind, "versions": sorted(versions)}
    append_event(session, actor_id=None, entity="claim", entity_id=claims[0], action="evidence", after=after)
