"""Displacement fields of the 20 action units on the base mesh.

Each action unit is a sum of components: a Gaussian patch of vertices and the direction in which it moves at full
intensity, in mesh units, for the subject's right half (the left half is its mirror image; near the midline both
halves add up). What the units do follows the appearance changes of the FACS manual (Ekman, Friesen and Hager,
2002); the amounts are ours. Lid closing (43), lip pressing (23, 24) and the seal of closed lips are not linear and
live in :mod:`training.synthetic.deform`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import ACTION_UNITS
from training.synthetic.mesh import (
    LOWER_LID_RIGHT,
    LOWER_LIP_INNER,
    UPPER_LID_RIGHT,
    UPPER_LIP_INNER,
    BaseMesh,
    falloff,
    load_base_mesh,
)

NUMBERS: tuple[int, ...] = tuple(ACTION_UNITS)
"""Action unit numbers in the order of every activation array."""

INDEX: dict[int, int] = {number: index for index, number in enumerate(NUMBERS)}

WIDTHS: tuple[float, ...] = (0.9, 1.0, 1.1, 1.2)
"""Variants of how far a movement reaches over the skin; each face uses one."""


@dataclass(frozen=True)
class Component:
    """One patch of one action unit: centre vertices, displacement at full intensity, spread, name of a mask."""

    action_unit: int
    centres: tuple[int, ...]
    displacement: tuple[float, float, float]
    spread: tuple[float, float]
    mask: str = "all"


COMPONENTS: tuple[Component, ...] = (
    Component(1, (107, 55), (0.12, 0.85, 0.1), (1.3, 1.3), "brows"),
    Component(1, (66, 65), (0, 0.35, 0), (0.9, 1.2), "brows"),
    Component(2, (105, 63, 53), (0, 0.75, 0), (1.4, 1.2), "brows"),
    Component(2, (70, 46), (0, 0.35, 0), (1.0, 1.2), "brows"),
    Component(4, (55, 107), (0.38, -0.6, 0.1), (1.1, 1.0), "brows"),
    Component(4, (105, 52), (0.2, -0.35, 0), (1.3, 1.0), "brows"),
    Component(4, (168,), (0, -0.1, 0), (1.0, 0.8)),
    Component(5, (*UPPER_LID_RIGHT, 27, 28, 29, 56, 30), (0, 0.34, 0), (0.5, 0.5), "upper lid"),
    Component(6, (50, 117, 118), (-0.05, 0.6, 0.45), (1.3, 1.0), "below the eye"),
    Component(6, LOWER_LID_RIGHT, (0, 0.26, 0), (0.6, 0.6), "lower lid"),
    Component(6, (33, 7, 246), (0.06, -0.03, 0), (0.4, 0.4)),
    Component(6, (46, 53), (0, -0.15, 0), (1.0, 0.8), "brows"),
    Component(7, (*LOWER_LID_RIGHT, 22, 23, 24, 110, 26), (0, 0.3, 0), (0.6, 0.6), "lower lid"),
    Component(7, UPPER_LID_RIGHT, (0, -0.22, 0), (0.4, 0.4), "upper lid"),
    Component(9, (64, 98, 48, 49), (-0.06, 0.58, 0.1), (0.8, 0.8)),
    Component(9, (55, 107), (0.15, -0.35, 0), (1.0, 0.9), "brows"),
    Component(9, (193, 122), (0.08, -0.15, 0.1), (0.7, 0.6)),
    Component(9, (37, 39, 40), (0, 0.3, 0.1), (1.0, 0.8), "upper lip and above"),
    Component(9, (101, 36), (0, 0.3, 0.2), (1.0, 1.0)),
    Component(9, LOWER_LID_RIGHT, (0, 0.1, 0), (0.5, 0.5), "lower lid"),
    Component(10, (37, 39, 40), (-0.05, 0.55, 0.14), (1.0, 0.9), "upper lip"),
    Component(10, (64, 98), (-0.05, 0.18, 0), (0.6, 0.6)),
    Component(10, (36, 101), (0, 0.22, 0.2), (0.9, 0.8)),
    Component(12, (61,), (-0.62, 0.75, -0.35), (1.15, 1.15)),
    Component(12, (50, 205, 187), (-0.1, 0.28, 0.25), (1.0, 1.0)),
    Component(12, (17, 14), (0, -0.02, -0.1), (1.2, 0.8)),
    Component(14, (61,), (-0.32, 0.12, -0.55), (0.6, 0.6)),
    Component(14, (40, 91), (-0.06, 0, -0.12), (0.5, 0.5)),
    Component(15, (61,), (-0.1, -0.75, -0.1), (0.95, 0.85)),
    Component(15, (17,), (0, 0.06, 0.05), (1.0, 0.5)),
    Component(16, (84, 181), (-0.08, -0.5, -0.05), (1.1, 0.8), "lower lip"),
    Component(16, (17,), (0, -0.06, -0.12), (1.0, 0.7), "lower lip"),
    Component(17, (17, 84), (0, 0.32, 0.28), (1.1, 0.7), "lower lip"),
    Component(17, (199, 200, 175), (0, 0.44, 0.12), (1.3, 1.1), "lower lip"),
    Component(17, (0, 37), (0, 0.16, 0.1), (1.0, 0.5), "upper lip"),
    Component(17, (61,), (0, -0.14, 0), (0.5, 0.5)),
    Component(20, (61,), (-0.9, -0.2, -0.5), (1.1, 1.0)),
    Component(20, (17, 84), (0, 0, -0.15), (1.0, 0.6)),
    Component(23, (61,), (0.5, 0, 0.15), (0.9, 0.7)),
    Component(24, (61,), (0.08, -0.03, 0), (0.7, 0.7)),
    Component(25, (84, 17, 181, 14, 87), (0, -0.42, 0), (1.2, 0.9), "lower lip"),
    Component(25, (37, 0, 13, 82), (0, 0.1, 0), (1.0, 0.5), "upper lip"),
    Component(26, (152,), (0, -0.6, -0.07), (0, 0), "jaw"),
    Component(26, (61,), (0.06, 0.05, 0), (0.8, 0.8)),
    Component(26, (187, 205), (0.09, -0.14, -0.06), (1.2, 1.2)),
    Component(27, (152,), (0, -1.45, -0.17), (0, 0), "jaw"),
    Component(27, (61,), (0.3, 0.05, 0), (0.8, 0.8)),
    Component(27, (0, 37, 13), (0, 0.14, 0), (1.0, 0.5), "upper lip"),
    Component(27, (187, 205), (0.23, -0.35, -0.14), (1.2, 1.2)),
)

_JAW_SHARE = {78: 0.25, 95: 0.45, 88: 0.75, 178: 0.9, 87: 0.98, 14: 1.0, 61: 0.28, 146: 0.5, 91: 0.78, 181: 0.92}
_UPPER_LID_SKIN = dict(
    zip(
        (27, 28, 29, 30, 56, 190, 247, 223, 222, 224),
        (0.45, 0.45, 0.45, 0.35, 0.35, 0.25, 0.3, 0.1, 0.1, 0.1),
        strict=True,
    )
)
_LOWER_LID_SKIN = dict(
    zip((22, 23, 24, 110, 26, 112, 25, 229, 230, 231), (0.7, 0.7, 0.7, 0.6, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3), strict=True)
)


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic function."""
    return 1 / (1 + np.exp(-values))


