"""Contact sheet: every action unit, some expressions, what may cover a face, then random faces."""

import cv2
import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Pose
from emola.taxonomy import ACTION_UNITS
from training.synthetic.camera import Camera
from training.synthetic.deform import deform
from training.synthetic.face import activation_of, make_face
from training.synthetic.mesh import load_base_mesh
from training.synthetic.occlusion import HIDDEN, Occlusion
from training.synthetic.render import Scene, render
from training.synthetic.style import sample_style
from training.synthetic.truth import Truth, UnitTruth

_COVERED_SEED = 3

EXPRESSIONS: dict[str, dict[int, float]] = {
    "neutral": {},
    "happiness": {6: 0.9, 12: 1.0, 25: 0.8},
    "sadness": {1: 0.8, 4: 0.6, 15: 0.8, 17: 0.6},
    "surprise": {1: 1.0, 2: 1.0, 5: 0.9, 25: 0.8, 26: 0.9},
    "fear": {1: 0.9, 2: 0.7, 4: 0.6, 5: 1.0, 20: 0.8, 25: 0.7},
    "anger": {4: 1.0, 5: 0.5, 7: 0.8, 23: 0.8, 24: 0.4},
    "disgust": {4: 0.5, 9: 1.0, 10: 0.8, 17: 0.5},
    "laugh": {6: 1.0, 7: 0.4, 12: 1.0, 25: 1.0, 26: 0.6},
}


def _plain(units: dict[int, float]) -> NDArray[np.uint8]:
    """Draw the base person frontally with the given intensities."""
    base = load_base_mesh()
    truth = Truth({number: UnitTruth(value) for number, value in units.items()}, "neutral", None, 0.0)
    activation = activation_of(truth)
    camera = Camera(Pose(0.0, 0.0, 0.0), 12.2, 256)
    style = sample_style(np.random.default_rng(3))
    mesh = deform(base.vertices, activation)
    return render(Scene(base.vertices, mesh, activation, camera, style))


def _labelled(image: NDArray[np.uint8], text: str, side: int) -> NDArray[np.uint8]:
    """Shrink a picture and write its name into it."""
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    for colour, width in ((0, 3), (255, 1)):
        cv2.putText(small, text, (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (colour,) * 3, width, cv2.LINE_AA)
    return np.asarray(small, dtype=np.uint8)


def _covered(kind: Occlusion, side: int) -> NDArray[np.uint8]:
    """Draw the base person smiling behind an occlusion, as far as it lets the smile be seen."""
    smile = {
        number: UnitTruth(value) for number, value in EXPRESSIONS["happiness"].items() if number not in HIDDEN[kind]
    }
    return _labelled(make_face(_COVERED_SEED, 0, Truth(smile, "neutral", None, 0.0, kind)).image, kind, side)


def contact_sheet(seed: int = 0, random_faces: int = 38, side: int = 144, columns: int = 8) -> NDArray[np.uint8]:
    """Return one RGB picture: action units at full strength, expressions, occlusions, then random faces.

    Args:
        seed: series of the random faces.
        random_faces: how many of them.
        side: side of each small picture in pixels.
        columns: pictures in a row.
    """
    openers = {26: {25: 0.5}, 27: {25: 0.5}}
    tiles = [_labelled(_plain({n: 1.0} | openers.get(n, {})), f"AU{n}", side) for n in ACTION_UNITS]
    tiles += [_labelled(_plain(units), name, side) for name, units in EXPRESSIONS.items()]
    tiles += [_covered(kind, side) for kind in HIDDEN]
    for index in range(random_faces):
        face = make_face(seed, index)
        label = " ".join(str(number) for number in face.truth.visible())
        tiles.append(_labelled(face.image, label or face.truth.emotion, side))
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    return np.vstack([np.hstack(tiles[row : row + columns]) for row in range(0, len(tiles), columns)])
