"""The MediaPipe face mesh of one region of a picture, with its presence score.

MediaPipe's ``FaceMesh`` solution finds faces with its short-range detector only and hides the score of the landmark
network. Both matter here, so this module runs the same network (``face_landmark_with_attention.tflite``, inside the
mediapipe wheel) through a graph of MediaPipe's own calculators: in goes an upright square crop, out come 478 vertices
and the probability that the crop shows a face.
"""

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.faces.detection import Box
from emola.faces.layouts import MIRROR_478
from emola.faces.quiet import quiet_stderr
from emola.faces.views import Pyramid, Region

INPUT_SIZE = 192
"""Side of the network's input in pixels."""

REGION_SCALE = 1.5
"""Square over the longer side of the face box, as in MediaPipe's FaceLandmarkLandmarksToRoi."""

_CANTHUS_LEFT, _CANTHUS_RIGHT = 33, 263
_MODEL = "modules/face_landmark/face_landmark_with_attention.tflite"
_GRAPH = """
input_stream: "image"
output_stream: "mesh"
output_stream: "presence"
node {
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image"
  output_stream: "TENSORS:pixels"
  options { [mediapipe.ImageToTensorCalculatorOptions.ext] {
    output_tensor_width: %(size)d output_tensor_height: %(size)d
    output_tensor_float_range { min: 0 max: 1 } } }
}
node { calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:operators" }
node {
  calculator: "InferenceCalculator"
  input_side_packet: "OP_RESOLVER:operators"
  input_stream: "TENSORS:pixels"
  output_stream: "TENSORS:outputs"
  options { [mediapipe.InferenceCalculatorOptions.ext] { model_path: "%(model)s" delegate { xnnpack {} } } }
}
node {
  calculator: "SplitTensorVectorCalculator"
  input_stream: "outputs"
  output_stream: "landmark_tensors"
  output_stream: "presence_tensor"
  options { [mediapipe.SplitVectorCalculatorOptions.ext] { ranges { begin: 0 end: 6 } ranges { begin: 6 end: 7 } } }
}
node {
  calculator: "TensorsToFloatsCalculator"
  input_stream: "TENSORS:presence_tensor"
  output_stream: "FLOAT:presence"
  options { [mediapipe.TensorsToFloatsCalculatorOptions.ext] { activation: SIGMOID } }
}
node {
  calculator: "TensorsToFaceLandmarksWithAttention"
  input_stream: "TENSORS:landmark_tensors"
  output_stream: "LANDMARKS:mesh"
}
"""


@dataclass(frozen=True)
class MeshMeasurement:
    """What the network says of one region.

    Attributes:
        mesh: float32 (478, 3); x and y in pixels of the picture, z in the same unit (smaller is nearer).
        presence: probability that the region shows a face, 0 to 1.
    """

    mesh: NDArray[np.float32]
    presence: float


def region_around(x: float, y: float, size: float, eyes: NDArray[np.floating[Any]]) -> Region:
    """Return the square to measure around a detected face, turned so that its eyes are level.

    Args:
        x: centre of the face box in pixels.
        y: centre of the face box in pixels.
        size: longer side of the face box in pixels.
        eyes: (2, 2) pixels, the subject's right eye first.
    """
    across = eyes[1] - eyes[0]
    return Region(x, y, REGION_SCALE * size, math.atan2(float(across[1]), float(across[0])))


def region_from_mesh(mesh: NDArray[np.float32]) -> Region:
    """Return the square to measure again, or in the next frame, around a mesh (478, 3), turned with its eyes.

    The face is enclosed in the upright frame of the head, so a rolled head does not get a larger square.
    """
    across = mesh[_CANTHUS_RIGHT, :2] - mesh[_CANTHUS_LEFT, :2]
    angle = math.atan2(float(across[1]), float(across[0]))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    upright = mesh[:468, :2] @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    centre = turn @ ((low + high) / 2)
    return Region(float(centre[0]), float(centre[1]), REGION_SCALE * float((high - low).max()), angle)


def mesh_box(mesh: NDArray[np.float32]) -> Box:
    """Return x0, y0, x1, y1 of the 468 face vertices in pixels."""
    low, high = mesh[:468, :2].min(axis=0), mesh[:468, :2].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


class MeshNetwork:
    """The landmark network, started at the first measurement; safe to share between threads.

    ``close()`` frees the native graph; a later ``measure`` starts a new one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._graph: Any = None
        self._outputs: dict[str, Any] = {}
        self._time = 0

    def measure(self, picture: Pyramid, region: Region, *, mirrored: bool = False) -> MeshMeasurement:
        """Measure the mesh in one region of a picture.

        Args:
            picture: where to look.
            region: the square to look at; its side must be positive.
            mirrored: show the network the mirrored square; the mesh is mirrored back, vertex numbers included.
        """
        crop = picture.render(region, INPUT_SIZE)
        if mirrored:
            crop = np.ascontiguousarray(crop[:, ::-1])
        with self._lock:
            if self._graph is None:
                with quiet_stderr():
                    self._start()
                    self._run(crop)
            points, presence = self._run(crop)
        if mirrored:
            points = points[MIRROR_478] * (-1, 1, 1) + (1, 0, 0)
        mesh = np.column_stack([region.to_picture(points[:, :2]), points[:, 2] * region.side])
        return MeshMeasurement(mesh.astype(np.float32), presence)

    def close(self) -> None:
        """Free the native graph."""
        with self._lock:
            if self._graph is not None:
                graph, self._graph = self._graph, None
                graph.close_all_packet_sources()
                graph.wait_until_done()

    def _start(self) -> None:
        import mediapipe  # heavy; loaded with the first face
        from mediapipe.calculators.tensor import (  # noqa: F401  registers the option messages parsed below
            image_to_tensor_calculator_pb2,
            inference_calculator_pb2,
            tensors_to_floats_calculator_pb2,
        )

        model = Path(mediapipe.__file__).parent / _MODEL
        config = _GRAPH % {"size": INPUT_SIZE, "model": model.as_posix()}
        graph = mediapipe.CalculatorGraph(graph_config=config)
        for name in ("mesh", "presence"):
            graph.observe_output_stream(name, self._outputs.__setitem__, True)
        graph.start_run()
        self._graph = graph

    def _run(self, crop: NDArray[np.uint8]) -> tuple[NDArray[np.float64], float]:
        import mediapipe

        create, get = mediapipe.packet_creator, mediapipe.packet_getter
        self._time += 1
        pixels = create.create_image_frame(crop, image_format=mediapipe.ImageFormat.SRGB)
        self._graph.add_packet_to_input_stream("image", pixels.at(self._time))
        self._graph.wait_until_idle()
        landmarks = get.get_proto(self._outputs["mesh"]).landmark
        points = np.array([(point.x, point.y, point.z) for point in landmarks])
        return points, float(get.get_float(self._outputs["presence"]))
