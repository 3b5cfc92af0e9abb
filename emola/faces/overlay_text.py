"""Labels as small cached patches of Pillow's own font, laid into a picture."""

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from emola.faces.overlay_labels import Text

_PLATE = (16, 18, 22)


def draw_text(canvas: NDArray[np.uint8], text: Text, colour: tuple[int, int, int]) -> None:
    """Lay a label into ``canvas`` (RGB uint8, changed in place), moved just inside where it would stand out."""
    ink, alpha = _patch(text.text, max(7, round(text.size)), text.framed, colour)
    height, width = alpha.shape[:2]
    x0 = max(0, min(round(text.x), canvas.shape[1] - width))
    y0 = max(0, min(round(text.y - height / 2), canvas.shape[0] - height))
    place = canvas[y0 : y0 + height, x0 : x0 + width]
    ink, alpha = ink[: place.shape[0], : place.shape[1]], alpha[: place.shape[0], : place.shape[1]]
    place[:] = np.rint(place + alpha * (ink - place))


@functools.lru_cache(maxsize=4096)
def _patch(
    text: str, size: int, framed: bool, colour: tuple[int, int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return colours (h, w, 3) 0 to 255 and coverage (h, w, 1) 0 to 1 of one label."""
    font = ImageFont.load_default(size)
    edge = 0 if framed else max(1, round(size / 9))
    left, _, right, _ = font.getbbox(text, stroke_width=edge)
    _, top, _, bottom = font.getbbox("0" if framed else "Hg", stroke_width=edge)
    aside, above = (round(0.35 * size), round(0.22 * size)) if framed else (0, 0)
    width, height = int(right - left) + 2 * aside, int(bottom - top) + 2 * above
    patch = Image.new("RGBA", (width, height), (*_PLATE, 0))
    draw = ImageDraw.Draw(patch)
    if framed:
        draw.rounded_rectangle((0, 0, width - 1, height - 1), radius=0.25 * size, fill=(*_PLATE, 215))
    draw.text((aside - left, above - top), text, fill=(*colour, 255), font=font, stroke_width=edge, stroke_fill=_PLATE)
    pixels = np.asarray(patch, dtype=np.float32)
    return pixels[:, :, :3], pixels[:, :, 3:] / 255.0


def text_width(text: str, size: float) -> float:
    """Return the width in pixels of an unframed label."""
    return float(_patch(text, max(7, round(size)), False, (255, 255, 255))[1].shape[1])
