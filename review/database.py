"""The database: SQLite in a file or PostgreSQL by URL, its migrations, and short transactions.

SQLite runs in WAL mode with ``synchronous=FULL``: what is committed survives a crash. A write begins with
BEGIN IMMEDIATE, so that a transaction never fails half-way because another one wrote first; inside one process
writers queue on a lock, which is quicker than SQLite's own waiting in steps, and between processes they wait up
to BUSY_MS. The file is its owner's alone (mode 0600). On PostgreSQL a write runs at READ COMMITTED.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

from emola.errors import EmolaError, InputError
from review.migrations.upgrading import upgrade_schema
from review.private_files import close_to_others, create_private
from review.store.events import write_queued_events
from review.store.rescoring import ROUGE_KEY, Rouge, rescore_queued

BUSY_MS = 5000
POOL_SIZE = 10
POOL_OVERFLOW = 40


class Database:
    """One review database.

    Args:
        url: a path to a SQLite file, or a URL (``sqlite:///review.db``, ``postgresql://user@host/name``).
        rouge: F of ROUGE-L of an answer and a reference; without it stored answers are scored by recognition only.

    Raises:
        InputError: the URL is of no known kind, or the file's folder does not exist.
    """

    def __init__(self, url: str | Path, rouge: Rouge | None = None) -> None:
        self._url, self.rouge = parse_url(url), rouge
        self._engine = _engine(self._url)
        self._writing = self._engine.execution_options(writing=True)
        self._lock: AbstractContextManager[Any] = threading.RLock() if self.dialect == "sqlite" else nullcontext()

    @property
    def url(self) -> str:
        """The URL, without its password."""
        return self._url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._url.get_backend_name()

    def upgrade(self) -> None:
        """Bring the schema to this program's version, creating it in an empty database.

        Raises:
            InputError: the schema is newer than this program, or this is no database of ours.
        """
        with self._lock, self._plainly(), self._writing.begin() as connection:
            upgrade_schema(connection)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees the database as it is now and cannot change it."""
        with self._plainly(), Session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session for one short transaction: at the end scored, logged and committed; undone on an exception."""
        with self._lock, self._plainly(), Session(self._writing, info={ROUGE_KEY: self.rouge}) as session:
            yield session
            session.flush()
            rescore_queued(session)
            write_queued_events(session)
            session.commit()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Turn what a server or a file answers into one sentence."""
        try:
            yield
        except DatabaseError as error:
            reason = str(error.orig).strip().splitlines()[0]
            if type(error) not in (DatabaseError, OperationalError):
                raise
            if "not a database" in reason or "malformed" in reason:
                raise InputError(f"{self.url} is not a readable SQLite database ({reason}).") from error
            if "locked" in reason:
                raise EmolaError(f"{self.url} is in use by another program; try again in a moment.") from error
            raise EmolaError(f"The database {self.url} did not answer as it should ({reason}).") from error


def parse_url(url: str | Path) -> URL:
    """Return the URL of a path or of what a user typed.

    Raises:
        InputError: it is none, or names a database that is not supported; a password in it is not repeated.
    """
    if isinstance(url, Path) or "://" not in url:
        parsed = URL.create("sqlite", database=str(Path(url).expanduser().resolve()))
    else:
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):  # a port that is no number is a ValueError
            shown = re.sub(r"//[^/]*@", "//***@", url)  # what stands before the host may be a password
            sentence = f"{shown!r} is no database URL; expected sqlite:///FILE or postgresql://USER@HOST:PORT/NAME."
            raise InputError(sentence) from None
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise InputError(f"{backend!r} databases are not supported; use sqlite:///FILE or postgresql://HOST/NAME.")
    _check_file(parsed.database)
    return parsed


def _check_file(name: str | None) -> None:
    """Raise InputError where no SQLite file can be at ``name``."""
    if not name or name == ":memory:":
        raise InputError("The review database must be a file; a database in memory would lose every review.")
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{path} is a folder; expected the path of a database file.")
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} does not exist; make it first, or give another path.")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW, pool_pre_ping=True)
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW)
    event.listen(engine, "do_connect", _own_file)
    event.listen(engine, "connect", _connect_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _own_file(_dialect: object, _record: object, arguments: list[Any], _options: dict[str, Any]) -> None:
    """See that nobody else can open the file; what SQLite writes beside it takes its mode."""
    path = Path(arguments[0])
    if not path.exists():
        os.close(create_private(path))
    for beside in ("", "-wal", "-shm"):
        close_to_others(path.with_name(path.name + beside))


def _connect_sqlite(connection: Any, _record: object) -> None:
    """Take transactions into our own hands and set what holds for every connection."""
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    if connection.info.get("writing") != writing:
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.info["writing"] = writing
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
