"""Suspicion of every description, from all that is stored; computed anew as a whole, since texts are compared."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from review.database import Database
from review.evidence import face_of
from review.other_texts import measure_rates, pair_reasons, pairs_of
from review.shapes import Mesh, shape_reasons
from review.store.evidence import measured_faces
from review.store.suspicion import CHUNK, description_ids, load_facts, store_suspicion
from review.suspicion import DescriptionFacts, Reason, Suspicion, judge_suspicion, own_reasons, suspicion_version


def rank_descriptions(database: Database, *, progress: Callable[[int, int], None] | None = None) -> int:
    """Compute and store the suspicion of every description that was split into claims; return how many.

    Args:
        database: upgraded; lint, evidence and predictions are used as far as they are there.
        progress: called with how many scores are stored and how many there are.
    """
    with database.read() as session:
        ids = description_ids(session)
        every = [facts for batch in _batches(ids) for facts in load_facts(session, ids=batch)]
    judged = judge_all(every, _meshes(database))
    stored = 0
    for batch in _batches(sorted(judged)):
        with database.write() as session:
            store_suspicion(session, judged={d: judged[d] for d in batch}, version=suspicion_version())
        stored += len(batch)
        if progress:
            progress(stored, len(judged))
    return stored


def judge_all(every: Sequence[DescriptionFacts], meshes: Mapping[int, Mesh]) -> dict[int, Suspicion]:
    """Return the suspicion of each of some descriptions, held against one another.

    Args:
        every: what is known of each.
        meshes: image to its (478, 3) mesh in pixels, of the faces that may be judged; may be empty.
    """
    reasons: dict[int, list[Reason]] = defaultdict(list)
    for facts in every:
        reasons[facts.description_id] += own_reasons(facts)
    _add_other_texts(every, reasons)
    for description, found in shape_reasons(every, meshes).items():
        reasons[description] += found
    return {description: judge_suspicion(found) for description, found in reasons.items()}


def _meshes(database: Database) -> dict[int, Mesh]:
    """Return the mesh of every face that no gate refuses."""
    meshes: dict[int, Mesh] = {}
    after = 0
    while True:
        with database.read() as session:
            batch = measured_faces(session, after=after)
        if not batch:
            return meshes
        after = batch[-1].image_id
        for measured in batch:
            face = face_of(measured) if measured.found else None
            if face is not None and face.mesh is not None and not face.refused and np.isfinite(face.mesh).all():
                meshes[measured.image_id] = face.mesh


def _add_other_texts(every: Sequence[DescriptionFacts], reasons: Mapping[int, list[Reason]]) -> None:
    pairs = pairs_of(every)
    rates = measure_rates(pairs)
    for units, emotion in pairs:
        of_units, of_emotion = pair_reasons(units, emotion, rates)
        reasons[units.description_id].extend(of_units)
        reasons[emotion.description_id].extend(of_emotion)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
