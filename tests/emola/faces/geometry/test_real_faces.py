"""Evidence on real photographs: what is plain to see is supported, and nothing plain to see is contradicted."""

import json

import numpy as np
import pytest

from emola.faces.face import Face
from emola.faces.geometry import evidence
from emola.imaging import open_image

NEUTRAL = ("biden.jpg", "img30.jpg")
PLAIN = {"obama.jpg": {12, 25}, "happy.jpg": {12, 25}, "surprised.jpg": {5, 25, 27}}


@pytest.fixture(scope="module")
def measured():
    """Return the one face of a picture, measured by MediaPipe on the whole picture; None when it finds none."""
    import mediapipe

    network = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True)

    def measure(image: np.ndarray) -> Face | None:
        found = network.process(image).multi_face_landmarks
        if not found:
            return None
        height, width = image.shape[:2]
        points = [(p.x * width, p.y * height, p.z * width) for p in found[0].landmark]
        mesh = np.array(points, dtype=np.float32)
        x0, y0, x1, y1 = (float(v) for v in (*mesh[:, :2].min(axis=0), *mesh[:, :2].max(axis=0)))
        size = max(x1 - x0, y1 - y0)
        return Face((x0, y0, x1, y1), 1.0, mesh[:, :2], "mediapipe-478", mesh, None, size, (), "mediapipe")

    yield measure
    network.close()


def test_a_smiling_face_supports_its_smile(measured, astronaut):
    face = measured(astronaut)
    assert face is not None
    assert [evidence(face, number).verdict for number in (12, 25)] == ["supports", "supports"]
    assert [evidence(face, number).verdict for number in (27, 43)] == ["contradicts", "contradicts"]


@pytest.mark.photos
@pytest.mark.parametrize("name", [*NEUTRAL, *PLAIN, "img12.jpg", "sad.jpg", "angry.jpg"])
def test_photographs_support_what_is_plain_and_contradict_nothing_that_is(measured, photos, name):
    labels = json.loads((photos / "labels.json").read_text())["photos"][name]
    face = measured(open_image(photos / name))
    if face is None:
        pytest.skip("MediaPipe finds this face in a crop only")
    verdicts = {number: evidence(face, number).verdict for number in (1, 2, 5, 6, 7, 12, 15, 20, 25, 26, 27, 43)}
    supported = {number for number, verdict in verdicts.items() if verdict == "supports"}
    contradicted = {number for number, verdict in verdicts.items() if verdict == "contradicts"}
    assert PLAIN.get(name, set()) <= supported
    assert not contradicted & set(labels["aus_sure"])
    if name in NEUTRAL:
        assert not supported & {5, 12, 25, 26, 27, 43}
