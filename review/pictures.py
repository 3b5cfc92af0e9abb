"""Pictures on disk as the database knows them: inside their folder, by the SHA-256 of their bytes, with their size."""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from emola.errors import InputError

MAX_BYTES = 50_000_000
"""Largest file taken, in bytes."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)
"""EXIF tag of the orientation, and its values that swap width and height."""


@dataclass(frozen=True)
class PictureFacts:
    """SHA-256 of the file's bytes in hex, and the size of the upright picture in pixels."""

    sha256: str
    width: int
    height: int


def inside(root: Path, relative: str) -> Path:
    """Return the file that a relative path names inside ``root``, links followed.

    Args:
        root: resolved.
        relative: with forward slashes, neither absolute nor climbing.

    Raises:
        InputError: a link leads out of the folder, or no file system takes the name.
    """
    try:
        path = os.path.realpath(os.path.join(root, relative))
    except (OSError, ValueError) as error:
        raise InputError(f"the path {relative[:80]!r} cannot be used ({error})") from error
    if not path.startswith(f"{os.fspath(root).rstrip(os.sep)}{os.sep}"):
        raise InputError(f"the path {relative!r} is a link that leaves the image folder")
    return Path(path)


def picture_facts(path: Path) -> PictureFacts:
    """Return the hash and size of a picture; its pixels are not decoded.

    Raises:
        InputError: it is missing, too large or no picture, in words that end a sentence "ID: ...".
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"the picture is missing; expected it at {path}") from None
    except OSError as error:
        raise InputError(f"the picture {path.name} cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"the picture {path.name} is larger than {MAX_BYTES // 10**6} MB")
    width, height = picture_size(content, path.name)
    return PictureFacts(hashlib.sha256(content).hexdigest(), width, height)


def picture_size(content: bytes, name: str) -> tuple[int, int]:
    """Return width and height of the upright picture in pixels.

    Raises:
        InputError: the bytes are no picture of a known format.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
    except UnidentifiedImageError:
        raise InputError(f"{name} is no picture; expected one of {', '.join(FORMATS)}") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{name} is broken and cannot be opened ({error})") from error
    return (height, width) if turned else (width, height)
