"""What the overlay costs beside MediaPipe's own drawing, as a ratio in one process with alternating turns."""

import io
import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
import pytest
from PIL import Image

from emola.faces.face import Face
from emola.faces.overlay import build_layers, draw_layers

ROUNDS = 9
SHOWN = ("mesh", "contour", "brows", "eyes", "nose", "lips", "box")


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def ratio(first: Callable[[], object], second: Callable[[], object]) -> float:
    """Return the median of the second's time over the first's."""
    first(), second()
    return median(1.0 / (seconds(first) / seconds(second)) for _ in range(ROUNDS))


@pytest.fixture(scope="module")
def frame(astronaut):
    """A 640x480 frame, its face, and MediaPipe's own landmark list."""
    import mediapipe

    image = np.ascontiguousarray(cv2.resize(astronaut, (640, 480)))
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as network:
        found = network.process(image).multi_face_landmarks[0]
    mesh = np.array([(p.x * 640, p.y * 480, p.z * 640) for p in found.landmark], dtype=np.float32)
    (x0, y0), (x1, y1) = mesh[:, :2].min(axis=0).tolist(), mesh[:, :2].max(axis=0).tolist()
    return image, Face((x0, y0, x1, y1), 1.0, mesh[:, :2], "mediapipe-478", mesh, None, y1 - y0, (), "mediapipe"), found


def test_building_and_drawing_beats_drawing_utils(frame):
    from mediapipe.python.solutions import drawing_utils, face_mesh_connections

    image, face, found = frame

    def theirs() -> None:
        copy = image.copy()
        drawing_utils.draw_landmarks(copy, found, face_mesh_connections.FACEMESH_TESSELATION)

    def ours() -> None:
        draw_layers(image, build_layers([face], layers=SHOWN), SHOWN)

    assert ratio(ours, theirs) >= 2.0


def test_drawing_and_encoding_a_live_frame_is_many_times_faster_than_webp_and_drawing_utils(frame):
    from mediapipe.python.solutions import drawing_utils, face_mesh_connections

    image, face, found = frame

    def theirs() -> None:
        copy = image.copy()
        drawing_utils.draw_landmarks(copy, found, face_mesh_connections.FACEMESH_TESSELATION)
        Image.fromarray(copy).save(io.BytesIO(), "WEBP")

    def ours() -> None:
        drawn = draw_layers(image, build_layers([face], layers=SHOWN), SHOWN)
        cv2.imencode(".jpg", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])

    assert ratio(ours, theirs) >= 7.0
