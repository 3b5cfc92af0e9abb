"""A blind check: are a new model's texts better than the old one's, judged by people who do not know whose they are?

Two finished benchmark runs over the same pictures give two texts about each face. Faces are drawn by chance, never
from the training split, since the new model may know those by heart. Both texts of a face go to the same person one
after the other, in balanced order, under numbers that tell nothing.
"""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from emola.answer import normalise
from emola.errors import InputError
from review.database import Database
from review.faba_records import QUESTIONS, TEXT_LIMIT, FabaRecord
from review.parsing import parse_descriptions
from review.pictures import PictureFacts, inside, picture_facts
from review.predictions import TASKS, Run, read_run
from review.store.blind_checks import (
    BlindCheckRecord,
    CheckedModels,
    PairedTexts,
    is_touched,
    open_check,
    split_of_picture,
    store_anew,
)
from review.store.campaign_records import all_campaign_rules
from review.store.imports import NewDescription, find_or_add_source

PROBE_FACES: Final = 60
"""Faces of a check unless told otherwise: 120 texts of one task, three days of 40."""
LARGEST_SEED: Final = 2**31 - 1
TRAINING: Final = "a training picture, which the new model may know by heart"
TOUCHED: Final = "a text about it was handed out before, so somebody may know whose it is"
NO_PICTURE: Final = "its picture cannot be opened in"
OTHER_PICTURE: Final = "the two runs saw different pictures under this path"

Texts = Mapping[str, Mapping[str, str]]
"""Answers by the picture's path and the task."""


@dataclass(frozen=True)
class BlindCheckMade:
    """A new check, and how many faces were passed over for which reason."""

    check: BlindCheckRecord
    passed_over: Mapping[str, int]


@dataclass(frozen=True)
class _Probe:
    """One face with the texts of both models by task."""

    path: str
    picture: PictureFacts
    split: str
    texts: Mapping[str, tuple[str, str]]


def create_blind_check(
    database: Database,
    *,
    old: Path,
    new: Path,
    name: str,
    actor_id: int,
    probe_faces: int = PROBE_FACES,
    task: str | None = None,
    overlap: int = 1,
    seed: int = 0,
) -> BlindCheckMade:
    """Draw faces from two benchmark runs and open a campaign in which people judge both models' texts about them.

    Pictures that are not in the database yet come in as probes, from the data folder of the old run.

    Args:
        database: upgraded.
        old: folder of the old model's finished run.
        new: folder of the new model's finished run, on the same data.
        name: of the check and its campaign.
        actor_id: who opens it.
        probe_faces: how many faces are drawn; fewer if there are fewer.
        task: au or emotion; both if None.
        overlap: how many people judge each face.
        seed: of the drawing and the order.

    Raises:
        InputError: a folder is no finished run, the runs share no face that can be used, or the name is taken.
    """
    if probe_faces < 1:
        raise InputError(f"A blind check needs at least one face; got {probe_faces}.")
    if not name.strip():
        raise InputError("A blind check needs a name.")
    if old.resolve() == new.resolve():
        raise InputError("The old and the new run are the same folder; give the runs of two models.")
    (old_run, old_texts), (new_run, new_texts) = _finished(old, task), _finished(new, task)
    with database.read() as session:
        if any(campaign.name == name.strip() for campaign in all_campaign_rules(session)):
            raise InputError(f"There is already a campaign {name.strip()!r}; give the check another name.")
        passed_over: Counter[str] = Counter()
        usable = _usable(session, (old_run, old_texts), (new_run, new_texts), random.Random(seed), passed_over)
        probes = [probe for _, probe in zip(range(probe_faces), usable, strict=False)]
    if not probes:
        reasons = "; ".join(f"{count} × {reason}" for reason, count in passed_over.items())
        raise InputError(f"The two runs share no face that can be checked blindly ({reasons or 'no common picture'}).")
    models = CheckedModels(old_run.model, old_run.name, new_run.model, new_run.name)
    pairs = _store(database, probes, models, root=old_run.root, name=name.strip(), seed=seed)
    with database.write() as session:
        check = open_check(
            session, name=name, models=models, pairs=pairs, overlap=overlap, seed=seed, actor_id=actor_id
        )
    return BlindCheckMade(check, dict(passed_over))


