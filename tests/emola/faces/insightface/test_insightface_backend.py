"""Detection and landmarks through insightface's own classes, on fabricated networks."""

import cv2
import numpy as np
import pytest

from emola.errors import FaceModelError
from emola.faces.insightface_backend import InsightFaceDetector
from emola.faces.landmark_network import LandmarkNetwork, crop_matrix, open_model, roll_from_keypoints
from emola.faces.packs import find_pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory, fabricate):
    return fabricate.pack(tmp_path_factory.mktemp("packs") / "buffalo_l")


@pytest.fixture(scope="module")
def found(folder):
    return InsightFaceDetector(find_pack(folder))


def picture(colour=(255, 0, 0), left=320, top=240):
    """Black 640 x 640 (one pixel of the detector's input each) with one 8 x 8 patch on its grid."""
    image = np.zeros((640, 640, 3), np.uint8)
    image[top : top + 8, left : left + 8] = colour
    return image


def test_face_is_found_where_the_patch_is(found, fabricate):
    (face,) = found.detect(picture())
    assert face.box == pytest.approx((280.0, 200.0, 360.0, 280.0), abs=1e-3)
    assert face.score == pytest.approx(0.5 * 127.5 / 128 + 0.4, abs=1e-4)
    np.testing.assert_allclose(face.keypoints, fabricate.keypoint_offsets + np.array([320, 240]), atol=1e-3)
    assert face.landmarks_106.shape == (106, 2)
    assert face.pose is None


def test_detector_is_fed_red_as_red(found):
    assert len(found.detect(picture((255, 0, 0)))) == 1
    assert found.detect(picture((0, 0, 255))) == []


def test_two_faces_are_two_detections(found):
    image = picture()
    image[96:104, 96:104] = (255, 0, 0)
    assert sorted(face.box[0] for face in found.detect(image)) == pytest.approx([56.0, 280.0], abs=1e-3)


def test_pictures_without_a_face(found):
    assert found.detect(np.zeros((64, 48, 3), np.uint8)) == []
    assert found.detect(np.zeros((2, 900, 3), np.uint8)) == []
    assert found.detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_detector_without_keypoints(tmp_path, fabricate):
    fabricate.detector(tmp_path / "det.onnx", keypoints=False)
    fabricate.landmark_network(tmp_path / "2d106det.onnx")
    detector = InsightFaceDetector(find_pack(tmp_path))
    (face,) = detector.detect(picture())
    assert face.keypoints is None
    np.testing.assert_allclose(face.landmarks_106, detector.network.points(picture(), face.box), atol=1e-6)


def test_names_and_provider_are_shown(found):
    assert found.name == "insightface:buffalo_l"
    assert found.provider == "CPUExecutionProvider"


def test_recognition_network_is_never_opened(folder, monkeypatch):
    from insightface.model_zoo import model_zoo

    opened = []
    original = model_zoo.get_model
    monkeypatch.setattr(model_zoo, "get_model", lambda path, **k: opened.append(path) or original(path, **k))
    InsightFaceDetector(find_pack(folder))
    assert sorted(path.rsplit("/")[-1] for path in opened) == ["2d106det.onnx", "det_10g.onnx"]


@pytest.mark.parametrize(("inside", "expected"), [(True, (0.0, 1.0)), (False, (127.5, 128.0))])
def test_mean_and_std_are_decided_by_the_graph(tmp_path, fabricate, inside, expected):
    path = fabricate.landmark_network(tmp_path / "2d106det.onnx", normalises_itself=inside)
    assert LandmarkNetwork(path).mean_std == expected


@pytest.mark.parametrize("inside", [True, False])
def test_either_graph_sees_the_same_numbers(tmp_path, fabricate, inside, astronaut):
    path = fabricate.landmark_network(tmp_path / "2d106det.onnx", normalises_itself=inside)
    box = (170.0, 60.0, 280.0, 200.0)
    crop = cv2.warpAffine(astronaut, crop_matrix(box), (192, 192)).astype(np.float64)
    cells = ((crop - 127.5) / 128).reshape(4, 48, 4, 48, 3).mean(axis=(1, 3)).transpose(2, 0, 1).reshape(-1)
    raw = LandmarkNetwork(path).raw(astronaut, crop_matrix(box))
    np.testing.assert_allclose(raw, cells @ fabricate.weights, atol=1e-4)


def test_known_raw_values_decode_to_known_pixels(tmp_path, fabricate):
    raw = np.zeros(212)
    raw[0:6] = (-1, -1, 1, 1, 0.5, -0.25)
    network = LandmarkNetwork(fabricate.landmark_network(tmp_path / "2d106det.onnx", constant=raw))
    points = network.points(np.zeros((300, 300, 3), np.uint8), (100.0, 100.0, 180.0, 200.0))
    # The crop is 150 px wide around (140, 150): x from 65 to 215, y from 75 to 225.
    expected = [(65, 75), (215, 225), (177.5, 131.25), (140, 150)]
    np.testing.assert_allclose(points[:4], expected, atol=1e-4)


