"""One job at a time: a lock file that the system frees when its holder ends, however it ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from emola.errors import ResourceError

_LOCK: Final = ".one-at-a-time"


@contextmanager
def turn(folder: Path, may_try: Callable[[], bool], wait: Callable[[], None]) -> Iterator[int]:
    """Wait for this job's turn and keep it for the length of the block.

    Gives the file descriptor of the lock: a command that inherits it keeps the turn until it has ended too.

    Args:
        folder: of all jobs; its lock file is made when missing.
        may_try: whether no other job comes first.
        wait: called between two tries; it may raise to give up.

    Raises:
        ResourceError: the folder has no file locks, or cannot be written.
    """
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ResourceError(f"{folder / _LOCK} cannot be written: {error.strerror or error}.") from error
    try:
        while not (may_try() and _take(lock, folder)):
            wait()
        yield lock
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> bool:
    """Try to take the lock."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ResourceError(f"{folder} has no file locks ({error.strerror}); use another disk.") from error
    return True
