"""The journal of one process: a line an answer, on disk before the next one is written.

A process that is killed leaves at most one torn last line. Readers leave such a line out, and the process that owns the
journal cuts it off before it goes on, so nothing is lost but the answer that was never finished.
"""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emola.errors import InputError, ResourceError


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a journal; a torn last line is left out.

    Raises:
        InputError: a line before the last is no JSON object.
    """
    rows = []
    *whole, _ = path.read_bytes().split(b"\n")  # what follows the last newline is empty or torn
    for number, line in enumerate(whole, start=1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"Line {number} of {path} is damaged; take that line out, or choose another folder.")
        rows.append(row)
    return rows


def is_begun(path: Path) -> bool:
    """Say whether a journal holds a whole line, or a process is about to write one.

    Raises:
        ResourceError: it cannot be read or locked.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return b"\n" in file.read()
    except BlockingIOError:
        return True
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror or error}.") from error


class Journal:
    """Appends rows to a journal that no other process writes to.

    Args:
        path: the file; made when it is not there, and cut back to its last whole line when it is.

    Raises:
        InputError: another process is writing to it.
        ResourceError: it cannot be opened or locked.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("ab+")
        except OSError as error:
            raise ResourceError(f"{path} cannot be written: {error.strerror or error}.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise InputError(f"Another process is working on {path.parent.parent}; wait for it to end.") from None
        except OSError as error:
            self._file.close()
            raise ResourceError(
                f"{path} cannot be locked ({error.strerror}); use a disk that has file locks."
            ) from error
        self._path = path
        self._cut_torn_line()

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file, which ends the lock."""
        self._file.close()

    def append(self, row: dict[str, Any]) -> None:
        """Write one line and return once it is on disk.

        Raises:
            ResourceError: the disk is full or not writable; the lines before stay valid.
        """
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise ResourceError(f"{self._path} could not be written: {error.strerror or error}.") from error

    def _cut_torn_line(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)
        self._file.seek(0, os.SEEK_END)
