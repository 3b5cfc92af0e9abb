"""Where the overlay's words and numbers stand. Light: numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from emola.faces.face import Face
from emola.faces.geometry import Evidence
from emola.faces.overlay_shapes import ShownPoints

CHARACTER_WIDTH = 0.62
"""Mean advance of digits and capitals, in text sizes; used to keep labels apart before any font is loaded."""


@dataclass(frozen=True)
class Text:
    """One label.

    Attributes:
        x: left edge in pixels.
        y: vertical middle in pixels.
        text: what it says.
        size: text size in pixels.
        framed: whether it stands on a dark plate; else it gets a dark edge.
    """

    x: float
    y: float
    text: str
    size: float
    framed: bool

    @property
    def width(self) -> float:
        """Approximate width in pixels, plate included."""
        return self.size * (CHARACTER_WIDTH * len(self.text) + (0.7 if self.framed else 0.0))

    @property
    def height(self) -> float:
        """Height in pixels, plate included."""
        return self.size * (1.35 if self.framed else 1.0)

    def overlaps(self, other: "Text") -> bool:
        """Whether the two labels would cover each other."""
        aside = abs((self.x + self.width / 2) - (other.x + other.width / 2)) >= (self.width + other.width) / 2
        return not aside and abs(self.y - other.y) < (self.height + other.height) / 2


def box_label(index: int, face: Face) -> Text:
    """Return the face's number, on the upper left corner of its box."""
    size = min(64.0, max(13.0, 0.085 * face.size_px))
    x0, y0 = face.box[:2]
    label = Text(x0, y0, str(index + 1), size, framed=True)
    return replace(label, y=y0 - label.height / 2)


def index_labels(shown: ShownPoints, size_px: float) -> tuple[Text, ...]:
    """Return the index of every point that lies in a region, small beside its point."""
    size = size_px / (45.0 if len(shown.points) == 106 else 60.0)
    return tuple(
        Text(float(shown.points[i, 0]) + 0.35 * size, float(shown.points[i, 1]), str(i), size, framed=False)
        for i in shown.region_indices
    )


def evidence_label(found: Evidence, face: Face, placed: Sequence[Text]) -> Text:
    """Return the action unit's number beside one of its points, the outermost that is free of other labels.

    Where every point is taken the label stands below those already there.
    """
    size = min(40.0, max(11.0, 0.055 * face.size_px))
    centre = float(face.landmarks[:, 0].mean())
    points = sorted((point for segment in found.segments for point in segment), key=lambda p: -abs(p[0] - centre))
    candidates = [_beside(point, f"AU{found.action_unit}", size, centre) for point in points]
    free = (label for label in candidates if not any(label.overlaps(other) for other in placed))
    label = next(free, candidates[0])
    while any(label.overlaps(other) for other in placed):
        label = replace(label, y=label.y + 0.5 * label.height)
    return label


def _beside(point: tuple[float, float], text: str, size: float, centre: float) -> Text:
    """Return a label next to a point, on its side of the face."""
    label, aside = Text(point[0], point[1], text, size, framed=True), 0.6 * size
    return replace(label, x=point[0] + aside if point[0] >= centre else point[0] - aside - label.width)
