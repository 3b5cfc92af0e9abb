"""What is drawn over a picture, as data: named layers of marks in the picture's own pixels.

Only measured points of a face become marks, and every layer says in which landmark layout they were measured. Prior
vectors (such as ``emola-2024``) are inputs of a model, not measurements of a face, and never reach an overlay.
Colours follow Okabe and Ito (colour-blind safe), lightened where a face needs it; every line keeps a dark edge so that
it reads on light and on dark skin. Light: numpy only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Face
from emola.faces.geometry import Evidence
from emola.faces.overlay_labels import Text, box_label, evidence_label, index_labels
from emola.faces.overlay_shapes import (
    Line,
    ShownPoints,
    box_line,
    mesh_lines,
    pupil_lines,
    region_lines,
    shown_points,
)

Colour = tuple[int, int, int]
NO_POINTS: NDArray[np.float32] = np.zeros((0, 2), dtype=np.float32)

SMALL_FACE_PX = 130.0
"""Lines on smaller faces go without a dark edge."""

Name = Literal["mesh", "contour", "brows", "eyes", "nose", "lips", "pupils", "points", "numbers", "box", "evidence"]


@dataclass(frozen=True, eq=False)
class Mark:
    """What one layer draws for one face (or for one piece of evidence).

    Attributes:
        face: position of the face in the list, from 0.
        width: line width in pixels, from the size of the face.
        edge_width: dark edge on each side of lines and dots, in pixels; 0 for none.
        lines: float32 (K, 2) polylines in pixels; a closed one repeats its first point.
        dots: float32 (P, 2) pixels.
        dot_width: diameter of a dot in pixels.
        texts: labels.
        action_unit: FACS number for evidence, else None.
        verdict: of the evidence, else empty.
        title: what a pointer resting on the mark should say; plain text.
    """

    face: int
    width: float
    edge_width: float = 0.0
    lines: tuple[Line, ...] = ()
    dots: NDArray[np.float32] = field(default_factory=lambda: NO_POINTS)
    dot_width: float = 0.0
    texts: tuple[Text, ...] = ()
    action_unit: int | None = None
    verdict: str = ""
    title: str = ""


@dataclass(frozen=True, eq=False)
class Layer:
    """Marks that are switched on and off together.

    Attributes:
        name: key in code and CSS (``layer-brows``).
        title: word for people.
        colour: RGB.
        on: whether it is shown unless someone chooses otherwise.
        opacity: of the layer itself, 0 to 1.
        layouts: landmark layouts its points were measured in; empty for the box.
        marks: one per face, or per piece of evidence.
    """

    name: Name
    title: str
    colour: Colour
    on: bool
    opacity: float
    layouts: tuple[str, ...]
    marks: tuple[Mark, ...]

    @property
    def css_colour(self) -> str:
        """The colour as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.colour)


_STYLES: dict[Name, tuple[str, Colour, bool, float]] = {
    "mesh": ("Mesh", (225, 232, 240), False, 0.45),
    "contour": ("Face contour", (240, 240, 240), True, 1.0),
    "brows": ("Brows", (240, 165, 20), True, 1.0),
    "eyes": ("Eyes", (100, 190, 245), True, 1.0),
    "nose": ("Nose", (45, 205, 155), True, 1.0),
    "lips": ("Lips", (245, 115, 45), True, 1.0),
    "pupils": ("Pupils", (225, 145, 195), True, 1.0),
    "points": ("Points", (255, 255, 255), False, 1.0),
    "numbers": ("Point numbers", (255, 255, 255), False, 1.0),
    "box": ("Face box", (255, 255, 255), True, 1.0),
    "evidence": ("Evidence", (240, 228, 66), True, 1.0),
}
"""Title, colour, on and opacity by name, in drawing order."""

LAYER_NAMES: tuple[Name, ...] = tuple(_STYLES)
"""Every layer in drawing order."""

_REGIONS: dict[Name, tuple[str, ...]] = {
    "contour": ("contour",),
    "brows": ("brow_image_left", "brow_image_right"),
    "eyes": ("eye_image_left", "eye_image_right"),
    "nose": ("nose",),
    "lips": ("mouth",),
}


