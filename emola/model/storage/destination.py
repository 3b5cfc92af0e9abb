"""Write a folder so that it is either whole or not there: everything goes to a sibling that is renamed at the end.

The sibling is locked while a process writes to it. A process that is killed leaves it behind without the lock, and the
next one for the same destination removes it.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from emola.errors import InputError, ResourceError

_ASIDE: Final = "-old"
"""Ends the name of what was at the destination while the new folder takes its place."""


class Destination:
    """The folder to be written; what killed processes left beside it is cleared first.

    Args:
        folder: where the result goes; it must not exist, or be empty, or be a checkpoint that may be replaced.
        overwrite: whether a checkpoint that is there may be replaced.
        sources: folders that are read and therefore must not be written.

    Raises:
        InputError: if the folder cannot be used.
    """

    def __init__(self, folder: str | Path, *, overwrite: bool, sources: list[Path]) -> None:
        self.folder = Path(folder).expanduser().absolute()
        for source in sources:
            inside = self.folder.resolve().is_relative_to(source) or source.is_relative_to(self.folder.resolve())
            if inside:
                raise InputError(f"{self.folder} would overwrite {source}, which is read; choose another destination.")
        clear_abandoned(self.folder)
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder} is a file; choose a folder as the destination.")
        if not self.folder.exists() or not any(self.folder.iterdir()):
            return
        if not overwrite:
            raise InputError(f"{self.folder} is not empty; choose another destination, or replace it with --overwrite.")
        if not (self.folder / "config.json").is_file():
            raise InputError(f"{self.folder} holds no checkpoint (no config.json), so it is not replaced.")

    def check_space(self, needed_bytes: int) -> None:
        """Raise when the disk of the destination has less room than is needed.

        Raises:
            ResourceError: with both numbers.
        """
        place = next(parent for parent in self.folder.parents if parent.is_dir())
        free = shutil.disk_usage(place).free
        if needed_bytes > free:
            raise ResourceError(
                f"The result needs {needed_bytes / 1e9:.1f} GB but {place} has {free / 1e9:.1f} GB free; make room or "
                "choose another destination."
            )

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a hidden sibling to write into; on success it takes the destination's place, else it is removed."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        staged, lock = _make_staged(self.folder)
        try:
            yield staged
            staged.chmod(0o755)
            self._replace(staged)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            os.close(lock)

    def _replace(self, staged: Path) -> None:
        """Rename ``staged`` to the destination; a checkpoint that was there goes only after that."""
        if not self.folder.exists():
            staged.rename(self.folder)
            return
        old = staged.with_name(staged.name + _ASIDE)
        self.folder.rename(old)
        staged.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)  # another process may be at it too


def clear_abandoned(folder: Path) -> None:
    """Remove what killed processes left beside a destination, and put back what they had moved aside and not replaced.

    What a living process writes to is left alone, and so is everything on a disk without file locks.
    """
    names = re.compile(re.escape(f".{folder.name}.partial-") + rf"[a-z0-9_]+({_ASIDE})?")
    if not folder.parent.is_dir():
        return
    left = [path for path in folder.parent.iterdir() if names.fullmatch(path.name) and path.is_dir()]
    for staged in (path for path in left if not path.name.endswith(_ASIDE)):
        _remove_unlocked(staged)
    aside = [path for path in left if path.name.endswith(_ASIDE) and not _staged_of(path).exists()]
    for old in sorted(aside, key=lambda path: path.stat().st_mtime, reverse=True):
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)


def _staged_of(old: Path) -> Path:
    """Return the folder that was to take the place of what was moved aside."""
    return old.with_name(old.name.removesuffix(_ASIDE))


def _make_staged(folder: Path) -> tuple[Path, int]:
    """Make a hidden sibling; return it and the descriptor that locks it."""
    while True:
        staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
        try:
            lock = os.open(staged, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another process cleared it before it was locked
        with suppress(OSError):  # a disk without locks; nobody clears anything there
            fcntl.flock(lock, fcntl.LOCK_EX)
        if staged.is_dir():
            return staged, lock
        os.close(lock)


def _remove_unlocked(staged: Path) -> None:
    """Remove a folder unless a living process holds its lock, or the disk cannot tell."""
    try:
        lock = os.open(staged, os.O_RDONLY)
    except OSError:
        return  # gone in the meantime, or not ours
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(staged, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(lock)
