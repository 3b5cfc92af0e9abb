"""Covers hide what they are said to hide, and little else."""

import numpy as np
import pytest

from training.synthetic.face import make_face
from training.synthetic.occlusion import HIDDEN
from training.synthetic.truth import Truth

REGIONS = {"brows": (70, 63, 105, 66, 107, 336, 296, 334), "eyes": (159, 145, 386, 374), "mouth": (0, 17, 61, 291, 13)}
UNITS = {"brows": 1, "eyes": 5, "mouth": 12}


def covered_share(kind: str, region: str, index: int) -> float:
    """Share of the region's vertices around which the cover changes the picture."""
    bare = make_face(4, index, Truth({}, "neutral", None, 0.0))
    over = make_face(4, index, Truth({}, "neutral", None, 0.0, kind))
    changed = np.abs(bare.image.astype(int) - over.image).max(-1) > 12
    places = np.clip(bare.points[list(REGIONS[region]), :2].round().astype(int), 1, 254)
    return float(np.mean([changed[y - 1 : y + 2, x - 1 : x + 2].mean() > 0.5 for x, y in places]))


@pytest.mark.parametrize("kind", HIDDEN)
def test_hidden_regions_are_covered_and_others_are_not(kind: str) -> None:
    for region, unit in UNITS.items():
        shares = [covered_share(kind, region, index) for index in range(6)]
        if unit in HIDDEN[kind]:
            assert np.mean(shares) > 0.75, region
        else:
            assert np.mean(shares) < 0.25, region
