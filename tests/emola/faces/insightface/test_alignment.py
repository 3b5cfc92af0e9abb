"""Similarity fits: transforms made by hand are recovered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.faces.alignment import (
    STABLE_VERTICES,
    base_vertices,
    fit_similarity_2d,
    fit_similarity_3d,
    invert_matrix,
    standardise_mesh,
    to_base_axes,
    transform_points,
    visible_window,
)

angles = st.floats(-np.pi, np.pi)
scales = st.floats(0.01, 100.0)
shifts = st.floats(-500.0, 500.0)


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def test_quarter_turn_by_hand():
    source = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    target = np.array([[10.0, 10.0], [10.0, 11.0], [9.0, 10.0]])  # half size, x to y, y to -x, then (10, 10)
    np.testing.assert_allclose(fit_similarity_2d(source, target), [[0, -0.5, 10], [0.5, 0, 10]], atol=1e-12)


def test_weights_decide_between_points_that_disagree():
    source = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    target = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    assert fit_similarity_2d(source, target, np.array([1.0, 1.0, 0.0])) == pytest.approx(np.eye(3)[:2], abs=1e-12)


def test_a_mirrored_target_is_not_met_by_a_mirror():
    source = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    matrix = fit_similarity_2d(source, source * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) > 0
    base = base_vertices()[list(STABLE_VERTICES)]
    fit = fit_similarity_3d(base * (-1, 1, 1) + np.arange(21)[:, None], base)
    assert np.linalg.det(fit.rotation) == pytest.approx(1.0)


@settings(max_examples=50)
@given(angles, scales, shifts, shifts)
def test_any_similarity_is_recovered_in_2d(angle, scale, dx, dy):
    points = base_vertices()[:40, :2]
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[c, -s, dx], [s, c, dy]])
    found = fit_similarity_2d(points, transform_points(matrix, points))
    np.testing.assert_allclose(found, matrix, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        transform_points(invert_matrix(found), transform_points(matrix, points)), points, atol=1e-6
    )


@settings(max_examples=50)
@given(angles, angles, angles, scales, shifts)
def test_any_pose_is_taken_back_in_3d(yaw, pitch, roll, scale, shift):
    posed = scale * base_vertices() @ rotation(yaw, pitch, roll).T + (shift, -shift, shift / 2)
    np.testing.assert_allclose(standardise_mesh(posed), base_vertices(), atol=1e-7)


def test_batches_equal_single_fits():
    base = base_vertices()
    poses = np.stack([base @ rotation(a, -a, 2 * a).T * (1 + a) for a in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]).reshape(
        2, 3, 468, 3
    )
    together = standardise_mesh(poses)
    assert together.shape == (2, 3, 468, 3)
    np.testing.assert_allclose(together[1, 2], standardise_mesh(poses[1, 2]), atol=1e-12)
    stable = poses[..., list(STABLE_VERTICES), :2]
    matrices = fit_similarity_2d(stable, base[list(STABLE_VERTICES), :2])
    np.testing.assert_allclose(
        matrices[0, 1], fit_similarity_2d(stable[0, 1], base[list(STABLE_VERTICES), :2]), atol=1e-12
    )


def test_iris_vertices_are_dropped_and_picture_axes_turned():
    mesh = np.vstack([base_vertices() * (1, -1, -1), np.zeros((10, 3))])
    np.testing.assert_allclose(standardise_mesh(to_base_axes(mesh)), base_vertices(), atol=1e-9)


@pytest.mark.parametrize("bad", [np.zeros((468, 3)), np.full((468, 3), np.nan), np.full((468, 3), np.inf)])
def test_meshes_that_fix_no_rotation_are_refused(bad):
    with pytest.raises(ValueError, match=r"coincide|NaN or infinite"):
        standardise_mesh(bad)
    with pytest.raises(ValueError, match=r"coincide|NaN or infinite"):
        fit_similarity_2d(bad[:5, :2], base_vertices()[:5, :2])


def test_meshes_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="at least 468"):
        standardise_mesh(np.zeros((106, 3)))
    with pytest.raises(ValueError, match="x, y, z"):
        standardise_mesh(np.zeros((468, 2)))


def test_window_holds_what_the_warp_reads_and_never_vanishes():
    image = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3).astype(np.uint8)
    part, matrix = visible_window(image, np.array([[1.0, 0, -50], [0, 1, -20]]), 30)
    assert part.shape[:2] == (35, 35)
    np.testing.assert_array_equal(part[2, 2], image[20, 50])
    np.testing.assert_allclose(transform_points(matrix, np.array([[2.0, 2.0]])), [[0, 0]])
    outside, _ = visible_window(image, np.array([[1.0, 0, 5000], [0, 1, 5000]]), 30)
    np.testing.assert_array_equal(outside[-1:, :1], image[:1, :1])
