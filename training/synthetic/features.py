"""Brows, mouth and eyes of a rendered face."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas
from training.synthetic.camera import Camera
from training.synthetic.mesh import (
    BROW_BOTTOM_RIGHT,
    BROW_TOP_RIGHT,
    EYE_RIGHT,
    LOWER_LIP_INNER,
    LOWER_LIP_OUTER,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
    Points,
    load_base_mesh,
)
from training.synthetic.style import Style

_MOUTH_INSIDE = np.array((60.0, 25.0, 35.0))
_TONGUE = np.array((190.0, 85.0, 95.0))
_TEETH = np.array((238.0, 232.0, 225.0))
_IRIS_RADIUS = 0.6
_LASH = np.array((20.0, 20.0, 25.0))


def draw_brows(image: NDArray[np.uint8], pixels: canvas.Pixels, style: Style) -> None:
    """Draw both brows, in place."""
    base = load_base_mesh()
    mask = np.zeros(image.shape[:2], np.uint8)
    for mirrored in (False, True):
        top, bottom = (
            pixels[list(base.left(line) if mirrored else line)] for line in (BROW_TOP_RIGHT, BROW_BOTTOM_RIGHT)
        )
        middle = (top + bottom) / 2
        outline = [middle + (top - middle) * style.brow_thickness, middle + (bottom - middle) * style.brow_thickness]
        canvas.fill(mask, np.vstack([outline[0], outline[1][::-1]]), 255)
    soft = canvas.soften(mask, 1.2 * image.shape[0] / 256)
    canvas.blend(image, style.brow, soft, style.brow_density)


def draw_mouth(image: NDArray[np.uint8], neutral: Points, mesh: Points, camera: Camera, style: Style) -> None:
    """Draw the lips and, between parted lips, teeth, tongue and the dark behind them, in place."""
    pixels = camera.project(mesh)
    upper_in, lower_in = pixels[list(UPPER_LIP_INNER)], pixels[list(LOWER_LIP_INNER)]
    soft = 0.8 * image.shape[0] / 256
    for outer, inner, tone in ((UPPER_LIP_OUTER, upper_in, 0.88), (LOWER_LIP_OUTER, lower_in, 1.0)):
        outline = np.vstack([pixels[list(outer)], inner[::-1]])
        canvas.blend(image, style.lip * tone, canvas.mask_of(image.shape[0], outline, soft), 0.95)
    unit = camera.scale
    if (pixels[14, 1] - pixels[13, 1]) < 0.16 * unit:
        canvas.stroke(image, upper_in, style.lip * 0.45, 1)
        return
    inside = canvas.plain(image.shape[0], _MOUTH_INSIDE)
    _draw_mouth_inside(inside, neutral, mesh, camera, pixels)
    outline = np.vstack([upper_in, lower_in[::-1]])
    canvas.blend(image, inside, canvas.mask_of(image.shape[0], outline))


def _draw_mouth_inside(
    inside: NDArray[np.uint8], neutral: Points, mesh: Points, camera: Camera, pixels: canvas.Pixels
) -> None:
    """Draw tongue and teeth: upper teeth stay with the skull, lower teeth follow the jaw."""
    gap = float(pixels[14, 1] - pixels[13, 1])
    centre = (pixels[14, 0] * 0.6 + pixels[13, 0] * 0.4, float(pixels[14, 1]))
    half_width = abs(pixels[291, 0] - pixels[61, 0]) * 0.28
    axes = (max(1, int(half_width)), max(1, int(gap * 0.35)))
    cv2.ellipse(inside, (int(centre[0]), int(centre[1])), axes, 0, 0, 360, _TONGUE.tolist(), -1)
    across = np.linspace(-1, 1, 9)
    middle = 0.5 * (neutral[13] + neutral[14])
    reach = abs(neutral[61, 0]) * 0.86
    depth = middle[2] - 0.35 - 1.2 * across**2
    edge = np.stack([middle[0] + across * reach, middle[1] - 0.18 + 0.1 * across**2, depth], 1)
    upper = np.vstack([camera.project(edge), camera.project(edge + np.array((0, 1.2, 0)))[::-1]])
    jaw = float(mesh[152, 1] - neutral[152, 1])
    low = np.stack([middle[0] + across * reach * 0.85, middle[1] - 0.3 + jaw + 0.08 * across**2, depth - 0.25], 1)
    lower = np.vstack([camera.project(low), camera.project(low - (0, 1.0, 0))[::-1]])
    canvas.fill(inside, lower, _TEETH * 0.85)
    canvas.fill(inside, upper, _TEETH)


def draw_eyes(
    image: NDArray[np.uint8], neutral: Points, mesh: Points, camera: Camera, style: Style, gaze: tuple[float, float]
) -> None:
    """Draw both eyeballs behind their lids, lashes and make-up, in place."""
    pixels, base = camera.project(mesh), load_base_mesh()
    for contour in (EYE_RIGHT, base.left(EYE_RIGHT)):
        outline = pixels[list(contour)]
        if style.eye_shadow:
            lid = outline[:9] - (0, 0.35 * camera.scale)
            shadow = canvas.mask_of(image.shape[0], np.vstack([outline[:9], lid[::-1]]), 2.0)
            canvas.blend(image, style.brow * 0.6, shadow, style.eye_shadow)
        centre = 0.5 * (neutral[contour[0]] + neutral[contour[8]])
        centre = centre + np.array((gaze[0] * 0.55, gaze[1] * 0.35 + 0.14, 0.57))
        iris = camera.project(centre)
        eye = canvas.plain(image.shape[0], style.sclera)
        radius = camera.scale * _IRIS_RADIUS
        canvas.disc(eye, iris, radius, style.iris)
        canvas.disc(eye, iris, radius * 0.45, np.full(3, 10.0))
        canvas.disc(eye, iris - radius * 0.28, radius * 0.18, np.full(3, 250.0))
        canvas.blend(image, eye, canvas.mask_of(image.shape[0], outline, 0.5))
        canvas.stroke(image, outline[:9], _LASH, 2 if style.eye_shadow else 1)
        canvas.stroke(image, outline[8:], style.skin * 0.55, 1)
