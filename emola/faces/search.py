"""Find faces with MediaPipe's networks alone: propose widely, then keep only what several views confirm.

MediaPipe's detectors miss faces and invent some when they see a whole picture once. So both detectors look at the
whole picture, at the picture with a repeated border (a face that fills the picture is otherwise missed) and at
overlapping tiles (small faces). Each candidate then has to hold up: the landmark network must report a face there,
the detectors, shown the head upright in four sizes, must find it again where the mesh has its eyes, and the mesh of
the mirrored head must be the mirrored mesh. Scores and mirror error make one number, :meth:`FaceSearch.confirm`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from emola.faces.mediapipe_detectors import Candidate, DetectorNetwork
from emola.faces.mesh import REGION_SCALE, MeshNetwork, mesh_box, region_around, region_from_mesh
from emola.faces.views import Pyramid, Region

BORDER = 0.4
"""Width of the repeated border over the picture's longer side (face.md section 5: pad tight crops by 40 %)."""

TILES = ((2, False, 256), (2, True, 256), (4, False, 640), (4, True, 1024))
"""Sets of tiles: tiles to the longer side of the picture, full-range network or not, and the longer side in pixels
from which the set is worth its time. In collages of real faces the short-range network found faces down to 1/6 and
the full-range network down to 1/13 of its tile; below these picture sizes such faces have fewer than 30 pixels."""

TILE_STEP = 0.6
"""Distance between neighbouring tiles over their side; a face up to 0.4 of the side is whole in some tile."""

TURNS_DEG = (90.0, -90.0, 180.0, 45.0, -45.0)
"""The picture is looked at turned by these angles when nothing is found upright."""

MINIMUM_PRESENCE = 0.5
"""MediaPipe's own default for its face presence score."""

MIRROR_PENALTY = 8.0
"""Confirmation lost per mirror error: mean distance between the mesh and the mesh of the mirrored head, mirrored back,
in sides of the face. Real faces measured 0.004 to 0.020, look-alikes 0.016 to 0.08."""

MINIMUM_CONFIRMATION = 0.46
"""Mean detector score over the four confirming views (0 where a view finds nothing) less the mirror penalty. Measured
on 17 pictures of 27 faces, each in 16 variants (sizes, borders, turns, light, noise, JPEG 40): 415 real faces 0.51 and
more; dogs, cats, motorcycles, a smiley and other look-alikes 0.42 and less, but for a film puppet with 0.59 once."""

EYE_TOLERANCE = 0.25
"""A confirming detection must have each eye this near to the mesh's iris, in sides of the face."""

LYING_DEG = 60.0
SMALLEST_LYING_PX = 48
"""A head rolled further than this must be at least this large: the one smaller lying face that the networks confirmed
in an upright picture was printed on a sticker, and they were trained on heads that are nearly upright."""

_CONFIRMING_VIEWS = ((False, 1.6), (False, 2.2), (True, 2.2), (True, 3.2))
_IRISES = [468, 473]
_View = tuple[Region, bool]  # a region, and whether the full-range network looks at it


@dataclass(frozen=True)
class FoundFace:
    """A confirmed face: its mesh, float32 (478, 3) in pixels, and its confirmation, at most 1."""

    mesh: NDArray[np.float32]
    score: float


