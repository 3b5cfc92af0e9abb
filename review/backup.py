"""Backups: a copy of a running database that was checked, and a restore that refuses a damaged one.

A backup is one file with a second one beside it, ``NAME.json``, that holds its sha256 and what it contains. On SQLite
it is made by the database's own online backup, while people work. On PostgreSQL use ``pg_dump``, which does the same
there; ``migrate-db`` reads either. Both files are their owner's alone (mode 0600), a new folder as well (0700).
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from emola.errors import EmolaError, InputError, ResourceError
from review.database import Database
from review.private_files import create_private, create_private_folder
from review.store.events import head, verify_events

_PAGES: Final = 1000
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class BackupReport:
    """What a checked backup is: its file, sha256, size, events in its log, and when it was made."""

    file: str
    sha256: str
    bytes: int
    events: int
    event_hash: str
    created: str


def make_backup(
    database: Database, target: Path, *, now: datetime | None = None, progress: Progress | None = None
) -> BackupReport:
    """Copy a SQLite database while it is used, check the copy, and put it in place.

    Args:
        database: to copy.
        target: file to write; it must not exist.
        now: the time of it; the present if None.
        progress: called with pages copied and all of them.

    Raises:
        InputError: the database is no SQLite file, or the target is taken.
        EmolaError: the copy is not sound, or cannot be written.
    """
    if database.dialect != "sqlite":
        raise InputError("Only SQLite databases are copied by this command; back a PostgreSQL one up with pg_dump.")
    if target.exists() or _note(target).exists():
        raise InputError(f"{target} exists already; give another file, backups are never overwritten.")
    part = target.with_name(f".{target.name}.part")
    try:
        create_private_folder(target.parent)
        part.unlink(missing_ok=True)
        _copy(Path(str(make_url(database.url).database)), part, progress)
        events, head = check_database(part)
        moment = (now or datetime.now(UTC)).astimezone(UTC).isoformat()
        report = BackupReport(target.name, _digest(part), part.stat().st_size, events, head, moment)
        _write_note(_note(target), report)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        raise ResourceError(f"The backup {target} could not be written ({error}).") from error
    finally:
        part.unlink(missing_ok=True)
    return report


def restore_backup(source: Path, target: Path, *, progress: Progress | None = None) -> BackupReport:
    """Check a backup and copy it to a new database file.

    Args:
        source: the backup; its ``.json`` lies beside it.
        target: database file to make; it must not exist.
        progress: called with pages copied and all of them.

    Raises:
        InputError: the backup is missing, damaged or not whole, or the target is taken.
    """
    report = check_backup(source)
    if target.exists():
        raise InputError(f"{target} exists already; move it away first, a restore never overwrites a database.")
    if not target.parent.is_dir():
        raise InputError(f"The folder {target.parent} does not exist; make it first.")
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        _copy(source, part, progress)
        check_database(part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        raise ResourceError(f"The database {target} could not be written ({error}).") from error
    finally:
        part.unlink(missing_ok=True)
    return report


def check_backup(source: Path) -> BackupReport:
    """Return what a backup holds, once its size, its sha256, its pages and its event log are found sound.

    Raises:
        InputError: one sentence that says what is not.
    """
    report = _read_note(source)
    size = source.stat().st_size
    if size != report.bytes:
        raise InputError(
            f"{source} has {size:,} bytes, but was made with {report.bytes:,}: it is cut off or was changed; "
            "take another backup."
        )
    if _digest(source) != report.sha256:
        raise InputError(f"{source} is damaged: its sha256 is not the one noted when it was made; take another backup.")
    try:
        check_database(source)
    except EmolaError as error:
        raise InputError(f"{source} is damaged and was not restored. {error}") from error
    return report


def check_database(path: Path) -> tuple[int, str]:
    """Check the pages and the event log of a SQLite file; return the number of events and the hash of the last.

    Raises:
        EmolaError: the file is no sound database of ours.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"  # nothing is written, not even beside the file
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
    try:
        with Session(engine) as session:
            answer = str(session.scalar(text("PRAGMA integrity_check")))
            if answer != "ok":
                raise EmolaError(f"The database {path} is damaged: {answer.splitlines()[0]}.")
            for broken in session.execute(text("PRAGMA foreign_key_check")):
                raise EmolaError(f"The database {path} is damaged: {broken[0]} refers to a row that is not there.")
            found, last = verify_events(session), head(session)
    except DatabaseError as error:
        raise InputError(f"{path} is not a readable review database ({error.orig}).") from error
    finally:
        engine.dispose()
    if found.first_bad is not None:
        raise EmolaError(f"The event log of {path} does not hold: event {found.first_bad} was changed or is missing.")
    return found.count, last[1]


def _copy(source: Path, target: Path, progress: Progress | None) -> None:
    """Copy a database page by page; writers may go on meanwhile."""

    def report(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    uri = f"{source.resolve().as_uri()}?mode=ro"
    os.close(create_private(target))
    with closing(sqlite3.connect(uri, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=_PAGES, progress=report)
        new.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _note(backup: Path) -> Path:
    return backup.with_name(f"{backup.name}.json")


def _write_note(path: Path, report: BackupReport) -> None:
    with open(path, "w", encoding="utf-8", opener=create_private) as file:
        file.write(json.dumps(asdict(report), indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read_note(source: Path) -> BackupReport:
    if not source.is_file():
        raise InputError(f"There is no backup {source}.")
    note = _note(source)
    if not note.is_file():
        raise InputError(f"{note} is missing; without it nobody can tell whether {source.name} is whole.")
    try:
        content: Any = json.loads(note.read_text(encoding="utf-8"))
        return BackupReport(**content)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{note} is not the note of a backup ({error}).") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