def _mouth_height(base: BaseMesh) -> float:
    """Return y of the line between the lips."""
    return float(base.vertices[[13, 14], 1].mean())


def _vertex_mask(base: BaseMesh, weights: dict[int, float]) -> NDArray[np.float64]:
    """Return (468,) weights for the vertices given and zero elsewhere."""
    mask = np.zeros(len(base.vertices))
    mask[list(weights)] = list(weights.values())
    return mask


def _lid_mask(
    base: BaseMesh, lid: tuple[int, ...], profile: tuple[float, ...], skin: dict[int, float]
) -> NDArray[np.float64]:
    """Return the weights of a lid: its edge by profile from outer to inner corner, the skin beside it by table."""
    edge = np.interp(range(len(lid)), (0, 3, 6), profile)
    return _vertex_mask(base, skin | dict(zip(lid, edge.tolist(), strict=True)))


def _jaw_mask(base: BaseMesh) -> NDArray[np.float64]:
    """Return how far each vertex follows the lower jaw, 0 to 1 (both halves)."""
    x, y = base.vertices[:, 0], base.vertices[:, 1]
    mask = _sigmoid(-(y - (_mouth_height(base) - 0.35)) / 0.25)
    mask *= np.exp(-0.5 * (np.maximum(np.abs(x) - 3.2, 0) / 1.6) ** 2)
    for vertex, share in (_JAW_SHARE | {84: 0.99, 17: 1.0}).items():
        mask[[vertex, base.mirror[vertex]]] = share
    return mask