class FaceSearch:
    """Both detectors and the landmark network; started when first used, safe to share between threads.

    Args:
        network: the landmark network to use; closing it is the caller's duty.
    """

    def __init__(self, network: MeshNetwork) -> None:
        self._network = network
        self._short = DetectorNetwork(full_range=False)
        self._full = DetectorNetwork(full_range=True)

    def find(self, picture: Pyramid) -> list[FoundFace]:
        """Return the confirmed faces of a picture, best confirmed first."""
        found = self._search(picture, chain(_whole_views(picture), _tile_views(picture)))
        for degrees in TURNS_DEG if not found else ():
            found = self._search(picture, _whole_views(picture, np.radians(degrees)))
            if found:
                break
        turn = _quarter_turn(found)
        if turn:
            # The picture lies on its side or head: upright views miss some of its faces.
            found = self._search(picture, chain(_whole_views(picture, turn), _tile_views(picture, turn)), found)
        return sorted(found, key=lambda face: -face.score)

    def find_quickly(self, picture: Pyramid) -> list[FoundFace]:
        """Return the confirmed faces seen in the whole picture alone, without tiles and turns; for video."""
        return self._search(picture, _whole_views(picture))

    def confirm(self, picture: Pyramid, mesh: NDArray[np.float32]) -> float:
        """Return how surely a mesh belongs to a face, up to 1; faces have :data:`MINIMUM_CONFIRMATION` and more."""
        region = region_from_mesh(mesh)
        size = region.side / REGION_SCALE
        scores = []
        for full_range, scale in _CONFIRMING_VIEWS:
            view = Region(region.x, region.y, scale * size, region.angle)
            seen = (self._full if full_range else self._short).detect(picture, view)
            scores.append(max((c.score for c in seen if _same_eyes(c, mesh, size)), default=0.0))
        return float(np.mean(scores)) - MIRROR_PENALTY * self._mirror_error(picture, mesh)

    def close(self) -> None:
        """Free both detectors."""
        self._short.close()
        self._full.close()

    def _mirror_error(self, picture: Pyramid, mesh: NDArray[np.float32]) -> float:
        region = region_from_mesh(mesh)
        mirrored = self._network.measure(picture, region, mirrored=True).mesh
        distances = np.linalg.norm(mirrored[:468, :2] - mesh[:468, :2], axis=1)
        return float(distances.mean()) * REGION_SCALE / region.side

    def _search(self, picture: Pyramid, views: Iterator[_View], known: Sequence[FoundFace] = ()) -> list[FoundFace]:
        """Return the known faces and those confirmed among the candidates of all views."""
        faces = list(known)
        refused: list[Candidate] = []
        for candidate in self._candidates(picture, views):
            if any(_inside(candidate.x, candidate.y, face.mesh) for face in faces):
                continue
            if any(_alike(candidate, other) for other in refused):
                continue
            face = self._examine(picture, candidate)
            if face is None:
                refused.append(candidate)
            elif not any(_same_face(face.mesh, other.mesh) for other in faces):
                faces.append(face)
        return faces

    def _candidates(self, picture: Pyramid, views: Iterator[_View]) -> list[Candidate]:
        candidates = [
            candidate
            for region, full_range in views
            for candidate in (self._full if full_range else self._short).detect(picture, region)
        ]
        return sorted(candidates, key=lambda candidate: -candidate.score)

    def _examine(self, picture: Pyramid, candidate: Candidate) -> FoundFace | None:
        region = region_around(candidate.x, candidate.y, candidate.size, candidate.eyes)
        measured = self._network.measure(picture, region)
        measured = self._network.measure(picture, region_from_mesh(measured.mesh))
        if measured.presence < MINIMUM_PRESENCE or _small_and_lying(measured.mesh):
            return None
        score = self.confirm(picture, measured.mesh)
        return FoundFace(measured.mesh, score) if score >= MINIMUM_CONFIRMATION else None


def _small_and_lying(mesh: NDArray[np.float32]) -> bool:
    region = region_from_mesh(mesh)
    return abs(region.angle) > np.radians(LYING_DEG) and region.side / REGION_SCALE < SMALLEST_LYING_PX


def _quarter_turn(faces: list[FoundFace]) -> float:
    """Return the multiple of a quarter turn, in radians, nearest to the mean roll of the faces; 0 without faces."""
    angles = [region_from_mesh(face.mesh).angle for face in faces]
    mean = np.arctan2(np.sin(angles).sum(), np.cos(angles).sum())
    return float(np.round(mean / (np.pi / 2)) * np.pi / 2)


def _whole_views(picture: Pyramid, angle: float = 0.0) -> Iterator[_View]:
    """The whole picture without and with a repeated border, turned by an angle in radians, for both detectors."""
    side = max(picture.width, picture.height)
    for scale in (1.0, 1.0 + 2 * BORDER):
        region = Region(picture.width / 2, picture.height / 2, scale * side, angle)
        yield region, False
        yield region, True


def _tile_views(picture: Pyramid, angle: float = 0.0) -> Iterator[_View]:
    """Overlapping squares; each is turned about its own centre, so the angle must be a multiple of a quarter turn."""
    longer = max(picture.width, picture.height)
    for level, full_range, smallest in TILES:
        side = longer / level
        if longer >= smallest:
            for y in _tile_centres(picture.height, side):
                for x in _tile_centres(picture.width, side):
                    yield Region(x, y, side, angle), full_range


def _tile_centres(length: int, side: float) -> list[float]:
    if length <= side:
        return [length / 2]
    count = int(np.ceil((length - side) / (TILE_STEP * side))) + 1
    return [float(centre) for centre in np.linspace(side / 2, length - side / 2, count)]


def _inside(x: float, y: float, mesh: NDArray[np.float32]) -> bool:
    x0, y0, x1, y1 = mesh_box(mesh)
    return x0 <= x <= x1 and y0 <= y <= y1


def _same_face(mesh: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether the middle of either face lies inside the other's box."""
    regions = region_from_mesh(mesh), region_from_mesh(other)
    return _inside(regions[0].x, regions[0].y, other) or _inside(regions[1].x, regions[1].y, mesh)


def _alike(candidate: Candidate, other: Candidate) -> bool:
    """Whether two candidates would start the landmark network at nearly the same square."""
    near = np.hypot(candidate.x - other.x, candidate.y - other.y) < 0.1 * other.size
    return bool(near and 0.87 < candidate.size / other.size < 1.15)


def _same_eyes(candidate: Candidate, mesh: NDArray[np.float32], size: float) -> bool:
    return bool(np.linalg.norm(candidate.eyes - mesh[_IRISES, :2], axis=1).max() < EYE_TOLERANCE * size)
