"""Prior recipes: each contract on numbers worked out by hand, and what sets the recipes apart."""

import numpy as np
import pytest

from emola.errors import FaceModelError, PriorError
from emola.faces.alignment import base_vertices
from emola.faces.crops import crop_face
from emola.faces.layouts import MESH_TO_106, MIRROR_106, MIRROR_478
from emola.faces.priors.mediapipe_106 import (
    SpreadTable,
    load_table,
    mediapipe_106_from_mesh,
    mediapipe_106_from_vertices,
    points_106,
)
from emola.faces.priors.recipes import RECIPES, get_recipe

NETWORK_RECIPES = ("emola-2024", "insightface-106")


@pytest.fixture(scope="module")
def network(tmp_path_factory, fabricate):
    return fabricate.landmark_network(tmp_path_factory.mktemp("network") / "2d106det.onnx")


def neutral_mesh() -> np.ndarray:
    """The base mesh as MediaPipe would report it: 478 vertices, pixels, y down, z away from the camera."""
    irises = np.full((10, 3), 7.0)
    return np.vstack([base_vertices() * (20, -20, -20) + (300, 200, 5), irises])


def as_seen_by_the_network(fabricate, colour) -> np.ndarray:
    """Output of the fabricated network for one colour (three numbers, channels in order), by hand."""
    return np.repeat((np.asarray(colour) - 127.5) / 128, 16) @ fabricate.weights


def test_registry_has_the_three_recipes_of_212_numbers():
    assert {name: recipe.dim for name, recipe in RECIPES.items()} == {
        "emola-2024": 212,
        "insightface-106": 212,
        "mediapipe-106": 212,
    }


def test_unknown_recipe_lists_the_known_ones():
    with pytest.raises(PriorError, match="emola-2024, insightface-106, mediapipe-106"):
        get_recipe("arcface-512")


@pytest.mark.parametrize("name", NETWORK_RECIPES)
def test_missing_network_is_named_with_its_place(name, tmp_path):
    with pytest.raises(FaceModelError, match=r"2d106det\.onnx.*--face-models"):
        get_recipe(name)
    with pytest.raises(FaceModelError) as error:
        get_recipe(name, tmp_path / "2d106det.onnx")
    assert str(tmp_path / "2d106det.onnx") in str(error.value)


def test_constant_colour_through_both_recipes_by_hand(network, fabricate, make_face):
    red, green, blue = colour = (200, 100, 50)
    image = np.full((300, 300, 3), colour, np.uint8)
    face = make_face(box=(100.0, 100.0, 200.0, 200.0))
    published = get_recipe("emola-2024", network).compute(image, face)
    right = get_recipe("insightface-106", network).compute(image, face)
    expected = as_seen_by_the_network(fabricate, np.array([blue, green, red]) / 255)
    np.testing.assert_allclose(published.values, expected, atol=1e-4)
    np.testing.assert_allclose(right.values, as_seen_by_the_network(fabricate, colour), atol=1e-4)
    assert np.abs(published.values - right.values).max() > 0.1
    assert (published.recipe, right.recipe) == NETWORK_RECIPES
    assert published.values.dtype == right.values.dtype == np.float32


def test_colour_order_matters_in_both_recipes(network, make_face):
    """Blue and red swapped change both vectors, so neither recipe can confuse RGB with BGR unnoticed."""
    image = np.full((300, 300, 3), (255, 0, 0), np.uint8)
    face = make_face(box=(100.0, 100.0, 200.0, 200.0))
    for name, least in (("emola-2024", 1e-4), ("insightface-106", 0.1)):
        recipe = get_recipe(name, network)
        plain, swapped = (recipe.compute(np.ascontiguousarray(i), face).values for i in (image, image[..., ::-1]))
        assert np.abs(plain - swapped).max() > least


def test_emola_2024_squashes_the_whole_crop(network, fabricate):
    """A wide picture, its left quarter white: the left column of the 4 x 4 cells and no other is white."""
    image = np.zeros((60, 768, 3), np.uint8)
    image[:, :192] = 255
    cells = np.zeros((3, 4, 4))
    cells[:, :, 0] = 1.0
    expected = ((cells - 127.5) / 128).reshape(-1) @ fabricate.weights
    values = get_recipe("emola-2024", network).compute_crop(image).values
    np.testing.assert_allclose(values, expected, atol=1e-4)


def test_emola_2024_takes_the_square_pad_crop_of_a_face(network, astronaut, make_face):
    recipe, face = get_recipe("emola-2024", network), make_face(box=(170.0, 60.0, 280.0, 200.0))
    crop = crop_face(astronaut, face, "square-pad")
    np.testing.assert_array_equal(recipe.compute(astronaut, face).values, recipe.compute_crop(crop).values)


def test_insightface_106_sees_a_box_and_a_half_with_black_around(network, fabricate, make_face):
    """A face that fills a white picture: the crop adds a quarter on each side, which is black."""
    image = np.full((128, 128, 3), 255, np.uint8)
    cover = np.array([16, 48, 48, 16]) / 48  # the 128 px picture fills pixels 32 to 160 of the 192 px crop
    cells = 255 * np.outer(cover, cover)
    expected = np.tile(((cells - 127.5) / 128).reshape(-1), 3) @ fabricate.weights
    values = get_recipe("insightface-106", network).compute(image, make_face(box=(0.0, 0.0, 128.0, 128.0))).values
    np.testing.assert_allclose(values, expected, atol=2e-3)


