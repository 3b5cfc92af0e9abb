"""Faces to draw: the base mesh with irises placed in a picture, at any size and place."""

from collections.abc import Callable

import numpy as np
import pytest

from emola.faces.alignment import base_vertices
from emola.faces.face import Face
from emola.faces.layouts import mesh_to_106


@pytest.fixture(scope="session")
def make_face() -> Callable[..., Face]:
    """Return a frontal face whose outer eye corners lie 0.53 sizes apart, in either layout."""

    def build(size_px: float = 300.0, centre=(320.0, 240.0), layout="mediapipe-478", with_mesh=True) -> Face:
        base = base_vertices()
        irises = [base[lid] + offset for lid in (159, 386) for offset in np.vstack([np.zeros(3), 0.6 * np.eye(4, 3)])]
        scale = size_px / float(np.ptp(base[:, 1]))
        mesh = (np.concatenate([base, irises]) * (scale, -scale, -scale)).astype(np.float32)
        mesh[:, :2] += np.array(centre, dtype=np.float32) - mesh[[10, 152], :2].mean(axis=0)
        points = mesh[:, :2] if layout == "mediapipe-478" else mesh_to_106(mesh)
        (x0, y0), (x1, y1) = mesh[:, :2].min(axis=0).tolist(), mesh[:, :2].max(axis=0).tolist()
        measured = mesh if with_mesh else None
        return Face((x0, y0, x1, y1), 0.9, points, layout, measured, None, size_px, (), "mediapipe")

    return build


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    """RGB uint8 (480, 640, 3): a smooth ramp, so that any change shows."""
    rows, columns = np.mgrid[0:480, 0:640]
    return np.stack([rows % 200, columns % 200, (rows + columns) % 200], axis=2).astype(np.uint8)
