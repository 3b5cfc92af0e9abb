"""One analyzer for all tests of a run (starting the networks costs most of the time), and turned base meshes."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from emola.faces.alignment import base_vertices
from emola.faces.analyze import FaceAnalyzer
from emola.faces.geometry_table import geometry_table


@pytest.fixture(scope="session")
def analyzer() -> Iterator[FaceAnalyzer]:
    analyzer = FaceAnalyzer()
    yield analyzer
    analyzer.close()


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Rotation of base axes for angles in degrees with the signs of Pose: yaw first, then pitch, then roll."""
    y, p, r = np.radians([yaw, -pitch, -roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


@pytest.fixture
def posed_mesh() -> Callable[..., NDArray[np.float32]]:
    """Return the base mesh as a picture's mesh (478, 3): turned, ``scale`` pixels a unit, centred on ``centre``."""

    def make(yaw=0.0, pitch=0.0, roll=0.0, scale=20.0, centre=(250.0, 250.0)):
        frontal = rotation(0, -geometry_table().pitch_deg, 0)  # the base mesh itself looks this much down
        turned = base_vertices() @ (rotation(yaw, pitch, roll) @ frontal).T
        mesh = np.zeros((478, 3), dtype=np.float32)
        mesh[:468] = turned * scale * (1, -1, -1) + (*centre, 0)
        mesh[468:] = mesh[[159] * 5 + [386] * 5]
        return mesh

    return make
