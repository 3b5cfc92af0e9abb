"""One rendered face by seed and index: truth, person, view, look and picture.

Every face has its own random stream from (seed, index), so faces can be made in any order, in parallel and again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.synthetic.camera import sample_camera
from training.synthetic.deform import deform
from training.synthetic.fields import INDEX, NUMBERS
from training.synthetic.identity import sample_identity
from training.synthetic.render import Scene, render
from training.synthetic.style import develop, sample_style
from training.synthetic.truth import Truth, sample_truth

PICTURE_SIZE = 256
"""Side of every rendered picture in pixels."""


@dataclass(frozen=True)
class RenderedFace:
    """A picture and everything known about it.

    Attributes:
        image: (256, 256, 3) uint8 RGB.
        truth: what the face shows.
        scene: shapes, view and look.
        points: (468, 3) float32 mesh in pixels, y down, z smaller towards the camera (as a detected mesh).
    """

    image: NDArray[np.uint8]
    truth: Truth
    scene: Scene
    points: NDArray[np.float32]


def activation_of(truth: Truth) -> NDArray[np.float64]:
    """Return (20, 2) right and left activation in the order of ``fields.NUMBERS``; units not named stay zero."""
    activation = np.zeros((len(NUMBERS), 2))
    for number, unit in truth.action_units.items():
        activation[INDEX[number]] = unit.right, unit.left
    return activation


def _plan(seed: int, index: int, truth: Truth | None) -> tuple[Truth, Scene, np.random.Generator]:
    """Return truth, scene and the random stream as far as it has been used."""
    rng = np.random.default_rng((seed, index))
    sampled = sample_truth(rng)
    truth = sampled if truth is None else truth
    person = sample_identity(rng, rng.uniform(0.6, 1.5))
    activation = activation_of(truth)
    mesh = deform(person.neutral, activation, person.jitter, person.width)
    camera, style = sample_camera(rng, PICTURE_SIZE), sample_style(rng)
    gaze = rng.normal(0, 0.35, 2)
    direction = (float(gaze[0]), float(gaze[1]))
    return truth, Scene(person.neutral, mesh, activation, camera, style, direction, truth.occlusion), rng


def plan_face(seed: int, index: int) -> tuple[Truth, Scene]:
    """Return what face ``index`` of the series ``seed`` shows, without drawing it."""
    return _plan(seed, index, None)[:2]


def make_face(seed: int, index: int, truth: Truth | None = None) -> RenderedFace:
    """Return the face number ``index`` of the series ``seed``.

    Args:
        seed: series; another one gives other people, views and looks.
        index: position in the series.
        truth: what the face shall show; by default sampled from the same stream.
    """
    truth, scene, rng = _plan(seed, index, truth)
    image = develop(render(scene), scene.style, rng)
    depth = -scene.camera.turn(scene.mesh)[:, 2:] * scene.camera.scale
    points = np.hstack([scene.pixels, depth]).astype(np.float32)
    return RenderedFace(image, truth, scene, points)
