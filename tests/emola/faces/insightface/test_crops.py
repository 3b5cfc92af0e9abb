"""Crops against transforms worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.errors import NoFaceFound
from emola.faces.alignment import base_vertices, invert_matrix, transform_points
from emola.faces.crops import ALIGNED_VERTICES, CROP_RECIPES, aligned_matrix, aligned_template, crop_face, warp_aligned
from emola.imaging import CLIP_MEAN_RGB


@pytest.fixture(scope="module")
def template_mesh():
    """The base mesh in the pixels of the aligned crop, x right and y down."""
    flat = (base_vertices()[:, :2] - (0.0, -3.4)) * (1, -1) * 112 / 14.5 + 56
    return np.column_stack([flat, np.zeros(468)])


def waves(points: np.ndarray) -> np.ndarray:
    """A smooth picture defined in the coordinates of the crop, (..., 2) to uint8 (..., 3)."""
    x, y = points[..., 0], points[..., 1]
    channels = [np.sin(x / 17) * np.cos(y / 23), np.cos(x / 13), np.sin((x + y) / 19)]
    return np.round(127.5 + 100 * np.stack(channels, axis=-1)).astype(np.uint8)


def pixel_centres(width: int, height: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)


def test_template_by_hand():
    template = aligned_template()
    # Outer canthi: x = -4.5 and 4.5 units of 112 / 14.5 px around 56, on one height; nasion on the middle line.
    assert template[0, 0] == pytest.approx(56 - 4.5 * 112 / 14.5, abs=1e-3)
    assert template[1, 0] == pytest.approx(56 + 4.5 * 112 / 14.5, abs=1e-3)
    assert template[0, 1] == pytest.approx(template[1, 1], abs=1e-3)
    assert template[2] == pytest.approx((56, 56 - 3.4 * 112 / 14.5), abs=1e-3)
    assert ((template[:6] > 0) & (template[:6] < 112)).all()  # the seventh, the chin's tip, lies just below the crop


def test_face_already_in_place_is_copied_pixel_by_pixel(template_mesh, make_face):
    image = np.random.default_rng(0).integers(0, 256, (150, 170, 3), dtype=np.uint8)
    np.testing.assert_allclose(aligned_matrix(template_mesh), np.eye(3)[:2], atol=1e-9)
    face = make_face(mesh=template_mesh + np.array([31, 17, 0]))
    np.testing.assert_array_equal(crop_face(image, face, "aligned-112"), image[17:129, 31:143])


def test_face_twice_as_large_is_averaged_in_blocks(template_mesh, make_face):
    image = np.random.default_rng(1).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    crop = crop_face(image, make_face(mesh=template_mesh * 2), "aligned-112")
    means = image.reshape(112, 2, 112, 2, 3).mean(axis=(1, 3))
    assert np.abs(crop - means).max() <= 0.51


def test_stripes_of_a_large_face_turn_grey_and_do_not_alias(template_mesh, make_face):
    image = np.zeros((1120, 1120, 3), np.uint8)
    image[:, ::2] = 255
    crop = crop_face(image, make_face(mesh=template_mesh * 10), "aligned-112")
    assert np.abs(crop.astype(float) - 127.5).max() <= 1.0


def test_face_on_its_side_comes_out_upright(template_mesh, make_face):
    image = np.random.default_rng(2).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    sideways = np.ascontiguousarray(np.rot90(image, -1))  # a quarter turn clockwise: (x, y) goes to (112 - y, x)
    mesh = np.column_stack([112 - template_mesh[:, 1], template_mesh[:, 0], template_mesh[:, 2]])
    np.testing.assert_array_equal(crop_face(sideways, make_face(mesh=mesh), "aligned-112"), image)


@settings(max_examples=20)
@given(st.floats(-180, 180), st.floats(0.6, 4.0), st.floats(-20, 20))
def test_crop_does_not_depend_on_roll_scale_and_shift(angle, scale, shift):
    flat = (base_vertices()[:, :2] - (0.0, -3.4)) * (1, -1) * 112 / 14.5 + 56
    c, s = scale * np.cos(np.deg2rad(angle)), scale * np.sin(np.deg2rad(angle))
    placed = np.array([[c, -s, 0], [s, c, 0]])
    placed[:, 2] = 350 + shift - placed[:, :2] @ (56, 56)
    image = waves(transform_points(invert_matrix(placed), pixel_centres(700, 700)))
    matrix = aligned_matrix(transform_points(placed, flat))
    difference = warp_aligned(image, matrix).astype(int) - waves(pixel_centres(112, 112))
    assert np.abs(difference).max() <= 4
    assert np.abs(difference).mean() < 1


def test_matrices_of_many_faces_at_once(template_mesh):
    meshes = np.stack([template_mesh, template_mesh * 2, template_mesh + 9])
    np.testing.assert_allclose(aligned_matrix(meshes)[1], [[0.5, 0, 0], [0, 0.5, 0]], atol=1e-9)
    np.testing.assert_allclose(aligned_matrix(meshes)[2], [[1, 0, -9], [0, 1, -9]], atol=1e-9)


def test_an_open_mouth_hardly_moves_the_crop(template_mesh):
    moved = template_mesh.copy()
    moved[[152, 61, 291], 1] += (12, 2, 2)
    points = transform_points(aligned_matrix(moved), template_mesh[list(ALIGNED_VERTICES[:2]), :2])
    assert np.abs(points - aligned_template()[:2]).max() < 4


def test_red_stays_red(template_mesh, make_face):
    image = np.zeros((200, 200, 3), np.uint8)
    image[:] = (200, 100, 50)
    face = make_face(box=(-30.0, 20.0, 120.0, 140.0), mesh=template_mesh * 1.3)
    for recipe in CROP_RECIPES:
        crop = crop_face(image, face, recipe)
        assert crop.dtype == np.uint8
        assert tuple(crop[crop.shape[0] // 2, crop.shape[1] // 2]) == (200, 100, 50)


def test_aligned_crop_repeats_the_border(template_mesh, make_face):
    image = np.random.default_rng(3).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    crop = crop_face(image, make_face(mesh=template_mesh + np.array([-40, 0, 0])), "aligned-112")
    np.testing.assert_array_equal(crop[:, 40:], image[:, :72])
    np.testing.assert_array_equal(crop[:, :40], np.repeat(image[:, :1], 40, axis=1))


def test_face_in_a_panorama_that_opencv_cannot_warp(template_mesh, make_face):
    image = np.zeros((112, 40000, 3), np.uint8)
    image[:, 39000:] = np.random.default_rng(4).integers(0, 256, (112, 1000, 3), dtype=np.uint8)
    crop = crop_face(image, make_face(mesh=template_mesh + np.array([39500, 0, 0])), "aligned-112")
    np.testing.assert_array_equal(crop, image[:, 39500:39612])


def test_square_pad_inside_the_picture(make_face):
    image = np.random.default_rng(5).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    crop = crop_face(image, make_face(box=(100.0, 90.0, 180.0, 190.0)), "square-pad")
    # Longer side 100, so a square of 140 around (140, 140).
    np.testing.assert_array_equal(crop, image[70:210, 70:210])


def test_square_pad_fills_what_lies_outside_with_the_clip_mean(make_face):
    image = np.zeros((300, 400, 3), np.uint8)
    crop = crop_face(image, make_face(box=(0.0, 90.0, 80.0, 190.0)), "square-pad")
    # The square is 140 wide around x = 40: columns -30 to 110, of which 110 exist, centred between 15 and 15.
    assert crop.shape == (140, 140, 3)
    assert (crop[:, :15] == CLIP_MEAN_RGB).all()
    assert (crop[:, 15:125] == 0).all()
    assert (crop[:, 125:] == CLIP_MEAN_RGB).all()


def test_faces_that_cannot_be_cropped(make_face):
    image = np.zeros((100, 100, 3), np.uint8)
    with pytest.raises(NoFaceFound, match="outside the picture"):
        crop_face(image, make_face(box=(500.0, 500.0, 600.0, 600.0)), "square-pad")
    with pytest.raises(NoFaceFound, match="no mesh"):
        crop_face(image, make_face(), "aligned-112")
    with pytest.raises(ValueError, match="expected one of aligned-112, square-pad"):
        crop_face(image, make_face(), "round")
