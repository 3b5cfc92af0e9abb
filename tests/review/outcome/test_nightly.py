"""Nightly backups: what stays, what goes, and that nothing is removed before the new copy was restored."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.errors import InputError
from review.database import Database
from review.nightly import Keep, back_up_into, expired

NIGHT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


@pytest.fixture
def stored(sqlite_url):
    with closing(Database(sqlite_url)) as database:
        yield database


def test_a_year_of_nights_keeps_seven_days_four_weeks_and_twelve_months():
    nights = [NIGHT - timedelta(days=number) for number in range(400)]
    kept = {moment.date().isoformat() for moment in set(nights) - expired(nights, Keep())}
    days = {f"2026-11-{day}" for day in range(17, 24)}
    weeks = {"2026-11-22", "2026-11-15", "2026-11-08"}  # Sundays; the running week ends with the newest copy
    months = {"2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30", "2026-05-31", "2026-04-30"}
    months |= {"2026-03-31", "2026-02-28", "2026-01-31", "2025-12-31"}
    assert kept == days | weeks | months


def test_of_two_copies_of_one_day_the_later_one_stays():
    early, late = NIGHT, NIGHT + timedelta(hours=5)
    assert expired([early, late], Keep(1, 0, 0)) == {early}


@given(
    st.lists(st.integers(0, 3000), max_size=60, unique=True), st.integers(1, 9), st.integers(0, 9), st.integers(0, 9)
)
def test_the_newest_copy_always_stays_and_no_more_than_asked(days, keep_days, weeks, months):
    nights = [NIGHT - timedelta(days=day) for day in days]
    kept = set(nights) - expired(nights, Keep(keep_days, weeks, months))
    assert not nights or max(nights) in kept
    assert min(len(nights), keep_days) <= len(kept) <= keep_days + weeks + months


def test_a_night_writes_a_copy_and_removes_only_its_own_old_ones(stored, tmp_path):
    folder = tmp_path / "nights"
    first = back_up_into(stored, folder, Keep(1, 0, 0), now=NIGHT)
    (folder / "review-monday.db").write_bytes(b"kept by hand")
    second = back_up_into(stored, folder, Keep(1, 0, 0), now=NIGHT + timedelta(days=1))
    assert (first.removed, second.removed) == ((), ("review-20261123-023000.db",))
    names = ["review-20261124-023000.db", "review-20261124-023000.db.json", "review-monday.db"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert second.path.stat().st_size == second.report.bytes


def test_nothing_is_removed_when_the_new_copy_cannot_be_restored(stored, tmp_path, monkeypatch):
    folder = tmp_path / "nights"
    back_up_into(stored, folder, Keep(1, 0, 0), now=NIGHT)

    def refuse(*_arguments):
        raise InputError("the copy is damaged")

    monkeypatch.setattr("review.nightly.restore_backup", refuse)
    with pytest.raises(InputError, match="damaged"):
        back_up_into(stored, folder, Keep(1, 0, 0), now=NIGHT + timedelta(days=1))
    assert (folder / "review-20261123-023000.db").is_file()


@pytest.mark.parametrize("text", ["7", "7/4", "a/b/c", "0/4/12", "-1/4/12", "7/4/12/1", "٣/4/12", ""])
def test_keep_takes_three_numbers(text):
    with pytest.raises(InputError, match="DAYS/WEEKS/MONTHS"):
        Keep.read(text)


def test_keep_is_read():
    assert Keep.read("3/2/1") == Keep(3, 2, 1)