def _finished(folder: Path, task: str | None) -> tuple[Run, Texts]:
    """Return a finished run and its answers by picture and task; what holds no answer is left out."""
    run, rows = read_run(folder)
    if not any((folder / f"predictions_{name}.jsonl").is_file() for name in TASKS):
        raise InputError(f"The run {folder} is not finished; let it come to its end, then check it.")
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        text = row.get("prediction")
        if not isinstance(text, str) or not isinstance(row.get("image"), str) or row["task"] != (task or row["task"]):
            continue
        if (kept := normalise(text).strip()) and len(kept) <= TEXT_LIMIT:
            texts[row["image"]].setdefault(row["task"], kept)
    return run, texts


def _usable(
    session: Session, old: tuple[Run, Texts], new: tuple[Run, Texts], chance: random.Random, passed_over: Counter[str]
) -> Iterator[_Probe]:
    """Yield the faces that both runs describe, in an order of chance; count why others cannot be used."""
    seen: set[str] = set()
    paths = sorted(path for path in old[1] if old[1][path].keys() & new[1].get(path, {}).keys())
    for path in chance.sample(paths, len(paths)):
        try:
            picture = picture_facts(inside(old[0].root.resolve(), path))
            same = picture.sha256 == picture_facts(inside(new[0].root.resolve(), path)).sha256
        except InputError:
            passed_over[f"{NO_PICTURE} {old[0].root}"] += 1
            continue
        if picture.sha256 in seen:
            continue
        seen.add(picture.sha256)
        known = split_of_picture(session, sha256=picture.sha256)
        split, stored_path = known or ("probe", path)
        texts = {task: (old[1][path][task], new[1][path][task]) for task in TASKS if _both(old[1], new[1], path, task)}
        every = [text for both in texts.values() for text in both]
        if not same:
            passed_over[OTHER_PICTURE] += 1
        elif split == "train":
            passed_over[TRAINING] += 1
        elif any(is_touched(session, sha256=picture.sha256, text_sha256=_digest(text)) for text in every):
            passed_over[TOUCHED] += 1
        else:
            yield _Probe(stored_path, picture, split, texts)


def _both(old: Texts, new: Texts, path: str, task: str) -> bool:
    return task in old[path] and task in new[path]


def _store(
    database: Database, probes: Sequence[_Probe], models: CheckedModels, *, root: Path, name: str, seed: int
) -> list[PairedTexts]:
    """Store the texts in an order of chance, so that no number tells the author; return the pairs as drawn."""
    rows: dict[tuple[str, str, bool], NewDescription] = {}
    for probe in probes:
        for task, (old, new) in probe.texts.items():
            rows[probe.picture.sha256, task, False] = _row(probe, task, old, models.old_model, models.old_run)
            if new != old:
                rows[probe.picture.sha256, task, True] = _row(probe, task, new, models.new_model, models.new_run)
    keys = sorted(rows)
    random.Random(f"numbers {seed}").shuffle(keys)
    digest = _digest("\n".join(rows[key].text_sha256 for key in keys))
    with database.write() as session:
        source = find_or_add_source(
            session, name=f"blind check {name}", json_sha256=digest, images_dir=str(root.resolve())
        )
        numbers = store_anew(session, source_id=source, rows=[rows[key] for key in keys])
    parse_descriptions(database)
    stored = dict(zip(keys, numbers, strict=True))
    pairs = []
    for sha256, task in ((probe.picture.sha256, task) for probe in probes for task in probe.texts):
        image, old_id = stored[sha256, task, False]
        pairs.append(PairedTexts(image, task, old_id, stored.get((sha256, task, True), (image, old_id))[1]))
    return pairs


def _row(probe: _Probe, task: str, text: str, model: str, run: str) -> NewDescription:
    """Return one text to be stored; everything but the text and its hidden author is the same for both models."""
    record = FabaRecord(
        row_id=probe.path, image=probe.path, task=task, split=probe.split, prompt=QUESTIONS[task], text=text
    )
    return NewDescription.of(record, probe.picture, model, run)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
