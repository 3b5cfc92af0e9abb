"""Draw overlay layers into a copy of a picture: one polylines call per layer and line width.

Layers hold continuous coordinates, in which pixel (0, 0) covers 0 to 1; OpenCV puts a pixel's centre at whole numbers,
hence the half pixel in :func:`_fixed_point`.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, groupby, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from emola.faces.overlay_layers import Colour, Layer, Mark, checked_names
from emola.faces.overlay_shapes import Line
from emola.faces.overlay_text import draw_text

Picture = NDArray[np.uint8]

SMALLEST_TEXT_PX = 6.5
"""Labels smaller than this cannot be read in a raster picture and are left out."""

_EDGE: Colour = (16, 18, 22)
_EDGE_OPACITY = 0.55
_SHIFT = 4


def draw_layers(
    image: Picture, layers: Sequence[Layer], enabled: Collection[str] | None = None, opacity: float = 1.0
) -> Picture:
    """Return a copy of the picture with the layers drawn over it.

    Args:
        image: RGB uint8 (H, W, 3); not changed.
        layers: from :func:`emola.faces.overlay_layers.build_layers`, drawn in the order given.
        enabled: names of the layers to draw; those that are on by default when None. A layer that was not built
            (because no face has it) is no mistake.
        opacity: of the whole overlay, 0 to 1.

    Returns:
        RGB uint8 of the same shape.

    Raises:
        ValueError: another kind of image, an unknown layer name, or an opacity outside 0 to 1.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"The image is {image.dtype} {image.shape}; expected RGB uint8 (H, W, 3).")
    if not 0.0 <= opacity <= 1.0:
        raise ValueError(f"{opacity=} must lie between 0 and 1.")
    chosen = None if enabled is None else checked_names(enabled)
    shown = [layer for layer in layers if (layer.on if chosen is None else layer.name in chosen)]
    canvas: Picture = np.array(image, order="C")
    _draw_edges(canvas, shown)
    for layer in shown:
        _draw_layer(canvas, layer)
    return canvas if opacity == 1.0 or not shown else _mixed(canvas, image, opacity)


def _draw_edges(canvas: Picture, layers: Sequence[Layer]) -> None:
    """Draw the dark edges of all lines, half transparent, before any colour."""
    _draw_lines(canvas, _by_width((mark for layer in layers for mark in layer.marks), edge=True), _EDGE, _EDGE_OPACITY)


def _draw_layer(canvas: Picture, layer: Layer) -> None:
    _draw_lines(canvas, _by_width(layer.marks), layer.colour, layer.opacity)
    for text in (text for mark in layer.marks for text in mark.texts if text.size >= SMALLEST_TEXT_PX):
        draw_text(canvas, text, layer.colour)


def _draw_lines(canvas: Picture, groups: Sequence[tuple[int, list[Line]]], colour: Colour, opacity: float) -> None:
    """Draw lines grouped by thickness; translucent ones are mixed within the area they cover."""
    if not groups:
        return
    area = _area(groups, canvas)
    before = canvas[area].copy() if opacity < 1.0 else None
    for width, lines in groups:
        cv2.polylines(canvas, _fixed_point(lines), False, colour, width, cv2.LINE_AA, _SHIFT)
    if before is not None and before.size:
        canvas[area] = _mixed(canvas[area], before, opacity)


def _area(groups: Sequence[tuple[int, list[Line]]], canvas: Picture) -> tuple[slice, slice]:
    """Return the rows and columns that the lines can touch."""
    points = np.concatenate([line for _, lines in groups for line in lines])
    reach = max(width for width, _ in groups) + 2
    size = (canvas.shape[1], canvas.shape[0])
    x0, y0 = np.clip(np.floor(points.min(axis=0) - reach), 0, size).astype(int)
    x1, y1 = np.clip(np.ceil(points.max(axis=0) + reach), 0, size).astype(int)
    return slice(y0, y1), slice(x0, x1)


def _by_width(marks: Iterable[Mark], edge: bool = False) -> list[tuple[int, list[Line]]]:
    """Return lines and dots grouped by thickness in whole pixels; a dot is a line that ends where it starts."""
    drawn: list[tuple[int, Line]] = []
    for mark in marks:
        lines = [(mark.width, line) for line in mark.lines]
        lines += [(mark.dot_width, dot) for dot in np.repeat(mark.dots[:, None], 2, axis=1)]
        if not edge:
            drawn += [(max(1, round(width)), line) for width, line in lines]
        elif mark.edge_width:
            drawn += [(max(1, round(width)) + 2 * max(1, round(mark.edge_width)), line) for width, line in lines]
    drawn.sort(key=lambda pair: pair[0])
    return [(width, [line for _, line in group]) for width, group in groupby(drawn, key=lambda pair: pair[0])]


def _mixed(top: Picture, bottom: Picture, opacity: float) -> Picture:
    return np.asarray(cv2.addWeighted(top, opacity, bottom, 1.0 - opacity, 0.0), dtype=np.uint8)


def _fixed_point(lines: Sequence[Line]) -> list[NDArray[np.int32]]:
    """Return the lines in sixteenths of a pixel from the first pixel's centre, converted at one go."""
    points = np.rint((np.concatenate(lines) - 0.5) * (1 << _SHIFT)).astype(np.int32)
    ends = [0, *accumulate(len(line) for line in lines)]
    return [points[start:end] for start, end in pairwise(ends)]
