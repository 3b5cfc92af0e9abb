"""Models' own answers about our pictures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, delete, func, insert, select
from sqlalchemy.orm import Session

from review.agreeing import VotedClaim
from review.pictures import PictureFacts
from review.schema import Claim, Description, Image, Prediction, Source
from review.store.events import append_event
from review.store.rescore_queue import queue_rescoring
from review.store.rescoring import withdraw_answers

CHUNK = 500


@dataclass(frozen=True)
class PredictedImage:
    """A stored picture that a row of a run names; ``landmark`` is the path of its prior beside it, where known."""

    image_id: int
    rel_path: str
    split: str
    facts: PictureFacts
    folder: str
    landmark: str | None

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        return self.facts.sha256


@dataclass(frozen=True)
class NewPrediction:
    """One answer and what it says (``review.predictions.read_answer``); ``text`` is empty where the model failed."""

    image_id: int
    task: str
    model: str
    run: str
    text: str
    read: dict[str, Any]
    version: str


def images_by_path(session: Session, *, paths: Sequence[str]) -> dict[str, list[PredictedImage]]:
    """Return the pictures with each of these relative paths; several folders may hold the same path."""
    found: dict[str, list[PredictedImage]] = defaultdict(list)
    distinct = sorted(set(paths))
    for start in range(0, len(distinct), CHUNK):
        query = select(Image, Source.images_dir, _landmark()).join(Source, Source.id == Image.source_id)
        query = query.where(Image.rel_path.in_(distinct[start : start + CHUNK])).order_by(Image.id)
        for row, folder, landmark in session.execute(query):
            facts = PictureFacts(row.sha256, row.width, row.height)
            found[row.rel_path].append(PredictedImage(row.id, row.rel_path, row.split, facts, folder, landmark))
    return found


def _landmark() -> ScalarSelect[str | None]:
    """Select the prior that a description names which came with the picture."""
    named = (Description.image_id == Image.id, Description.source_id == Image.source_id)
    return select(func.min(Description.landmark)).where(*named).scalar_subquery()


def store_predictions(session: Session, *, predictions: Sequence[NewPrediction]) -> None:
    """Store at most 500 answers of one run in the place of its earlier ones about the same pictures and tasks."""
    if not predictions:
        return
    run = predictions[0].run
    for task in {prediction.task for prediction in predictions}:
        images = [prediction.image_id for prediction in predictions if prediction.task == task]
        same = (Prediction.run == run, Prediction.task == task, Prediction.image_id.in_(images))
        replaced = list(session.scalars(select(Prediction.id).where(*same)))
        withdraw_answers(session, prediction_ids=replaced)
        session.execute(delete(Prediction).where(Prediction.id.in_(replaced)))
    rows = {(prediction.image_id, prediction.task): vars(prediction) for prediction in predictions}
    session.execute(insert(Prediction), list(rows.values()))
    queue_rescoring(session, image_ids=[prediction.image_id for prediction in predictions])
    after = {"answers": len(rows), "model": predictions[0].model}
    append_event(session, actor_id=None, entity="run", entity_id=run, action="predictions", after=after)


def runs_about(session: Session, *, image_ids: Sequence[int]) -> list[tuple[str, str]]:
    """Return name and model of the runs that answered about at most 500 images."""
    query = select(Prediction.run, Prediction.model).where(Prediction.image_id.in_(image_ids)).distinct()
    return [(row.run, row.model) for row in session.execute(query.order_by(Prediction.run, Prediction.model))]


def predictions_of(session: Session, *, run: str, image_ids: Sequence[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Return what the answers of a run about at most 500 images say, by image and task."""
    found: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    query = select(Prediction.image_id, Prediction.task, Prediction.read).where(Prediction.run == run)
    query = query.where(Prediction.text != "")
    for row in session.execute(query.where(Prediction.image_id.in_(image_ids))):
        found[row.image_id][row.task] = row.read
    return found


def claims_for_votes(
    session: Session, *, image_ids: Sequence[int], origin_model: str, description_ids: Sequence[int] | None = None
) -> list[VotedClaim]:
    """Return the claims about at most 500 images that ``origin_model`` did not make itself.

    Only those of ``description_ids`` (at most 500), if they are given.
    """
    query = select(Claim, Description.image_id).join(Description, Description.id == Claim.description_id)
    query = query.where(
        Description.image_id.in_(image_ids),
        Description.origin_model != origin_model,
        Description.deleted_at.is_(None),
        Claim.kind.in_(("au", "emotion")),
    )
    if description_ids is not None:
        query = query.where(Description.id.in_(description_ids))
    return [
        VotedClaim(
            claim_id=claim.id,
            image_id=image,
            kind=claim.kind,
            action_unit=claim.action_unit,
            more_units=tuple(claim.more_units),
            emotion=claim.emotion,
            side=claim.side,
            intensity=claim.intensity,
            negated=claim.negated,
        )
        for claim, image in session.execute(query.order_by(Claim.id))
    ]
