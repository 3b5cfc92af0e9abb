"""What a model itself answered about our pictures, read from the folder of a benchmark run.

A run holds ``run.json`` and, for each task, ``predictions_TASK.jsonl`` once it is complete, or the journals of a run
that is not (``parts/journal-*.jsonl``). A line has ``id, task, prediction, image, status``. The answers become
predictions with evidence for or against each claim, or texts to be reviewed themselves.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from emola.answer import normalise, protocol_version, read_action_unit_states, read_emotion
from emola.errors import InputError
from review.agreeing import ModelReading, vote
from review.database import Database
from review.faba_records import QUESTIONS, TEXT_LIMIT, FabaRecord
from review.importing import Skipped
from review.parsing import parse_descriptions
from review.pictures import inside, picture_facts
from review.store.evidence import CHUNK, NewEvidence, store_evidence
from review.store.imports import NewDescription, add_batch, find_or_add_source
from review.store.predictions import (
    NewPrediction,
    PredictedImage,
    claims_for_votes,
    images_by_path,
    predictions_of,
    store_predictions,
)

KIND = "model"
TASKS = ("au", "emotion")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PredictionReport:
    """What became of a run: answers stored, claims voted on, and answers that could not be used with the reason.

    With ``as_descriptions`` ``stored`` counts the texts that are new and ``claims`` is 0.
    """

    stored: int
    claims: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Run:
    """A run as it lies on disk: its name (folder and hash of what was run), the model's name, and its data root."""

    name: str
    model: str
    root: Path


def import_predictions(
    database: Database, *, run: Path, as_descriptions: bool = False, progress: Progress | None = None
) -> PredictionReport:
    """Import the answers of a benchmark run; repeating it changes nothing.

    Args:
        database: upgraded.
        run: the run's folder.
        as_descriptions: store the texts themselves for review, with the model as their origin, instead of votes on
            the claims of others.
        progress: called with how many pictures are done and how many there are.

    Raises:
        InputError: the folder is no benchmark run or damaged.
    """
    described, rows = read_run(run)
    skipped: list[Skipped] = []
    with database.read() as session:
        images = images_by_path(session, paths=[row["image"] for row in rows if isinstance(row.get("image"), str)])
    found = [(image, row) for row in rows if (image := _match(row, images, described, skipped)) is not None]
    if as_descriptions:
        return PredictionReport(_add_texts(database, described, found), 0, tuple(skipped))
    answers = [_prediction(image, row, described) for image, row in found]
    failed = _failures(rows, images, described, {(answer.image_id, answer.task) for answer in answers})
    for start in range(0, len(answers) + len(failed), CHUNK):
        with database.write() as session:
            store_predictions(session, predictions=[*answers, *failed][start : start + CHUNK])
    images_done = sorted({image.image_id for image, _ in found})
    return PredictionReport(len(answers), _vote(database, described, images_done, progress), tuple(skipped))


def read_run(folder: Path) -> tuple[Run, list[dict[str, Any]]]:
    """Return a run and its answers of both tasks.

    Raises:
        InputError: there is no ``run.json``, it is damaged, or no answer is there.
    """
    run = run_of(folder)
    rows = [row for task in TASKS for row in _lines(folder / f"predictions_{task}.jsonl")]
    if not rows:
        rows = [row for path in sorted((folder / "parts").glob("journal-*.jsonl")) for row in _lines(path)]
    if not rows:
        raise InputError(f"{folder} holds no answer yet; let the run come further first.")
    return run, rows


def run_of(folder: Path) -> Run:
    """Return which run lies in a folder, without its answers.

    Raises:
        InputError: there is no ``run.json``, or it is damaged.
    """
    description = folder / "run.json"
    if not description.is_file():
        raise InputError(f"{folder} is no benchmark run: it holds no run.json.")
    try:
        document = json.loads(description.read_bytes())
        model, root = str(document["model"]), Path(document["root"])
        identity = json.dumps(document["identity"], sort_keys=True)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{description} is damaged or of another version ({error}).") from error
    name = f"{folder.resolve().name} {hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    return Run(name, Path(model).name if Path(model).exists() else model, root)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the whole lines of a file that may not be there; a torn last line is left out."""
    if not path.is_file():
        return
    content = path.read_bytes()
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or row.get("task") not in TASKS:
            raise InputError(f"Line {number} of {path} is no answer of a benchmark run.")
        yield row


def _failures(
    rows: list[dict[str, Any]], images: dict[str, list[PredictedImage]], run: Run, answered: set[tuple[int, str]]
) -> list[NewPrediction]:
    """Return an empty answer where the model was asked and gave none: the benchmark counts it as a wrong one."""
    empty = [row | {"prediction": ""} for row in rows if not str(row.get("prediction") or "").strip()]
    asked = [(row, images.get(str(row.get("image")), [])) for row in empty]
    failed = [_prediction(found[0], row, run) for row, found in asked if len(found) == 1]
    return [answer for answer in failed if (answer.image_id, answer.task) not in answered]


