"""The releases a database knows: begun, completed, withdrawn; never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from emola.errors import EmolaError, InputError
from review.schema import Event, Release, ReleaseRow, User
from review.store.events import GENESIS, append_event

ENTITY = "release"


@dataclass(frozen=True)
class ReleaseRecord:
    """One release.

    Attributes:
        id: of the row.
        name: unique; the folder has it too.
        at: when it was begun (UTC).
        by: id of who made it.
        by_login: their login.
        folder: the release's own folder.
        state: writing, complete or withdrawn.
        counts: rows by file, and ``left_out`` by reason.
        manifest_sha256: of the manifest, None while it is being written.
        query: what was asked for.
        data_root: folder that the paths in its rows start from.
    """

    id: int
    name: str
    at: datetime
    by: int
    by_login: str
    folder: str
    state: str
    counts: dict[str, Any]
    manifest_sha256: str | None
    query: dict[str, Any]
    data_root: str


@dataclass(frozen=True)
class RowTrace:
    """One exported row for the database: where it went, its sha256, and the gold it stands on."""

    description_id: int
    format: str
    payload_sha256: str
    gold_ids: tuple[int, ...]


def begin_release(
    session: Session,
    *,
    name: str,
    folder: str,
    query: Mapping[str, Any],
    actor_id: int,
    now: datetime | None = None,
) -> int:
    """Note that a release is being written and return its id.

    Raises:
        InputError: the name is taken.
    """
    if session.scalar(select(Release.id).where(Release.name == name)) is not None:
        raise InputError(
            f"There is a release {name!r} already; releases are never overwritten, so choose another name."
        )
    row = Release(
        name=name,
        at=now or datetime.now(UTC),
        by=actor_id,
        query=dict(query),
        folder=folder,
        counts={},
        state="writing",
    )
    session.add(row)
    session.flush()
    return row.id


def complete_release(
    session: Session,
    *,
    release_id: int,
    manifest_sha256: str,
    counts: Mapping[str, Any],
    rows: Iterable[RowTrace],
    now: datetime | None = None,
) -> None:
    """Store what a written release holds; the database refuses evaluated pictures in the training formats."""
    release = session.get_one(Release, release_id)
    values = [
        {
            "release_id": release_id,
            "description_id": row.description_id,
            "format": row.format,
            "payload_sha256": row.payload_sha256,
            "gold_ids": list(row.gold_ids),
        }
        for row in rows
    ]
    try:
        if values:
            session.execute(insert(ReleaseRow), values)
    except IntegrityError as error:
        raise EmolaError(
            "The database refused the release: while it was written, one of its pictures became an evaluation picture "
            "or a near-duplicate of one, or pictures came in that were not compared yet. Make it again."
        ) from error
    release.state, release.manifest_sha256, release.counts = "complete", manifest_sha256, dict(counts)
    session.flush()
    append_event(
        session,
        actor_id=release.by,
        entity=ENTITY,
        entity_id=release_id,
        action="complete",
        after={"name": release.name, "manifest_sha256": manifest_sha256, "counts": dict(counts)},
        now=now,
    )


def drop_unfinished(session: Session, *, release_id: int) -> None:
    """Forget a release that was never completed; nobody can have used it."""
    release = session.get_one(Release, release_id)
    if release.state == "writing":
        session.delete(release)
        session.flush()


def withdraw_release(
    session: Session, *, release_id: int, actor_id: int, reason: str, now: datetime | None = None
) -> None:
    """Mark a release as not to be used any more; its folder and its rows stay.

    Raises:
        InputError: there is no such complete release, or no reason was given.
    """
    release = session.get(Release, release_id)
    if release is None or release.state != "complete":
        raise InputError(f"There is no complete release {release_id} to withdraw.")
    if not reason.strip():
        raise InputError("Say why the release is withdrawn; whoever used it will want to know.")
    release.state = "withdrawn"
    session.flush()
    append_event(
        session,
        actor_id=actor_id,
        entity=ENTITY,
        entity_id=release_id,
        action="withdraw",
        before={"state": "complete"},
        after={"state": "withdrawn", "reason": reason.strip()},
        now=now,
    )


def list_releases(session: Session, *, state: str | None = None) -> list[ReleaseRecord]:
    """Return the releases, the newest first; only those in ``state`` when it is given."""
    query = select(Release, User.login).join(User, User.id == Release.by).order_by(Release.at.desc(), Release.id.desc())
    if state is not None:
        query = query.where(Release.state == state)
    return [_record(row, login) for row, login in session.execute(query)]


def find_release(session: Session, *, name: str) -> ReleaseRecord | None:
    """Return the release called ``name``, or None."""
    query = select(Release, User.login).join(User, User.id == Release.by).where(Release.name == name)
    row = session.execute(query).first()
    return None if row is None else _record(row[0], row[1])


def content_head(session: Session) -> tuple[int, str]:
    """Return id and hash of the last event that is about reviews and not about releases.

    So two releases of the same gold stand on the same event.
    """
    last = select(func.max(Event.id)).where(Event.entity != ENTITY)
    row = session.execute(select(Event.id, Event.hash).where(Event.id == last.scalar_subquery())).first()
    return (row.id, row.hash) if row else (0, GENESIS)


def _record(row: Release, login: str) -> ReleaseRecord:
    query = {key: value for key, value in row.query.items() if key != "data_root"}
    return ReleaseRecord(
        row.id,
        row.name,
        row.at,
        row.by,
        login,
        row.folder,
        row.state,
        row.counts,
        row.manifest_sha256,
        query,
        str(row.query.get("data_root", "")),
    )
