"""Square views of a picture: every network here looks at a rotated square, rendered at the network's input size.

Whole picture, padded picture, tile, turned picture and face crop are all the same thing, a :class:`Region`; rendering
goes through a pyramid of halved copies, so that a picture of any size costs little and does not alias.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Region:
    """A rotated square of a picture.

    Attributes:
        x: centre in pixels, to the right.
        y: centre in pixels, down.
        side: length of an edge in pixels.
        angle: radians; the square's own horizontal runs this much clockwise of the picture's.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_picture(self, points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return points (N, 2), given with the square as 0 to 1 in both directions, in pixels of the picture."""
        cos, sin = math.cos(self.angle) * self.side, math.sin(self.angle) * self.side
        moved: NDArray[np.float64] = (points - 0.5) @ np.array([[cos, sin], [-sin, cos]]) + np.array([self.x, self.y])
        return moved


class Pyramid:
    """A picture and its halved copies, from which any region is rendered.

    Args:
        image: uint8 RGB (H, W, 3), at least one pixel; not copied.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.height, self.width = image.shape[:2]
        self._levels = [image]

    def render(self, region: Region, size: int) -> NDArray[np.uint8]:
        """Return the region as uint8 RGB (size, size, 3); outside the picture its border pixels repeat."""
        wanted = max(0, math.floor(math.log2(max(region.side / size, 1e-9))))
        while len(self._levels) <= wanted and min(self._levels[-1].shape[:2]) >= 2:
            self._levels.append(_halve(self._levels[-1]))
        level = self._levels[min(wanted, len(self._levels) - 1)]
        zoom = np.array([self.width / level.shape[1], self.height / level.shape[0]])
        step = region.side / size
        cos, sin = math.cos(region.angle) * step, math.sin(region.angle) * step
        turn = np.array([[cos, -sin], [sin, cos]]) / zoom[:, None]
        # cv2 counts from pixel centres, this package from pixel corners: hence the halves.
        origin = np.array([region.x, region.y]) / zoom - turn @ np.full(2, (size - 1) / 2) - 0.5
        matrix = np.hstack([turn, origin[:, None]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = cv2.warpAffine(level, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return view.astype(np.uint8, copy=False)


def _halve(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    smaller = cv2.resize(image, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)
