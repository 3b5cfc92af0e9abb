"""Priors as training sees them: true geometry disturbed the way a detector disturbs it."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

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

EVERYDAY_SHARE = 0.5
"""Share of the faces shown by their prior alone that are drawn as often as photographs show their emotion. Units that
the 106 points hardly tell would otherwise be guessed from how often they are rendered: faces at rest became disgust."""

EVERYDAY_EMOTIONS = {
    "happiness": 4772,
    "neutral": 2524,
    "sadness": 1982,
    "surprise": 1290,
    "disgust": 717,
    "anger": 705,
    "fear": 281,
}
"""Photographs of each emotion among the 12,271 of the training set of RAF-DB (Li, Deng and Du 2017, basic emotions)."""

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

    def choose(self, count: int, rng: np.random.Generator, *, everyday: bool = False) -> NDArray[np.int64]:
        """Return random positions of faces, detected ones more often.

        Args:
            count: how many.
            rng: source of the choice.
            everyday: draw half of them by the emotions of everyday photographs.
        """
        anywhere = rng.integers(0, len(self.data), count)
        detected = self.bank.faces[rng.integers(0, len(self.bank.faces), count)]
        chosen: NDArray[np.int64] = np.where(rng.random(count) < DETECTED_FACES_SHARE, detected, anywhere)
        if everyday:
            usual = rng.choice(len(self.data), count, p=self._everyday)
            chosen = np.where(rng.random(count) < EVERYDAY_SHARE, usual, chosen)
        return chosen

    @cached_property
    def _everyday(self) -> NDArray[np.float64]:
        """How often each face (N,) is drawn so that emotions come as often as in photographs; sums to 1."""
        emotions = [truth.emotion for truth in self.data.truths]
        rendered = Counter(emotions)
        weights = np.array([EVERYDAY_EMOTIONS[emotion] / rendered[emotion] for emotion in emotions])
        return np.asarray(weights / weights.sum())

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
