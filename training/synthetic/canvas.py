"""Small drawing primitives with sub-pixel corners on an RGB picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float64]
_SHIFT = 4


def fixed(points: Pixels) -> NDArray[np.int32]:
    """Return pixel coordinates in OpenCV's fixed-point form (shift 4)."""
    return np.asarray(np.round(points * (1 << _SHIFT)), dtype=np.int32)


def fill(image: NDArray[np.uint8], outline: Pixels, colour: NDArray[np.float64] | float) -> None:
    """Fill a polygon, in place."""
    cv2.fillPoly(image, [fixed(outline)], _colour(colour), cv2.LINE_AA, _SHIFT)


def stroke(
    image: NDArray[np.uint8], line: Pixels, colour: NDArray[np.float64] | float, width: int = 1, closed: bool = False
) -> None:
    """Draw a polyline, in place."""
    cv2.polylines(image, [fixed(line)], closed, _colour(colour), width, cv2.LINE_AA, _SHIFT)


def disc(image: NDArray[np.uint8], centre: Pixels, radius: float, colour: NDArray[np.float64] | float) -> None:
    """Fill a circle, in place."""
    cv2.circle(image, fixed(centre).tolist(), int(radius * (1 << _SHIFT)), _colour(colour), -1, cv2.LINE_AA, _SHIFT)


def blend(
    image: NDArray[np.uint8],
    layer: NDArray[np.uint8] | NDArray[np.float64],
    opacity: NDArray[np.uint8],
    strength: float = 1.0,
) -> None:
    """Lay a colour or a picture over the image where ``opacity`` (0 to 255) says so, in place."""
    rows, columns = np.flatnonzero(opacity.any(1)), np.flatnonzero(opacity.any(0))
    if not len(rows):
        return
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    share = opacity[window].astype(np.float32)[..., None] * (strength / 255)
    top = layer[window] if layer.ndim == 3 else layer
    image[window] = (image[window] * (1 - share) + top * share).astype(np.uint8)


def mask_of(size: int, outline: Pixels, blur: float = 0.0) -> NDArray[np.uint8]:
    """Return a (size, size) mask of a polygon, 255 inside, with a soft edge where ``blur`` is positive."""
    mask = np.zeros((size, size), np.uint8)
    fill(mask, outline, 255)
    return soften(mask, blur) if blur else mask


def soften(image: NDArray[np.uint8], deviation: float) -> NDArray[np.uint8]:
    """Return a picture or mask blurred by a Gaussian of the given standard deviation in pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), deviation), dtype=np.uint8)


def _colour(colour: NDArray[np.float64] | float) -> tuple[float, ...]:
    """Return a colour as OpenCV takes it."""
    return tuple(float(value) for value in np.atleast_1d(colour))
