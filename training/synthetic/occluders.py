"""Draws what covers part of a face: mask, scarf, hand, sunglasses, hair, the end of the picture."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas
from training.synthetic.mesh import EYE_RIGHT, load_base_mesh
from training.synthetic.occlusion import Occlusion
from training.synthetic.style import Style

Colour = NDArray[np.float64]
Painter = Callable[[NDArray[np.uint8], canvas.Pixels, Colour, np.random.Generator], None]

_MASK_OUTLINE = (6, 122, 100, 50, 93, 132, 58, 172, 150, 176, 152, 400, 379, 397, 288, 361, 323, 280, 329, 351)
_FABRICS = np.array(
    [(235, 238, 240), (150, 190, 215), (25, 25, 30), (90, 20, 30), (60, 80, 60), (120, 110, 100)], dtype=float
)
_DARK_GLASS = np.array((20.0, 18.0, 22.0))
_GREY = np.full(3, 127.5)


def draw_occluder(image: NDArray[np.uint8], pixels: canvas.Pixels, style: Style, kind: Occlusion) -> None:
    """Cover part of the face, in place.

    Args:
        image: (S, S, 3) RGB uint8.
        pixels: (468, 2) projected mesh.
        style: colours and the randomness of the cover.
        kind: what covers the face.
    """
    rng = np.random.default_rng(style.background_seed + 4)
    own = {"hand": style.skin, "hair": style.hair, "sunglasses": _DARK_GLASS, "cut": _GREY}
    colour = own[kind] if kind in own else _FABRICS[rng.integers(len(_FABRICS))]
    _PAINTERS[kind](image, pixels, colour, rng)


def _axes(pixels: canvas.Pixels) -> tuple[canvas.Pixels, canvas.Pixels]:
    """Return the direction to the picture's right and down the face, each as long as the eyes are apart (33 to 263)."""
    across = pixels[263] - pixels[33]
    down = pixels[152] - pixels[168]
    return across, down / (np.linalg.norm(down) + 1e-9) * np.linalg.norm(across)


def _cover(image: NDArray[np.uint8], outline: canvas.Pixels, colour: NDArray[np.float64], blur: float = 0.8) -> None:
    """Fill an outline with a colour that is darker towards the bottom of the picture."""
    size = image.shape[0]
    layer = np.empty((size, size, 3))
    layer[:] = colour * np.linspace(1.1, 0.8, size)[:, None, None]
    canvas.blend(image, np.clip(layer, 0, 255), canvas.mask_of(size, outline, blur))


def _mask(image: NDArray[np.uint8], pixels: canvas.Pixels, colour: Colour, rng: np.random.Generator) -> None:
    """Draw a surgical mask over nose, mouth and chin with its folds and bands."""
    outline = pixels[list(_MASK_OUTLINE)]
    middle = outline.mean(0)
    _cover(image, middle + (outline - middle) * rng.uniform(0.98, 1.06), colour)
    for share in (0.3, 0.5, 0.7):
        left, right = (pixels[a] * (1 - share) + pixels[b] * share for a, b in ((50, 172), (280, 397)))
        bow = (left + right) / 2 + (pixels[152] - pixels[13]) * 0.12
        canvas.stroke(image, np.stack([left, bow, right]), colour * 0.8, 1)
    for start, end in ((50, 127), (280, 356)):
        canvas.stroke(image, pixels[[start, end]], colour * 0.9, 2)


def _scarf(image: NDArray[np.uint8], pixels: canvas.Pixels, colour: Colour, rng: np.random.Generator) -> None:
    """Draw a scarf from the nose downwards."""
    across, down = _axes(pixels)
    colour = colour * rng.uniform(0.7, 1.1)
    top = np.linspace(-1.1, 1.1, 9)[:, None]
    height = pixels[4] + down * (rng.uniform(0.02, 0.1) + 0.06 * np.sin(top * rng.uniform(2, 4)))
    edge = height + across * top
    _cover(
        image, np.vstack([edge, pixels[4] + down * 2.5 + across * 1.3, pixels[4] + down * 2.5 - across * 1.3]), colour
    )
    for step in (0.25, 0.5, 0.75):
        canvas.stroke(image, edge + down * step, colour * rng.uniform(0.7, 0.9), 2)


