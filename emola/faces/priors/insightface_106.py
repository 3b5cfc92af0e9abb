"""Recipe ``insightface-106``: the same network as ``emola-2024``, fed the way InsightFace feeds it.

Source: insightface 2.1, ``model_zoo/landmark.py`` and ``utils/face_align.py``.

- crop: a square of 1.5 times the longer side of the face box around its centre, not turned, warped to 192 x 192
  (bilinear); black outside the picture.
- colour order and range: **RGB**. 0 to 255 when the graph normalises itself, as the published ``2d106det.onnx`` does;
  (x - 127.5) / 128 for a graph that does not. float32, channels first.
- network: ``2d106det.onnx``.
- output: the raw 212 numbers x0, y0, x1, y1, ..., float32, -1 to 1 over the crop; (v + 1) x 96 are crop pixels.

The network was made for the boxes of InsightFace's own detectors (forehead to chin, ear to ear); boxes of another
detector shift and scale the vector a little.
"""

from pathlib import Path
from typing import ClassVar, Self

from emola.faces.face import Face
from emola.faces.landmark_network import LandmarkNetwork, crop_matrix
from emola.faces.priors.prior import ImageArray, Prior, PriorRecipe, require_landmark_model


class InsightFace106(PriorRecipe):
    """Landmarks relative to the face box, as InsightFace measures them."""

    name: ClassVar[str] = "insightface-106"
    dim: ClassVar[int] = 212

    def __init__(self, network: LandmarkNetwork) -> None:
        """Take the opened network ``2d106det.onnx``."""
        self._network = network

    @classmethod
    def open(cls, landmark_model: Path | None) -> Self:
        """Open the landmark network and return the recipe; see :class:`PriorRecipe`."""
        return cls(LandmarkNetwork(require_landmark_model(cls.name, landmark_model)))

    def compute(self, image: ImageArray, face: Face) -> Prior:
        """Return the prior of the face in ``face.box``; see :class:`PriorRecipe`."""
        return Prior(self._network.raw(image, crop_matrix(face.box)), self.name)
