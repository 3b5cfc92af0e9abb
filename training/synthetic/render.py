"""Draws a face: head, shaded skin, folds, features, hair, beard, glasses.

The painter's algorithm over the mesh's triangles with smooth normals, a Lambert term and a highlight, then the
features as polygons over the same projected vertices. Pictures are RGB uint8 and square.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas
from training.synthetic.bulges import draw_bulges
from training.synthetic.camera import Camera
from training.synthetic.features import draw_brows, draw_eyes, draw_mouth
from training.synthetic.fields import INDEX
from training.synthetic.folds import draw_folds
from training.synthetic.mesh import OVAL, Points, load_base_mesh
from training.synthetic.occluders import draw_occluder
from training.synthetic.occlusion import Occlusion
from training.synthetic.style import Style, paint_background
from training.synthetic.worn import draw_beard, draw_fringe, draw_glasses, draw_hair


@dataclass(frozen=True)
class Scene:
    """Everything that a picture of one face shows.

    Attributes:
        neutral: (468, 3) the person at rest; teeth and eyeballs stay with it.
        mesh: (468, 3) the person with the expression.
        activation: (20, 2) right and left activation of the action units.
        camera: pose and size.
        style: look.
        gaze: horizontal and vertical direction of the eyes, about -1 to 1.
        occlusion: what covers part of the face.
    """

    neutral: Points
    mesh: Points
    activation: NDArray[np.float64]
    camera: Camera
    style: Style
    gaze: tuple[float, float] = (0.0, 0.0)
    occlusion: Occlusion | None = None

    @property
    def pixels(self) -> canvas.Pixels:
        """(468, 2) pixels of the mesh in the picture."""
        return self.camera.project(self.mesh)


def render(scene: Scene) -> NDArray[np.uint8]:
    """Return the picture (S, S, 3), RGB, before the camera's blur, noise and compression."""
    pixels, style = scene.pixels, scene.style
    image = paint_background(style, scene.camera.size)
    draw_hair(image, pixels, style, -scene.camera.pose.roll)
    canvas.fill(image, pixels[list(OVAL)], style.skin * 0.8)
    _draw_skin(image, scene, pixels)
    draw_fringe(image, pixels, style)

    def right(number: int) -> float:
        return float(scene.activation[INDEX[number], 0])

    def left(number: int) -> float:
        return float(scene.activation[INDEX[number], 1])

    draw_bulges(image, pixels, right, left, scene.camera.scale)
    draw_folds(image, pixels, right, left, style.wrinkles, style.age)
    draw_beard(image, pixels, style)
    draw_brows(image, pixels, style)
    draw_mouth(image, scene.neutral, scene.mesh, scene.camera, style)
    draw_eyes(image, scene.neutral, scene.mesh, scene.camera, style, scene.gaze)
    if style.glasses:
        draw_glasses(image, pixels, style)
    if scene.occlusion is not None:
        draw_occluder(image, pixels, style, scene.occlusion)
    return image


def _normals(turned: Points, triangles: NDArray[np.int64]) -> Points:
    """Return (T, 3) unit normals, smoothed over neighbouring triangles and facing the camera."""
    a, b, c = (turned[triangles[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    flat *= np.sign(flat[:, 2:3] + 1e-9)
    at_vertices = np.zeros_like(turned)
    for k in range(3):
        np.add.at(at_vertices, triangles[:, k], flat)
    at_vertices /= np.linalg.norm(at_vertices, axis=1, keepdims=True) + 1e-9
    smooth = at_vertices[triangles].mean(1)
    return np.asarray(smooth / (np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-9))


def _draw_skin(image: NDArray[np.uint8], scene: Scene, pixels: canvas.Pixels) -> None:
    """Draw the shaded triangles from back to front and smooth them, in place."""
    style, triangles = scene.style, load_base_mesh().triangles
    turned = scene.camera.turn(scene.mesh)
    normals = _normals(turned, triangles)
    lambert = np.clip(normals @ style.light, 0, 1)
    shade = style.ambient + style.diffuse * lambert + style.specular * lambert**12
    shade += style.rim * np.clip(-np.sign(style.light[0]) * normals[:, 0] - 0.3, 0, 1)
    colours = np.clip(style.skin * shade[:, None], 0, 255)
    corners = canvas.fixed(pixels)[triangles]
    order = np.argsort(turned[triangles, 2].sum(1))
    for triangle, colour in zip(corners[order], colours[order].tolist(), strict=True):
        cv2.fillConvexPoly(image, triangle, colour, shift=4)
    size = image.shape[0]
    low = np.clip(pixels.min(0).astype(int) - 2, 0, size)
    high = np.clip(pixels.max(0).astype(int) + 3, 0, size)
    if (high - low).min() < 8:
        return
    window = image[low[1] : high[1], low[0] : high[0]]
    window[:] = cv2.GaussianBlur(window, (0, 0), 2.2 * size / 256)
    if style.mottle > 0.01:
        _mottle(window, style)


def _mottle(window: NDArray[np.uint8], style: Style) -> None:
    """Make the skin uneven at two scales, in place."""
    rng = np.random.default_rng(style.background_seed + 1)
    height, width = window.shape[:2]
    pattern = np.zeros((height, width), np.float32)
    for cells, share in ((9, 0.5), (45, 0.5)):
        coarse = rng.standard_normal((cells, cells), dtype=np.float32)
        pattern += share * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    pattern *= style.mottle
    pattern += 1
    uneven = window * pattern[..., None]
    window[:] = np.clip(uneven, 0, 255, out=uneven)
