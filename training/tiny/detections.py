"""What the face mesh of MediaPipe sees on rendered faces, and the residuals it leaves.

On drawn faces the detector errs with a constant bias that photographs do not show, and with an error that differs from
face to face. Training therefore never sees raw detections, but the true geometry, the true geometry plus the residual
(detected - true - mean) of another face, or this face's detection with the bias taken out.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emola.faces.mesh import MeshNetwork, region_from_mesh
from emola.faces.views import Pyramid
from training.synthetic.store import load_store
from training.tiny.data import both_priors, detected_axes

SEEN_FROM = 0.5
"""Lowest presence score of a detection that counts."""


@dataclass(frozen=True)
class ResidualBank:
    """Errors of the detected prior on rendered faces.

    Attributes:
        bias: (212,) float32 mean of detected minus true; subtracted from detections on rendered faces.
        residuals: (M, 2, 212) float32 the rest, of faces and of their mirror images.
        faces: (M,) int64 which face of the series each row belongs to, ascending.
    """

    bias: NDArray[np.float32]
    residuals: NDArray[np.float32]
    faces: NDArray[np.int64]

    def borrowed(self, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return residuals (count, 212) of random faces."""
        residuals: NDArray[np.float32] = self.residuals[
            rng.integers(0, len(self.faces), count), rng.integers(0, 2, count)
        ]
        return residuals

    def own(
        self, faces: NDArray[np.int64], mirrored: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the residuals (B, 212) of the given faces and which of them are known; the others are zero."""
        rows = np.minimum(np.searchsorted(self.faces, faces), len(self.faces) - 1)
        known = self.faces[rows] == faces
        return self.residuals[rows, mirrored.astype(int)] * known[:, None], known


def detect_meshes(folder: Path, count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return detected meshes (count, 478, 3) in picture pixels and whether each was seen; kept in ``folder``.

    The region measured starts from the true mesh and is refined once from the detected one, as tracking does.
    """
    path = folder / f"detected-{seed}-{count}.npz"
    if not path.is_file():
        faces = load_store(folder, count, seed)
        meshes = np.zeros((count, 478, 3), np.float32)
        presence = np.zeros(count, np.float32)
        network = MeshNetwork()
        for index in tqdm(range(count), desc="detecting", unit="face"):
            picture = Pyramid(faces.picture(index))
            first = network.measure(picture, region_from_mesh(faces.points[index]))
            second = network.measure(picture, region_from_mesh(first.mesh))
            meshes[index], presence[index] = second.mesh, second.presence
        network.close()
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as stream:
            np.savez(stream, meshes=meshes, presence=presence)
        temporary.replace(path)
    with np.load(path) as content:
        return content["meshes"], content["presence"] >= SEEN_FROM


def residual_bank(folder: Path, count: int, seed: int) -> ResidualBank:
    """Return the residuals of the first ``count`` faces of a series."""
    meshes, seen = detect_meshes(folder, count, seed)
    true = load_store(folder, count, seed).meshes[seen]
    error = both_priors(detected_axes(meshes[seen])) - both_priors(true)  # (M, 2, 212)
    bias = error.mean((0, 1))
    return ResidualBank(bias, error - bias, np.flatnonzero(seen))


def digest(bank: ResidualBank) -> str:
    """Return a short name of a bank's content for the model card."""
    return hashlib.sha256(bank.residuals.tobytes()).hexdigest()[:12]
