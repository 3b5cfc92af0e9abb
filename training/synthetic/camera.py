"""Head pose and a pinhole camera: mesh units to pixels.

Pixels are x right, y down. A pose of zero looks straight into the camera; signs follow ``emola.faces.face.Pose``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Pose
from training.synthetic.mesh import Points

FOCAL_LENGTH = 45.0
"""Distance of the camera from the head's centre, in mesh units."""

HEAD_CENTRE = np.array([0.0, -3.2, -1.0])


@dataclass(frozen=True)
class Camera:
    """One view of a head.

    Attributes:
        pose: head rotation in degrees.
        scale: pixels per mesh unit at the head's centre.
        size: side of the square picture in pixels.
    """

    pose: Pose
    scale: float
    size: int

    def rotation(self) -> NDArray[np.float64]:
        """Return the (3, 3) rotation of the head in the frame of the mesh."""
        yaw, pitch, roll = np.radians([self.pose.yaw, -self.pose.pitch, -self.pose.roll])
        cy, sy, cp, sp, cr, sr = *_pair(yaw), *_pair(pitch), *_pair(roll)
        about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        return np.asarray(about_z @ about_x @ about_y)

    def turn(self, points: Points) -> Points:
        """Return the points (..., 3) in camera axes, centred on the head."""
        return np.asarray((points - HEAD_CENTRE) @ self.rotation().T)

    def project(self, points: Points) -> NDArray[np.float64]:
        """Return the pixels (..., 2) where points (..., 3) of the mesh appear."""
        turned = self.turn(points)
        zoom = self.scale * FOCAL_LENGTH / (FOCAL_LENGTH - turned[..., 2])
        half = self.size / 2
        return np.stack([half + turned[..., 0] * zoom, half - turned[..., 1] * zoom], axis=-1)


def _pair(angle: float) -> tuple[float, float]:
    """Return cosine and sine."""
    return float(np.cos(angle)), float(np.sin(angle))


def sample_camera(rng: np.random.Generator, size: int = 256) -> Camera:
    """Return a random view: mostly frontal, at most 35 degrees of yaw and 20 of pitch."""
    yaw = float(np.clip(rng.normal(0, 13), -35, 35))
    pitch = float(np.clip(rng.normal(0, 7), -20, 20))
    roll = float(np.clip(rng.normal(0, 6), -25, 25))
    return Camera(Pose(yaw, pitch, roll), float(rng.uniform(11, 13.2)) * size / 256, size)