def test_the_published_recipe_hardly_moves_from_face_to_face_and_the_right_one_does(network, make_face):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (4, 4, 3), dtype=np.uint8).repeat(50, 0).repeat(50, 1) for _ in range(8)]
    face = make_face(box=(30.0, 30.0, 170.0, 170.0))
    values = {n: np.stack([get_recipe(n, network).compute(i, face).values for i in images]) for n in NETWORK_RECIPES}
    published, right = (values[name].std(axis=0).mean() for name in NETWORK_RECIPES)
    assert published < 0.01
    assert right > 30 * published


def test_neutral_mesh_is_zero_in_any_pose(make_face):
    turn = np.deg2rad(30)
    yaw = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    posed = np.array(neutral_mesh())
    posed[:468] = base_vertices() @ yaw.T * (11, -11, -11) + (90, 70, 0)
    for mesh in (neutral_mesh(), posed):
        prior = get_recipe("mediapipe-106").compute(np.zeros((9, 9, 3), np.uint8), make_face(mesh=mesh))
        assert prior.recipe == "mediapipe-106"
        assert prior.values.shape == (212,)
        assert prior.values.dtype == np.float32
        assert np.abs(prior.values).max() < 1e-3


def test_raised_mouth_corner_by_hand():
    """Vertex 61 half a unit up: points made of it rise by half a unit times their weight, over the spread of 0.25."""
    table = SpreadTable(1, "test", np.full(212, 0.25))
    vertices = np.array(base_vertices())
    vertices[61, 1] += 0.5
    values = mediapipe_106_from_vertices(vertices, table).reshape(106, 2)
    np.testing.assert_allclose(values[:, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(values[:, 1], MESH_TO_106[:, 61] * 2.0, atol=1e-6)
    assert values[52, 1] == pytest.approx(2.0, abs=1e-6)  # 52: mouth corner at the image left
    in_picture = np.array(neutral_mesh())
    in_picture[61, 1] -= 0.5 * 20
    np.testing.assert_allclose(mediapipe_106_from_mesh(in_picture, table).reshape(106, 2), values, atol=1e-5)


def test_gaze_does_not_matter_and_468_vertices_do():
    mesh = neutral_mesh()
    looking = np.array(mesh)
    looking[468:] += 50
    table = load_table()
    np.testing.assert_array_equal(mediapipe_106_from_mesh(mesh, table), mediapipe_106_from_mesh(looking, table))
    np.testing.assert_array_equal(mediapipe_106_from_mesh(mesh, table), mediapipe_106_from_mesh(mesh[:468], table))


def test_pupils_lie_between_the_lids():
    points = points_106(base_vertices())
    assert points[38] == pytest.approx(base_vertices()[[33, 133, 159, 145], :2].mean(axis=0))
    assert points[92] == pytest.approx(base_vertices()[[263, 362, 386, 374], :2].mean(axis=0))


def test_every_point_keeps_the_weight_of_one():
    shifted = points_106(base_vertices() + np.array([3, 4, 0])) - points_106(base_vertices())
    np.testing.assert_allclose(shifted, np.tile([3.0, 4.0], (106, 1)), atol=1e-9)


def test_batch_of_meshes_equals_single_ones():
    rng = np.random.default_rng(1)
    vertices = base_vertices() + rng.normal(0, 0.1, (4, 5, 468, 3))
    table = load_table()
    together = mediapipe_106_from_vertices(vertices, table)
    assert together.shape == (4, 5, 212)
    np.testing.assert_allclose(together[3, 2], mediapipe_106_from_vertices(vertices[3, 2], table), atol=1e-6)


@pytest.fixture(scope="module")
def smiling_mesh(astronaut):
    import mediapipe

    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as network:
        (face,) = network.process(astronaut).multi_face_landmarks
    return np.array([(point.x, point.y, point.z) for point in face.landmark]) * 512


def test_a_real_smile_is_not_neutral_and_not_absurd(smiling_mesh, astronaut, make_face):
    values = get_recipe("mediapipe-106").compute(astronaut, make_face(mesh=smiling_mesh)).values.reshape(106, 2)
    assert 0.3 < np.abs(values).mean() < 2
    assert np.abs(values).max() < 6
    assert values[[52, 61], 1].min() > 1  # the corners of a smiling mouth are up


def test_a_mirrored_face_has_the_mirrored_vector(smiling_mesh):
    values = mediapipe_106_from_mesh(smiling_mesh, load_table()).reshape(106, 2)
    mirrored = (smiling_mesh * (-1, 1, 1))[MIRROR_478]
    flipped = mediapipe_106_from_mesh(mirrored, load_table()).reshape(106, 2)
    np.testing.assert_allclose(flipped[MIRROR_106] * (-1, 1), values, atol=0.1)


def test_face_without_mesh_or_with_a_broken_one_is_refused(make_face):
    recipe, image = get_recipe("mediapipe-106"), np.zeros((9, 9, 3), np.uint8)
    with pytest.raises(PriorError, match="no mesh"):
        recipe.compute(image, make_face())
    with pytest.raises(PriorError, match="cannot be used"):
        recipe.compute(image, make_face(mesh=np.full((478, 3), np.nan)))


def test_shipped_table_has_a_version_and_says_where_it_comes_from(tmp_path):
    table = load_table()
    assert table.version >= 1
    assert table.provenance
    assert (table.spread > 0).all()
    bad = tmp_path / "table.json"
    bad.write_text('{"version": 1, "provenance": "x", "spread": [1, 2]}')
    with pytest.raises(ValueError, match="212 positive"):
        load_table(bad)
