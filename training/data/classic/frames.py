"""Finding the picture of a video frame: file names are numbers, padded with zeros in more than one way."""

import re
from pathlib import Path

_NUMBER = re.compile(r"\d+$")
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


class FrameFolder:
    """The frames of one video in a folder, by the number that ends their file name."""

    def __init__(self, root: Path, relative: str, offset: int = 0) -> None:
        """List a folder once.

        Args:
            root: the data root.
            relative: the folder inside it; it need not exist.
            offset: number in the file name minus the frame's number in the label file.
        """
        self._relative = relative
        self._offset = offset
        folder = root / relative
        self._names: dict[int, str] = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            number = _NUMBER.search(path.stem)
            if number and path.suffix.lower() in _SUFFIXES:
                self._names.setdefault(int(number.group()), path.name)

    def path(self, frame: int) -> str:
        """Return the relative path of a frame; for one that is missing, the path it would be expected at."""
        number = frame + self._offset
        return f"{self._relative}/{self._names.get(number, f'{number}.jpg')}"