def _masks(base: BaseMesh) -> dict[str, NDArray[np.float64]]:
    """Return every mask that a component may name."""
    y = base.vertices[:, 1]
    upper = (y > _mouth_height(base) - 1e-3).astype(float)
    lower = (y < _mouth_height(base) + 1e-3).astype(float)
    corners = [61, 78, 308, 291]
    upper_and_above = upper.copy()
    upper_and_above[list(LOWER_LIP_INNER)] = 0
    upper[list(LOWER_LIP_INNER)] = 0
    upper[list(UPPER_LIP_INNER)] = 1
    upper[corners] = 0.3
    lower[list(UPPER_LIP_INNER)] = 0
    lower[list(LOWER_LIP_INNER)] = 1
    lower[corners] = 0.25
    return {
        "all": np.ones(len(y)),
        "brows": _sigmoid((y - (y[159] + 0.75)) / 0.15),
        "upper lid": _lid_mask(base, UPPER_LID_RIGHT, (0.35, 1.0, 0.6), _UPPER_LID_SKIN),
        "lower lid": _lid_mask(base, LOWER_LID_RIGHT, (0.5, 1.0, 0.6), _LOWER_LID_SKIN),
        "below the eye": (y < y[145] - 0.3).astype(float),
        "upper lip": upper,
        "upper lip and above": upper_and_above,
        "lower lip": lower,
        "jaw": _jaw_mask(base),
    }


@cache
def component_weights(width: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights of every component on the right and on the left half.

    Args:
        width: factor on every spread.

    Returns:
        Two arrays (C, 468) in the order of ``COMPONENTS``.
    """
    base = load_base_mesh()
    masks = _masks(base)
    rows = []
    for part in COMPONENTS:
        if part.mask == "jaw":
            rows.append(masks["jaw"])
            continue
        spread = (part.spread[0] * width, part.spread[1] * width, 3.0)
        rows.append(falloff(base.vertices, part.centres, spread) * masks[part.mask])
    right = np.stack(rows)
    return right, right[:, base.mirror]


def displacement(
    activation: NDArray[np.float64], jitter: NDArray[np.float64] | None = None, width: float = 1.0
) -> NDArray[np.float64]:
    """Return how far the action units move each vertex.

    Args:
        activation: (20, 2) right and left activation, 0 to about 1, in the order of ``NUMBERS``.
        jitter: (C, 3) factors on the components' displacements (one person's way of moving); None means ones.
        width: factor on the spreads, one of ``WIDTHS``.

    Returns:
        (468, 3) displacement in mesh units; exactly zero when every activation is zero.
    """
    directions = np.array([part.displacement for part in COMPONENTS])
    if jitter is not None:
        directions = directions * jitter
    rows = [INDEX[part.action_unit] for part in COMPONENTS]
    right, left = component_weights(width)
    moved: NDArray[np.float64] = right.T @ (directions * activation[rows, :1])
    moved += left.T @ (directions * (-1, 1, 1) * activation[rows, 1:])
    return moved
