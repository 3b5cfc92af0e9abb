import numpy as np
import pytest

from emola.faces.layouts import (
    DLIB_68,
    INSIGHTFACE_106,
    MEDIAPIPE_478,
    MESH_TO_106,
    MIRROR_106,
    MIRROR_478,
    mesh_to_106,
    points_106_to_68,
)


def test_each_of_the_106_points_is_in_exactly_one_region():
    seen = [set().union(*(line.indices for line in lines)) for lines in INSIGHTFACE_106.values()]
    assert sum(len(indices) for indices in seen) == 106 and set().union(*seen) == set(range(106))


def test_regions_of_the_mesh_hold_vertices_of_the_mesh():
    for lines in MEDIAPIPE_478.values():
        assert all(0 <= index < 478 for line in lines for index in line.indices)


@pytest.mark.parametrize(
    ("mirror", "pairs"),
    [
        (MIRROR_106, [(1, 17), (43, 101), (35, 93), (52, 61), (0, 0)]),
        (MIRROR_478, [(33, 263), (61, 291), (10, 10), (468, 473)]),
    ],
)
def test_mirror_maps_are_involutions_with_the_known_pairs(mirror, pairs):
    assert (mirror[mirror] == np.arange(len(mirror))).all()
    for left, right in pairs:
        assert mirror[left] == right


def test_weights_of_each_point_sum_to_one():
    np.testing.assert_allclose(MESH_TO_106.sum(axis=1), 1, atol=1e-9)


def test_the_68_points_are_different_ones():
    assert len(set(DLIB_68.tolist())) == 68
    points = np.arange(212, dtype=np.float32).reshape(106, 2)
    np.testing.assert_array_equal(points_106_to_68(points)[8], points[0])  # the chin


def test_a_flipped_mesh_gives_the_flipped_106(posed_mesh):
    mesh = posed_mesh(centre=(0, 0))
    flipped = mesh[MIRROR_478] * (-1, 1, 1)
    direct, turned = mesh_to_106(flipped), mesh_to_106(mesh)[MIRROR_106] * (-1, 1)
    canthi = np.linalg.norm(mesh[33, :2] - mesh[263, :2])
    assert np.abs(direct - turned).max() < 0.08 * canthi


def test_other_counts_are_refused():
    with pytest.raises(ValueError, match="478"):
        mesh_to_106(np.zeros((468, 3)))
    with pytest.raises(ValueError, match="106"):
        points_106_to_68(np.zeros((68, 2), dtype=np.float32))
