"""Faces by an InsightFace model pack: boxes, five keypoints, 106 landmarks and, with ``1k3d68.onnx``, the pose.

Works on RGB; the turn to BGR that insightface expects happens here and nowhere else. Licence: insightface's code is
MIT, its model packs are for non-commercial research only.
"""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emola.errors import FaceModelError
from emola.faces.detection import Box, Detection
from emola.faces.face import Pose
from emola.faces.landmark_network import CPU, LandmarkNetwork, open_model, roll_from_keypoints, runtime_errors
from emola.faces.packs import DETECTION, LANDMARK_68, Pack

SCORE_LIMIT = 0.5
"""Lowest detector confidence that counts as a face; InsightFace's default."""

THINNEST = 128
"""Ratio of the sides from which a picture would shrink to nothing in the detector, whose smaller input is 128 px."""


class InsightFaceDetector:
    """Finds faces with a pack's own detector and measures them with its landmark networks; thread-safe."""

    def __init__(self, pack: Pack, providers: Sequence[str] = CPU) -> None:
        """Open the networks the pack has for these tasks; its other files stay closed.

        Args:
            pack: a pack with a detector, from :func:`emola.faces.packs.find_pack`.
            providers: onnxruntime execution providers in order of preference.

        Raises:
            FaceModelError: the pack has no detector, a file is corrupt or a provider is not offered.
        """
        if not pack.has_detector:
            raise FaceModelError(
                f"The face model pack {pack.folder} has no face detector; expected a file such as det_10g.onnx beside "
                f"{pack.landmark_model.name}."
            )
        self.pack = pack
        self.network = LandmarkNetwork(pack.landmark_model, providers)
        self._detector = open_model(pack.tasks[DETECTION], providers)
        # None: InsightFace's two input sizes, 128 for faces that fill the picture and 640 for the others.
        self._detector.prepare(0, input_size=None, det_thresh=SCORE_LIMIT)
        self._pose_model = open_model(pack.tasks[LANDMARK_68], providers) if LANDMARK_68 in pack.tasks else None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """``insightface`` and the pack's name, as in ``Face.backend``."""
        return f"insightface:{self.pack.name}"

    @property
    def provider(self) -> str:
        """The onnxruntime execution provider in use, to be shown to the user."""
        return self.network.provider

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return every face, the most confident first.

        Args:
            image: RGB uint8 (H, W, 3), upright.

        Returns:
            Detections with ``landmarks_106``, with ``keypoints`` where the detector has them and with ``pose`` where
            the pack has ``1k3d68.onnx``; an empty list when there is no face.

        Raises:
            FaceModelError: onnxruntime fails on one of the networks.
        """
        if max(image.shape[:2]) >= THINNEST * min(image.shape[:2]):
            return []
        bgr = np.ascontiguousarray(image[..., ::-1])
        with self._lock:
            try:
                boxes, keypoints = self._detector.detect(bgr)
                found = keypoints if keypoints is not None else [None] * len(boxes)
                return [self._detection(image, bgr, row, points) for row, points in zip(boxes, found, strict=True)]
            except runtime_errors() as error:
                raise FaceModelError(
                    f"The networks in {self.pack.folder} cannot be run; expected an intact InsightFace pack."
                ) from error

    def landmarks_106(
        self, image: NDArray[np.uint8], box: Box, keypoints: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return the 106 landmarks of the face in ``box``, any detector's.

        Args:
            image: RGB uint8 (H, W, 3).
            box: x0, y0, x1, y1 in pixels.
            keypoints: (5, 2) pixels; the crop is turned upright by them, without them it is InsightFace's own.

        Returns:
            float32 (106, 2) pixels, ``insightface-106`` layout.
        """
        roll = 0.0 if keypoints is None else roll_from_keypoints(keypoints)
        return self.network.points(image, box, roll)

    def _detection(
        self,
        image: NDArray[np.uint8],
        bgr: NDArray[np.uint8],
        row: NDArray[np.float32],
        keypoints: NDArray[np.float32] | None,
    ) -> Detection:
        x0, y0, x1, y1, score = (float(value) for value in row)
        box = (x0, y0, x1, y1)
        points = None if keypoints is None else np.asarray(keypoints, dtype=np.float32)
        return Detection(box, score, points, self.landmarks_106(image, box, points), self._pose(bgr, row[:4]))

    def _pose(self, bgr: NDArray[np.uint8], box: NDArray[np.float32]) -> Pose | None:
        """Return the pose that insightface fits to its 68 points in 3-D; its signs are those of :class:`Pose`."""
        if self._pose_model is None:
            return None
        from insightface.app.common import Face as InsightFaceRecord

        record = InsightFaceRecord(bbox=box)
        self._pose_model.get(bgr, record)
        pitch, yaw, roll = (float(angle) for angle in record["pose"])
        return Pose(yaw=yaw, pitch=pitch, roll=roll)
