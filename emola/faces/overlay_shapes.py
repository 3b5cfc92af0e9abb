"""Lines and dots of one face in picture pixels, from its landmarks, mesh and box. Light: numpy only."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Face, Layout
from emola.faces.layouts import REGIONS, Regions, mesh_to_106

Line = NDArray[np.float32]
"""float32 (K, 2) pixels; closed when the last point repeats the first."""

APPROXIMATE_106 = "106 from 478 (approximate)"
"""What a MediaPipe mesh in the order of InsightFace's 106 points is called wherever it is shown."""

DENSE_POINTS_PX = 220.0
"""Faces smaller than this show the points of their regions only: 478 dots would cover them."""

_CIRCLE = np.stack([f(np.linspace(0, 2 * np.pi, 17)) for f in (np.cos, np.sin)], axis=1)


@dataclass(frozen=True, eq=False)
class ShownPoints:
    """The landmarks that are drawn for one face.

    Attributes:
        points: float32 (N, 2) pixels.
        layout: the layout's name as people see it.
        regions: the layout's regions.
    """

    points: NDArray[np.float32]
    layout: str
    regions: Regions

    @property
    def region_indices(self) -> list[int]:
        """Indices that lie in a region, ascending."""
        return sorted({i for lines in self.regions.values() for line in lines for i in line.indices})

    def dots(self, size_px: float) -> NDArray[np.float32]:
        """Return every point of a large face, those of its regions for a small one."""
        return self.points if size_px >= DENSE_POINTS_PX else self.points[self.region_indices]


def shown_points(face: Face, approximate_106: bool) -> ShownPoints:
    """Return the face's landmarks, or its mesh in the order of the 106 when that is asked for and possible."""
    layout: Layout = face.layout
    if approximate_106 and layout == "mediapipe-478" and face.mesh is not None:
        return ShownPoints(mesh_to_106(face.mesh), APPROXIMATE_106, REGIONS["insightface-106"])
    return ShownPoints(np.asarray(face.landmarks, dtype=np.float32), layout, REGIONS[layout])


def region_lines(shown: ShownPoints, names: tuple[str, ...]) -> tuple[Line, ...]:
    """Return the polylines of these regions."""
    lines = [line for name in names for line in shown.regions[name]]
    closing = [line.indices + line.indices[:1] if line.closed else line.indices for line in lines]
    return tuple(shown.points[list(indices)] for indices in closing)


def pupil_lines(shown: ShownPoints) -> tuple[tuple[Line, ...], NDArray[np.float32]]:
    """Return iris circles (where the layout measures irises) and pupil centres; no gaze is read from them."""
    circles, centres = [], []
    for name in ("pupil_image_left", "pupil_image_right"):
        *first, last = shown.regions[name]
        if not last.closed:
            centres.append(shown.points[last.indices[0]])
            continue
        centre = shown.points[first[0].indices[0]]
        radius = np.linalg.norm(shown.points[list(last.indices)] - centre, axis=1).mean()
        circles.append((centre + radius * _CIRCLE).astype(np.float32))
        centres.append(centre)
    return tuple(circles), np.array(centres, dtype=np.float32)


def box_line(box: tuple[float, float, float, float]) -> Line:
    """Return the box as a closed line."""
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], dtype=np.float32)


def mesh_lines(mesh: NDArray[np.float32]) -> tuple[Line, ...]:
    """Return every edge of the face mesh once, as few long lines."""
    points = np.asarray(mesh[:, :2], dtype=np.float32)
    return tuple(points[trail] for trail in _mesh_trails())


@functools.cache
def _mesh_trails() -> tuple[NDArray[np.int64], ...]:
    """Chain the mesh's edges into trails, so that each edge is drawn once and few lines are handled."""
    path = Path(__file__).parent / "data" / "base_mesh.json"
    triangles = np.array(json.loads(path.read_text(encoding="utf-8"))["triangles"])
    sides = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    neighbours: dict[int, set[int]] = {}
    for a, b in np.unique(sides, axis=0).tolist():
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    trails = []
    for start in sorted(neighbours, key=lambda vertex: len(neighbours[vertex]) % 2 == 0):
        while neighbours[start]:
            trail = [start]
            while neighbours[trail[-1]]:
                here, there = trail[-1], min(neighbours[trail[-1]])
                neighbours[here].remove(there)
                neighbours[there].remove(here)
                trail.append(there)
            trails.append(np.array(trail))
    return tuple(trails)
