"""What the trainers read: aligned crops, priors of the true geometry, activations and truths of rendered faces.

Mirroring a face mirrors its crop, its prior and the sides of its truth, so every face counts twice.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from emola.faces.alignment import to_base_axes, transform_points
from emola.faces.crops import ALIGNED_SIZE, aligned_matrix, warp_aligned
from emola.faces.priors.mediapipe_106 import (
    load_table,
    mediapipe_106_from_vertices,
    points_106,
)
from emola.taxonomy import Side
from training.synthetic.mesh import load_base_mesh
from training.synthetic.store import StoredFaces, load_store, truth_from_json, truth_to_json
from training.synthetic.truth import Truth

ALIGNMENT_NOISE_PX = 1.5
"""Standard deviation of the vertices that the training crops are aligned by, in pixels of the 256 px picture."""

_MIRRORED_SIDE = {Side.BOTH: Side.BOTH, Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


@dataclass(frozen=True)
class TinyData:
    """Training or evaluation faces in memory, N of them.

    Attributes:
        crops: (N, 112, 112, 3) uint8 RGB.
        landmarks: (N, 2, 106, 2) float32 in the crop, -1 to 1; entry 1 belongs to the mirrored face.
        priors: (N, 2, 212) float32, recipe ``mediapipe-106``; entry 1 belongs to the mirrored face.
        activations: (N, 20, 2) float32 right and left activation.
        truths: what each face shows.
    """

    crops: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    priors: NDArray[np.float32]
    activations: NDArray[np.float32]
    truths: list[Truth]

    def __len__(self) -> int:
        return len(self.truths)

    def landmark_spread(self) -> Tensor:
        """Return what standardises crop landmarks: mean and deviation, float32 (2, 106, 2)."""
        mean, deviation = self.landmarks.mean((0, 1)), np.full((106, 2), self.landmarks.std())
        return torch.from_numpy(np.stack([mean, deviation])).float()


def mirrored_truth(truth: Truth) -> Truth:
    """Return the truth of the mirrored face: left and right swapped."""
    units = {
        number: replace(unit, side=_MIRRORED_SIDE[unit.side], asymmetry=-unit.asymmetry)
        for number, unit in truth.action_units.items()
    }
    return replace(truth, action_units=units)


def mirrored_mesh(vertices: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return meshes (..., 468, 3) reflected left to right, vertex numbers kept."""
    return np.asarray(vertices[..., load_base_mesh().mirror, :] * (-1.0, 1.0, 1.0))


def priors_of(vertices: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the priors (..., 212) of meshes (..., 468, 3) in base axes."""
    return mediapipe_106_from_vertices(vertices, load_table())


def both_priors(vertices: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the priors (N, 2, 212) of meshes (N, 468, 3) and of their mirror images."""
    return np.stack([priors_of(vertices), priors_of(mirrored_mesh(vertices))], axis=1)


def crop_of(picture: NDArray[np.uint8], points: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return the aligned crop (112, 112, 3) of the face whose mesh in pixels is given."""
    return warp_aligned(picture, aligned_matrix(points))


def _crops(faces: StoredFaces, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return crops and crop landmarks (N, 2, 106, 2), aligned by slightly wrong vertices as a detector's are."""
    rng = np.random.default_rng((seed, 77))
    crops = np.empty((len(faces.truths), ALIGNED_SIZE, ALIGNED_SIZE, 3), np.uint8)
    landmarks = np.empty((len(faces.truths), 2, 106, 2), np.float32)
    for index in tqdm(range(len(crops)), desc="cropping", unit="face"):
        points = faces.points[index]
        matrix = aligned_matrix(points[:, :2] + rng.normal(0, ALIGNMENT_NOISE_PX, (len(points), 2)))
        crops[index] = warp_aligned(faces.picture(index), matrix)
        inside = transform_points(matrix, points[:, :2]) * (2 / ALIGNED_SIZE) - 1
        landmarks[index, 0] = points_106(inside)
        landmarks[index, 1] = points_106(inside[load_base_mesh().mirror] * (-1.0, 1.0))
    return crops, landmarks


def load_data(folder: Path, count: int, seed: int) -> TinyData:
    """Return the faces of a rendered series ready for training; crops are kept in ``folder`` for the next time.

    Raises:
        InputError: if the series has not been rendered.
    """
    path = folder / f"crops-{seed}-{count}.npz"
    faces = load_store(folder, count, seed)
    if not path.is_file():
        crops, landmarks = _crops(faces, seed)
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as stream:
            np.savez(stream, crops=crops, landmarks=landmarks)
        temporary.replace(path)
    with np.load(path) as content:
        crops, landmarks = content["crops"], content["landmarks"]
    truths = [truth_from_json(truth_to_json(truth)) for truth in faces.truths]
    return TinyData(crops, landmarks, both_priors(faces.meshes), faces.activations, truths)


def detected_axes(meshes: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return detected meshes (N, 478, 3) as vertices (N, 468, 3) in base axes."""
    return to_base_axes(meshes)[..., :468, :]
