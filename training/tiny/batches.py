"""What one step of language training sees: questions and answers about some faces, their pictures and priors.

Steps come in groups. A group shares the kind of input (prior, picture or both), draws its faces and wordings at once
and hands them out by the length of the text, so that hardly any computing goes into padding. Everything depends on
(seed, stage, group) alone: a resumed run sees the same batches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emola.taxonomy import EMOTIONS
from training.synthetic.truth import VISIBLE_FROM, Truth
from training.tiny.answers import Batch, Example, Task, collate, sample_example
from training.tiny.augment import augment, mirrored, to_pixels
from training.tiny.config import TinyConfig
from training.tiny.data import TinyData, mirrored_truth
from training.tiny.priors import PriorSource
from training.tiny.tower import ROWS_OF_IMAGE

AU_SHARE = 0.6
"""Share of questions that ask for action units; their answers are longer and hold more decisions."""

GROUP = 4
"""Steps in a group."""

Retell = Callable[[Tensor | None, Tensor | None, list[Truth]], list[Truth]]
"""What the answers about B faces say instead of the truth, from their pixels, their priors and the truth."""


@dataclass(frozen=True)
class Stage:
    """One stage of language training.

    Attributes:
        name: of its files.
        number: part of its random stream.
        steps, batch, rate: as in the configuration.
        share_both, share_image: shares of batches with both inputs and with the picture alone.
        unfreeze_at: share of the stage after which the tower learns too.
    """

    name: str
    number: int
    steps: int
    batch: int
    rate: float
    share_both: float
    share_image: float
    unfreeze_at: float


@dataclass(frozen=True)
class Sources:
    """What batches are made of: faces, how their priors are disturbed, and the words."""

    data: TinyData
    priors: PriorSource
    tokenizer: Any


@dataclass(frozen=True)
class Inputs:
    """One step.

    Attributes:
        batch: token ids and weights of B questions with their answers.
        pixels: (B, 3, 112, 112), or None for the prior alone.
        prior: (B, 212), or None for the picture alone.
        units: (B, 20) which action units are visible, 0 or 1.
        emotions: (B,) positions in ``emola.taxonomy.EMOTIONS``.
    """

    batch: Batch
    pixels: Tensor | None
    prior: Tensor | None
    units: Tensor
    emotions: Tensor

    @property
    def kind(self) -> str:
        """``both``, ``image`` or ``prior``."""
        if self.pixels is None:
            return "prior"
        return "image" if self.prior is None else "both"


class BatchMaker:
    """Makes the inputs of any step of a stage; cheapest in ascending order.

    Args:
        stage: whose steps.
        sources: of faces, priors and words.
        config: of the run.
        retell: what the answers say instead of the truth; None for the truth.
    """

    def __init__(self, stage: Stage, sources: Sources, config: TinyConfig, retell: Retell | None = None) -> None:
        self._stage, self._sources, self._config, self._retell = stage, sources, config, retell
        self._group: tuple[int, list[Inputs]] | None = None

    def inputs(self, step: int) -> Inputs:
        """Return what step number ``step`` sees."""
        number, place = divmod(step, GROUP)
        if self._group is None or self._group[0] != number:
            self._group = (number, self._make_group(number))
        return self._group[1][place]

    def _make_group(self, number: int) -> list[Inputs]:
        """Return the steps of the group with the given number, in random order, each of texts of similar length."""
        stage, sources = self._stage, self._sources
        rng = np.random.default_rng((self._config.seed, stage.number, number))
        draw = rng.random()
        use_image = draw < stage.share_both + stage.share_image
        use_prior = draw < stage.share_both or not use_image
        faces = sources.priors.choose(GROUP * stage.batch, rng, everyday=not use_image)
        flips = rng.random(len(faces)) < 0.5
        pixels = to_pixels(augment(mirrored(sources.data.crops[faces], flips), rng)) if use_image else None
        prior = torch.from_numpy(sources.priors.sample(faces, flips, rng)) if use_prior else None
        examples = self._examples(faces, flips, pixels, prior, rng)
        by_length = np.argsort([len(example.ids) for example in examples], kind="stable")
        parts = rng.permutation(by_length.reshape(GROUP, stage.batch))
        return [self._inputs(faces[part], [examples[row] for row in part], pixels, prior, part) for part in parts]

    def _examples(
        self,
        faces: NDArray[np.int64],
        flips: NDArray[np.bool_],
        pixels: Tensor | None,
        prior: Tensor | None,
        rng: np.random.Generator,
    ) -> list[Example]:
        """Return a question and its answer about each of a group's faces."""
        known = self._sources.data.truths
        truths = [mirrored_truth(known[face]) if flip else known[face] for face, flip in zip(faces, flips, strict=True)]
        if self._retell is not None:
            truths = self._retell(pixels, prior, truths)
        rows = ROWS_OF_IMAGE * (pixels is not None) + (prior is not None)
        examples = []
        for truth in truths:
            task: Task = "au" if rng.random() < AU_SHARE else "emotion"
            tokenizer, weight = self._sources.tokenizer, self._config.decision_weight
            examples.append(sample_example(tokenizer, task, truth, rows, weight, rng))
        return examples

    def _inputs(
        self,
        faces: NDArray[np.int64],
        examples: list[Example],
        pixels: Tensor | None,
        prior: Tensor | None,
        part: NDArray[np.int64],
    ) -> Inputs:
        """Return one step: the rows ``part`` of a group, whose faces and examples these are."""
        data = self._sources.data
        units = torch.from_numpy((data.activations[faces].max(-1) >= VISIBLE_FROM).astype(np.float32))
        emotions = torch.tensor([EMOTIONS.index(data.truths[face].emotion) for face in faces])
        seen = None if pixels is None else pixels[part]
        return Inputs(collate(examples), seen, None if prior is None else prior[part], units, emotions)
