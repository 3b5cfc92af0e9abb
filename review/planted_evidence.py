"""What machines say of copies with a planted error, worked out as for any other text: nothing gives them away."""

from collections.abc import Callable, Sequence

from review.database import Database
from review.evidence import KIND as GEOMETRY
from review.evidence import judge
from review.predictions import KIND as MODEL
from review.predictions import find_votes
from review.ranking import rank_descriptions
from review.store.evidence import load_faces, store_evidence, unit_claims
from review.store.planting import CHUNK, images_of
from review.store.predictions import runs_about
from review.store.suspicion import has_suspicion


def judge_copies(database: Database, *, ids: Sequence[int], progress: Callable[[int, int], None] | None = None) -> None:
    """Store evidence and suspicion of new copies, as far as the other descriptions have them.

    Faces are not measured and models not asked again: both are known of the picture. Suspicion holds texts against one
    another, so that all of it is worked out anew; none is where none was.

    Args:
        database: the copies are split into claims.
        ids: of the copies.
        progress: of the suspicion, see :func:`review.ranking.rank_descriptions`.
    """
    for start in range(0, len(ids), CHUNK):
        _judge_claims(database, ids[start : start + CHUNK])
    with database.read() as session:
        is_scored = has_suspicion(session)
    if is_scored:
        rank_descriptions(database, progress=progress)


def _judge_claims(database: Database, ids: Sequence[int]) -> None:
    """Store what geometry and every run say of at most 500 copies."""
    with database.read() as session:
        images = images_of(session, ids=ids)
        faces = {image: face for image, face in load_faces(session, image_ids=images).items() if face.found}
        claims = unit_claims(session, image_ids=images, description_ids=ids)
        votes = [
            found
            for run, model in runs_about(session, image_ids=images)
            for found in find_votes(session, run=run, model=model, image_ids=images, description_ids=ids)
        ]
    measured = [judge(claim, faces[claim.image_id]) for claim in claims if claim.image_id in faces]
    with database.write() as session:
        store_evidence(session, kind=GEOMETRY, evidence=measured, replaced="")
        store_evidence(session, kind=MODEL, evidence=votes, replaced="")
