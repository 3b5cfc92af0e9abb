"""Hair, ears, neck, beard and glasses of a rendered face."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas
from training.synthetic.mesh import EYE_RIGHT, LOWER_LIP_OUTER, OVAL, UPPER_LIP_OUTER, load_base_mesh
from training.synthetic.style import Style

_HAIRLINE = (
    *((127, 0.0), (21, 0.3), (54, -0.2), (103, -0.6), (67, -0.8), (109, -0.9), (10, -1.0)),
    *((338, -0.9), (297, -0.8), (332, -0.6), (284, -0.2), (251, 0.3), (356, 0.0)),
)
_BEARD_LINE = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
_BEARD_TOP = (401, 435, 410, 287, 391, 2, 165, 57, 186, 215, 177)
_MOUSTACHE = (57, 186, 92, 165, 167, 164, 393, 391, 322, 410, 287, 291, 270, 269, 267, 0, 37, 39, 40, 61)


def _extent(pixels: canvas.Pixels) -> tuple[float, float]:
    """Return half the width and half the height of the face in pixels."""
    width = np.linalg.norm(pixels[454] - pixels[234]) / 2
    height = np.linalg.norm(pixels[10] - pixels[152]) / 2
    return float(width), float(height)


def draw_hair(image: NDArray[np.uint8], pixels: canvas.Pixels, style: Style, angle: float) -> None:
    """Draw neck, hair and ears behind the face, in place; ``angle`` tilts the head, degrees anticlockwise."""
    width, height = _extent(pixels)
    chin = pixels[152]
    corners = np.array([(-0.55, -0.4), (0.55, -0.4), (0.75, 1.2), (-0.75, 1.2)])
    canvas.fill(image, chin + corners * (width, height), style.skin * 0.72)
    crown = pixels[10] * 0.6 + pixels[4] * 0.4
    size = (int(width * style.hair_size[0]), int(height * style.hair_size[1]))
    cv2.ellipse(image, crown.astype(int).tolist(), size, -angle, 0, 360, style.hair.tolist(), -1)
    middle = pixels[list(OVAL)].mean(0)
    if style.long_hair:
        size = (int(width * style.hair_size[0] * 1.02), int(height * 1.15))
        centre = (middle + np.array((0, height * 0.35))).astype(int).tolist()
        cv2.ellipse(image, centre, size, -angle, 0, 360, style.hair.tolist(), -1)
        return
    for side, above in ((234, 127), (454, 356)):
        ear = (pixels[side] + pixels[above]) / 2 + (0, height * 0.18)
        size = (int(width * 0.13), int(height * 0.2))
        cv2.ellipse(image, ear.astype(int).tolist(), size, -angle, 0, 360, (style.skin * 0.85).tolist(), -1)


def draw_fringe(image: NDArray[np.uint8], pixels: canvas.Pixels, style: Style) -> None:
    """Draw the hair that falls onto the forehead, in place."""
    if style.fringe <= 0:
        return
    up = pixels[10] - pixels[152]
    middle = pixels[list(OVAL)].mean(0)
    lower = np.array([pixels[vertex] + up * style.fringe * share for vertex, share in _HAIRLINE])
    upper = np.array([pixels[vertex] + (pixels[vertex] - middle) * 0.25 for vertex, _ in reversed(_HAIRLINE)])
    mask = canvas.mask_of(image.shape[0], np.vstack([lower, upper]), 1.0)
    canvas.blend(image, style.hair, mask)


def draw_beard(image: NDArray[np.uint8], pixels: canvas.Pixels, style: Style) -> None:
    """Draw stubble, a moustache or a full beard, leaving the lips free, in place."""
    if style.beard == "none":
        return
    mask = np.zeros(image.shape[:2], np.uint8)
    if style.beard in ("stubble", "full"):
        canvas.fill(mask, pixels[list(_BEARD_LINE + _BEARD_TOP)], 255)
    canvas.fill(mask, pixels[list(_MOUSTACHE)], 255)
    lips = np.vstack([pixels[list(UPPER_LIP_OUTER)], pixels[list(LOWER_LIP_OUTER)][::-1]])
    canvas.fill(mask, lips, 0)
    mask = canvas.soften(mask, 2.0)
    rng = np.random.default_rng(style.background_seed + 2)
    grain = rng.integers(150, 256, mask.shape).astype(np.uint8)
    rough = np.asarray(cv2.multiply(mask, grain, scale=1 / 255), dtype=np.uint8)
    canvas.blend(image, style.hair * 0.8, rough, 0.3 if style.beard == "stubble" else 0.8)


def draw_glasses(image: NDArray[np.uint8], pixels: canvas.Pixels, style: Style) -> None:
    """Draw a pair of glasses around the eyes, in place."""
    base = load_base_mesh()
    rng = np.random.default_rng(style.background_seed + 3)
    colour = rng.integers(0, 120, 3).astype(float)
    width = 2 if rng.random() < 0.6 else 3
    round_lenses = rng.random() < 0.5
    angles = np.linspace(0, 2 * np.pi, 25)
    shape = np.stack([np.cos(angles), np.sin(angles)], 1)
    if not round_lenses:
        shape = np.clip(shape * 1.35, -1, 1)
    across = (pixels[263] - pixels[33]) / np.linalg.norm(pixels[263] - pixels[33])
    down = np.array((-across[1], across[0]))
    reach = np.linalg.norm(pixels[133] - pixels[33]) * rng.uniform(0.68, 0.85)
    for contour, temple in ((EYE_RIGHT, 127), (base.left(EYE_RIGHT), 356)):
        centre = pixels[list(contour)].mean(0) + down * reach * 0.1
        lens = centre + shape[:, :1] * across * reach + shape[:, 1:] * down * reach * 0.8
        canvas.stroke(image, lens, colour, width, closed=True)
        outer = centre + across * reach * (-1 if temple == 127 else 1)
        canvas.stroke(image, np.stack([outer, pixels[temple]]), colour, width)
    canvas.stroke(image, np.stack([pixels[193], pixels[168], pixels[417]]), colour, width)
