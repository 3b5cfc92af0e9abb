"""Moving a review database to another one, such as from a SQLite file to PostgreSQL, and proving that all is there.

Every table is copied in the order of its references within one transaction, the sequences of the ids are set behind
the last one, and then every table of both is counted and hashed; only when all agree is the copy kept.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, Integer, String, Table, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from emola.errors import EmolaError, InputError
from review.database import Database
from review.schema import Table as Base
from review.store.events import verify_events
from review.store.release_candidates import freeze

BATCH: Final = 1000
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class TableCopy:
    """One table of the copy: rows, and the sha256 over all of them, which is the same in both databases."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class MigrationReport:
    """What was copied, table by table, and how many events of the log were checked."""

    tables: tuple[TableCopy, ...]
    events: int

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def migrate(source: Database, target: Database, *, progress: Progress | None = None) -> MigrationReport:
    """Copy everything from one database to an empty one and compare both.

    Args:
        source: to read; nobody should write to it meanwhile (one moment of it is copied).
        target: brought to the present schema first; it must hold nothing.
        progress: called with the table, rows copied and rows in all.

    Raises:
        InputError: both are the same, the source is damaged, or the target holds something.
        EmolaError: the copy differs from its source; the target is left as it was.
    """
    if source.url == target.url:
        raise InputError(f"Source and target are both {source.url}; give another target.")
    target.upgrade()
    with source.read() as old:
        freeze(old)
        events = verify_events(old)
        if events.first_bad is not None:
            raise InputError(
                f"The event log of {source.url} does not hold from event {events.first_bad} on; not copied."
            )
        with target.write() as new:
            _require_empty(new, target)
            with _without_guards(new):
                for table in _tables():
                    _copy(old, new, table, progress)
            _set_sequences(new)
            tables = tuple(_compare(old, new, table) for table in _tables())
    with target.read() as session:
        if verify_events(session) != events:
            raise EmolaError(f"The event log of {target.url} does not hold after the copy; do not use it.")
    return MigrationReport(tables, events.count)


def table_digest(session: Session, table: Table) -> tuple[int, str]:
    """Return the number of rows of a table and the sha256 over them, by primary key; the same on every dialect."""
    digest, rows = hashlib.sha256(), 0
    for batch in _batches(session, table):
        for row in batch:
            digest.update(json.dumps([_plain(value) for value in row], sort_keys=True, ensure_ascii=False).encode())
            digest.update(b"\n")
        rows += len(batch)
    return rows, digest.hexdigest()


def _tables() -> Sequence[Table]:
    """Return every table, those that others refer to first."""
    return Base.metadata.sorted_tables


def _require_empty(session: Session, target: Database) -> None:
    for table in _tables():
        if session.scalar(select(func.count()).select_from(table)):
            raise InputError(f"{target.url} already holds rows in {table.name}; give an empty database.")


def _copy(old: Session, new: Session, table: Table, progress: Progress | None) -> None:
    """Copy one table; columns that refer to the table itself are filled in once all its rows are there."""
    total = old.scalar(select(func.count()).select_from(table)) or 0
    own = [column.name for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    links: list[dict[str, Any]] = []
    done = 0
    for batch in _batches(old, table):
        rows = [dict(row._mapping) for row in batch]
        links += [{"row": row["id"], **{name: row[name] for name in own}} for row in rows if any(map(row.get, own))]
        new.execute(insert(table), [row | dict.fromkeys(own) for row in rows])
        done += len(rows)
        if progress is not None:
            progress(table.name, done, total)
    if links:
        values: dict[str, Any] = {name: bindparam(name) for name in own}
        new.connection().execute(update(table).where(table.c.id == bindparam("row")).values(values), links)


def _batches(session: Session, table: Table) -> Iterator[Sequence[Any]]:
    """Yield the rows of a table in parts, by primary key; texts in the order of their bytes on every dialect."""
    order = [_by_bytes(session, column) for column in table.primary_key]
    query = select(*table.columns).order_by(*order)
    yield from session.execute(query, execution_options={"yield_per": BATCH}).partitions()


def _by_bytes(session: Session, column: Column[Any]) -> Any:
    is_text = isinstance(column.type, String)
    return column.collate("C") if is_text and session.get_bind().dialect.name == "postgresql" else column


@contextmanager
def _without_guards(session: Session) -> Iterator[None]:
    """Let rows of releases in that were right when they were made, whatever became of their pictures since."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE release_row DISABLE TRIGGER USER"))
        yield
        session.execute(text("ALTER TABLE release_row ENABLE TRIGGER USER"))
        return
    guards = session.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'release_row'")
    ).all()
    for guard in guards:
        session.execute(text(f"DROP TRIGGER {guard.name}"))
    yield
    for guard in guards:
        session.connection().exec_driver_sql(guard.sql)


def _set_sequences(session: Session) -> None:
    """Let PostgreSQL number new rows behind the last one that was copied."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in _tables():
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer):
            session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "
                    f"GREATEST((SELECT max({column.name}) FROM {table.name}), 1), "
                    f"(SELECT count(*) > 0 FROM {table.name}))"
                )
            )


def _compare(old: Session, new: Session, table: Table) -> TableCopy:
    before, after = table_digest(old, table), table_digest(new, table)
    if before != after:
        raise EmolaError(
            f"The copy of {table.name} is not like its source ({after[0]} rows against {before[0]}, or other content); "
            "nothing was kept."
        )
    return TableCopy(table.name, *before)


def _plain(value: Any) -> Any:
    """Return a value as JSON that is the same whichever database it came from."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.hex() if isinstance(value, bytes) else value
