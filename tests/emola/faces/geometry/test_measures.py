"""Measures: hand-worked values, neutral bands, sides, and independence of head pose and picture size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.faces.alignment import base_vertices
from emola.faces.geometry_table import geometry_table
from emola.faces.measures import measure_all, upright_mesh

angles = st.floats(-180.0, 180.0)


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    a, b, c = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def test_distances_equal_those_worked_out_by_hand(vertices, to_picture):
    base, values = base_vertices(), measure_all(to_picture(vertices))

    def distance(a: int, b: int) -> float:
        return float(np.sqrt(((base[a] - base[b]) ** 2).sum()))

    assert values["mouth_width"] == pytest.approx(5.2268 / 9.0, abs=1e-6)
    assert values["lip_gap"] == pytest.approx(distance(13, 14) / 9.0)
    assert values["mouth_openness"] == pytest.approx(distance(13, 14) / distance(78, 308))
    assert values["jaw_length"] == pytest.approx(distance(2, 152) / 9.0)
    lids = (distance(160, 144) + distance(159, 145) + distance(158, 153)) / 3
    assert values["eye_openness_right"] == pytest.approx(lids / distance(33, 133))
    angle = np.radians(geometry_table().pitch_deg)
    y = base[:, 1] * np.cos(angle) - base[:, 2] * np.sin(angle)
    assert values["lip_corner_height"] == pytest.approx((y[61] - (y[13] + y[14]) / 2) / 9.0)
    brow = (y[107] + y[55]) / 2 - y[133] - ((y[70] + y[63]) / 2 - y[33])
    assert values["inner_brow_rise"] == pytest.approx(brow / 9.0)


def test_upright_mesh_has_the_outer_eye_corners_one_apart(vertices, to_picture):
    upright = upright_mesh(to_picture(vertices))
    assert np.linalg.norm(upright[33] - upright[263]) == pytest.approx(1.0)
    assert upright[10, 1] > upright[152, 1] and upright[263, 0] > upright[33, 0]


def test_the_base_mesh_lies_within_one_sd_of_every_neutral_mean(vertices, to_picture):
    values = measure_all(to_picture(vertices))
    for measure in geometry_table().measures.values():
        assert abs(values[measure.name] - measure.neutral_mean) <= measure.neutral_sd, measure.name


@settings(max_examples=40)
@given(
    yaw=angles, pitch=angles, roll=angles,
    scale=st.floats(0.01, 200.0), shift=st.tuples(*[st.floats(-5000, 5000)] * 3), seed=st.integers(0, 99),
)  # fmt: skip
def test_pose_size_and_place_do_not_change_any_measure(vertices, yaw, pitch, roll, scale, shift, seed):
    face = vertices + np.random.default_rng(seed).normal(0, 0.15, vertices.shape)
    turned = scale * face @ rotation(yaw, pitch, roll).T + shift
    flip = (1.0, -1.0, -1.0)
    before, after = measure_all(face * flip), measure_all(turned * flip)
    assert before.keys() == after.keys()
    assert max(abs(before[name] - after[name]) for name in before) < 1e-6


def test_moving_one_corner_changes_its_own_side_alone(moved, vertices, to_picture):
    before = measure_all(to_picture(vertices))
    after = measure_all(to_picture(moved({291: (0.0, 0.05)})))
    rise = 0.05 * np.cos(np.radians(geometry_table().pitch_deg))
    assert after["lip_corner_height_left"] - before["lip_corner_height_left"] == pytest.approx(rise)
    assert after["lip_corner_height_right"] == pytest.approx(before["lip_corner_height_right"])
    assert after["lip_corner_height"] - before["lip_corner_height"] == pytest.approx(rise / 2)


def test_a_mesh_without_irises_gives_every_other_measure(vertices, to_picture):
    whole, without = measure_all(to_picture(vertices)), measure_all(to_picture(vertices)[:468])
    assert {name for name in whole if name not in without} == {
        f"{name}{side}" for name in ("upper_lid_over_iris", "lower_lid_under_iris") for side in ("", "_right", "_left")
    }


def test_a_unit_without_length_gives_nan_and_not_infinity(moved, to_picture):
    mesh = moved({})
    mesh[308] = mesh[78]
    assert np.isnan(measure_all(to_picture(mesh))["mouth_openness"])


@pytest.mark.parametrize("shape", [(468, 2), (106, 3), (478,)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="expected 468 or 478 vertices"):
        measure_all(np.zeros(shape))


def test_coinciding_and_non_finite_vertices_are_refused(vertices):
    with pytest.raises(ValueError):
        measure_all(np.zeros((478, 3)))
    broken = vertices.copy()
    broken[33, 0] = np.nan
    with pytest.raises(ValueError):
        measure_all(broken)
