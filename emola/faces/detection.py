"""What a face detector returns, the same for both backends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Pose

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels, x right and y down; may exceed the picture."""


@dataclass(frozen=True)
class Detection:
    """One face as a detector saw it.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the picture; may exceed it.
        score: detector confidence, 0 to 1; not a calibrated probability.
        keypoints: float32 (5, 2) pixels: eye at the image left, eye at the image right, nose tip, mouth corner at the
            image left, mouth corner at the image right (for an upright head); None when the detector has none.
        landmarks_106: float32 (106, 2) pixels in the ``insightface-106`` layout; None when not measured.
        pose: head rotation as the pack measured it; None when the pack has no pose network.
    """

    box: Box
    score: float
    keypoints: NDArray[np.float32] | None = None
    landmarks_106: NDArray[np.float32] | None = None
    pose: Pose | None = None
