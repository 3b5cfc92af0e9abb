"""What one step of language training sees: questions and answers about some faces, their pictures and priors.

Steps come in groups. A group shares the kind of input (prior, picture or both), draws its faces and wordings at once
and hands them out by the length of the text, so that hardly any computing goes into padding. Everything depends on
(seed, stage, group) and (seed, stage, step) alone: a resumed run sees the same batches.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emola.taxonomy import EMOTIONS
from training.synthetic.truth import VISIBLE_FROM
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


@dataclass(frozen=True)
class _Group:
    """The faces of a group by length of text: positions, which are mirrored, and their examples."""

    use_image: bool
    use_prior: bool
    faces: NDArray[np.int64]
    flips: NDArray[np.bool_]
    examples: list[Example]


class BatchMaker:
    """Makes the inputs of any step of a stage; cheapest in ascending order."""

    def __init__(self, stage: Stage, sources: Sources, config: TinyConfig) -> None:
        self._stage, self._sources, self._config = stage, sources, config
        self._group: tuple[int, _Group] | None = None

    def inputs(self, step: int) -> Inputs:
        """Return what step number ``step`` sees."""
        number, place = divmod(step, GROUP)
        if self._group is None or self._group[0] != number:
            self._group = (number, self._make_group(number))
        group, rng = self._group[1], np.random.default_rng((self._config.seed, self._stage.number, step, 1))
        part = slice(place * self._stage.batch, (place + 1) * self._stage.batch)
        faces, flips, data = group.faces[part], group.flips[part], self._sources.data
        pixels = to_pixels(augment(mirrored(data.crops[faces], flips), rng)) if group.use_image else None
        prior = torch.from_numpy(self._sources.priors.sample(faces, flips, rng)) if group.use_prior else None
        units = torch.from_numpy((data.activations[faces].max(-1) >= VISIBLE_FROM).astype(np.float32))
        emotions = torch.tensor([EMOTIONS.index(data.truths[face].emotion) for face in faces])
        return Inputs(collate(group.examples[part]), pixels, prior, units, emotions)

    def _make_group(self, number: int) -> _Group:
        """Return the group with the given number; its parts are in random order, each of texts of similar length."""
        stage, sources, config = self._stage, self._sources, self._config
        rng = np.random.default_rng((config.seed, stage.number, number))
        draw = rng.random()
        use_image = draw < stage.share_both + stage.share_image
        use_prior = draw < stage.share_both or not use_image
        faces = sources.priors.choose(GROUP * stage.batch, rng, everyday=not use_image)
        flips = rng.random(len(faces)) < 0.5
        rows = ROWS_OF_IMAGE * use_image + use_prior
        examples = []
        for face, flip in zip(faces, flips, strict=True):
            truth = mirrored_truth(sources.data.truths[face]) if flip else sources.data.truths[face]
            task: Task = "au" if rng.random() < AU_SHARE else "emotion"
            examples.append(sample_example(sources.tokenizer, task, truth, rows, config.decision_weight, rng))
        by_length = np.argsort([len(example.ids) for example in examples], kind="stable")
        order = np.concatenate(rng.permutation(by_length.reshape(GROUP, stage.batch)))
        return _Group(use_image, use_prior, faces[order], flips[order], [examples[index] for index in order])
