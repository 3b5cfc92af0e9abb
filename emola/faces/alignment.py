"""Similarity fits in two and three dimensions, and the base mesh that faces are fitted to.

Two conventions meet here. *Picture*: x right, y down, z away from the camera (``Face.mesh``). *Base*: x right, y up,
z towards the camera, the outer canthi (vertices 33 and 263) 9.0 units apart (``data/base_mesh.json``). Fits are least
squares in closed form: complex numbers in 2-D, Umeyama (PAMI 1991) in 3-D. Light: numpy only.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BASE_VERTEX_COUNT = 468
"""Vertices of the base mesh; the iris vertices 468 to 477 of a MediaPipe mesh are not part of it."""

STABLE_VERTICES: tuple[int, ...] = (
    *(33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2),
    *(10, 109, 338, 127, 356, 234, 454, 21, 251),
)
"""Eye corners, nose ridge, forehead and temples: the 21 vertices that expressions move least."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Similarity3D:
    """Batch of maps ``point -> scale * rotation @ point + translation``.

    Attributes:
        scale: float64 (...), positive.
        rotation: float64 (..., 3, 3), proper rotations.
        translation: float64 (..., 3).
    """

    scale: NDArray[np.float64]
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]

    def apply(self, points: Floats) -> NDArray[np.float64]:
        """Return the mapped points, (..., K, 3) to float64 (..., K, 3)."""
        turned = np.asarray(points, dtype=np.float64) @ np.swapaxes(self.rotation, -1, -2)
        mapped: NDArray[np.float64] = self.scale[..., None, None] * turned + self.translation[..., None, :]
        return mapped


@functools.cache
def base_vertices() -> NDArray[np.float64]:
    """Return the symmetric neutral mesh, read-only float64 (468, 3), base convention."""
    path = Path(__file__).parent / "data" / "base_mesh.json"
    vertices = np.asarray(json.loads(path.read_text(encoding="utf-8"))["vertices"], dtype=np.float64)
    vertices.setflags(write=False)
    return vertices


def to_base_axes(mesh: Floats) -> NDArray[np.float64]:
    """Return picture points (..., N, 3) with y up and z towards the camera, in the same unit (float64)."""
    turned: NDArray[np.float64] = np.asarray(mesh, dtype=np.float64)[..., :3] * (1.0, -1.0, -1.0)
    return turned


def standardise_mesh(vertices_camera: Floats) -> NDArray[np.float64]:
    """Return meshes turned, scaled and shifted rigidly onto the base mesh by their 21 stable vertices.

    Args:
        vertices_camera: (..., 468 or more, 3), axes of the base convention (x right, y up, z towards the camera), any
            unit, any pose; for a ``Face.mesh`` use :func:`to_base_axes` first.

    Returns:
        float64 (..., 468, 3) in base units, frontal.

    Raises:
        ValueError: fewer than 468 vertices, non-finite numbers, or stable vertices that coincide.
    """
    if vertices_camera.shape[-2] < BASE_VERTEX_COUNT or vertices_camera.shape[-1] != 3:
        raise ValueError(f"The mesh has shape {vertices_camera.shape}; expected at least 468 vertices with x, y, z.")
    stable = list(STABLE_VERTICES)
    fit = fit_similarity_3d(vertices_camera[..., stable, :], base_vertices()[stable])
    return fit.apply(vertices_camera[..., :BASE_VERTEX_COUNT, :])


