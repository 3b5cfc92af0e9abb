"""What may cover part of a rendered face, and which action units the picture then shows nothing of.

A covered region is rendered at rest, so that no truth holds what no one could see.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

Occlusion = Literal["mask", "scarf", "hand", "sunglasses", "hair", "cut"]
"""A surgical mask; a scarf up to the nose; a hand before the mouth; dark glasses; hair over the brows; a picture that
ends above the mouth."""

OCCLUDED_SHARE = 1 / 12
"""Share of sampled faces that are partly covered."""

_MOUTH = frozenset({10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27})

HIDDEN: Mapping[Occlusion, frozenset[int]] = MappingProxyType(
    {
        "mask": _MOUTH | {9},
        "scarf": _MOUTH | {9},
        "hand": _MOUTH,
        "sunglasses": frozenset({5, 6, 7, 43}),
        "hair": frozenset({1, 2, 4}),
        "cut": _MOUTH,
    }
)
"""Action units that each occlusion hides."""


def sample_occlusion(rng: np.random.Generator) -> Occlusion | None:
    """Return what covers a face, mostly nothing."""
    draw, kind = rng.random(), int(rng.integers(len(HIDDEN)))
    return get_args(Occlusion)[kind] if draw < OCCLUDED_SHARE else None
