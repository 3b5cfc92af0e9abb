"""Wrinkles, furrows and dimples: where the skin darkens for which action units."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas
from training.synthetic.mesh import load_base_mesh

Strength = Callable[[int], float]
"""Gives the mean activation of an action unit, 0 to 1, by its number."""


@dataclass(frozen=True)
class Fold:
    """A line over vertices (a tuple stands for their mean), drawn with a weight per action unit.

    ``rest`` is the darkness that age alone brings; ``mirrored`` draws the line on both sides.
    """

    path: tuple[int | tuple[int, ...], ...]
    weights: dict[int, float]
    width: int = 2
    rest: float = 0.0
    mirrored: bool = True


_FOREHEAD = ((63, 68), 104, 69, 108, 151, 337, 299, 333, (293, 298))
_HAIRLINE = (68, (104, 103), (69, 67), (108, 109), (151, 10), (337, 338), (299, 297), (333, 332), 298)

_NASOLABIAL = ((129, 102), (203, 129), (203, 206), (206, 216), (216, 212))

FOLDS: tuple[Fold, ...] = (
    Fold(((55, 8), (107, 9)), {4: 0.85, 9: 0.3}, rest=0.12),
    Fold((8, 9), {4: 0.3}, mirrored=False),
    *(Fold(row[2:7], {1: 0.6}, rest=0.14, mirrored=False) for row in (_FOREHEAD, _HAIRLINE)),
    *(Fold(row[0:4], {2: 0.6}, rest=0.1) for row in (_FOREHEAD, _HAIRLINE)),
    Fold((55, 193), {9: 0.8}),
    Fold((122, 193), {9: 0.9}),
    Fold((122, 6), {9: 0.8}),
    Fold(((245, 188), (188, 196)), {9: 0.8}),
    Fold(((128, 114), (114, 217), (217, 174)), {9: 0.7}),
    Fold((122, 6, 351), {9: 0.7}, mirrored=False),
    Fold((196, 197, 419), {9: 0.7}, mirrored=False),
    Fold((33, 130), {6: 0.7}, rest=0.1),
    Fold(((130, 226), (226, 35, 35), 143), {6: 0.85}, rest=0.12),
    Fold(((130, 226), (113, 226), (124, 113)), {6: 0.7}, rest=0.08),
    Fold((33, (226, 31), (35, 31), 111), {6: 0.85}, rest=0.12),
    Fold(((31, 228), (228, 229), (229, 230), (230, 231), (231, 232)), {6: 0.6, 7: 0.5}, rest=0.3),
    Fold(_NASOLABIAL, {12: 0.5, 10: 0.5, 9: 0.2, 20: 0.13, 14: 0.1}, rest=0.3),
    Fold(_NASOLABIAL[:3], {10: 0.35, 9: 0.5}, 3),
    Fold((61, (57, 43), (43, 204), (204, 194, 194)), {15: 0.85}, rest=0.12),
    Fold(((57, 43), (43, 202), (202, 204)), {20: 0.5}),
    Fold(((57, 186), (57, 212), (212, 202), (202, 210)), {20: 0.6}),
    Fold((204, (194, 201), (201, 200), 200, (421, 200), (418, 421), 424), {17: 0.6}, 3, rest=0.05, mirrored=False),
    Fold((17, (17, 18), 18, (18, 200)), {16: 0.25}, 2, mirrored=False),
    Fold(((181, 194), (194, 204), (204, 211)), {16: 0.6}, 2),
    *(Fold(path, {23: 0.9}, 1) for path in ((40, (92, 165)), (39, (165, 167)), (37, (167, 164)))),
    *(Fold(path, {23: 0.9}, 1) for path in ((91, (106, 182)), (181, (182, 83)), (84, (83, 18)))),
    Fold(((181, 182), (84, 83), (17, 18), (314, 313), (405, 406)), {24: 0.8}, 3, mirrored=False),
)
_NOSTRILS = (Fold(((20, 60), (60, 75)), {}, 3, 0.75), Fold(((98, 64), (64, 48), (48, 49, 64)), {}, 2, 0.3))
_LID_CREASE = Fold(((247, 246), 30, 29, 27, 28, 56, (190, 173)), {}, 1, 0.35)
_CHIN_DIMPLES = (199, 208, 428, (199, 175), (208, 171), (428, 396))


@cache
def _mirrored(path: tuple[int | tuple[int, ...], ...]) -> tuple[int | tuple[int, ...], ...]:
    """Return the same line on the other side."""
    mirror = load_base_mesh().mirror
    return tuple(
        tuple(int(mirror[item]) for item in entry) if isinstance(entry, tuple) else int(mirror[entry]) for entry in path
    )


def _line(pixels: canvas.Pixels, path: tuple[int | tuple[int, ...], ...]) -> canvas.Pixels:
    """Return the pixels of a path."""
    return np.array([_mean(pixels, item) if isinstance(item, tuple) else pixels[item] for item in path])


def _mean(pixels: canvas.Pixels, vertices: tuple[int, ...]) -> canvas.Pixels:
    """Return the middle of some vertices; ``ndarray.mean`` gives the same numbers in twice the time."""
    return np.asarray(pixels[list(vertices)].sum(0) / len(vertices))


def _draw(dark: NDArray[np.uint8], pixels: canvas.Pixels, fold: Fold, darkness: tuple[float, float]) -> None:
    """Draw one fold with the darkness of its right and left side, 0 to 1."""
    paths = (fold.path, _mirrored(fold.path)) if fold.mirrored else (fold.path,)
    for path, amount in zip(paths, darkness, strict=False):
        if amount > 0.03:
            canvas.stroke(dark, _line(pixels, path), 255 * min(1.0, amount), fold.width)


def draw_folds(
    image: NDArray[np.uint8], pixels: canvas.Pixels, right: Strength, left: Strength, wrinkles: float, age: float
) -> None:
    """Darken the skin where it folds, in place.

    Args:
        image: (S, S, 3) RGB uint8.
        pixels: (468, 2) projected mesh.
        right: activation of each unit on the subject's right.
        left: the same on the left.
        wrinkles: how strongly folds show.
        age: depth of the folds at rest, 0 to 1.
    """
    dark = np.zeros(image.shape[:2], np.uint8)
    for fold in FOLDS:
        sides = [sum(weight * side(unit) for unit, weight in fold.weights.items()) for side in (right, left)]
        if not fold.mirrored:
            sides = [sum(sides) / 2]
        amounts = [wrinkles * (value + fold.rest * age) for value in sides]
        _draw(dark, pixels, fold, (amounts[0], amounts[-1]))
    for fold in _NOSTRILS:
        _draw(dark, pixels, fold, (fold.rest, fold.rest))
    _draw(dark, pixels, _LID_CREASE, (0.35 * (1 - 0.7 * right(43)), 0.35 * (1 - 0.7 * left(43))))
    _draw_dimples(dark, pixels, right, left)
    canvas.blend(image, np.zeros(3), canvas.soften(dark, image.shape[0] / 256), 0.55)


def _draw_dimples(dark: NDArray[np.uint8], pixels: canvas.Pixels, right: Strength, left: Strength) -> None:
    """Draw the cheek dimples of AU14 and the pits of the chin of AU17."""
    width = float(np.linalg.norm(pixels[454] - pixels[234])) / 2
    for side, corner, outside, sign in ((right, 61, 57, -1), (left, 291, 287, 1)):
        if side(14) > 0.05:
            centre = pixels[corner] + (pixels[outside] - pixels[corner]) * 0.75
            bow = np.array([(0, -6), (2.5 * sign, 0), (0, 6)]) * width / 85
            canvas.stroke(dark, centre + bow, min(255, 255 * side(14)), 3)
    chin = (right(17) + left(17)) / 2
    if chin > 0.1:
        for pit in _CHIN_DIMPLES:
            canvas.disc(dark, _line(pixels, (pit,))[0], 2 * width / 85, min(255, 110 * chin))
