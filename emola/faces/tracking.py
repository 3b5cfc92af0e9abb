"""Tracking faces through video frames: one tracker per visitor, freed when the visitor leaves.

A face is searched for once; from then on each frame is measured in the square around the last mesh, which costs a few
milliseconds a face. The search runs again when a face is lost, after a cut, and every :data:`SEARCH_EVERY` frames, so
that people who join are seen.
"""

import threading
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from emola.faces.analyze import check_picture, face_from_mesh
from emola.faces.face import Face
from emola.faces.mesh import MeshNetwork, mesh_box, region_from_mesh
from emola.faces.search import MINIMUM_CONFIRMATION, MINIMUM_PRESENCE, FaceSearch, FoundFace
from emola.faces.views import Pyramid

SEARCH_EVERY = 30
"""Frames between two searches while faces are tracked: once a second at camera rate."""

SEARCH_EMPTY_EVERY = 3
"""Frames between two searches while there is no face; the search is the dear part."""

CUT_DIFFERENCE = 40.0
"""Mean absolute difference of two 16 x 16 grey thumbnails, 0 to 255, that counts as a cut to another scene."""

JUMP_SHARE, JUMP_GROWTH = 0.5, 1.6
"""Between two frames a face moves by at most this share of its size and grows or shrinks by at most this factor; what
jumps further is another thing. People in front of a camera stay far below both at ten frames a second."""

_THUMBNAIL = 16


class FaceTracker:
    """Follows the faces of one video.

    Frames must come in order; calls from several threads wait for one another.

    Args:
        max_faces: most faces followed, the largest.
    """

    def __init__(self, max_faces: int = 4) -> None:
        if max_faces < 1:
            raise ValueError(f"max_faces must be at least 1, not {max_faces}.")
        self.max_faces = max_faces
        self._lock = threading.Lock()
        self._mesh = MeshNetwork()
        self._search = FaceSearch(self._mesh)
        self._closed = False
        self._faces: list[FoundFace] = []
        self._thumbnail: NDArray[np.float32] | None = None
        self._since_search = SEARCH_EVERY

    def track(self, frame: NDArray[np.uint8]) -> list[Face]:
        """Return the faces of the next frame, largest first.

        Args:
            frame: RGB uint8 (H, W, 3); read only.

        Raises:
            ValueError: for another shape or dtype, or when the tracker is closed.
        """
        check_picture(frame)
        with self._lock:
            if self._closed:
                raise ValueError("This tracker is closed; make a new one.")
            picture = Pyramid(frame)
            if self._is_cut(frame):
                self._faces = []
                self._since_search = SEARCH_EVERY
            self._follow(picture)
            if self._search_is_due():
                self._look_again(picture)
            faces = [face_from_mesh(frame, face.mesh, face.score) for face in self._faces]
        return sorted(faces, key=lambda face: -face.size_px)

    def close(self) -> None:
        """Free the native networks; closing twice does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._search.close()
                self._mesh.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _is_cut(self, frame: NDArray[np.uint8]) -> bool:
        """Compare the frame's thumbnail with the last one's; another frame size is a cut as well."""
        small = cv2.resize(frame, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float32)
        last, self._thumbnail = self._thumbnail, small
        return last is not None and float(np.abs(small - last).mean()) > CUT_DIFFERENCE

    def _follow(self, picture: Pyramid) -> None:
        """Measure each known face where it was last seen; faces the network no longer sees are dropped."""
        followed: list[FoundFace] = []
        for face in self._faces:
            measured = self._mesh.measure(picture, region_from_mesh(face.mesh))
            seen = measured.presence >= MINIMUM_PRESENCE and not _jumped(face.mesh, measured.mesh)
            if seen and not _merged(measured.mesh, followed):
                followed.append(FoundFace(measured.mesh, face.score))
        lost = len(followed) < len(self._faces)
        self._faces = followed
        self._since_search = SEARCH_EVERY if lost else self._since_search + 1

    def _search_is_due(self) -> bool:
        return self._since_search >= (SEARCH_EVERY if self._faces else SEARCH_EMPTY_EVERY)

    def _look_again(self, picture: Pyramid) -> None:
        """Search the whole frame; faces followed but not found stay only while the detectors still confirm them."""
        found = self._search.find_quickly(picture)
        for face in self._faces:
            if not _merged(face.mesh, found) and self._search.confirm(picture, face.mesh) >= MINIMUM_CONFIRMATION:
                found.append(face)
        found.sort(key=lambda face: -_size(face.mesh))
        self._faces = found[: self.max_faces]
        self._since_search = 0


def _size(mesh: NDArray[np.float32]) -> float:
    x0, y0, x1, y1 = mesh_box(mesh)
    return max(x1 - x0, y1 - y0)


def _jumped(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Whether a mesh moved, grew or shrank more between two frames than a head can."""
    size, growth = _size(before), _size(after) / max(_size(before), 1e-6)
    distance = float(np.linalg.norm(after[:468, :2].mean(axis=0) - before[:468, :2].mean(axis=0)))
    return distance > JUMP_SHARE * size or not 1 / JUMP_GROWTH < growth < JUMP_GROWTH


def _merged(mesh: NDArray[np.float32], others: list[FoundFace]) -> bool:
    """Whether the middle of a mesh lies in the box of another face: two trackers have slid onto one face."""
    x, y = mesh[:468, :2].mean(axis=0)
    for other in others:
        x0, y0, x1, y1 = mesh_box(other.mesh)
        if x0 <= x <= x1 and y0 <= y <= y1:
            return True
    return False
