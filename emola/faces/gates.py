"""Gates: what cannot be judged on a face, and why; every limit is named here with its source.

A gate never guesses: it compares one number with one limit and says both. What no gate can see is a covered face part:
behind a mask, a hand or hair the mesh still has a mouth or a brow, invented by the network. That is left to people.
"""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emola.faces.detection import Box
from emola.faces.face import Gate, Pose

ALL_REGIONS = ("brows", "eyes", "nose", "mouth", "jaw", "cheeks", "chin")

PROFILE_DEG, PROFILE_REFUSED_DEG = 35.0, 55.0
"""Beyond the first the far eye and lip corner foreshorten too much to be measured (64 photographs, measured for this
project); beyond the second the far half of the face is out of sight. The mesh understates strong turns: a head at
about 60 degrees, its far eye barely visible, measured 49."""

PITCH_DEG = 15.0
"""Beyond it heights of brows and jaw follow the pitch rather than the expression (same measurement)."""

TILT_DEG = 45.0
"""Beyond it the networks, trained on heads that are nearly upright, were not validated."""

TINY_PX, TINY_REFUSED_PX = 100.0, 40.0
"""Below the first an eyelid spans a pixel or two: brows and lids cannot be measured. Below the second nothing can."""

BLUR_LIMIT = 0.015
"""Sharpness below which fine measures are left alone; see :func:`sharpness`. 26 faces in sharp photographs measured
0.021 to 0.43; after a Gaussian blur of 2 % of the face width they measured 0.002 to 0.018, of 3 % at most 0.009."""

CUT_SHARE, CUT_REFUSED_SHARE = 0.02, 0.4
"""Shares of the mesh outside the picture: from the first on its regions are blocked, from the second it is refused."""

_REGION_VERTICES: dict[str, tuple[int, ...]] = {
    "brows": (46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336),
    "eyes": (33, 133, 159, 145, 263, 362, 386, 374),
    "nose": (1, 2, 98, 327, 168),
    "mouth": (61, 291, 0, 17, 13, 14),
    "jaw": (172, 136, 150, 397, 365, 379),
    "cheeks": (50, 205, 280, 425),
    "chin": (152, 148, 377, 175),
}
_SHARPNESS_SIDE = 112
_EPSILON = 1e-6


def find_gates(
    image: NDArray[np.uint8], box: Box, mesh: NDArray[np.float32] | None, pose: Pose | None
) -> tuple[Gate, ...]:
    """Return every gate that a face meets.

    Args:
        image: the picture, RGB uint8 (H, W, 3).
        box: x0, y0, x1, y1 in pixels.
        mesh: (478, 3) in pixels, or None.
        pose: head rotation, or None.
    """
    found = [_tiny(box), _blurred(image, box)]
    if mesh is None:
        reason = "No face mesh could be measured, so nothing can be compared with neutral faces."
        found.append(Gate("no_mesh", reason, ALL_REGIONS))
    else:
        found.append(_cut(image, mesh))
    if pose is not None:
        found += [_profile(pose), _pitch(pose), _tilt(pose)]
    return tuple(gate for gate in found if gate is not None)


def sharpness(image: NDArray[np.uint8], box: Box) -> float:
    """Return how sharp the face is, independent of its size, contrast and brightness.

    The box is brought to 112 pixels; the mean squared Laplacian is divided by the variance of the brightness.

    Args:
        image: RGB uint8 (H, W, 3).
        box: x0, y0, x1, y1 in pixels.

    Returns:
        0.02 and more for sharp faces, near 0 for blurred ones; infinity for a box without any contrast.
    """
    x0, y0, x1, y1 = (round(value) for value in box)
    crop = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if min(crop.shape[:2]) < 3:
        return math.inf
    grey: NDArray[Any] = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    shrinking = max(crop.shape[:2]) > _SHARPNESS_SIDE
    small = cv2.resize(
        grey,
        (_SHARPNESS_SIDE, _SHARPNESS_SIDE),
        interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR,
    ).astype(np.float64)
    variance = float(small.var())
    return math.inf if variance < _EPSILON else float((cv2.Laplacian(small, cv2.CV_64F) ** 2).mean() / variance)


def _tiny(box: Box) -> Gate | None:
    size = max(box[2] - box[0], box[3] - box[1])
    if size < TINY_REFUSED_PX:
        reason = f"The face is {size:.0f} pixels large; at least {TINY_REFUSED_PX:.0f} are needed to describe it."
        return Gate("tiny", reason, ALL_REGIONS, refuses=True)
    if size < TINY_PX:
        reason = f"The face is {size:.0f} pixels large; brows and lids are measured from {TINY_PX:.0f}."
        return Gate("tiny", reason, ("brows", "eyes"))
    return None


def _blurred(image: NDArray[np.uint8], box: Box) -> Gate | None:
    value = sharpness(image, box)
    if value >= BLUR_LIMIT:
        return None
    reason = f"The face is blurred (sharpness {value:.4f}, limit {BLUR_LIMIT}); fine measures would be noise."
    return Gate("blurred", reason, ("brows", "eyes", "cheeks"))


def _cut(image: NDArray[np.uint8], mesh: NDArray[np.float32]) -> Gate | None:
    height, width = image.shape[:2]
    x, y = mesh[:468, 0], mesh[:468, 1]
    outside = (x < 0) | (y < 0) | (x > width) | (y > height)
    share = float(outside.mean())
    if share < CUT_SHARE:
        return None
    if share >= CUT_REFUSED_SHARE:
        reason = f"{share:.0%} of the face lie outside the picture; at most {CUT_REFUSED_SHARE:.0%} may."
        return Gate("cut", reason, ALL_REGIONS, refuses=True)
    blocked = tuple(name for name, vertices in _REGION_VERTICES.items() if outside[list(vertices)].any())
    reason = f"{share:.0%} of the face lie outside the picture; those parts are guessed, not seen."
    return Gate("cut", reason, blocked)


def _profile(pose: Pose) -> Gate | None:
    turned = abs(pose.yaw)
    if turned > PROFILE_REFUSED_DEG:
        reason = f"The head is turned {turned:.0f} degrees; faces up to {PROFILE_REFUSED_DEG:.0f} are described."
        return Gate("profile", reason, ALL_REGIONS, refuses=True)
    if turned > PROFILE_DEG:
        reason = f"The head is turned {turned:.0f} degrees; beyond {PROFILE_DEG:.0f} the far side cannot be measured."
        return Gate("profile", reason, ("brows", "eyes", "mouth", "cheeks", "nose"))
    return None


def _pitch(pose: Pose) -> Gate | None:
    if abs(pose.pitch) <= PITCH_DEG:
        return None
    where = "up" if pose.pitch > 0 else "down"
    reason = (
        f"The head is pitched {abs(pose.pitch):.0f} degrees {where}; beyond {PITCH_DEG:.0f} the heights of brows "
        "and jaw follow the pitch."
    )
    return Gate("pitch", reason, ("brows", "jaw"))


def _tilt(pose: Pose) -> Gate | None:
    if abs(pose.roll) <= TILT_DEG:
        return None
    reason = f"The head is tilted {abs(pose.roll):.0f} degrees; measures were validated up to {TILT_DEG:.0f}."
    return Gate("tilt", reason, ALL_REGIONS)
