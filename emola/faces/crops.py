"""The picture of one face that goes into a vision tower; a checkpoint names its recipe in ``config.crop_recipe``.

``aligned-112``: 112 x 112 pixels, the face turned upright, scaled and shifted so that seven mesh vertices lie where
the base mesh has them (training and inference must crop alike; unaligned crops train several times slower). It shows
the face from above the brows to the chin boss; the tip of a neutral chin lies 9 pixels below.
``square-pad``: a square around the face box, 1.4 times its longer side; what lies outside the picture is filled with
the CLIP mean colour, as EmoLA was trained. Not turned, not resized.

Coordinates are continuous: pixel (column 0, row 0) covers 0 to 1, so its centre is at 0.5.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emola.errors import NoFaceFound
from emola.faces.alignment import base_vertices, fit_similarity_2d, visible_window
from emola.faces.face import Face
from emola.imaging import pad_to_square

ImageArray = NDArray[np.uint8]

ALIGNED_SIZE = 112
"""Side of the aligned crop in pixels."""

ALIGNED_SPAN = 14.5
"""Side of the aligned crop in base-mesh units (outer canthi 9.0 apart)."""

ALIGNED_CENTRE = (0.0, -3.4)
"""Base-mesh x and y at the middle of the aligned crop."""

ALIGNED_VERTICES = (33, 263, 168, 2, 61, 291, 152)
"""Outer canthi, nasion, subnasale, mouth corners, chin."""

ALIGNED_WEIGHTS = (1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.3)
"""Mouth corners and chin move with expressions and count less."""

SQUARE_MARGIN = 0.2
"""What ``square-pad`` adds on each side, over the longer side of the box."""

MAX_SUPERSAMPLING = 48
"""Limit of the averaging of large faces: 48 x 48 samples a pixel cover faces of about 5000 pixels."""


def crop_face(image: ImageArray, face: Face, recipe: str) -> ImageArray:
    """Return the crop of one face.

    Args:
        image: RGB uint8 (H, W, 3), the picture that was analysed.
        face: a face of that picture.
        recipe: a name of :data:`CROP_RECIPES`.

    Returns:
        RGB uint8 (S, S, 3); S is 112 for ``aligned-112``.

    Raises:
        ValueError: an unknown recipe.
        NoFaceFound: the face has no mesh to align by, or lies outside the picture.
    """
    if recipe not in CROP_RECIPES:
        raise ValueError(f"Unknown crop recipe {recipe!r}; expected one of {', '.join(CROP_RECIPES)}.")
    return CROP_RECIPES[recipe](image, face)


def aligned_template() -> NDArray[np.float64]:
    """Return where the seven vertices lie in the aligned crop, float64 (7, 2) pixels."""
    offset = base_vertices()[list(ALIGNED_VERTICES), :2] - ALIGNED_CENTRE
    return offset * (1.0, -1.0) * (ALIGNED_SIZE / ALIGNED_SPAN) + ALIGNED_SIZE / 2


def aligned_matrix(mesh: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the similarity from picture pixels to the aligned crop.

    Args:
        mesh: (..., 468 or more, 2 or more), vertices in pixels, x right and y down.

    Returns:
        float64 (..., 2, 3), for continuous coordinates (see the module; :func:`warp_aligned` applies it).

    Raises:
        ValueError: vertices that coincide or are not finite.
    """
    return fit_similarity_2d(mesh[..., list(ALIGNED_VERTICES), :2], aligned_template(), np.array(ALIGNED_WEIGHTS))


def warp_aligned(image: ImageArray, matrix: NDArray[np.float64]) -> ImageArray:
    """Return the 112 x 112 crop that ``matrix`` of :func:`aligned_matrix` describes.

    A face larger than the crop is first sampled bilinearly on a grid about as fine as the picture and then averaged,
    so that nothing aliases. Outside the picture its border pixels are repeated.

    Args:
        image: uint8 (H, W, 3), any colour order.
        matrix: (2, 3).

    Returns:
        uint8 (112, 112, 3), the same colour order.
    """
    shrinking = 1.0 / math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    finer = min(max(round(shrinking), 1), MAX_SUPERSAMPLING)
    to_fine = matrix * finer
    to_fine[:, 2] += to_fine[:, :2] @ (0.5, 0.5) - 0.5  # cv2 counts from pixel centres
    side = ALIGNED_SIZE * finer
    part, to_fine = visible_window(image, to_fine, side)
    fine = cv2.warpAffine(part, to_fine, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if finer == 1:
        return np.asarray(fine, dtype=np.uint8)
    return np.asarray(cv2.resize(fine, (ALIGNED_SIZE, ALIGNED_SIZE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _aligned(image: ImageArray, face: Face) -> ImageArray:
    if face.mesh is None:
        raise NoFaceFound("This face has no mesh to align by; expected a face that MediaPipe can measure.")
    return warp_aligned(image, aligned_matrix(face.mesh))


def _square_pad(image: ImageArray, face: Face) -> ImageArray:
    x0, y0, x1, y1 = face.box
    half = (0.5 + SQUARE_MARGIN) * max(x1 - x0, y1 - y0)
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    height, width = image.shape[:2]
    left, right = max(round(middle_x - half), 0), min(round(middle_x + half), width)
    top, bottom = max(round(middle_y - half), 0), min(round(middle_y + half), height)
    if left >= right or top >= bottom:
        raise NoFaceFound(f"The face box {face.box} lies outside the picture of {width} x {height} pixels.")
    return pad_to_square(image[top:bottom, left:right])


CROP_RECIPES: Mapping[str, Callable[[ImageArray, Face], ImageArray]] = MappingProxyType(
    {"aligned-112": _aligned, "square-pad": _square_pad}
)
"""Recipe name to the function that makes the crop."""
