"""Snapshots: taken when something changed, restored at the next start, never a damaged one."""

import shutil

import pytest

from emola.errors import EmolaError
from review.database import Database
from review.snapshots import DAYS, NEWEST, SnapshotKeeper, restore_newest
from review.store.people import create_user, list_users


@pytest.fixture
def local(tmp_path, sqlite_template):
    path = tmp_path / "review.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(path)
    yield database, path
    database.close()


def add(database, login):
    with database.write() as session:
        create_user(session, login=login, password="a long enough password", role="reviewer")


def logins(path):
    database = Database(path)
    with database.read() as session:
        found = [user.login for user in list_users(session)]
    database.close()
    return found


def test_a_change_is_kept_and_comes_back(local, tmp_path):
    database, _ = local
    keeper = SnapshotKeeper(database, tmp_path / "bucket")
    add(database, "ann")
    assert keeper.take() is not None
    assert keeper.take() is None  # nothing changed since
    said = restore_newest(tmp_path / "bucket", tmp_path / "new.db")
    assert "restored" in said[-1] and logins(tmp_path / "new.db") == ["ann"]


def test_the_newest_good_one_wins(local, tmp_path):
    database, _ = local
    bucket = tmp_path / "bucket"
    keeper = SnapshotKeeper(database, bucket)
    add(database, "ann")
    first = keeper.take()
    damaged = bucket / "snapshot-99990101-000000.db"
    damaged.write_bytes(first.read_bytes()[:-100])
    shutil.copyfile(f"{first}.json", f"{damaged}.json")
    said = restore_newest(bucket, tmp_path / "new.db")
    assert "passed over" in said[0] and first.name in said[1]
    first.write_bytes(b"")
    with pytest.raises(EmolaError, match="None of the 2 snapshots"):
        restore_newest(bucket, tmp_path / "other.db")


def test_an_existing_database_and_an_empty_bucket_are_left_alone(local, tmp_path):
    _, path = local
    assert restore_newest(tmp_path, path) == []
    assert restore_newest(tmp_path / "nothing", tmp_path / "new.db") == []
    assert not (tmp_path / "new.db").exists()


def test_stopping_takes_a_last_snapshot(local, tmp_path):
    database, _ = local
    keeper = SnapshotKeeper(database, tmp_path / "bucket", every_s=3600)
    keeper.start()
    add(database, "bob")
    keeper.stop()
    restore_newest(tmp_path / "bucket", tmp_path / "new.db")
    assert logins(tmp_path / "new.db") == ["bob"]


def test_old_ones_go_but_the_last_of_each_day_stays(local, tmp_path):
    database, _ = local
    bucket = tmp_path / "bucket"
    keeper = SnapshotKeeper(database, bucket)
    for day in range(1, 21):
        for hour in (8, 20):
            (bucket / f"snapshot-202601{day:02d}-{hour:02d}0000.db").touch()
    add(database, "ann")
    keeper.take()
    left = sorted(path.name for path in bucket.glob("snapshot-*.db"))
    old = [name for name in left if name.startswith("snapshot-2026010")]
    assert len(left) <= NEWEST + DAYS and all("-200000" in name for name in old)