def build_layers(
    faces: Sequence[Face],
    evidence: Mapping[int, Sequence[Evidence]] | None = None,
    layers: Collection[str] | None = None,
    approximate_106: bool = False,
) -> list[Layer]:
    """Return the layers of these faces in drawing order; a layer with nothing to draw is left out.

    Args:
        faces: as analysed, in the order of their numbers (the first is face 1).
        evidence: position of a face to the evidence to draw on it; evidence without points draws nothing.
        layers: names of the layers to build; all when None.
        approximate_106: draw MediaPipe meshes in the order of InsightFace's 106 points, called approximate.

    Raises:
        ValueError: for a name that is no layer, or evidence for a face that is not there.
    """
    names = checked_names(LAYER_NAMES if layers is None else layers)
    judged = evidence or {}
    if not set(judged) <= set(range(len(faces))):
        raise ValueError(f"Evidence is given for the faces {sorted(judged)}; there are {len(faces)} faces, from 0.")
    points = [shown_points(face, approximate_106) for face in faces]
    built = (_layer(name, faces, points, judged) for name in LAYER_NAMES if name in names)
    return [layer for layer in built if layer.marks]


def checked_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names as a set.

    Raises:
        ValueError: for a name that is no layer.
    """
    chosen = frozenset(names)
    unknown = chosen - set(LAYER_NAMES)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: no such layer; there are {', '.join(LAYER_NAMES)}.")
    return chosen


def _layer(
    name: Name, faces: Sequence[Face], points: Sequence[ShownPoints], judged: Mapping[int, Sequence[Evidence]]
) -> Layer:
    title, colour, on, opacity = _STYLES[name]
    marks: list[Mark] = []
    layouts: list[str] = []
    for index, (face, shown) in enumerate(zip(faces, points, strict=True)):
        found = _evidence_marks(index, face, judged.get(index, ())) if name == "evidence" else ()
        found = found or tuple(mark for mark in (_mark(name, index, face, shown),) if mark is not None)
        marks += found
        if found and name != "box":
            layouts.append("mediapipe-478" if name in ("mesh", "evidence") else shown.layout)
    return Layer(name, title, colour, on, opacity, tuple(dict.fromkeys(layouts)), tuple(marks))


def _mark(name: Name, index: int, face: Face, shown: ShownPoints) -> Mark | None:
    """Return the mark of one face in one layer; None when this face has none."""
    width, edge = line_width(face.size_px), edge_width(face.size_px)
    if name == "box":
        title = f"Face {index + 1}, {face.size_px:.0f} px"
        return Mark(index, width, edge, (box_line(face.box),), texts=(box_label(index, face),), title=title)
    if name == "mesh":
        return None if face.mesh is None else Mark(index, 0.6 * width, lines=mesh_lines(face.mesh))
    if name == "pupils":
        lines, centres = pupil_lines(shown)
        return Mark(index, 0.7 * width, edge, lines, centres, dot_width=1.6 * width)
    if name == "points":
        return Mark(index, 0.0, 0.7 * edge, dots=shown.dots(face.size_px), dot_width=1.6 * width)
    if name == "numbers":
        return Mark(index, 0.0, texts=index_labels(shown, face.size_px))
    return Mark(index, width, edge, region_lines(shown, _REGIONS[name])) if name in _REGIONS else None


def _evidence_marks(index: int, face: Face, judged: Sequence[Evidence]) -> tuple[Mark, ...]:
    """Return one mark per piece of evidence, with labels that keep out of each other's way."""
    width, marks, placed = 1.5 * line_width(face.size_px), [], list[Text]()
    for found in judged:
        if not found.segments:
            continue
        lines = tuple(np.array(segment, dtype=np.float32) for segment in found.segments)
        placed.append(evidence_label(found, face, placed))
        marks.append(
            Mark(
                index,
                width,
                max(1.0, edge_width(face.size_px)),
                lines,
                np.concatenate(lines),
                dot_width=2.6 * width,
                texts=(placed[-1],),
                action_unit=found.action_unit,
                verdict=found.verdict,
                title=found.reason,
            )
        )
    return tuple(marks)


def line_width(size_px: float) -> float:
    """Return the line width in pixels for a face of this size: 1 up to 220 px, 2 at 440, 8 at most."""
    return float(min(8.0, max(1.0, size_px / 220.0)))


def edge_width(size_px: float) -> float:
    """Return the width of the dark edge in pixels; small faces get none, it would cover them."""
    return 0.0 if size_px < SMALL_FACE_PX else 0.6 * line_width(size_px)
