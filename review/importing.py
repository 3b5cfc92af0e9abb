"""Reads a FABA-Instruct JSON, as published, into the database: idempotent by content, safe to kill and to repeat.

Training form: ``source, image, id, conversations, landmark``, the conversation being one question (``from: human``)
and one answer (``from: gpt``). Evaluation form: ``image, label, gpt4, landmark``; its question is the fixed one of its
task. Paths are relative to the image folder and never leave it. What cannot be used is reported with its reason and
never stops the rest.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from emola.errors import InputError, ResourceError
from review.database import Database
from review.faba_records import FabaRecord, RecordFault, guess_split, guess_task, read_record, short
from review.parsing import parse_descriptions
from review.pictures import PictureFacts, inside, picture_facts
from review.store.imports import NewDescription, add_batch, find_or_add_source, finish_source

Progress = Callable[[int, int], None]
"""Called with how many records are done and how many there are."""

BATCH = 4000
"""Records stored in one transaction, which takes about a third of a second."""
READERS = 4
LISTED = 1000
"""Skipped records that are kept with the source; the counts are always whole."""


@dataclass(frozen=True)
class Skipped:
    """A record that was not imported: its id (or place in the file) and why."""

    row_id: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What became of a file.

    Attributes:
        inserted: texts that are new.
        already_there: texts that the database had before.
        repeated: records with the text of an earlier record of this file about the same picture.
        skipped: records that were refused.
        source_id: names the file in the database; None where nothing in it was usable.
    """

    inserted: int
    already_there: int
    repeated: int
    skipped: tuple[Skipped, ...]
    source_id: int | None

    @property
    def is_usable(self) -> bool:
        """Whether the file holds any text that is in the database now."""
        return self.inserted + self.already_there > 0

    def summary(self, listed: int = 10) -> str:
        """Return the counts as text, with the first ``listed`` refused records."""
        lines = [f"{self.inserted} descriptions imported, {self.already_there} were there already."]
        if self.repeated:
            lines.append(f"{self.repeated} repeated in this file: the same text about the same picture.")
        if self.skipped:
            lines.append(f"{len(self.skipped)} records were skipped:")
            lines += [f"  {skipped.row_id}: {skipped.reason}" for skipped in self.skipped[:listed]]
            lines += [f"  and {len(self.skipped) - listed} more; --report FILE writes them all"] * (
                len(self.skipped) > listed
            )
        return "\n".join(lines)


def import_faba(
    database: Database,
    *,
    json_path: Path,
    images_dir: Path,
    split: str | None = None,
    task: str | None = None,
    origin_model: str = "gpt-4v",
    batch: int = BATCH,
    progress: Progress | None = None,
    parse: bool = True,
) -> ImportReport:
    """Import one file; what is there already is left alone.

    Args:
        database: upgraded.
        json_path: the JSON list.
        images_dir: folder that the paths in the JSON start from.
        split: train, eval or probe; None reads it from the file's name, else from its form.
        task: ``au`` or ``emotion``; None reads it from the file's name, else from each question.
        origin_model: who wrote the texts.
        batch: records in one transaction.
        progress: called after every batch.
        parse: also split the texts into claims and lint them (:func:`review.parsing.parse_descriptions`), which takes
            much longer than storing them.

    Raises:
        InputError: the file or the folder is missing, or the file is no JSON list.
    """
    root = Path(images_dir).resolve()
    if not root.is_dir():
        raise InputError(f"There is no folder {images_dir}; give the folder that the paths in the JSON start from.")
    records, digest = _read(Path(json_path))
    if split not in (None, "train", "eval", "probe"):
        raise InputError(f"{split!r} is no split; expected train, eval or probe.")
    skipped: list[Skipped] = []
    usable = _usable(records, split or guess_split(json_path.name), task or guess_task(json_path.name), skipped)
    inserted = already = repeated = 0
    source, seen = None, set[tuple[str, str, str]]()
    found = _with_pictures(usable, root, origin_model, skipped)
    while rows := list(islice(found, batch)):
        fresh = _first_of_each(rows, seen)
        with database.write() as session:
            if source is None:
                source = find_or_add_source(session, name=json_path.name, json_sha256=digest, images_dir=str(root))
            new, old = add_batch(session, source_id=source, rows=fresh) if fresh else (0, 0)
        inserted, already, repeated = inserted + new, already + old, repeated + len(rows) - len(fresh)
        if progress:
            progress(min(inserted + already + repeated + len(skipped), len(records)), len(records))
    report = ImportReport(inserted, already, repeated, tuple(skipped), source)
    if source is not None:
        with database.write() as session:
            finish_source(session, source_id=source, report=_report_json(report))
    if parse:
        parse_descriptions(database, progress=progress)
    return report


