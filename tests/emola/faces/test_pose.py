import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.faces.geometry_table import geometry_table
from emola.faces.pose import pose_from_mesh


@pytest.mark.parametrize(
    ("turn", "expected"),
    [({}, (0, 0, 0)), ({"yaw": 30}, (30, 0, 0)), ({"pitch": 20}, (0, 20, 0)), ({"roll": -25}, (0, 0, -25))],
)
def test_each_angle_alone(posed_mesh, turn, expected):
    pose = pose_from_mesh(posed_mesh(**turn))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(expected, abs=1e-3)


def test_signs_are_those_of_the_picture(posed_mesh):
    """Turned to the right of the picture the nose tip (4) lies right of the eyes' middle; looking up, above rest."""
    rest, right, up = posed_mesh(), posed_mesh(yaw=30), posed_mesh(pitch=20)
    assert right[4, 0] - right[[33, 263], 0].mean() > rest[4, 0] - rest[[33, 263], 0].mean() + 10
    assert up[4, 1] - up[[33, 263], 1].mean() < rest[4, 1] - rest[[33, 263], 1].mean() - 10
    clockwise = posed_mesh(roll=25)
    assert clockwise[263, 1] > clockwise[33, 1]


def test_angles_together_are_taken_apart(posed_mesh):
    for yaw, pitch, roll in ((35, -20, 40), (-60, 15, -120), (10, 30, 170)):
        pose = pose_from_mesh(posed_mesh(yaw=yaw, pitch=pitch, roll=roll, scale=7, centre=(3, 900)))
        assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1e-3)


@given(st.floats(0.5, 100), st.floats(-1e3, 1e3))
def test_scale_and_place_do_not_matter(scale, place):
    from emola.faces.alignment import base_vertices

    mesh = base_vertices() * (1, -1, -1) * scale + place
    pose = pose_from_mesh(mesh)
    assert abs(pose.yaw) + abs(pose.roll) + abs(pose.pitch - geometry_table().pitch_deg) < 1e-6


def test_a_collapsed_mesh_is_refused():
    with pytest.raises(ValueError, match="coincide"):
        pose_from_mesh(np.zeros((478, 3)))
