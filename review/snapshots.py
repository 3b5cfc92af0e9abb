"""Snapshots of a SQLite review database in a folder that outlives the machine, such as the bucket of a Space.

SQLite's locks and log do not work on most mounted buckets, so the database itself stays on the local disk. The keeper
copies it there as a checked backup whenever something has changed; on the next start the newest good one comes back.
"""

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from emola.errors import EmolaError, InputError
from review.backup import make_backup, restore_backup
from review.database import Database
from review.private_files import create_private_folder
from review.store.events import head

logger = logging.getLogger(__name__)

EVERY_S = 120.0
NEWEST, DAYS = 12, 14
"""Kept are the newest dozen and the last of each of the last fourteen days that have one."""

_PATTERN = "snapshot-*.db"
_STAMP = "snapshot-%Y%m%d-%H%M%S.db"


def restore_newest(folder: Path, target: Path) -> list[str]:
    """Bring the newest good snapshot to ``target``, unless a database is there already.

    Returns:
        A sentence for each snapshot that was damaged, and one for the one that was restored.

    Raises:
        EmolaError: there are snapshots, but none of them is whole; starting empty would look like lost work.
    """
    if target.exists():
        return []
    said = []
    snapshots = sorted(folder.glob(_PATTERN), reverse=True)
    for snapshot in snapshots:
        try:
            report = restore_backup(snapshot, target)
        except InputError as error:
            said.append(f"A snapshot was passed over. {error}")
            continue
        return [*said, f"The review database was restored from {snapshot.name} ({report.events} events)."]
    if snapshots:
        raise EmolaError(f"None of the {len(snapshots)} snapshots in {folder} is whole; look at them before starting.")
    return said


class SnapshotKeeper:
    """Takes a snapshot every few minutes while something changes, and one at the end.

    Args:
        database: on SQLite.
        folder: where snapshots go; made when missing.
        every_s: seconds between looks.

    Raises:
        InputError: the folder cannot be made.
    """

    def __init__(self, database: Database, folder: Path, every_s: float = EVERY_S) -> None:
        self._database, self._folder, self._every_s = database, folder, every_s
        self._ended = threading.Event()
        self._last: tuple[int, str] | None = None
        try:
            create_private_folder(folder)
        except OSError as error:
            raise InputError(f"The folder of snapshots {folder} cannot be made ({error.strerror}).") from error
        self._thread = threading.Thread(target=self._work, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Take a last snapshot if something changed, and end."""
        self._ended.set()
        self._thread.join()

    def take(self) -> Path | None:
        """Take a snapshot if something changed since the last one; return its file.

        Raises:
            EmolaError: it could not be written.
        """
        with self._database.read() as session:
            now = head(session)
        if now == self._last:
            return None
        target = self._folder / datetime.now(UTC).strftime(_STAMP)
        if target.exists():
            return None  # taken within this second; the next look has another name
        make_backup(self._database, target)
        self._last = now
        self._drop_old()
        return target

    def _work(self) -> None:
        while True:
            ended = self._ended.wait(self._every_s)
            try:
                self.take()
            except (EmolaError, OSError) as error:
                logger.error("No snapshot could be taken: %s", error)  # the next look tries again
            if ended:
                return

    def _drop_old(self) -> None:
        """Delete what is neither among the newest nor the last of its day."""
        snapshots = sorted(self._folder.glob(_PATTERN), reverse=True)
        kept = set(snapshots[:NEWEST])
        by_day: dict[str, Path] = {}
        for snapshot in snapshots:
            by_day.setdefault(snapshot.name.split("-")[1], snapshot)
        kept |= {by_day[day] for day in sorted(by_day, reverse=True)[:DAYS]}
        for snapshot in snapshots:
            if snapshot not in kept:
                snapshot.unlink()
                snapshot.with_name(f"{snapshot.name}.json").unlink(missing_ok=True)
