"""All faces of a picture: boxes, landmarks, mesh, pose and gates, by whichever backend is there.

With an InsightFace pack that has a detector, boxes, 106 landmarks and (with ``1k3d68.onnx``) the pose are those of
InsightFace. With the landmark network alone, boxes are MediaPipe's and the 106 landmarks InsightFace's. Without a pack
everything is MediaPipe's. In every case the MediaPipe mesh is measured on each face and attached, because geometric
evidence, the aligned crop and the ``mediapipe-106`` prior need it.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emola.faces.detection import Box, Detection
from emola.faces.face import Face, Layout, Pose
from emola.faces.gates import find_gates
from emola.faces.mesh import MeshNetwork, mesh_box, region_around, region_from_mesh
from emola.faces.packs import Pack
from emola.faces.pose import pose_from_mesh
from emola.faces.search import MINIMUM_PRESENCE, FaceSearch
from emola.faces.views import Pyramid

if TYPE_CHECKING:
    from emola.faces.insightface_backend import InsightFaceDetector
    from emola.faces.landmark_network import LandmarkNetwork

MEDIAPIPE = "mediapipe"


class FaceAnalyzer:
    """Analyses still pictures. Safe to share between threads; networks start with the first picture.

    Args:
        pack: a checked InsightFace pack from :func:`emola.faces.packs.find_pack`, or None for MediaPipe.
    """

    def __init__(self, pack: Pack | None = None) -> None:
        self.pack = pack
        self._mesh = MeshNetwork()
        self._search = FaceSearch(self._mesh)
        self._insightface: InsightFaceDetector | None = None
        self._landmarks: LandmarkNetwork | None = None

    @property
    def backend(self) -> str:
        """What finds the faces: ``mediapipe`` or ``insightface:<pack>``."""
        if self.pack is None:
            return MEDIAPIPE
        return f"insightface:{self.pack.name}" if self.pack.has_detector else f"{MEDIAPIPE} + {self.pack.name}"

    def analyze(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return all faces, largest first.

        Args:
            image: RGB uint8 (H, W, 3), upright; read only.

        Raises:
            ValueError: for another shape or dtype.
            FaceModelError: a network of the pack cannot be run.
        """
        check_picture(image)
        picture = Pyramid(image)
        if self.pack is not None and self.pack.has_detector:
            faces = [self._from_detection(image, picture, found) for found in self._detector(self.pack).detect(image)]
        else:
            faces = [self._from_mesh(image, found.mesh, found.score) for found in self._search.find(picture)]
        return sorted(faces, key=lambda face: -face.size_px)

    def close(self) -> None:
        """Free the native networks; a later picture starts them again."""
        self._search.close()
        self._mesh.close()

    def _from_mesh(self, image: NDArray[np.uint8], mesh: NDArray[np.float32], score: float) -> Face:
        face = face_from_mesh(image, mesh, score)
        if self.pack is None:
            return face
        roll = face.pose.roll if face.pose else 0.0
        points = self._network(self.pack).points(image, face.box, roll)
        return _face(image, face.box, score, points, "insightface-106", mesh, face.pose, self.backend)

    def _from_detection(self, image: NDArray[np.uint8], picture: Pyramid, found: Detection) -> Face:
        mesh = self._measure(picture, found)
        pose = found.pose or (None if mesh is None else pose_from_mesh(mesh))
        if found.landmarks_106 is None:
            raise ValueError("The InsightFace backend returned a face without its 106 landmarks.")
        return _face(image, found.box, found.score, found.landmarks_106, "insightface-106", mesh, pose, self.backend)

    def _measure(self, picture: Pyramid, found: Detection) -> NDArray[np.float32] | None:
        """Return the mesh in a detected box, measured twice so that its square fits; None when it sees no face."""
        x0, y0, x1, y1 = found.box
        size = max(x1 - x0, y1 - y0)
        eyes = np.array([[x0, y0], [x1, y0]]) if found.keypoints is None else found.keypoints[:2]
        first = self._mesh.measure(picture, region_around((x0 + x1) / 2, (y0 + y1) / 2, size, eyes))
        second = self._mesh.measure(picture, region_from_mesh(first.mesh))
        centre = second.mesh[:468, :2].mean(axis=0)
        inside = x0 <= centre[0] <= x1 and y0 <= centre[1] <= y1
        return second.mesh if second.presence >= MINIMUM_PRESENCE and inside else None

    def _detector(self, pack: Pack) -> "InsightFaceDetector":
        if self._insightface is None:
            from emola.faces.insightface_backend import InsightFaceDetector  # onnxruntime and insightface

            self._insightface = InsightFaceDetector(pack)
        return self._insightface

    def _network(self, pack: Pack) -> "LandmarkNetwork":
        if self._landmarks is None:
            from emola.faces.landmark_network import LandmarkNetwork  # onnxruntime and insightface

            self._landmarks = LandmarkNetwork(pack.landmark_model)
        return self._landmarks


def analyze(image: NDArray[np.uint8]) -> list[Face]:
    """Return all faces of one picture, largest first, by MediaPipe; for many pictures keep a :class:`FaceAnalyzer`."""
    analyzer = FaceAnalyzer()
    try:
        return analyzer.analyze(image)
    finally:
        analyzer.close()


def face_from_mesh(image: NDArray[np.uint8], mesh: NDArray[np.float32], score: float) -> Face:
    """Return the face of a measured mesh, with box, pose and gates; layout ``mediapipe-478``."""
    points = np.ascontiguousarray(mesh[:, :2])
    return _face(image, mesh_box(mesh), score, points, "mediapipe-478", mesh, pose_from_mesh(mesh), MEDIAPIPE)


def check_picture(image: NDArray[np.uint8]) -> None:
    """Raise ValueError unless ``image`` is RGB uint8 (H, W, 3) with at least one pixel."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"A picture must be RGB uint8 (height, width, 3), not {image.dtype} {image.shape}.")


def _face(
    image: NDArray[np.uint8],
    box: Box,
    score: float,
    landmarks: NDArray[np.float32],
    layout: Layout,
    mesh: NDArray[np.float32] | None,
    pose: Pose | None,
    backend: str,
) -> Face:
    return Face(
        box=box,
        score=score,
        landmarks=landmarks,
        layout=layout,
        mesh=mesh,
        pose=pose,
        size_px=max(box[2] - box[0], box[3] - box[1]),
        gates=find_gates(image, box, mesh, pose),
        backend=backend,
    )
