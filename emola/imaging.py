"""Opening pictures: the one way in, for the command line, the page and training alike.

Contract: whatever comes out is RGB, uint8, shape (H, W, 3), upright (the EXIF turn is applied, then EXIF is dropped).
16-bit greys are scaled to 8 bits, CMYK is converted, transparency lies on white, of an animation the first frame
counts. Everything else raises :class:`ImageError` with one sentence.
"""

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from emola.errors import ImageError

MAX_PIXELS = 40_000_000
"""Largest picture opened, in pixels; a 7728 x 5152 camera frame just fits."""

MAX_BYTES = 200_000_000
"""Largest file opened, in bytes."""

CLIP_MEAN_RGB: tuple[int, int, int] = (122, 116, 104)
"""The CLIP mean colour (0.48145466, 0.4578275, 0.40821073) x 255, truncated, that EmoLA pads with."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "HEIF", "AVIF")
"""Formats that are opened; vector and document formats are not pictures here."""

ImageArray = NDArray[np.uint8]


def open_image(source: str | Path | bytes | BinaryIO) -> ImageArray:
    """Return the picture as upright RGB.

    Args:
        source: a path, the bytes of a file, or a binary stream.

    Returns:
        uint8 (H, W, 3), RGB, 0 to 255; a fresh array that the caller may write to.

    Raises:
        ImageError: the file is missing, empty, broken, too large, or not a picture of a known format.
    """
    name = Path(source).name if isinstance(source, str | Path) else "The picture"
    stream = _stream(source, name)
    _register_heif()
    try:
        with Image.open(stream, formats=FORMATS) as picture:
            _check_size(picture.width, picture.height, name)
            picture.seek(0)
            upright = ImageOps.exif_transpose(picture)
            return np.array(_to_rgb(upright, name), dtype=np.uint8)
    except UnidentifiedImageError as error:
        raise ImageError(f"{name} is not a picture that can be opened: {_what_it_is(stream)}.") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} claims more pixels than the {MAX_PIXELS // 10**6} million opened here.") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise ImageError(f"{name} is broken or cut off and cannot be decoded; please save it again.") from error


def pad_to_square(image: ImageArray, colour: tuple[int, int, int] = CLIP_MEAN_RGB) -> ImageArray:
    """Return ``image`` centred on a square of ``colour``, as EmoLA was trained.

    Args:
        image: RGB uint8 (H, W, 3).
        colour: RGB of the border, 0 to 255.

    Returns:
        RGB uint8 (S, S, 3) with S = max(H, W); an odd remainder goes to the right and to the bottom.
    """
    height, width = image.shape[:2]
    side = max(height, width)
    square = np.empty((side, side, 3), dtype=np.uint8)
    square[:] = colour
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def _stream(source: str | Path | bytes | BinaryIO, name: str) -> BinaryIO:
    if isinstance(source, bytes):
        return _checked(source, name)
    if not isinstance(source, str | Path):
        return _checked(source.read(MAX_BYTES + 1), name)
    path = Path(source)
    if not path.exists():
        raise ImageError(f"There is no file at {path}; give the path of a picture.")
    if path.is_dir():
        raise ImageError(f"{path} is a folder; give the path of one picture.")
    try:
        with path.open("rb") as file:
            return _checked(file.read(MAX_BYTES + 1), name)
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _checked(content: bytes, name: str) -> BinaryIO:
    if not content:
        raise ImageError(f"{name} is empty (0 bytes); please choose the picture again.")
    if len(content) > MAX_BYTES:
        raise ImageError(f"{name} is larger than {MAX_BYTES // 10**6} MB; please save a smaller copy.")
    return io.BytesIO(content)


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {width} x {height} pixels ({width * height / 1e6:.0f} megapixels); "
            f"at most {MAX_PIXELS // 10**6} megapixels are opened, please save a smaller copy."
        )


def _to_rgb(picture: Image.Image, name: str) -> Image.Image:
    """Convert any 8-bit mode, 16-bit grey, palettes and transparency to RGB."""
    if picture.mode.startswith("I"):
        values = np.asarray(picture, dtype=np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise ImageError(f"{name} holds 32-bit numbers instead of brightness; please save it as an 8-bit picture.")
        return Image.fromarray((values // 257).astype(np.uint8)).convert("RGB")
    if picture.mode == "F":
        raise ImageError(f"{name} holds floating-point numbers; please save it as an 8-bit picture.")
    if picture.has_transparency_data:
        coloured = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("RGB")
    return picture.convert("RGB")


def _what_it_is(stream: BinaryIO) -> str:
    """Say what an unknown file looks like, so that the user knows what to do."""
    stream.seek(0)
    start = stream.read(16).lstrip()
    if start.startswith(b"%PDF"):
        return "it is a PDF document, whatever its name says; export the page as JPEG or PNG"
    if start.startswith((b"<svg", b"<?xml", b"<!DOC", b"<html")):
        return "it is a text or vector file; save the picture as JPEG or PNG"
    return "JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP and TIFF are"


def _register_heif() -> None:
    import pillow_heif  # heavy native library, needed only once a picture is opened

    pillow_heif.register_heif_opener()
