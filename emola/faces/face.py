"""What face analysis returns: plain, frozen data without any detector behind it.

Pixels are continuous image coordinates, x right and y down, of the upright RGB picture that was analysed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Layout = Literal["insightface-106", "mediapipe-478"]
"""Names of the landmark layouts a backend can measure."""


@dataclass(frozen=True)
class Pose:
    """Head rotation in degrees; all zero looks straight into the camera.

    Attributes:
        yaw: positive when the subject turns to the right of the picture.
        pitch: positive when the subject looks up.
        roll: positive when the head tilts clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Gate:
    """A reason why parts of a face cannot be judged.

    Attributes:
        name: ``profile``, ``pitch``, ``tilt``, ``tiny``, ``cut``, ``blurred`` or ``no_mesh``.
        reason: one plain sentence with the number measured and the limit.
        blocks: regions (``brows``, ``eyes``, ``nose``, ``mouth``, ``jaw``, ``cheeks``, ``chin``) that cannot be
            judged; all of them for a gate that spoils the whole face.
        refuses: True when the face should not be described at all.
    """

    name: str
    reason: str
    blocks: tuple[str, ...]
    refuses: bool = False


@dataclass(frozen=True)
class Face:
    """One face in a picture.

    Attributes:
        box: x0, y0, x1, y1 in pixels; may exceed the picture.
        score: detector confidence, 0 to 1; not a calibrated probability.
        landmarks: float32 (N, 2) pixels, N given by ``layout``.
        layout: name of the landmark layout, see :mod:`emola.faces.layouts`.
        mesh: float32 (478, 3) MediaPipe mesh, x and y in pixels, z in the same unit (smaller is nearer to the
            camera), origin of z at the head's centre; None when no mesh could be measured.
        pose: head rotation; None when neither the mesh nor the pack gives one.
        size_px: longer side of ``box`` in pixels.
        gates: what cannot be judged and why; empty for a face fit for every measure.
        backend: ``insightface`` or ``mediapipe``, with the pack's name after a colon where there is one.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float32]
    layout: Layout
    mesh: NDArray[np.float32] | None
    pose: Pose | None
    size_px: float
    gates: tuple[Gate, ...]
    backend: str

    @property
    def refused(self) -> bool:
        """Whether any gate says that this face should not be described at all."""
        return any(gate.refuses for gate in self.gates)
