"""Nightly backups: one checked copy a night in a folder, tried out by a restore, with the older ones thinned.

Kept are the last copy of each of the last seven days that have one, of each of the last four such weeks, and of each of
the last twelve such months. Only files that this module named are ever removed.
"""

import tempfile
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from emola.errors import InputError
from review.backup import BackupReport, Progress, make_backup, restore_backup
from review.database import Database

_STAMP: Final = "review-%Y%m%d-%H%M%S.db"


@dataclass(frozen=True)
class Keep:
    """How many days, weeks (ISO 8601) and months keep their last copy."""

    days: int = 7
    weeks: int = 4
    months: int = 12

    @classmethod
    def read(cls, text: str) -> "Keep":
        """Read ``DAYS/WEEKS/MONTHS``.

        Raises:
            InputError: not three whole numbers, or no day at all.
        """
        parts = text.split("/")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts) or int(parts[0]) < 1:
            raise InputError(f"--keep takes DAYS/WEEKS/MONTHS such as 7/4/12, with one day at least, not {text!r}.")
        return cls(*map(int, parts))


@dataclass(frozen=True)
class Night:
    """What one night did: the new copy, what it holds, and the names of the copies that were removed."""

    path: Path
    report: BackupReport
    removed: tuple[str, ...]


def back_up_into(
    database: Database,
    folder: Path,
    keep: Keep | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Night:
    """Write a backup named after the moment (UTC), restore it once to see that it can be, and thin the older ones.

    Args:
        database: on SQLite.
        folder: where the backups are; made when missing.
        keep: what stays; 7/4/12 if None.
        now: the moment; the present if None.
        progress: called with pages copied and all of them.

    Raises:
        InputError: the database is no SQLite file, there is a backup of this second, or the copy cannot be restored.
        EmolaError: it cannot be written. Older backups are touched only after the new one was restored.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    path = folder / moment.strftime(_STAMP)
    report = make_backup(database, path, now=moment, progress=progress)
    with tempfile.TemporaryDirectory() as trial:
        restore_backup(path, Path(trial) / "review.db")
    old = expired(filter(None, map(_moment, folder.iterdir())), keep or Keep())
    names = tuple(sorted(moment.strftime(_STAMP) for moment in old))
    for name in names:
        (folder / name).unlink()
        (folder / f"{name}.json").unlink(missing_ok=True)
    return Night(path, report, names)


def expired(moments: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Return the moments whose copies no day, week or month keeps any more."""
    every = sorted(moments, reverse=True)
    periods: list[tuple[int, Callable[[datetime], Hashable]]] = [
        (keep.days, lambda moment: moment.date()),
        (keep.weeks, lambda moment: moment.isocalendar()[:2]),
        (keep.months, lambda moment: (moment.year, moment.month)),
    ]
    kept: set[datetime] = set()
    for count, period in periods:
        last: dict[Hashable, datetime] = {}
        for moment in every:
            last.setdefault(period(moment), moment)
        kept.update(list(last.values())[:count])
    return set(every) - kept


def _moment(path: Path) -> datetime | None:
    """Return when a file says that it was made; None for names that are not ours."""
    try:
        return datetime.strptime(path.name, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
