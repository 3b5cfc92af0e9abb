"""Landmark layouts: named regions as ordered polylines, mirror maps, and the ways from one layout to another.

``image_left`` and ``image_right`` are sides of the picture: the image left of an unmirrored photograph is the
subject's right. The index maps live in ``data/layout_*.json`` with their sources. Light: numpy only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Layout

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Polyline:
    """Landmark indices in drawing order; one index alone is a point, ``closed`` joins the last to the first."""

    indices: tuple[int, ...]
    closed: bool


Regions = Mapping[str, tuple[Polyline, ...]]
"""Region name to its polylines: ``contour``, ``brow_*``, ``eye_*``, ``pupil_*`` (``image_left``, ``image_right``),
``nose`` and ``mouth``."""


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((_DATA / name).read_text(encoding="utf-8"))
    return data


def _regions(data: dict[str, Any]) -> Regions:
    return MappingProxyType(
        {
            name: tuple(Polyline(tuple(line["indices"]), line["closed"]) for line in lines)
            for name, lines in data["regions"].items()
        }
    )


def _index_array(values: list[int]) -> NDArray[np.int64]:
    array = np.asarray(values, dtype=np.int64)
    array.setflags(write=False)
    return array


def _weight_matrix(rows: list[list[tuple[int, float]]]) -> NDArray[np.float64]:
    matrix = np.zeros((len(rows), 478))
    for point, terms in enumerate(rows):
        for vertex, weight in terms:
            matrix[point, int(vertex)] = weight
    matrix.setflags(write=False)
    return matrix


_INSIGHTFACE = _read("layout_insightface_106.json")
_MEDIAPIPE = _read("layout_mediapipe_478.json")

INSIGHTFACE_106: Regions = _regions(_INSIGHTFACE)
"""Regions of the 106 points; every index is in exactly one region."""

MEDIAPIPE_478: Regions = _regions(_MEDIAPIPE)
"""Regions of the mesh: the vertices worth drawing, not all 478."""

REGIONS: Mapping[Layout, Regions] = MappingProxyType(
    {"insightface-106": INSIGHTFACE_106, "mediapipe-478": MEDIAPIPE_478}
)
"""Layout name to its regions."""

MIRROR_106: NDArray[np.int64] = _index_array(_INSIGHTFACE["mirror"])
"""int64 (106,): the point that takes this point's place when the picture is flipped left to right."""

MIRROR_478: NDArray[np.int64] = _index_array(_MEDIAPIPE["mirror"])
"""int64 (478,): the vertex that takes this vertex's place when the picture is flipped left to right."""

DLIB_68: NDArray[np.int64] = _index_array(_INSIGHTFACE["to_dlib_68"])
"""int64 (68,): for each point of the dlib 68 layout its index among the 106."""

MESH_TO_106: NDArray[np.float64] = _weight_matrix(_INSIGHTFACE["from_mesh_478"])
"""float64 (106, 478): weights of mesh vertices per point; each row sums to 1."""


def mesh_to_106(mesh: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the mesh's points in the order of InsightFace's 106, approximately.

    Fit for drawing and rough geometry (mean distance to InsightFace's own points 0.03 to 0.06 outer-canthus
    distances); the source and the errors are in ``data/layout_insightface_106.json``.

    Args:
        mesh: (478, 2 or more); only the first two columns, x and y, are used.

    Returns:
        float32 (106, 2), in the unit of ``mesh``.

    Raises:
        ValueError: for another number of vertices.
    """
    if mesh.ndim != 2 or mesh.shape[0] != 478 or mesh.shape[1] < 2:
        raise ValueError(f"The mesh has shape {mesh.shape}; expected 478 vertices (with irises) with x and y.")
    return (MESH_TO_106 @ mesh[:, :2].astype(np.float64)).astype(np.float32)


def points_106_to_68(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the dlib 68 points chosen from 106.

    Args:
        points: (106, 2 or more) in the ``insightface-106`` layout.

    Returns:
        (68, the same columns): jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, mouth 48-67.

    Raises:
        ValueError: for another number of points.
    """
    if points.ndim != 2 or points.shape[0] != 106:
        raise ValueError(f"The points have shape {points.shape}; expected 106 points in the insightface-106 layout.")
    return points[DLIB_68]