def _match(
    row: dict[str, Any], images: dict[str, list[PredictedImage]], run: Run, skipped: list[Skipped]
) -> PredictedImage | None:
    """Return our image of a row, by path and, unless it lies in the run's own folder, by content; note why none.

    Rendered sets name their pictures alike, so that a path alone may be another face. Where the run's folder is not on
    this machine, as after a run elsewhere, the path must do.
    """
    name = f"{row['task']} {row.get('id')}"
    if not isinstance(row.get("prediction"), str) or not row["prediction"].strip():
        skipped.append(Skipped(name, f"it holds no answer ({row.get('reason') or row.get('status') or 'no reason'})"))
        return None
    if len(row["prediction"]) > TEXT_LIMIT:
        skipped.append(
            Skipped(name, f"the answer has {len(row['prediction']):,} characters; at most {TEXT_LIMIT:,} are taken")
        )
        return None
    candidates = images.get(str(row.get("image")), [])
    own = [image for image in candidates if Path(image.folder) == run.root.resolve()]
    if len(own) == 1:
        return own[0]
    if len(candidates) > 1 or (candidates and run.root.is_dir()):
        try:
            digest = picture_facts(inside(run.root.resolve(), str(row["image"]))).sha256
        except InputError as error:
            skipped.append(Skipped(name, str(error)))
            return None
        candidates = [image for image in candidates if image.sha256 == digest]
    if not candidates:
        skipped.append(Skipped(name, f"no imported picture has the path {row.get('image')!r} and this content"))
        return None
    return candidates[0]


def _prediction(image: PredictedImage, row: dict[str, Any], run: Run) -> NewPrediction:
    text = normalise(row["prediction"])
    return NewPrediction(
        image.image_id, row["task"], run.model, run.name, text, read_answer(text, row["task"]), _version()
    )


def read_answer(text: str, task: str) -> dict[str, Any]:
    """Return what an answer says, read strictly: ``units`` by number as text, or ``emotion`` (None where unknown)."""
    if task == "emotion":
        return {"emotion": read_emotion(text).label}
    return {
        "units": {
            str(state.number): {
                "present": state.present,
                "side": str(state.side),
                "intensity": None if state.intensity is None else str(state.intensity),
            }
            for state in read_action_unit_states(text)
        }
    }


def _version() -> str:
    return protocol_version("strict")


def find_votes(
    session: Session, *, run: str, model: str, image_ids: Sequence[int], description_ids: Sequence[int] | None = None
) -> list[NewEvidence]:
    """Return what the answers of a run say of every claim about at most 500 images.

    Args:
        session: any session.
        run: its name.
        model: that answered; its own texts are left out.
        image_ids: the pictures.
        description_ids: only claims of these descriptions; all if None.
    """
    readings = predictions_of(session, run=run, image_ids=image_ids)
    claims = claims_for_votes(session, image_ids=image_ids, origin_model=model, description_ids=description_ids)
    name = _source(run, model) + _version()
    votes = [vote(claim, ModelReading.of(readings.get(claim.image_id, {})), model, name) for claim in claims]
    return [item for item in votes if item is not None]


def _source(run: str, model: str) -> str:
    return f"{model} ({run}); "


def _vote(database: Database, run: Run, images: list[int], progress: Progress | None) -> int:
    """Store what the run's answers say of every claim about these pictures; return how many claims."""
    voted = 0
    for start in range(0, len(images), CHUNK):
        batch = images[start : start + CHUNK]
        with database.read() as session:
            votes = find_votes(session, run=run.name, model=run.model, image_ids=batch)
        with database.write() as session:
            store_evidence(session, kind=KIND, evidence=votes, replaced=_source(run.name, run.model))
        voted += len(votes)
        if progress:
            progress(start + len(batch), len(images))
    return voted


def _add_texts(database: Database, run: Run, found: list[tuple[PredictedImage, dict[str, Any]]]) -> int:
    """Store the answers as descriptions to be reviewed; return how many are new."""
    new = 0
    with database.write() as session:
        source = find_or_add_source(session, name=run.name, json_sha256=_digest(found), images_dir=str(run.root))
    for start in range(0, len(found), CHUNK):
        rows = []
        for image, row in found[start : start + CHUNK]:
            text = normalise(row["prediction"]).strip()
            record = FabaRecord(
                row_id=str(row.get("id")),
                image=image.rel_path,
                task=row["task"],
                split=image.split,
                prompt=QUESTIONS[row["task"]],
                text=text,
                landmark=image.landmark,
            )
            rows.append(NewDescription.of(record, image.facts, run.model, run.name))
        with database.write() as session:
            new += add_batch(session, source_id=source, rows=rows)[0]
    parse_descriptions(database)
    return new


def _digest(found: list[tuple[PredictedImage, dict[str, Any]]]) -> str:
    return hashlib.sha256("\n".join(row["prediction"] for _, row in found).encode()).hexdigest()
