"""Priors as training sees them: true geometry disturbed the way a detector disturbs it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.tiny.data import TinyData
from training.tiny.detections import ResidualBank

TRUE_SHARE = 0.2
"""Share of priors of the true geometry, with white noise only."""

BORROWED_SHARE = 0.4
"""Share of priors with the residual of another face; the rest has its own (where the face was detected)."""

DETECTED_FACES_SHARE = 0.4
"""Share of training faces drawn from those that were detected, so that own residuals are seen often enough."""

SPREAD_FLOOR = 0.05
"""Smallest standard deviation that a number of the prior is divided by."""


@dataclass(frozen=True)
class PriorSource:
    """Draws priors for training faces.

    Attributes:
        data: the faces.
        bank: residuals of the same series.
        noise: standard deviation of white noise, over each number's spread.
    """

    data: TinyData
    bank: ResidualBank
    noise: float

    def moments(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return mean and spread (212,) of the true priors."""
        flat = self.data.priors.reshape(-1, self.data.priors.shape[-1])
        return flat.mean(0), flat.std(0) + np.float32(SPREAD_FLOOR)

    def choose(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return random positions of faces, detected ones more often."""
        anywhere = rng.integers(0, len(self.data), count)
        detected = self.bank.faces[rng.integers(0, len(self.bank.faces), count)]
        chosen: NDArray[np.int64] = np.where(rng.random(count) < DETECTED_FACES_SHARE, detected, anywhere)
        return chosen

    def sample(
        self, faces: NDArray[np.int64], mirrored: NDArray[np.bool_], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return one prior (B, 212) for each of the given faces.

        Args:
            faces: positions in the data.
            mirrored: which of them are mirrored.
            rng: source of the noise.
        """
        true = self.data.priors[faces, mirrored.astype(int)]
        kind = rng.random(len(faces))[:, None]
        borrowed = self.bank.borrowed(len(faces), rng)
        own, known = self.bank.own(faces, mirrored)
        other = np.where(known[:, None] & (kind >= TRUE_SHARE + BORROWED_SHARE), own, borrowed)
        white = rng.normal(0, self.noise, true.shape) * self._spread()
        disturbed = np.where(kind < TRUE_SHARE, true, true + other)
        return np.asarray(disturbed + white, dtype=np.float32)

    def _spread(self) -> NDArray[np.float32]:
        """Return the spread of each number, from the first faces only to be quick."""
        return np.asarray(self.data.priors[:2000, 0].std(0), dtype=np.float32)
