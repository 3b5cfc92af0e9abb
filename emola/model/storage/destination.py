"""Write a folder so that it is either whole or not there: everything goes to a sibling that is renamed at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emola.errors import InputError, ResourceError


class Destination:
    """The folder to be written.

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
        staged = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}.partial-", dir=self.folder.parent))
        try:
            yield staged
            staged.chmod(0o755)
            self._replace(staged)
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def _replace(self, staged: Path) -> None:
        """Rename ``staged`` to the destination; a checkpoint that was there goes only after that."""
        if not self.folder.exists():
            staged.rename(self.folder)
            return
        old = staged.with_name(staged.name + "-old")
        self.folder.rename(old)
        staged.rename(self.folder)
        shutil.rmtree(old)
