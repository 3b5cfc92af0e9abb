"""Images and descriptions coming in: many rows at once, each at most once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from review.faba_records import FabaRecord
from review.pictures import PictureFacts
from review.schema import Description, Image, Source, Table
from review.store.events import append_event
from review.store.rescore_queue import queue_rescoring

CHUNK = 500
"""Values in one IN list; SQLite builds may take no more than 999."""


@dataclass(frozen=True)
class NewDescription:
    """One text to be stored, with its picture and its author; ``text_sha256`` is that of the text."""

    record: FabaRecord
    picture: PictureFacts
    origin_model: str
    origin_run: str | None
    text_sha256: str

    @classmethod
    def of(
        cls, record: FabaRecord, picture: PictureFacts, origin_model: str, origin_run: str | None = None
    ) -> "NewDescription":
        """Return what is to be stored of a record."""
        digest = hashlib.sha256(record.text.encode()).hexdigest()
        return cls(record, picture, origin_model, origin_run, digest)


def find_or_add_source(
    session: Session, *, name: str, json_sha256: str, images_dir: str, now: datetime | None = None
) -> int:
    """Return the id of a file with its image folder, adding it when it is new."""
    same = (Source.name == name, Source.json_sha256 == json_sha256, Source.images_dir == images_dir)
    found = session.scalar(select(Source.id).where(*same))
    if found is not None:
        return found
    source = Source(
        name=name, json_sha256=json_sha256, images_dir=images_dir, imported_at=now or datetime.now(UTC), report={}
    )
    session.add(source)
    session.flush()
    after = {"name": name, "json_sha256": json_sha256}
    append_event(session, actor_id=None, entity="source", entity_id=source.id, action="add", after=after)
    return source.id


def finish_source(session: Session, *, source_id: int, report: dict[str, Any]) -> None:
    """Keep the report of an import with its source."""
    session.execute(update(Source).where(Source.id == source_id).values(report=report))
    counts = {key: value for key, value in report.items() if isinstance(value, int)}
    append_event(session, actor_id=None, entity="source", entity_id=source_id, action="imported", after=counts)


def add_batch(session: Session, *, source_id: int, rows: Sequence[NewDescription]) -> tuple[int, int]:
    """Store texts with their pictures; return how many are new and how many were there already.

    A picture that is there in another split becomes part of the evaluation split when either is: what is evaluated is
    never trained on.
    """
    before = _image_ids(session, list({row.picture.sha256 for row in rows}))
    images = _add_images(session, before, source_id, rows)
    values = {_key(row, images): _description(row, source_id, images[row.picture.sha256]) for row in rows}
    known = _known(session, sorted(before.values()))
    new = [value for key, value in values.items() if key not in known]
    queue_rescoring(session, image_ids=images.values())
    if new:
        _insert_new(session, Description, new)
        texts = hashlib.sha256("".join(value["text_sha256"] for value in new).encode()).hexdigest()
        after = {"descriptions": len(new), "texts_sha256": texts}
        append_event(session, actor_id=None, entity="source", entity_id=source_id, action="import", after=after)
    return len(new), len(rows) - len(new)


def find_description(session: Session, *, new: NewDescription) -> int:
    """Return the id of a description that was added.

    Raises:
        ValueError: it was not.
    """
    images = _image_ids(session, [new.picture.sha256])
    if new.picture.sha256 in images:
        image_id, task, origin_model, digest = _key(new, images)
        same = (
            Description.image_id == image_id,
            Description.task == task,
            Description.origin_model == origin_model,
            Description.text_sha256 == digest,
        )
        found = session.scalar(select(Description.id).where(*same))
        if found is not None:
            return found
    raise ValueError(f"{new.record.row_id} was not added")


_Key = tuple[int, str, str, str]


def _key(row: NewDescription, images: dict[str, int]) -> _Key:
    return images[row.picture.sha256], row.record.task, row.origin_model, row.text_sha256


def _description(row: NewDescription, source_id: int, image_id: int) -> dict[str, Any]:
    record = row.record
    return {
        "image_id": image_id,
        "source_id": source_id,
        "task": record.task,
        "row_id": record.row_id,
        "origin_model": row.origin_model,
        "origin_run": row.origin_run,
        "prompt": record.prompt,
        "text": record.text,
        "text_sha256": row.text_sha256,
        "parser_version": "",
        "landmark": record.landmark,
        "published_label": record.label,
        "deleted_at": None,
    }


def _image(row: NewDescription, source_id: int, split: str) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "sha256": row.picture.sha256,
        "rel_path": row.record.image,
        "split": split,
        "width": row.picture.width,
        "height": row.picture.height,
        "phash": None,
        "dup_group": None,
    }


def _add_images(
    session: Session, known: dict[str, int], source_id: int, rows: Sequence[NewDescription]
) -> dict[str, int]:
    """Store the pictures that are not ``known``; return the id of each by its hash."""
    wanted = {row.picture.sha256: row for row in rows}
    splits = {sha: row.record.split for sha, row in wanted.items()}
    splits |= {row.picture.sha256: "eval" for row in rows if row.record.split == "eval"}
    evaluated = [sha for sha in known if splits[sha] == "eval"]
    for start in range(0, len(evaluated), CHUNK):
        chunk = evaluated[start : start + CHUNK]
        session.execute(update(Image).where(Image.sha256.in_(chunk), Image.split != "eval").values(split="eval"))
    new = [_image(row, source_id, splits[sha]) for sha, row in wanted.items() if sha not in known]
    if not new:
        return known
    last = session.scalar(select(func.max(Image.id))) or 0
    _insert_new(session, Image, new)
    found = known | {
        row.sha256: row.id for row in session.execute(select(Image.sha256, Image.id).where(Image.id > last))
    }
    return found | _image_ids(session, [sha for sha in wanted if sha not in found])


def _image_ids(session: Session, hashes: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(hashes), CHUNK):
        query = select(Image.sha256, Image.id).where(Image.sha256.in_(hashes[start : start + CHUNK]))
        found.update((sha, image) for sha, image in session.execute(query))
    return found


def _known(session: Session, images: Sequence[int]) -> set[_Key]:
    """Return the keys of all texts about some images."""
    found: set[_Key] = set()
    for start in range(0, len(images), CHUNK):
        columns = (Description.image_id, Description.task, Description.origin_model, Description.text_sha256)
        query = select(*columns).where(Description.image_id.in_(images[start : start + CHUNK]))
        found.update(cast("_Key", tuple(row)) for row in session.execute(query))
    return found


def _insert_new(session: Session, table: type[Table], values: list[dict[str, Any]]) -> None:
    """Insert rows of plain values with one prepared statement.

    A row that another process stored in between is left as it is. The statement is compiled once and the driver's own
    executemany takes the rows, which costs half the time of converting every value.
    """
    connection = session.connection()
    kind = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = kind.insert(table.__table__).on_conflict_do_nothing()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(values[0]))
    names = getattr(compiled, "positiontup", None)
    rows: Any = list(map(itemgetter(*names), values)) if names else values
    connection.exec_driver_sql(str(compiled), rows)
