"""Recipe ``emola-2024``: the landmark prior exactly as the published EmoLA was trained with it.

Source: ``feature_extraction/landmark/landmark_features.py`` of JackYFL/EmoLA at 0cd4a12. Needed for the released
weights and for nothing else; new models are better served by ``insightface-106``.

- crop: the whole picture of one aligned face, as AffectNet cuts them. For a face inside a larger picture that is the
  ``square-pad`` crop of :mod:`emola.faces.crops`; for a data set of face pictures it is the file itself
  (:meth:`Emola2024.compute_crop`).
- resize: to 192 x 192, bilinear (``cv2.INTER_LINEAR``), on uint8, ignoring the aspect ratio.
- colour order and range: **BGR**, divided by 255, so 0 to 1. float32, channels first.
- network: ``2d106det.onnx``, fed as above. No crop by a face box, no mean or standard deviation.
- output: the raw 212 numbers, float32, not decoded to pixels.

InsightFace itself feeds RGB from 0 to 255 and the network's graph subtracts 127.5 and divides by 128. Fed 0 to 1 it
sees an almost black picture whatever the face, so the vector is expected to be nearly the same for everybody
(deviations well below 0.01). It is never drawn as landmarks.
"""

from pathlib import Path
from typing import ClassVar, Self

import cv2
import numpy as np

from emola.faces.crops import crop_face
from emola.faces.face import Face
from emola.faces.landmark_network import CROP_SIZE, LandmarkNetwork
from emola.faces.priors.prior import ImageArray, Prior, PriorRecipe, require_landmark_model


class Emola2024(PriorRecipe):
    """The published preprocessing, bug for bug."""

    name: ClassVar[str] = "emola-2024"
    dim: ClassVar[int] = 212

    def __init__(self, network: LandmarkNetwork) -> None:
        """Take the opened network ``2d106det.onnx``."""
        self._network = network

    @classmethod
    def open(cls, landmark_model: Path | None) -> Self:
        """Open the landmark network and return the recipe; see :class:`PriorRecipe`."""
        return cls(LandmarkNetwork(require_landmark_model(cls.name, landmark_model)))

    def compute(self, image: ImageArray, face: Face) -> Prior:
        """Return the prior of the face's ``square-pad`` crop; see :class:`PriorRecipe`."""
        return self.compute_crop(crop_face(image, face, "square-pad"))

    def compute_crop(self, crop: ImageArray) -> Prior:
        """Return the prior of a picture that shows nothing but one aligned face.

        Args:
            crop: RGB uint8 (H, W, 3).
        """
        bgr = cv2.resize(np.ascontiguousarray(crop[..., ::-1]), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
        blob = (bgr / 255.0).astype(np.float32).transpose(2, 0, 1)[None]
        return Prior(self._network.run(np.ascontiguousarray(blob)), self.name)
