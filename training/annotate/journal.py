"""The journal of a run: one JSON line per answered request, appended and synced, so that nothing is lost or doubled.

A process that is killed while it writes leaves half a line at the end; it is cut off when the journal is opened again.
The file is locked while a run writes to it.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from emola.errors import InputError
from training.data.records import Task

DESCRIBED, REFUSED, EMPTY, TOO_LONG = "described", "refused", "empty", "too long"
BROKEN, FAILED = "broken picture", "failed"
TRIED_AGAIN = frozenset({BROKEN, FAILED})
"""What may become of a request. Only described ones become data; only these two are tried again by the next run."""

Key = tuple[str, Task]


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes:
        image: path relative to the data root.
        task: what was asked for.
        question: as asked.
        status: one of those above.
        text: the answer, whole or not.
        reason: why there is none.
        attempts: how often it was tried.
        model: as the endpoint states it.
        usage: token counts as the endpoint states them.
        sha256: of the picture's file.
    """

    image: str
    task: Task
    question: str
    status: str
    text: str = ""
    reason: str = ""
    attempts: int = 0
    model: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    sha256: str = ""

    @property
    def key(self) -> Key:
        """What identifies the request."""
        return self.image, self.task


class Journal:
    """Appends entries; use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open, lock and repair the file.

        Raises:
            InputError: another run writes to it, or a line other than the last is damaged.
        """
        self._stream = path.open("a+b")
        self._lock(path)
        self._entries = _read(path, self._repair())

    @property
    def entries(self) -> Mapping[Key, Entry]:
        """The last entry of each request."""
        return self._entries

    def append(self, entry: Entry) -> None:
        """Write one entry and wait until it is on disk."""
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        self._stream.write(line.encode())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._entries[entry.key] = entry

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close and unlock the file."""
        self._stream.close()

    def _lock(self, path: Path) -> None:
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._stream.close()
            raise InputError(f"Another run is writing to {path}; wait for it, or choose another --out.") from error

    def _repair(self) -> list[bytes]:
        """Return the whole lines; half a line at the end is cut off."""
        self._stream.seek(0)
        content = self._stream.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            self._stream.truncate(len(whole))
        return whole.splitlines()


def _read(path: Path, lines: list[bytes]) -> dict[Key, Entry]:
    """Return the last entry of each request."""
    entries: dict[Key, Entry] = {}
    for number, line in enumerate(lines, start=1):
        content: Any = None
        with contextlib.suppress(ValueError):
            content = json.loads(line)
        try:
            entry = Entry(**content)
        except TypeError as error:
            raise InputError(f"Line {number} of {path} is damaged; remove that line to go on.") from error
        entries[entry.key] = entry
    return entries
