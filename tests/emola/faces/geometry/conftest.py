"""A synthetic face: the base mesh with irises, whose vertices a test moves, seen in a picture from any pose."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from emola.faces.alignment import base_vertices
from emola.faces.face import Face, Gate

PIXELS_PER_UNIT = 30.0
"""The outer eye corners, 9 units apart, then lie 270 px apart."""


@pytest.fixture(scope="session")
def vertices() -> NDArray[np.float64]:
    """float64 (478, 3), base axes: the base mesh with irises whose radius is 0.66 units, under the upper lids."""
    base = base_vertices()
    irises = []
    for upper in (159, 386):
        centre = base[upper] - (0.0, 0.656 * 0.66, 0.0)
        ring = [(0.66, 0, 0), (0, 0.66, 0), (-0.66, 0, 0), (0, -0.66, 0)]
        irises += [centre, *(centre + np.array(offset) for offset in ring)]
    return np.concatenate([base, np.array(irises)])


@pytest.fixture(scope="session")
def moved(vertices) -> Callable[[Mapping[int, tuple[float, float]]], NDArray[np.float64]]:
    """Return the vertices with some moved: index to (x, y) in outer-canthus distances, y up."""

    def move(offsets: Mapping[int, tuple[float, float]]) -> NDArray[np.float64]:
        result = vertices.copy()
        for index, (x, y) in offsets.items():
            result[index, :2] += (9.0 * x, 9.0 * y)
        return result

    return move


def picture_mesh(mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return base-axes vertices as pixels: y down, z away from the camera, centre at (400, 300)."""
    return mesh * (PIXELS_PER_UNIT, -PIXELS_PER_UNIT, -PIXELS_PER_UNIT) + (400.0, 300.0, 0.0)


@pytest.fixture(scope="session")
def to_picture() -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return picture_mesh


@pytest.fixture(scope="session")
def face_of() -> Callable[..., Face]:
    """Return a Face whose mesh is the given base-axes vertices; gates and size as asked."""

    def build(mesh: NDArray[np.float64] | None, gates: tuple[Gate, ...] = (), size_px: float = 400.0) -> Face:
        pixels = None if mesh is None else picture_mesh(mesh).astype(np.float32)
        landmarks = np.zeros((478, 2), np.float32) if pixels is None else pixels[:, :2]
        box = (200.0, 100.0, 600.0, 700.0)
        return Face(box, 0.9, landmarks, "mediapipe-478", pixels, None, size_px, gates, "mediapipe")

    return build