def _hand(image: NDArray[np.uint8], pixels: canvas.Pixels, colour: Colour, rng: np.random.Generator) -> None:
    """Draw four fingers and the back of a hand before the mouth."""
    across, down = _axes(pixels)
    side = float(rng.choice((-1.0, 1.0)))
    colour = colour * rng.uniform(0.88, 1.05)
    centre = pixels[[13, 14]].mean(0) + down * 0.08
    for finger in range(4):
        place = centre + down * (0.17 * finger - 0.22)
        tip = place - across * side * rng.uniform(0.48, 0.6)
        root = place + across * side * 0.75
        thick = max(2, int(np.linalg.norm(across) * 0.19))
        canvas.stroke(image, np.stack([tip, root]), colour * 0.72, thick + 2)
        canvas.stroke(image, np.stack([tip, root]), colour, thick)
    corners = np.array([(0.45, -0.4), (1.6, -0.2), (1.6, 1.2), (0.45, 0.55)])
    palm = centre + corners[:, :1] * side * across + corners[:, 1:] * down
    _cover(image, palm, colour, 1.5)


def _sunglasses(image: NDArray[np.uint8], pixels: canvas.Pixels, colour: Colour, rng: np.random.Generator) -> None:
    """Draw dark glasses that leave the brows free."""
    base = load_base_mesh()
    across, down = _axes(pixels)
    colour = colour + rng.uniform(0, 30, 3)
    angles = np.linspace(0, 2 * np.pi, 25)
    shape = np.clip(np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(1.0, 1.3), -1, 1)
    for contour in (EYE_RIGHT, base.left(EYE_RIGHT)):
        centre = pixels[list(contour)].mean(0) + down * 0.06
        _cover(image, centre + shape[:, :1] * across * 0.27 + shape[:, 1:] * down * 0.18, colour)
    canvas.stroke(image, pixels[[193, 168, 417]], colour, 3)
    for eye, temple in ((33, 127), (263, 356)):
        canvas.stroke(image, np.stack([pixels[eye], pixels[temple]]), colour, 3)


def _hair(image: NDArray[np.uint8], pixels: canvas.Pixels, colour: Colour, rng: np.random.Generator) -> None:
    """Draw a long fringe over forehead and brows."""
    across, down = _axes(pixels)
    low = pixels[168] - down * 0.07
    steps = np.linspace(-0.95, 0.95, 13)[:, None]
    ragged = rng.uniform(-0.05, 0.05, (13, 1))
    lower = low + across * steps + down * ragged
    upper = low - down * 1.4
    _cover(image, np.vstack([lower, upper + across * 0.9, upper - across * 0.9]), colour)
    for strand in range(0, 13, 2):
        canvas.stroke(image, np.stack([lower[strand], lower[strand] - down]), colour * rng.uniform(0.6, 1.3), 1)


def _cut(image: NDArray[np.uint8], pixels: canvas.Pixels, colour: Colour, rng: np.random.Generator) -> None:
    """End the picture between nose and mouth; what lies below is one colour."""
    row = int(np.clip(min(pixels[[0, 37, 267], 1]) - 3, 0, image.shape[0]))
    tone = colour * rng.choice((0.0, 1.0, 2.0))
    cv2.rectangle(image, (0, row), (image.shape[1], image.shape[0]), tone.tolist(), -1)


_PAINTERS: Mapping[Occlusion, Painter] = MappingProxyType(
    {"mask": _mask, "scarf": _scarf, "hand": _hand, "sunglasses": _sunglasses, "hair": _hair, "cut": _cut}
)
