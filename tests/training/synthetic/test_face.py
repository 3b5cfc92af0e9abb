import json

import numpy as np
import pytest

from emola.errors import InputError
from emola.faces.face import Pose
from emola.taxonomy import Side
from training.synthetic.camera import Camera
from training.synthetic.face import activation_of, make_face, plan_face
from training.synthetic.fields import INDEX
from training.synthetic.mesh import load_base_mesh
from training.synthetic.sheet import contact_sheet
from training.synthetic.store import load_store, render_store, truth_from_json, truth_to_json
from training.synthetic.truth import Truth, UnitTruth

BASE = load_base_mesh().vertices
NOSE_TIP, FOREHEAD = 4, 10


def test_a_face_depends_on_seed_and_index_alone() -> None:
    first, again = make_face(3, 14), make_face(3, 14)
    assert np.array_equal(first.image, again.image) and first.truth == again.truth
    assert not np.array_equal(first.image, make_face(3, 15).image)
    assert not np.array_equal(first.image, make_face(4, 14).image)


def test_picture_and_plan_agree() -> None:
    face, (truth, scene) = make_face(3, 5), plan_face(3, 5)
    assert face.truth == truth and np.array_equal(face.scene.mesh, scene.mesh)
    assert face.image.shape == (256, 256, 3) and face.image.dtype == np.uint8
    assert np.allclose(face.points[:, :2], scene.pixels, atol=1e-3)


def test_rendered_activation_is_that_of_the_truth() -> None:
    truth = Truth({12: UnitTruth(0.5, Side.LEFT), 4: UnitTruth(0.8, Side.BOTH, 0.25)}, "neutral", None, 0.0)
    face = make_face(1, 2, truth)
    assert face.scene.activation[INDEX[12]] == pytest.approx((0.0, 0.5))
    assert face.scene.activation[INDEX[4]] == pytest.approx((0.6, 0.8))
    assert np.count_nonzero(face.scene.activation) == 3
    smiling_left = face.scene.mesh[291, 1] - face.scene.neutral[291, 1]
    assert smiling_left > 0.15 > abs(face.scene.mesh[61, 1] - face.scene.neutral[61, 1])


def test_pose_signs_follow_the_face_type() -> None:
    def nose(pose: Pose) -> np.ndarray:
        pixels = Camera(pose, 12.0, 256).project(BASE)
        return pixels[NOSE_TIP] - pixels[[33, 263]].mean(0)

    level = nose(Pose(0.0, 0.0, 0.0))
    assert nose(Pose(20.0, 0.0, 0.0))[0] > level[0] + 5  # turned to the right of the picture
    assert nose(Pose(0.0, 15.0, 0.0))[1] < level[1] - 5  # looking up
    tilted = Camera(Pose(0.0, 0.0, 20.0), 12.0, 256).project(BASE)
    assert tilted[FOREHEAD, 0] > 128 + 10  # clockwise: the forehead goes right


def test_truth_survives_json() -> None:
    for index in range(30):
        truth = plan_face(8, index)[0]
        back = truth_from_json(json.loads(json.dumps(truth_to_json(truth))))
        assert back.emotion == truth.emotion and back.action_units.keys() == truth.action_units.keys()
        assert np.allclose(activation_of(back), activation_of(truth), atol=2e-3)


def test_store_gives_back_what_was_rendered(tmp_path) -> None:
    render_store(tmp_path, 6, seed=2)
    stored = load_store(tmp_path, 6, seed=2)
    face = make_face(2, 4)
    assert np.array_equal(stored.points[4], face.points)
    assert np.abs(stored.picture(4).astype(int) - face.image).mean() < 6  # JPEG
    assert stored.truths[4].emotion == face.truth.emotion


def test_a_chunk_with_fewer_faces_than_wanted_is_rendered_again(tmp_path) -> None:
    render_store(tmp_path, 3, seed=2)
    with pytest.raises(InputError, match="holds 3 of 6 faces of series 2; render them first"):
        load_store(tmp_path, 6, seed=2)
    render_store(tmp_path, 6, seed=2)
    assert np.array_equal(load_store(tmp_path, 6, seed=2).points[5], make_face(2, 5).points)
    before = next(tmp_path.iterdir()).stat().st_mtime_ns
    render_store(tmp_path, 4, seed=2)
    assert next(tmp_path.iterdir()).stat().st_mtime_ns == before and len(load_store(tmp_path, 4, seed=2).truths) == 4


def test_contact_sheet_shows_units_expressions_and_random_faces() -> None:
    sheet = contact_sheet(random_faces=4, side=48, columns=8)
    assert sheet.shape == (48 * 5, 48 * 8, 3)  # 20 units, 8 expressions, 6 covers, 4 faces
    assert len({tile.tobytes() for tile in (sheet[:48, i * 48 : (i + 1) * 48] for i in range(8))}) == 8