def _read(path: Path) -> tuple[list[Any], str]:
    """Return the records of a JSON list and the SHA-256 of the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        records = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}.") from error
    if not isinstance(records, list):
        raise InputError(f"{path} must hold a JSON list of records, but it holds {type(records).__name__}.")
    return records, hashlib.sha256(content).hexdigest()


def _usable(records: list[Any], split: str | None, task: str | None, skipped: list[Skipped]) -> Iterator[FabaRecord]:
    """Yield the records that hold what they must, each id once; note the others."""
    seen: dict[str, int] = {}
    for number, raw in enumerate(records, start=1):
        name = f"record {number}"
        try:
            record = read_record(raw, split, task)
            name = record.row_id
            if name in seen:
                raise RecordFault(f"the id occurs twice, first in record {seen[name]}")
        except RecordFault as fault:
            given = raw.get("id", raw.get("image")) if isinstance(raw, dict) else None
            label = f"{name} ({short(str(given))})" if name.startswith("record ") and given is not None else name
            skipped.append(Skipped(label, str(fault)))
            continue
        seen[name] = number
        yield record


def _with_pictures(
    records: Iterator[FabaRecord], root: Path, origin_model: str, skipped: list[Skipped]
) -> Iterator[NewDescription]:
    """Yield what is to be stored, the pictures' facts read ahead by threads; note records without a usable picture."""
    known: dict[str, PictureFacts | str] = {}

    def facts(record: FabaRecord) -> PictureFacts | str:
        if record.image not in known:
            try:
                known[record.image] = picture_facts(inside(root, record.image))
            except InputError as error:
                known[record.image] = str(error)
        return known[record.image]

    with ThreadPoolExecutor(READERS, thread_name_prefix="import") as readers:
        while ahead := list(islice(records, BATCH)):
            for record, found in zip(ahead, readers.map(facts, ahead), strict=True):
                if isinstance(found, str):
                    skipped.append(Skipped(record.row_id, found))
                else:
                    yield NewDescription.of(record, found, origin_model)


def _first_of_each(rows: list[NewDescription], seen: set[tuple[str, str, str]]) -> list[NewDescription]:
    """Return the rows whose text about their picture is not among those ``seen`` in the file, and add them there."""
    fresh = []
    for row in rows:
        key = (row.picture.sha256, row.record.task, row.text_sha256)
        if key not in seen:
            fresh.append(row)
        seen.add(key)
    return fresh


def write_report(report: ImportReport, path: Path) -> None:
    """Write what became of a file as JSON, with every skipped record.

    Raises:
        ResourceError: it cannot be written.
    """
    listed = [{"id": skipped.row_id, "reason": skipped.reason} for skipped in report.skipped]
    counts = {"inserted": report.inserted, "already_there": report.already_there, "repeated": report.repeated}
    try:
        path.write_text(
            json.dumps({**counts, "skipped": listed}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    except OSError as error:
        raise ResourceError(f"The report {path} cannot be written: {error.strerror or error}.") from error


def _report_json(report: ImportReport) -> dict[str, Any]:
    listed = [[skipped.row_id, skipped.reason] for skipped in report.skipped[:LISTED]]
    counts = {"inserted": report.inserted, "already_there": report.already_there}
    counts |= {"repeated": report.repeated, "skipped": len(report.skipped)}
    return {**counts, "first_skipped": listed}
