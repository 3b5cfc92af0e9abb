"""Releases: immutable folders made from gold, for training and for the benchmark.

A release is first noted in the database as being written, then written beside its place, moved there whole, and then
completed in the database together with the trace of every row. A process that dies in between leaves a note and a
lock that nobody holds; :func:`recover_releases` takes both back on the next start, so that a release is complete or
absent.
"""

import re
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from emola.errors import InputError
from review.database import Database
from review.release_contents import Contents, Progress, gather
from review.release_folder import (
    FORMAT,
    FORMAT_VERSION,
    ReleaseCheck,
    check_folder,
    discard,
    is_abandoned,
    lock,
    lock_file,
    manifest_digest,
    write_folder,
)
from review.store.release_candidates import BASES, ReleaseQuery
from review.store.release_rules import broken_rules
from review.store.releases import (
    ReleaseRecord,
    begin_release,
    complete_release,
    drop_unfinished,
    find_release,
    list_releases,
)

__all__ = [
    "ReleasePreview",
    "ReleaseQuery",
    "make_release",
    "preview_release",
    "recover_releases",
    "verify_release",
]

LINEAGE: Final = "lineage.jsonl"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class ReleasePreview:
    """What a release would hold: rows by file, and how many descriptions give none of a format, by reason."""

    counts: dict[str, int]
    left_out: dict[str, dict[str, int]]

    @property
    def is_empty(self) -> bool:
        """Whether no file would hold a row, so that there is nothing to release."""
        return not any(self.counts.values())


def make_release(
    database: Database,
    *,
    name: str,
    folder: Path,
    query: ReleaseQuery | None = None,
    actor_id: int,
    data_root: Path | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> ReleaseRecord:
    """Write a release and return its record.

    Args:
        database: with gold.
        name: of the release and of its folder.
        folder: the folder of all releases; the release becomes a folder in it.
        query: what to take; everything if None.
        actor_id: who makes it.
        data_root: folder that the paths in the rows start from; the folder of the pictures, or the nearest one above
            them where they come from several.
        now: the time of it; the present if None.
        progress: called with pictures compared and all new ones, then with descriptions read and all of them.

    Raises:
        InputError: the name is odd or taken, the query means nothing, or there is nothing to release.
        EmolaError: the folder cannot be written.
    """
    query, moment = query or ReleaseQuery(), (now or datetime.now(UTC)).astimezone(UTC)
    _check(name, query)
    folder = folder.resolve()
    if (folder / name).exists():
        raise InputError(f"{folder / name} exists already; releases are never overwritten, so choose another name.")
    with lock(folder, name):
        contents, about, root = gather(database, query, data_root=data_root, progress=progress)
        if not any(contents.files.values()):
            raise InputError(f"There is nothing to release yet: {_explain(contents)}")
        head = {"format": FORMAT, "format_version": FORMAT_VERSION, "name": name, "created": moment.isoformat()}
        asked = {**asdict(query), "data_root": root}
        with database.write() as session:
            place = str(folder / name)
            release = begin_release(session, name=name, folder=place, query=asked, actor_id=actor_id, now=moment)
        try:
            _write(database, release, folder, head | about, contents, moment)
        except BaseException:
            _take_back(database, release, folder, name)
            raise
    with database.read() as session:
        record = find_release(session, name=name)
    assert record is not None
    return record


def preview_release(
    database: Database, *, query: ReleaseQuery | None = None, compare: bool = True, progress: Progress | None = None
) -> ReleasePreview:
    """Return what a release would hold, writing no release.

    Pictures that are new are compared as for a release; without ``compare``, which can take long, their texts are left
    out of the training files.
    """
    contents, _, _ = gather(database, query or ReleaseQuery(), gates=False, compare=compare, progress=progress)
    return ReleasePreview({path: len(rows) for path, rows in contents.files.items()}, contents.counts()["left_out"])


def verify_release(folder: Path, database: Database | None = None) -> ReleaseCheck:
    """Compare the files of a release with its manifest, and both with the database when it is given.

    The database also tells whether a picture of the training files is known to be evaluated by now, or a near-duplicate
    of an evaluation picture, or was never compared.

    Raises:
        InputError: the folder is no release.
    """
    check = check_folder(folder)
    if database is None:
        return check
    with database.read() as session:
        record = find_release(session, name=check.name)
        broken = broken_rules(session, release_id=record.id) if record is not None else []
    problems = list(check.problems)
    if record is None:
        problems.append(f"The database knows no release {check.name!r}.")
    elif record.manifest_sha256 != manifest_digest(folder):
        problems.append("manifest.json was changed after the release: the database has another sha256 for it.")
    return ReleaseCheck(check.name, check.files, check.rows, (*problems, *broken))


def recover_releases(database: Database) -> list[str]:
    """Take back the releases whose writer died; return a sentence for each.

    One that another process is writing right now is left alone.
    """
    with database.read() as session:
        unfinished = list_releases(session, state="writing")
    found = []
    for record in unfinished:
        place = Path(record.folder)
        if is_abandoned(place.parent, place.name):
            _take_back(database, record.id, place.parent, place.name)
            lock_file(place.parent, place.name).unlink(missing_ok=True)
            found.append(f"The release {record.name} was interrupted before it was complete; it was taken back.")
    return found


def _check(name: str, query: ReleaseQuery) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot name a release; use up to 64 letters, digits, dots, dashes and underscores, a letter or "
            "digit first."
        )
    if query.min_basis not in BASES:
        raise InputError(f"{query.min_basis!r} is no basis of gold; choose one of {', '.join(BASES)}.")
    unknown = [task for task in query.tasks if task not in ("au", "emotion")]
    if unknown or not query.tasks:
        raise InputError("The tasks of a release are au, emotion or both.")


def _explain(contents: Contents) -> str:
    """Return why nothing can be released."""
    reasons = {reason: count for found in contents.left_out.values() for reason, count in found.items()}
    if not reasons:
        return "no description that matches has a submitted review."
    return "; ".join(f"{count} x {reason}" for reason, count in reasons.items()) + "."


def _write(
    database: Database, release: int, folder: Path, about: dict[str, Any], contents: Contents, moment: datetime
) -> None:
    """Write the folder, then complete the release in the database."""
    digest = write_folder(folder, about["name"], {**contents.files, LINEAGE: contents.lineage}, about)
    with database.write() as session:
        complete_release(
            session,
            release_id=release,
            manifest_sha256=digest,
            counts=contents.counts(),
            rows=contents.traces,
            now=moment,
        )


def _take_back(database: Database, release_id: int, folder: Path, name: str) -> None:
    """Remove what an unfinished release left on disk and in the database."""
    with database.read() as session:
        record = find_release(session, name=name)
    if record is None or record.id != release_id or record.state != "writing":
        return
    discard(folder, name)
    shutil.rmtree(folder / name, ignore_errors=True)
    with database.write() as session:
        drop_unfinished(session, release_id=release_id)
