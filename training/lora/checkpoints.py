"""Checkpoints that survive a kill at any moment: a folder written beside its place, flushed, and renamed.

A checkpoint holds what is trained, the optimizer's state and the number of steps taken; random numbers and the order
of the data need no saving, because both follow from the seed and the step.
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import torch

from emola.errors import ResourceError

STATE_FILE: Final = "state.pt"
_NAME: Final = re.compile(r"step-(\d{8})")


class Checkpoints:
    """The last few checkpoints of a run.

    Args:
        folder: where they are.
        keep: how many.
        is_main: whether this process makes and renames folders; the others only write into them.
        barrier: waits for all processes.
    """

    def __init__(
        self, folder: Path, keep: int, *, is_main: bool = True, barrier: Callable[[], None] = lambda: None
    ) -> None:
        self.folder = folder
        self._keep = keep
        self._is_main = is_main
        self._barrier = barrier

    def all(self) -> list[Path]:
        """Return the complete checkpoints, oldest first."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path for path in found if _NAME.fullmatch(path.name))

    def latest(self) -> Path | None:
        """Return the newest complete checkpoint, or None."""
        return next(reversed(self.all()), None)

    def save(self, step: int, write: Callable[[Path], None]) -> Path:
        """Write a checkpoint, then delete those that are too many; every process must call this.

        Args:
            step: steps taken.
            write: writes the content into the folder it is given; called in every process.

        Raises:
            ResourceError: if it cannot be written; the checkpoints before stay as they are.
        """
        final = self.folder / f"step-{step:08d}"
        partial = self.folder / f".{final.name}.partial"
        try:
            if self._is_main:
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
            self._barrier()
            write(partial)
            self._barrier()
            if self._is_main:
                self._put_in_place(partial, final)
        except (OSError, RuntimeError) as error:  # torch reports a failed write as a RuntimeError
            shutil.rmtree(partial, ignore_errors=True)
            raise ResourceError(self._failure(step, error)) from error
        return final

    def _put_in_place(self, partial: Path, final: Path) -> None:
        """Flush and rename a written checkpoint; delete the oldest."""
        _flush(partial)
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
        _flush(self.folder)
        for old in self.all()[: -self._keep]:
            shutil.rmtree(old, ignore_errors=True)

    def _failure(self, step: int, error: Exception) -> str:
        """Return the sentence for a checkpoint that could not be written."""
        last = self.latest()
        intact = f"{last} is intact" if last else "there is none before it"
        free = shutil.disk_usage(self.folder if self.folder.is_dir() else ".").free
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        return (
            f"The checkpoint of step {step} could not be written ({reason}; {free / 1e9:.1f} GB are free on the "
            f"disk of {self.folder}); {intact}: make room and give the same command again."
        )


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write tensors and plain values into a checkpoint folder."""
    with (folder / STATE_FILE).open("wb") as stream:
        torch.save(dict(state), stream)


def read_state(folder: Path) -> dict[str, Any]:
    """Return what :func:`write_state` wrote, on the CPU.

    Raises:
        ResourceError: if the file is damaged.
    """
    try:
        state: dict[str, Any] = torch.load(folder / STATE_FILE, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise ResourceError(
            f"The checkpoint {folder} cannot be read; delete it to go on from the one before."
        ) from error
    return state


def step_of(folder: Path) -> int:
    """Return how many steps had been taken when a checkpoint was written."""
    return int(folder.name.removeprefix("step-"))


def _flush(folder: Path) -> None:
    """Make the system write a folder and its files to the disk."""
    for path in [*folder.iterdir(), folder]:
        if path.is_file() or path == folder:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
