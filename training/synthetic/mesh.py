"""The base mesh and the groups of its vertices that the renderer moves and draws.

Frame: x to the subject's left (the right of the picture), y up, z towards the camera; outer canthi 9.0 apart.
Vertex numbers are those of the MediaPipe face mesh (468 vertices). Lists named ``RIGHT`` lie on the subject's right
(negative x); the left ones come from the mesh's mirror map.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

EYE_RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
UPPER_LID_RIGHT = (246, 161, 160, 159, 158, 157, 173)
LOWER_LID_RIGHT = (7, 163, 144, 145, 153, 154, 155)
LID_FOLD_RIGHT = (247, 30, 29, 27, 28, 56, 190)
BROW_TOP_RIGHT = (70, 63, 105, 66, 107)
BROW_BOTTOM_RIGHT = (46, 53, 52, 65, 55)
UPPER_LIP_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_LIP_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
LOWER_LIP_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_OVAL_LEFT = (338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
_OVAL_RIGHT = (148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
OVAL = (10, *_OVAL_LEFT, 152, *_OVAL_RIGHT)
LIP_RINGS_RIGHT: dict[int, tuple[int, int]] = {
    **{72: (0, 13), 11: (0, 13), 12: (0, 13), 38: (37, 82), 41: (39, 81), 73: (39, 81)},
    **{42: (40, 80), 74: (40, 80), 184: (185, 191), 183: (185, 191)},
    **{15: (17, 14), 16: (17, 14), 86: (84, 87), 85: (84, 87), 179: (181, 178), 180: (181, 178)},
    **{89: (91, 88), 90: (91, 88), 96: (146, 95), 77: (146, 95)},
}
"""Vertices between the outer and the inner lip line with the outer and inner vertex that they lie between."""


@dataclass(frozen=True)
class BaseMesh:
    """The symmetric neutral face.

    Attributes:
        vertices: (468, 3) in the frame of this module.
        mirror: (468,) number of each vertex's mirror image; an involution.
        triangles: (854, 3) vertex numbers.
    """

    vertices: Points
    mirror: NDArray[np.int64]
    triangles: NDArray[np.int64]

    def left(self, right: tuple[int, ...]) -> tuple[int, ...]:
        """Return the mirror images of a list of vertices."""
        return tuple(int(self.mirror[vertex]) for vertex in right)


@cache
def load_base_mesh() -> BaseMesh:
    """Return the base mesh that ships with ``emola.faces``."""
    text = resources.files("emola.faces").joinpath("data/base_mesh.json").read_text(encoding="utf-8")
    content = json.loads(text)
    return BaseMesh(
        vertices=np.array(content["vertices"], dtype=np.float64),
        mirror=np.array(content["mirror"], dtype=np.int64),
        triangles=np.array(content["triangles"], dtype=np.int64),
    )


def falloff(points: Points, centres: tuple[int, ...], spread: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return Gaussian weights (V,) in [0, 1] around the nearest of the centre vertices.

    Args:
        points: (V, 3) mesh.
        centres: vertex numbers; the weight there is 1.
        spread: standard deviation along x, y and z in mesh units.
    """
    steps = (points[:, None] - points[list(centres)][None]) / np.asarray(spread)
    weights: NDArray[np.float64] = np.exp(-0.5 * (steps**2).sum(-1).min(1))
    return weights
