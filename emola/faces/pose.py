"""Head pose from the face mesh, by a rigid fit to the base mesh.

A weak-perspective camera is assumed: no focal length is known for an uploaded picture, so the angles of a face far off
the optical axis or very near to the camera are a few degrees off.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.faces.alignment import STABLE_VERTICES, base_vertices, fit_similarity_3d, to_base_axes
from emola.faces.face import Pose
from emola.faces.geometry_table import geometry_table


def pose_from_mesh(mesh: NDArray[np.floating[Any]]) -> Pose:
    """Return the head rotation of a face mesh.

    Args:
        mesh: (468 or more, 3) in pixels, ``Face.mesh`` convention.

    Returns:
        Degrees with the signs of :class:`emola.faces.face.Pose`; yaw is applied first, then pitch, then roll.

    Raises:
        ValueError: stable vertices that coincide or are not finite.
    """
    stable = list(STABLE_VERTICES)
    to_frontal = fit_similarity_3d(to_base_axes(mesh)[stable], base_vertices()[stable]).rotation
    return pose_from_rotation(to_frontal.T @ _frontal_tilt())


def _frontal_tilt() -> NDArray[np.float64]:
    """Return the turn from MediaPipe's canonical face, which looks into the camera, to the base mesh's tilt."""
    angle = math.radians(geometry_table().pitch_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])


def pose_from_rotation(rotation: NDArray[np.floating[Any]]) -> Pose:
    """Return the angles of a rotation in base axes (x right, y up, z towards the camera).

    Args:
        rotation: (3, 3), ``roll @ pitch @ yaw``; the face looks along its third column.

    Returns:
        Pose in degrees; yaw and roll in -180 to 180, pitch in -90 to 90.
    """
    roll = math.atan2(float(rotation[0, 1]), float(rotation[1, 1]))
    pitch = -math.asin(max(-1.0, min(1.0, float(rotation[2, 1]))))
    yaw = math.atan2(-float(rotation[2, 0]), float(rotation[2, 2]))
    return Pose(yaw=math.degrees(yaw), pitch=math.degrees(pitch), roll=math.degrees(roll))