def fit_similarity_2d(source: Floats, target: Floats, weights: Floats | None = None) -> NDArray[np.float64]:
    """Return the rotation, scale and shift (no mirror) that carry ``source`` best onto ``target``.

    Args:
        source: (..., K, 2).
        target: (K, 2).
        weights: (K,), not negative; equal when None.

    Returns:
        float64 (..., 2, 3): ``[[a, -b, tx], [b, a, ty]]``, for column vectors (x, y, 1).

    Raises:
        ValueError: non-finite numbers or source points that coincide.
    """
    moved, fixed = _finite(source), np.asarray(target, dtype=np.float64)
    share = _normalised(weights, fixed.shape[0])
    moved_mean, fixed_mean = share @ moved, share @ fixed
    a, b = moved - moved_mean[..., None, :], fixed - fixed_mean
    spread = _checked_spread(np.einsum("k,...kd->...", share, a**2))
    cosine = np.einsum("k,...kd,kd->...", share, a, b) / spread
    sine = np.einsum("k,...k->...", share, a[..., 0] * b[:, 1] - a[..., 1] * b[:, 0]) / spread
    linear = np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], -2)
    shift = fixed_mean - (linear @ moved_mean[..., None])[..., 0]
    return np.concatenate([linear, shift[..., None]], axis=-1)


def fit_similarity_3d(source: Floats, target: Floats) -> Similarity3D:
    """Return the rotation, scale and shift (no mirror) that carry ``source`` best onto ``target``.

    Args:
        source: (..., K, 3).
        target: (K, 3).

    Raises:
        ValueError: non-finite numbers or source points that coincide.
    """
    moved, fixed = _finite(source), np.asarray(target, dtype=np.float64)
    moved_mean, fixed_mean = moved.mean(axis=-2), fixed.mean(axis=0)
    a, b = moved - moved_mean[..., None, :], fixed - fixed_mean
    spread = _checked_spread((a**2).sum(axis=(-2, -1)))
    left, singular, right = np.linalg.svd(np.einsum("ki,...kj->...ij", b, a))
    signs = np.ones_like(singular)
    signs[..., -1] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    rotation = (left * signs[..., None, :]) @ right
    scale = (singular * signs).sum(axis=-1) / spread
    translation = fixed_mean - scale[..., None] * (rotation @ moved_mean[..., None])[..., 0]
    return Similarity3D(scale, rotation, translation)


def transform_points(matrix: Floats, points: Floats) -> NDArray[np.float64]:
    """Return (..., K, 2) points mapped by a (..., 2, 3) matrix, float64."""
    m = np.asarray(matrix, dtype=np.float64)
    return np.asarray(points, dtype=np.float64) @ np.swapaxes(m[..., :2], -1, -2) + m[..., None, :, 2]


def invert_matrix(matrix: Floats) -> NDArray[np.float64]:
    """Return the inverse of a (2, 3) matrix as float64 (2, 3)."""
    linear = np.linalg.inv(np.asarray(matrix, dtype=np.float64)[:, :2])
    return np.concatenate([linear, -linear @ matrix[:, 2:]], axis=1)


def visible_window(
    image: NDArray[np.uint8], matrix: Floats, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the part of a picture that a warp will look at, and the matrix from that part.

    OpenCV cannot warp pictures with a side of 32767 pixels or more, and needs none of what lies elsewhere.

    Args:
        image: (H, W, 3).
        matrix: (2, 3) from picture pixels to the warped square.
        size: side of the warped square in pixels.

    Returns:
        A view of ``image``, at least one pixel wide and high, and the float64 (2, 3) matrix for it.
    """
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]])
    reach = transform_points(invert_matrix(matrix), corners)
    limit = np.array(image.shape[1::-1])
    low = np.clip(np.floor(reach.min(axis=0)) - 2, 0, limit - 1).astype(int)
    high = np.clip(np.ceil(reach.max(axis=0)) + 3, low + 1, limit).astype(int)
    shifted = np.array(matrix, dtype=np.float64)
    shifted[:, 2] += shifted[:, :2] @ low
    return image[low[1] : high[1], low[0] : high[0]], shifted


def _normalised(weights: Floats | None, count: int) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    shares: NDArray[np.float64] = share / share.sum()
    return shares


def _finite(points: Floats) -> NDArray[np.float64]:
    values = np.asarray(points, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("The points to align hold NaN or infinite numbers; expected finite ones.")
    return values


def _checked_spread(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Refuse points without extent, which fix no rotation."""
    if (spread <= 0).any():
        raise ValueError("The points to align coincide; expected distinct points.")
    return spread
