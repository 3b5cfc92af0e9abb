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
    window = used(opacity)
    share = opacity[window].astype(np.float32)[..., None] * (strength / 255)
    top = layer[window] if layer.ndim == 3 else layer
    mixed = top * share
    mixed += image[window] * (1 - share)
    image[window] = mixed.astype(np.uint8)


def mask_of(size: int, outline: Pixels, blur: float = 0.0) -> NDArray[np.uint8]:
    """Return a (size, size) mask of a polygon, 255 inside, with a soft edge where ``blur`` is positive."""
    mask = np.zeros((size, size), np.uint8)
    fill(mask, outline, 255)
    return soften(mask, blur) if blur else mask


def soften(mask: NDArray[np.uint8], deviation: float) -> NDArray[np.uint8]:
    """Return a mask (H, W) blurred by a Gaussian of the given standard deviation in pixels.

    Only what lies within four deviations of something is worked on: OpenCV's kernel for uint8 ends at three.
    """
    window = used(mask, margin=int(4 * deviation) + 2)
    soft = np.zeros_like(mask)
    if mask[window].size:
        soft[window] = cv2.GaussianBlur(mask[window], (0, 0), deviation)
    return soft


def used(mask: NDArray[np.uint8], margin: int = 0) -> tuple[slice, slice]:
    """Return rows and columns of the box around all that is not zero, widened by a margin; empty for an empty mask."""
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        return np.s_[0:0, 0:0]
    return np.s_[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]


def plain(size: int, colour: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a (size, size, 3) picture of one colour."""
    picture = np.empty((size, size, 3), np.uint8)
    cv2.rectangle(picture, (0, 0), (size, size), _colour(np.floor(colour)), -1)
    return picture


def _colour(colour: NDArray[np.float64] | float) -> tuple[float, ...]:
    """Return a colour as OpenCV takes it."""
    return tuple(float(value) for value in np.atleast_1d(colour))
