"""Recipe ``mediapipe-106``: how a face's shape differs from the neutral base mesh, in InsightFace's order of points.

Works offline, without any network but MediaPipe's own, and depends neither on colours nor on the crop.

- input: ``Face.mesh``, of which the 468 face vertices are used; the irises are not, so gaze does not matter.
- axes: x right, y up, z towards the camera.
- pose: one rigid fit in 3-D (rotation, scale, shift; Umeyama) of 21 stable vertices to the base mesh
  (:func:`emola.faces.alignment.standardise_mesh`); the unit is then that of the base mesh, outer canthi 9.0 apart.
- points: x and y of 106 points by the weights of :data:`emola.faces.layouts.MESH_TO_106`; a pupil is the mean of its
  eye's two corners and two lid middles.
- normalisation: minus the same points of the base mesh, divided by a fixed spread per number
  (``data/mediapipe_106_table.json``, versioned).
- output: 212 numbers x0, y0, x1, y1, ..., float32; zero for the base mesh, about -3 to 3 for faces.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from emola.errors import PriorError
from emola.faces.alignment import BASE_VERTEX_COUNT, base_vertices, standardise_mesh, to_base_axes
from emola.faces.face import Face
from emola.faces.layouts import MESH_TO_106
from emola.faces.priors.prior import ImageArray, Prior, PriorRecipe

TABLE_FILE = Path(__file__).parent.parent / "data" / "mediapipe_106_table.json"

_IRIS_STAND_INS = {468: (33, 133, 159, 145), 473: (263, 362, 386, 374)}
"""Iris centre of the 478-vertex mesh to its eye's corners and lid middles."""


@dataclass(frozen=True, eq=False)
class SpreadTable:
    """What the differences to the base mesh are divided by.

    Attributes:
        version: raised whenever a number changes.
        provenance: where the numbers come from.
        spread: float64 (212,), positive, base-mesh units.
    """

    version: int
    provenance: str
    spread: NDArray[np.float64]


class MediaPipe106(PriorRecipe):
    """Shape of the frontalised MediaPipe mesh relative to a neutral face."""

    name: ClassVar[str] = "mediapipe-106"
    dim: ClassVar[int] = 212

    def __init__(self, table: SpreadTable) -> None:
        """Take the spread table; :func:`load_table` reads the shipped one."""
        self.table = table

    @classmethod
    def open(cls, landmark_model: Path | None) -> Self:  # noqa: ARG003 - this recipe needs no network
        """Return the recipe with the shipped table; see :class:`PriorRecipe`."""
        return cls(load_table())

    def compute(self, image: ImageArray, face: Face) -> Prior:  # noqa: ARG002 - the mesh says it all
        """Return the prior of ``face.mesh``; see :class:`PriorRecipe`."""
        if face.mesh is None:
            raise PriorError(
                "This face has no mesh, which the prior recipe mediapipe-106 needs; expected a face that MediaPipe can "
                "measure, try a sharper or more frontal picture."
            )
        try:
            return Prior(mediapipe_106_from_mesh(face.mesh, self.table), self.name)
        except ValueError as error:
            raise PriorError(f"The mesh of this face cannot be used for mediapipe-106: {error}") from error


def mediapipe_106_from_mesh(mesh: NDArray[np.floating[Any]], table: SpreadTable) -> NDArray[np.float32]:
    """Return the vectors of MediaPipe meshes.

    Args:
        mesh: (..., 468 or more, 3) as in ``Face.mesh``: x right, y down, z away from the camera, one unit for all.
        table: the spread per number.

    Returns:
        float32 (..., 212).

    Raises:
        ValueError: too few vertices, non-finite numbers, or stable vertices that coincide.
    """
    return mediapipe_106_from_vertices(to_base_axes(mesh), table)


def mediapipe_106_from_vertices(vertices: NDArray[np.floating[Any]], table: SpreadTable) -> NDArray[np.float32]:
    """Return the vectors of vertices in the axes of the base mesh, such as rendered faces have.

    Args:
        vertices: (..., 468 or more, 3), x right, y up, z towards the camera; any pose and unit.
        table: the spread per number.

    Returns:
        float32 (..., 212).

    Raises:
        ValueError: too few vertices, non-finite numbers, or stable vertices that coincide.
    """
    difference = points_106(standardise_mesh(vertices)) - points_106(base_vertices())
    flat = difference.reshape(*difference.shape[:-2], MediaPipe106.dim)
    return (flat / table.spread).astype(np.float32)


def points_106(vertices: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return x and y of the 106 points, (..., 468, 2 or more) to float64 (..., 106, 2), in the unit of the vertices."""
    return _weights() @ np.asarray(vertices, dtype=np.float64)[..., :2]


@functools.cache
def load_table(path: Path = TABLE_FILE) -> SpreadTable:
    """Read a spread table.

    Raises:
        ValueError: not 212 positive finite numbers.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    spread = np.asarray(content["spread"], dtype=np.float64)
    if spread.shape != (MediaPipe106.dim,) or not (np.isfinite(spread) & (spread > 0)).all():
        raise ValueError(
            f"{path.name} holds a spread of shape {spread.shape}; expected {MediaPipe106.dim} positive numbers."
        )
    spread.setflags(write=False)
    return SpreadTable(content["version"], content["provenance"], spread)


@functools.cache
def _weights() -> NDArray[np.float64]:
    """Return float64 (106, 468): the weights of the layout with the irises replaced by their eyes' outlines."""
    weights = np.array(MESH_TO_106[:, :BASE_VERTEX_COUNT])
    for iris, outline in _IRIS_STAND_INS.items():
        weights[:, list(outline)] += MESH_TO_106[:, [iris]] / len(outline)
    return weights