def test_roll_turns_the_crop_and_the_points_back(tmp_path, fabricate):
    raw = np.zeros(212)
    raw[0:4] = (1, 0, 0, 1)
    network = LandmarkNetwork(fabricate.landmark_network(tmp_path / "2d106det.onnx", constant=raw))
    points = network.points(np.zeros((300, 300, 3), np.uint8), (100.0, 100.0, 200.0, 200.0), roll_deg=90.0)
    # Head tilted clockwise by a quarter turn: its right is the picture's bottom, its bottom the picture's left.
    np.testing.assert_allclose(points[:2], [(150, 225), (75, 150)], atol=1e-4)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("box", [(170.0, 60.0, 280.0, 200.0), (-40.0, 300.5, 90.0, 560.0)])
def test_points_equal_insightface_own_method(tmp_path, fabricate, astronaut, inside, box):
    from insightface.app.common import Face

    path = fabricate.landmark_network(tmp_path / "2d106det.onnx", normalises_itself=inside)
    theirs = open_model(path).get(np.ascontiguousarray(astronaut[..., ::-1]), Face(bbox=np.array(box, np.float32)))
    ours = LandmarkNetwork(path).points(astronaut, box)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_very_wide_picture_is_no_problem(tmp_path, fabricate):
    network = LandmarkNetwork(fabricate.landmark_network(tmp_path / "2d106det.onnx"))
    wide = np.zeros((120, 40000, 3), np.uint8)
    wide[:, 39000:] = (200, 100, 50)
    narrow = np.ascontiguousarray(wide[:, 38000:])
    far = network.points(wide, (39500.0, 10.0, 39600.0, 110.0))
    near = network.points(narrow, (1500.0, 10.0, 1600.0, 110.0))
    np.testing.assert_allclose(far - (38000, 0), near, atol=1e-2)


@pytest.mark.parametrize("angle", [0.0, 30.0, -75.0, 170.0])
def test_roll_of_turned_keypoints(fabricate, angle):
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert roll_from_keypoints(fabricate.keypoint_offsets @ matrix.T + (50, 80)) == pytest.approx(angle, abs=1e-4)


def test_roll_of_a_profile_whose_eyes_coincide(fabricate):
    points = fabricate.keypoint_offsets * (0, 1)
    assert roll_from_keypoints(points) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("axis", "sign", "angle"), [("yaw", "right", 25.0), ("pitch", "up", 15.0), ("roll", "clockwise", -20.0)]
)
def test_pose_has_our_signs(tmp_path, fabricate, axis, sign, angle):
    """The 68 mean points (x right, y down, z towards the camera), turned by hand so that the nose moves as said."""
    from insightface.data import get_object

    turn = np.deg2rad(angle)
    c, s = np.cos(turn), np.sin(turn)
    turned = {
        "yaw": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),  # the nose (z > 0) moves to +x, image right
        "pitch": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),  # the nose moves to -y, up
        "roll": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),  # +x moves to +y, clockwise
    }[axis]
    mean = get_object("meanshape_68.pkl")
    raw = np.concatenate([np.zeros((1035, 3)), mean @ turned.T * 0.6]).reshape(-1)
    fabricate.pack(tmp_path)
    fabricate.landmark_network(tmp_path / "1k3d68.onnx", constant=raw, outputs=3309)
    (face,) = InsightFaceDetector(find_pack(tmp_path)).detect(picture())
    expected = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0} | {axis: angle}
    for name, value in expected.items():
        assert getattr(face.pose, name) == pytest.approx(value, abs=0.01)


def test_bare_landmark_pack_cannot_detect(tmp_path, fabricate):
    pack = find_pack(fabricate.landmark_network(tmp_path / "2d106det.onnx"))
    with pytest.raises(FaceModelError, match="no face detector"):
        InsightFaceDetector(pack)


def test_provider_that_is_not_offered_is_refused(tmp_path, fabricate):
    path = fabricate.landmark_network(tmp_path / "2d106det.onnx")
    with pytest.raises(FaceModelError, match=r"CPUExecutionProvider.*not MadeUpProvider"):
        LandmarkNetwork(path, providers=["MadeUpProvider"])


def test_networks_that_cannot_be_opened(tmp_path, fabricate):
    missing = tmp_path / "gone.onnx"
    with pytest.raises(FaceModelError, match="does not exist"):
        LandmarkNetwork(missing)
    broken = tmp_path / "2d106det.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(FaceModelError, match="cannot be opened"):
        LandmarkNetwork(broken)
    other = fabricate.detector(tmp_path / "det.onnx")
    with pytest.raises(FaceModelError, match="not the 106-point"):
        LandmarkNetwork(other)
    unknown = fabricate.landmark_network(tmp_path / "x.onnx", size=100, constant=np.zeros(7), outputs=7)
    with pytest.raises(FaceModelError, match="does not recognise"):
        LandmarkNetwork(unknown)


def test_detector_that_fails_while_running_is_one_sentence(tmp_path, fabricate):
    """Ten outputs promise five strides; this graph has three, so insightface stumbles over the shapes."""
    import onnx

    fabricate.pack(tmp_path)
    model = onnx.load(str(tmp_path / "det_10g.onnx"))
    del model.graph.output[7:]
    onnx.save(model, str(tmp_path / "det_10g.onnx"))
    with pytest.raises(FaceModelError, match="expected an intact"):
        InsightFaceDetector(find_pack(tmp_path)).detect(picture())


def test_box_without_extent_is_refused():
    with pytest.raises(ValueError, match="no extent"):
        crop_matrix((5.0, 5.0, 5.0, 5.0))
