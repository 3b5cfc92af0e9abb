import math
import os

import numpy as np
import pytest

from emola.faces.mesh import MeshNetwork, mesh_box, region_around, region_from_mesh
from emola.faces.quiet import quiet_stderr
from emola.faces.views import Pyramid, Region

FACE = Region(225, 120, 175)
"""The astronaut's face."""


@pytest.fixture(scope="module")
def network():
    network = MeshNetwork()
    yield network
    network.close()


def test_presence_tells_a_face_from_a_rocket(network, astronaut):
    picture = Pyramid(astronaut)
    assert network.measure(picture, FACE).presence > 0.99
    assert network.measure(picture, Region(420, 300, 175)).presence < 0.01


def test_the_mesh_of_the_mirrored_head_is_the_mirrored_mesh(network, astronaut):
    picture = Pyramid(astronaut)
    plain, mirrored = network.measure(picture, FACE), network.measure(picture, FACE, mirrored=True)
    assert np.linalg.norm(plain.mesh[:, :2] - mirrored.mesh[:, :2], axis=1).mean() < 2.5


def test_the_subjects_left_eye_is_on_the_right_of_the_picture(network, astronaut):
    mesh = network.measure(Pyramid(astronaut), FACE).mesh
    assert mesh[468, 0] < mesh[4, 0] < mesh[473, 0] and mesh[10, 1] < mesh[4, 1] < mesh[152, 1]
    assert mesh[4, 2] < mesh[234, 2]


def test_the_mesh_does_not_depend_on_the_size_of_the_picture(network, astronaut):
    small = network.measure(Pyramid(astronaut), FACE).mesh
    large = network.measure(
        Pyramid(np.kron(astronaut, np.ones((4, 4, 1), np.uint8))), Region(4 * FACE.x, 4 * FACE.y, 4 * FACE.side)
    ).mesh
    assert np.abs(large / 4 - small).max() < 1.5


def test_the_square_around_a_rolled_head_is_not_larger(posed_mesh):
    upright, rolled = region_from_mesh(posed_mesh()), region_from_mesh(posed_mesh(roll=40))
    assert rolled.side == pytest.approx(upright.side, rel=1e-4)
    assert rolled.angle - upright.angle == pytest.approx(math.radians(40), abs=1e-4)


def test_the_square_around_a_detection_is_level_with_its_eyes():
    region = region_around(100, 80, 60, np.array([[90.0, 70.0], [110.0, 90.0]]))
    assert (region.x, region.y, region.side) == (100, 80, 90) and region.angle == pytest.approx(math.pi / 4)


def test_the_box_leaves_the_irises_out(posed_mesh):
    mesh = posed_mesh()
    mesh[468:] = 1e6
    assert max(mesh_box(mesh)) < 1e3


def test_native_log_lines_are_swallowed_and_the_stream_comes_back(capfd):
    with pytest.raises(RuntimeError, match="passes"), quiet_stderr():
        os.write(2, b"W0000 native noise\n")
        raise RuntimeError("passes")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
