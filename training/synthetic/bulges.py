"""Where the skin bulges and catches light for which action units: the counterpart of the folds.

What bulges follows the appearance changes of the FACS manual (Ekman, Friesen and Hager, 2002): the cheeks and the
pouch below the eye (6), the pouch alone (7), the sides of the nose (9), the skin around pressed lips (24), beside
the dimple (14), the chin boss (17), the upper lip (10).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas
from training.synthetic.folds import Strength
from training.synthetic.mesh import load_base_mesh

_LIGHTER = 0.28
_GLOSS = 8.0
_BLUR = 3.0


@dataclass(frozen=True)
class Bulge:
    """A round patch of skin: centre (mean of vertices), radius in mesh units, weight per action unit."""

    centre: tuple[int, ...]
    radius: float
    weights: dict[int, float]


BULGES: tuple[Bulge, ...] = (
    Bulge((50, 118), 0.85, {6: 0.9, 12: 0.35}),
    Bulge((117, 118), 0.6, {6: 0.5}),
    Bulge((23, 230), 0.25, {6: 0.7, 7: 0.8}),
    Bulge((110, 229), 0.25, {6: 0.7, 7: 0.8}),
    Bulge((22, 231), 0.25, {6: 0.5, 7: 0.8}),
    Bulge((114, 217), 0.3, {9: 0.9}),
    Bulge((98, 129), 0.35, {9: 0.5}),
    Bulge((167, 37), 0.35, {24: 0.8, 10: 0.4}),
    Bulge((92, 165), 0.3, {24: 0.8}),
    Bulge((83, 18), 0.35, {24: 0.8}),
    Bulge((212, 57), 0.35, {14: 0.9}),
    Bulge((199, 200), 0.6, {17: 0.6}),
)
"""For the subject's right side; the left one is its mirror image."""


def draw_bulges(image: NDArray[np.uint8], pixels: canvas.Pixels, right: Strength, left: Strength, scale: float) -> None:
    """Lighten the skin where it bulges, in place.

    Args:
        image: (S, S, 3) RGB uint8.
        pixels: (468, 2) projected mesh.
        right: activation of each unit on the subject's right.
        left: the same on the left.
        scale: pixels per mesh unit.
    """
    base = load_base_mesh()
    light = np.zeros(image.shape[:2], np.uint8)
    for bulge in BULGES:
        for side, centre in ((right, bulge.centre), (left, base.left(bulge.centre))):
            amount = sum(weight * side(unit) for unit, weight in bulge.weights.items())
            if amount > 0.05:
                canvas.disc(light, pixels[list(centre)].mean(0), bulge.radius * scale, 255 * min(1.0, amount))
    window = canvas.used(light, margin=9)
    if light[window].size:
        share = canvas.soften(light[window], _BLUR * image.shape[0] / 256).astype(np.float32)[..., None] / 255
        image[window] = np.minimum(image[window] * (1 + _LIGHTER * share) + _GLOSS * share, 255).astype(np.uint8)
