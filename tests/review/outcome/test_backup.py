"""Backups of a running database, and what a restore refuses."""

import json
import sqlite3
import threading
from contextlib import closing

import pytest

from emola.errors import EmolaError, InputError
from review.backup import check_backup, make_backup, restore_backup
from review.database import Database
from review.records import VerdictState
from review.store.events import verify_events
from review.store.people import create_user, list_users


@pytest.fixture
def database_url(sqlite_url):
    """SQLite only: PostgreSQL has pg_dump."""
    return sqlite_url


@pytest.fixture
def filled(database, make_description, make_campaign, make_user, review):
    number = make_description()
    review(make_campaign(), make_user("anna"), number, wrong={9: VerdictState("wrong", "H1", replacement="")})
    return database


@pytest.fixture
def backup(filled, tmp_path):
    make_backup(filled, tmp_path / "kept" / "monday.db")
    return tmp_path / "kept" / "monday.db"


def dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_restored_backup_is_the_database(filled, backup, tmp_path):
    report = restore_backup(backup, tmp_path / "again.db")
    assert dump(tmp_path / "again.db") == dump(tmp_path / "review.db")
    again = Database(tmp_path / "again.db")
    with again.read() as session:
        found = verify_events(session)
        assert "anna" in {user.login for user in list_users(session)}
    again.close()
    assert (found.count, found.first_bad) == (report.events, None)
    assert sorted(path.name for path in backup.parent.iterdir()) == ["monday.db", "monday.db.json"]


def test_checking_a_backup_does_not_touch_it(backup):
    before = {path.name: path.read_bytes() for path in backup.parent.iterdir()}
    check_backup(backup)
    assert {path.name: path.read_bytes() for path in backup.parent.iterdir()} == before


def test_people_work_on_while_it_is_copied(filled, tmp_path):
    stop = threading.Event()
    made = []

    def work():
        while not stop.is_set():
            with filled.write() as session:
                made.append(create_user(session, login=f"during{len(made)}", password=None, role="viewer"))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(3):
            make_backup(filled, tmp_path / f"{number}.bak")
            assert check_backup(tmp_path / f"{number}.bak").events > 0
    finally:
        stop.set()
        worker.join()
    assert made


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -1])
def test_a_truncated_backup_is_refused(backup, tmp_path, keep):
    content = backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(InputError, match="cut off or was changed"):
        restore_backup(backup, tmp_path / "again.db")
    assert not (tmp_path / "again.db").exists()


@pytest.mark.parametrize("place", [0, 20, 0.3, 0.7, -1])
def test_a_flipped_bit_is_refused(backup, tmp_path, place):
    content = bytearray(backup.read_bytes())
    content[int(len(content) * place) if isinstance(place, float) else place] ^= 1
    backup.write_bytes(content)
    with pytest.raises(InputError, match="damaged: its sha256"):
        restore_backup(backup, tmp_path / "again.db")
    assert not (tmp_path / "again.db").exists()


def test_a_backup_whose_log_was_forged_is_refused_although_its_sums_fit(backup, tmp_path):
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("DROP TRIGGER guard_event_update")
        connection.execute("UPDATE event SET action = 'nothing' WHERE id = 3")
        connection.commit()
    note = json.loads((tmp_path / "kept" / "monday.db.json").read_text())
    import hashlib

    note |= {"sha256": hashlib.sha256(backup.read_bytes()).hexdigest(), "bytes": backup.stat().st_size}
    (tmp_path / "kept" / "monday.db.json").write_text(json.dumps(note))
    with pytest.raises(InputError, match="event 3 was changed or is missing"):
        restore_backup(backup, tmp_path / "again.db")


def test_a_damaged_database_is_not_backed_up(filled, tmp_path):
    with closing(sqlite3.connect(tmp_path / "review.db")) as connection:
        connection.execute("DROP TRIGGER guard_event_update")
        connection.execute("UPDATE event SET action = 'nothing' WHERE id = 2")
        connection.commit()
    with pytest.raises(EmolaError, match="event 2 was changed or is missing"):
        make_backup(filled, tmp_path / "kept.db")
    assert not list(tmp_path.glob("*kept*"))


def test_nothing_is_ever_overwritten(filled, backup, tmp_path):
    with pytest.raises(InputError, match="never overwritten"):
        make_backup(filled, backup)
    with pytest.raises(InputError, match="never overwrites"):
        restore_backup(backup, tmp_path / "review.db")
    with pytest.raises(InputError, match="There is no backup"):
        restore_backup(tmp_path / "none.db", tmp_path / "again.db")
    (backup.parent / "monday.db.json").unlink()
    with pytest.raises(InputError, match=r"monday.db.json is missing"):
        restore_backup(backup, tmp_path / "again.db")
