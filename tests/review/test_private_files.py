"""What holds password hashes is its owner's alone, whatever the umask says."""

import os
import sqlite3
import stat
from contextlib import closing

import pytest

from review.backup import make_backup, restore_backup
from review.database import Database
from review.nightly import back_up_into
from review.snapshots import SnapshotKeeper

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def modes(folder):
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path / 'own' / 'review.db'}"


@pytest.fixture
def made(open_umask, tmp_path, database_url):
    """A new database, with what SQLite keeps beside it while it is open."""
    (tmp_path / "own").mkdir()
    database = Database(database_url)
    database.upgrade()
    yield database
    database.close()


def test_a_new_database_is_its_owners(made, tmp_path):
    assert modes(tmp_path / "own") == dict.fromkeys(("review.db", "review.db-wal", "review.db-shm"), "0o600")


@pytest.mark.parametrize(("before", "after"), [(0o644, "0o600"), (0o666, "0o600"), (0o660, "0o660")])
def test_a_database_that_everybody_could_open_is_closed(before, after, tmp_path):
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    path.chmod(before)
    database = Database(path)
    with database.read() as session:
        session.connection()
    database.close()
    assert modes(tmp_path)["old.db"] == after


def test_backups_are_their_owners(made, tmp_path):
    make_backup(made, tmp_path / "one" / "copy.db")
    back_up_into(made, tmp_path / "nightly")
    keeper = SnapshotKeeper(made, tmp_path / "snapshots")
    keeper.take()
    restored = tmp_path / "restored"
    restored.mkdir()
    restore_backup(tmp_path / "one" / "copy.db", restored / "review.db")
    for folder, files in (("one", 2), ("nightly", 2), ("snapshots", 2), ("restored", 1)):
        found = modes(tmp_path / folder)
        assert len(found) == files and set(found.values()) == {"0o600"}, folder
    for folder in ("one", "nightly", "snapshots"):
        assert modes(tmp_path)[folder] == "0o700"
