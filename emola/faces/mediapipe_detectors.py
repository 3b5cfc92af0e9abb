"""MediaPipe's two face detectors, run on one square region of a picture.

The short-range network sees faces that fill a good part of the region, the full-range network also small ones; each
misses faces that the other finds, so :mod:`emola.faces.search`
asks both. Their models are inside the mediapipe wheel.
"""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.faces.quiet import quiet_stderr
from emola.faces.views import Pyramid, Region

SHORT_RANGE_INPUT, FULL_RANGE_INPUT = 128, 192
"""Sides of the two networks' inputs in pixels; views are rendered at exactly these sizes."""

MINIMUM_SCORE = 0.5
"""Candidates below it are dropped; MediaPipe's own default, and its graphs report nothing below."""


@dataclass(frozen=True)
class Candidate:
    """Something that a detector takes for a face, in pixels of the picture.

    Attributes:
        x: centre of the box, which runs from the brows to the chin.
        y: centre of the box.
        size: longer side of the box.
        eyes: float64 (2, 2), the subject's right eye first (image left when upright).
        score: detector confidence, 0.5 to 1.
    """

    x: float
    y: float
    size: float
    eyes: NDArray[np.float64]
    score: float


class DetectorNetwork:
    """One of MediaPipe's detectors, started at the first picture; safe to share between threads.

    Args:
        full_range: the network for small faces too; otherwise the short-range one.
    """

    def __init__(self, *, full_range: bool) -> None:
        self._full_range = full_range
        self._input_size = FULL_RANGE_INPUT if full_range else SHORT_RANGE_INPUT
        self._lock = threading.Lock()
        self._solution: Any = None

    def detect(self, picture: Pyramid, region: Region) -> list[Candidate]:
        """Return the candidates in one region of a picture."""
        view = picture.render(region, self._input_size)
        with self._lock:
            solution: Any = self._solution
            if solution is None:
                with quiet_stderr():
                    solution = self._solution = self._start()
                    solution.process(view)
            found = solution.process(view).detections
        return [_candidate(detection, region) for detection in found or []]

    def close(self) -> None:
        """Free the native graph; a later ``detect`` starts a new one."""
        with self._lock:
            if self._solution is not None:
                solution, self._solution = self._solution, None
                solution.close()

    def _start(self) -> Any:
        from mediapipe.python.solutions.face_detection import FaceDetection  # heavy; loaded with the first picture

        return FaceDetection(model_selection=int(self._full_range), min_detection_confidence=MINIMUM_SCORE)


def _candidate(detection: Any, region: Region) -> Candidate:
    box = detection.location_data.relative_bounding_box
    eyes = [(point.x, point.y) for point in detection.location_data.relative_keypoints[:2]]
    centre = (box.xmin + box.width / 2, box.ymin + box.height / 2)
    points = region.to_picture(np.array([centre, *eyes]))
    return Candidate(
        x=float(points[0, 0]),
        y=float(points[0, 1]),
        size=max(box.width, box.height) * region.side,
        eyes=points[1:],
        score=float(detection.score[0]),
    )
