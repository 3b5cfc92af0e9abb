"""Counting faces: none missed, none invented, on real pictures and on the same ones changed."""

import io
import json
import threading
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from emola.faces.analyze import FaceAnalyzer
from emola.faces.detection import Detection
from emola.imaging import open_image


def test_one_smiling_astronaut(analyzer, astronaut):
    (face,) = analyzer.analyze(astronaut)
    assert face.layout == "mediapipe-478" and face.landmarks.shape == (478, 2) and face.mesh.shape == (478, 3)
    assert face.backend == "mediapipe" and 0.5 < face.score <= 1
    x0, y0, x1, y1 = face.box
    assert 160 < x0 < 190 and 270 < x1 < 300 and face.size_px == pytest.approx(max(x1 - x0, y1 - y0))
    assert abs(face.pose.yaw) < 25 and abs(face.pose.roll) < 15


def test_six_faces_in_the_group_picture_largest_first(analyzer, insightface_pictures):
    faces = analyzer.analyze(open_image(insightface_pictures / "t1.jpg"))
    assert len(faces) == 6
    assert [face.size_px for face in faces] == sorted((face.size_px for face in faces), reverse=True)


def test_a_face_of_94_pixels_that_fills_its_picture(analyzer, insightface_pictures):
    assert len(analyzer.analyze(open_image(insightface_pictures / "Tom_Hanks_54745.png"))) == 1


@pytest.mark.parametrize("colour", ["blue", "green", "white", "black"])
def test_a_mask_is_no_face(analyzer, insightface_pictures, colour):
    assert analyzer.analyze(open_image(insightface_pictures / f"mask_{colour}.jpg")) == []


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "coins", "hubble_deep_field"])
def test_no_face_is_invented(analyzer, name):
    image = getattr(data, name)()
    assert analyzer.analyze(image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)) == []


@pytest.mark.photos
def test_the_count_is_right_on_every_labelled_photograph(analyzer, photos):
    labels = json.loads((photos / "labels.json").read_text())["photos"]
    found = {name: len(analyzer.analyze(open_image(photos / name))) for name in labels}
    assert found == {name: label["faces"] for name, label in labels.items()}


def jpeg(image, quality):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return open_image(stream.getvalue())


def turned(image, degrees):
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


CHANGES = {
    "half": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "double": lambda image: cv2.resize(image, None, fx=2, fy=2),
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "turned 30": lambda image: turned(image, 30),
    "turned -30": lambda image: turned(image, -30),
    "upside down": lambda image: np.ascontiguousarray(image[::-1, ::-1]),
    "dark": lambda image: (image * 0.4).astype(np.uint8),
    "jpeg 30": lambda image: jpeg(image, 30),
    "grey": lambda image: np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    "wide border": lambda image: np.pad(image, ((300, 300), (600, 600), (0, 0))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_count_survives_changes_of_the_picture(analyzer, astronaut, change):
    assert len(analyzer.analyze(CHANGES[change](astronaut))) == 1


def test_landmarks_follow_the_picture(analyzer, astronaut):
    """Shifted by a crop, the landmarks shift by as much: 2 pixels of a 100-pixel face at most."""
    (whole,) = analyzer.analyze(astronaut)
    (part,) = analyzer.analyze(np.ascontiguousarray(astronaut[20:300, 60:400]))
    assert np.abs(part.landmarks + np.array([60, 20]) - whole.landmarks).max() < 2.5


def test_a_mirrored_face_has_the_opposite_yaw_and_roll(analyzer, astronaut):
    (face,), (mirrored,) = analyzer.analyze(astronaut), analyzer.analyze(CHANGES["mirrored"](astronaut))
    assert mirrored.pose.yaw == pytest.approx(-face.pose.yaw, abs=3)
    assert mirrored.pose.roll == pytest.approx(-face.pose.roll, abs=3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (300, 1), (24, 24), (3000, 40)])
def test_degenerate_pictures_hold_no_face(analyzer, shape):
    assert analyzer.analyze(np.full((*shape, 3), 128, dtype=np.uint8)) == []


@pytest.mark.parametrize(
    "image", [np.zeros((50, 50), np.uint8), np.zeros((50, 50, 4), np.uint8), np.zeros((50, 50, 3))]
)
def test_what_is_not_rgb_uint8_is_refused(analyzer, image):
    with pytest.raises(ValueError, match="RGB uint8"):
        analyzer.analyze(image)


def test_threads_may_share_an_analyzer(analyzer, astronaut):
    expected = analyzer.analyze(astronaut)[0].landmarks
    results = []
    threads = [threading.Thread(target=lambda: results.append(analyzer.analyze(astronaut))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for (face,) in results:
        np.testing.assert_allclose(face.landmarks, expected, atol=1e-3)


def test_a_closed_analyzer_starts_again(astronaut):
    analyzer = FaceAnalyzer()
    analyzer.close()
    assert len(analyzer.analyze(astronaut)) == 1
    analyzer.close()
    analyzer.close()


def test_with_a_pack_its_detections_count_and_get_a_mesh_where_there_is_one(astronaut):
    """A detector stands in for the pack's: one box on the face, one on the rocket behind."""
    points = np.zeros((106, 2), dtype=np.float32)
    eyes = np.array([[209, 105], [243, 107], [223, 125], [210, 145], [240, 145]], dtype=np.float32)
    seen = [
        Detection((410, 250, 470, 320), 0.6, landmarks_106=points),
        Detection((176, 62, 276, 180), 0.9, eyes, points),
    ]
    analyzer = FaceAnalyzer(SimpleNamespace(has_detector=True, name="stub"))
    analyzer._insightface = SimpleNamespace(detect=lambda image: seen)
    face, rocket = analyzer.analyze(astronaut)
    analyzer.close()
    assert face.box == (176, 62, 276, 180) and face.backend == "insightface:stub" and face.layout == "insightface-106"
    assert face.mesh.shape == (478, 3) and abs(face.pose.yaw) < 15
    assert rocket.mesh is None and rocket.pose is None and "no_mesh" in [gate.name for gate in rocket.gates]
