"""The measures of the geometry table, taken from a face mesh free of head pose.

A mesh is first turned, scaled and shifted rigidly onto the base mesh by its stable vertices, so that head pose and
picture size cancel; heights are then differences along the face's own vertical. Light: numpy only.
"""

import math

import numpy as np
from numpy.typing import NDArray

from emola.faces.alignment import (
    BASE_VERTEX_COUNT,
    STABLE_VERTICES,
    Floats,
    base_vertices,
    fit_similarity_3d,
    to_base_axes,
)
from emola.faces.geometry_table import Measure, Part, geometry_table
from emola.taxonomy import Side

OUTER_CANTHI = (33, 263)
"""The outer eye corners, whose distance is the unit of length."""


def upright_mesh(mesh: Floats) -> NDArray[np.float64]:
    """Return the mesh turned to the front, upright and in outer-canthus distances.

    Args:
        mesh: (468 or 478, 3) in picture axes: x right, y down, z away from the camera, any unit and pose.

    Returns:
        float64, same shape; x to the picture's right, y up, z towards the camera.

    Raises:
        ValueError: another shape, non-finite numbers, or vertices that coincide.
    """
    if mesh.ndim != 2 or mesh.shape[0] not in (BASE_VERTEX_COUNT, BASE_VERTEX_COUNT + 10) or mesh.shape[1] != 3:
        raise ValueError(f"The mesh has shape {mesh.shape}; expected 468 or 478 vertices with x, y and z.")
    vertices, stable = to_base_axes(mesh), list(STABLE_VERTICES)
    turned = fit_similarity_3d(vertices[stable], base_vertices()[stable]).apply(vertices)
    angle = math.radians(geometry_table().pitch_deg)
    cosine, sine = math.cos(angle), math.sin(angle)
    tilt = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    turned = turned @ tilt.T
    right, left = OUTER_CANTHI
    unit = float(np.linalg.norm(turned[right] - turned[left]))
    if unit == 0:
        raise ValueError("The outer eye corners (vertices 33 and 263) coincide; expected a face mesh.")
    return np.asarray(turned / unit, dtype=np.float64)


def measure_all(mesh: Floats) -> dict[str, float]:
    """Return every measure of the table.

    Args:
        mesh: as for :func:`upright_mesh`; measures of the iris need all 478 vertices and are left out otherwise.

    Returns:
        Measure name to value; sided measures as ``name`` (mean of both), ``name_right`` and ``name_left`` (the
        subject's own sides). NaN where a value is undefined because its unit has no length.

    Raises:
        ValueError: see :func:`upright_mesh`.
    """
    vertices = upright_mesh(mesh)
    values: dict[str, float] = {}
    for measure in geometry_table().measures.values():
        if _highest_vertex(measure) < len(vertices):
            values |= _values(measure, vertices)
    return values


def _values(measure: Measure, vertices: NDArray[np.float64]) -> dict[str, float]:
    taken = {measure.key(side): _take(part, vertices) for side, part in measure.parts.items()}
    if measure.sided:
        taken[measure.key(Side.BOTH)] = sum(taken.values()) / len(taken)
    return taken


def _take(part: Part, vertices: NDArray[np.float64]) -> float:
    """Return one part's value: signed heights along y, or a mean 3-D distance, in the part's unit."""
    if part.heights:
        y = vertices[:, 1]
        value = sum(sign * float(y[upper].mean() - y[lower].mean()) for upper, lower, sign in part.heights)
    else:
        value = _mean_distance(part.lengths, vertices)
    if part.per is None:
        return value
    unit = _mean_distance(part.per, vertices)
    return value / unit if unit > 0 else math.nan


def _mean_distance(pairs: NDArray[np.int64], vertices: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(vertices[pairs[:, 0]] - vertices[pairs[:, 1]], axis=1).mean())


def _highest_vertex(measure: Measure) -> int:
    return max(part.highest_vertex for part in measure.parts.values())
