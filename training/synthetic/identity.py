"""Random people: the base mesh with other proportions, brows, lids, lips and a little asymmetry."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import COMPONENTS, WIDTHS
from training.synthetic.mesh import (
    BROW_TOP_RIGHT,
    EYE_RIGHT,
    LOWER_LID_RIGHT,
    UPPER_LID_RIGHT,
    BaseMesh,
    Points,
    falloff,
    load_base_mesh,
)

_TRAITS: tuple[tuple[tuple[int, ...], float, tuple[float, float, float], bool], ...] = (
    ((70, 63, 105, 66, 107, 46, 53, 52, 65, 55), 1.0, (0.12, 0.30, 0.10), True),
    (EYE_RIGHT, 0.9, (0.15, 0.10, 0.12), True),
    ((48, 49, 64, 98, 129, 102, 219), 0.8, (0.18, 0.15, 0.10), True),
    ((4, 1, 19, 94), 0.8, (0.0, 0.25, 0.30), False),
    ((61,), 1.0, (0.28, 0.12, 0.10), True),
    ((152, 148, 176), 1.6, (0.15, 0.45, 0.30), False),
    ((172, 136, 58, 150), 1.8, (0.40, 0.30, 0.30), True),
    ((50, 123, 187), 1.6, (0.25, 0.15, 0.25), True),
    ((10, 109, 67, 103), 1.8, (0.15, 0.40, 0.20), False),
    ((127, 234, 162), 1.8, (0.30, 0.20, 0.30), True),
    ((0, 37, 39), 0.35, (0.02, 0.13, 0.10), False),
    ((17, 84, 181), 0.4, (0.02, 0.15, 0.10), False),
    ((6, 197, 195), 0.8, (0.0, 0.15, 0.30), False),
)
"""Centres, spread, standard deviation along x, y, z, and whether the two sides move apart (True) or as one."""


@dataclass(frozen=True)
class Identity:
    """One person.

    Attributes:
        neutral: (468, 3) the neutral mesh.
        jitter: (C, 3) this person's factors on the components of the action units.
        width: this person's factor on the spreads of the movements.
    """

    neutral: Points
    jitter: NDArray[np.float64]
    width: float


@cache
def _trait_weights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (T, 468) weights of the traits on the right side and on the left."""
    base = load_base_mesh()
    right = np.stack([falloff(base.vertices, centres, (s, s, 3 * s)) for centres, s, _, _ in _TRAITS])
    return right, right[:, base.mirror]


def sample_identity(rng: np.random.Generator, spread: float = 1.0) -> Identity:
    """Return a random person.

    Args:
        rng: source of all randomness.
        spread: factor on how far people differ from the base mesh; 0 gives the base mesh itself.
    """
    base = load_base_mesh()
    neutral = base.vertices * (1 + rng.normal(0, 0.05, 3) * spread)
    right, left = _trait_weights()
    for row, (_, _, deviation, apart) in enumerate(_TRAITS):
        move = rng.normal(0, 1, 3) * deviation * spread
        if apart:
            neutral = neutral + right[row][:, None] * move + left[row][:, None] * move * (-1, 1, 1)
        else:
            weight = np.maximum(right[row], left[row])
            neutral = neutral + weight[:, None] * (0, move[1], move[2])
            neutral[:, 0] += weight * move[0] * np.clip(base.vertices[:, 0], -1, 1)
    _open_eyes(neutral, rng.normal(0, 0.08) * spread, base)
    _tilt_brows(neutral, rng.normal(0, 0.16) * spread, base)
    corner = falloff(base.vertices, (61, 291), (0.6, 0.6, 0.6))
    neutral[:, 1] += rng.normal(0, 0.12) * spread * corner
    for _ in range(4):
        patch = falloff(base.vertices, (int(rng.integers(len(neutral))),), (2.0, 2.0, 2.0))
        neutral = neutral + patch[:, None] * rng.normal(0, 0.07, 3) * spread
    jitter = 1 + rng.normal(0, 0.15, (len(COMPONENTS), 3)) * min(spread, 1.0)
    return Identity(neutral, jitter, float(rng.choice(WIDTHS)))


def _open_eyes(mesh: Points, amount: float, base: BaseMesh) -> None:
    """Widen or narrow both eyes by a share of their height, in place."""
    upper = [*UPPER_LID_RIGHT, *base.left(UPPER_LID_RIGHT)]
    lower = [*LOWER_LID_RIGHT, *base.left(LOWER_LID_RIGHT)]
    mesh[upper] += (mesh[upper] - mesh[lower]) * amount


def _tilt_brows(mesh: Points, amount: float, base: BaseMesh) -> None:
    """Raise one end of both brows and lower the other, in place."""
    weight = falloff(base.vertices, BROW_TOP_RIGHT, (1.0, 0.8, 3.0))
    slope = weight * np.clip((-base.vertices[:, 0] - 2.7) / 2, -1, 1)
    mesh[:, 1] += amount * (slope + slope[base.mirror])
