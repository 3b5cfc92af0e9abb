"""Stages 2 and 3: the language model learns to read the prior, then picture and prior together.

Every batch has one kind of input (prior, picture, or both) and one task. An auxiliary linear head reads the action
units off the last prompt token and is dropped at export. Randomness comes from (seed, stage, step), so a resumed run
continues exactly.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from emola.model import EmolaForConditionalGeneration
from training.synthetic.truth import VISIBLE_FROM
from training.tiny.answers import Batch, Task, make_batch
from training.tiny.augment import augment, normalise, to_unit
from training.tiny.checkpoint import Clock, load_checkpoint, save_atomically
from training.tiny.config import TinyConfig
from training.tiny.data import TinyData, mirrored_truth
from training.tiny.priors import PriorSource
from training.tiny.schedule import make_optimiser, rate_at, set_rate
from training.tiny.tower import ROWS_OF_IMAGE

AU_SHARE = 0.6
"""Share of batches that ask for action units; their answers are longer and hold more decisions."""

TOWER_RATE = 0.3
"""Learning rate of the unfrozen tower over that of the rest."""


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


class LanguageTrainee(nn.Module):
    """The model and the temporary head that reads action units off the last prompt token.

    The projector learns on standardised priors; :meth:`fold` moves the standardisation into its first layer.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, model: EmolaForConditionalGeneration, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.model = model
        self.units = nn.Linear(model.config.get_text_config().hidden_size, 20)
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def standardise(self, prior: Tensor) -> Tensor:
        """Return priors (B, 212) with the mean and the spread of the training faces taken out."""
        return (prior - self.mean) / self.deviation

    def fold(self) -> EmolaForConditionalGeneration:
        """Return a copy of the model that reads priors as the recipe gives them."""
        model = copy.deepcopy(self.model)
        layer = model.prior_projector.linear_1
        with torch.no_grad():
            layer.weight.div_(self.deviation)
            layer.bias.sub_(layer.weight @ self.mean)
        return model

    def forward(self, batch: Batch, pixels: Tensor | None, prior: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the token losses and weights (M,) of the answers and the unit logits (B, 20)."""
        rows = self.model.get_image_rows(pixels, None if prior is None else self.standardise(prior))
        span = batch.ids == self.model.config.image_token_index
        embeds = self.model.get_input_embeddings()(batch.ids).masked_scatter(span.unsqueeze(-1), rows)
        hidden = self.model.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
        answered = batch.weights[:, 1:] > 0
        logits = self.model.lm_head(hidden[:, :-1][answered])
        losses = F.cross_entropy(logits, batch.ids[:, 1:][answered], reduction="none")
        last = hidden[torch.arange(len(hidden)), batch.prompt_end]
        return losses, batch.weights[:, 1:][answered], self.units(last)


def _inputs(
    stage: Stage, sources: Sources, config: TinyConfig, step: int
) -> tuple[Batch, Tensor | None, Tensor | None, Tensor]:
    """Return tokens, pictures, priors and true units (B, 20) of one step."""
    rng = np.random.default_rng((config.seed, stage.number, step))
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    draw, task = rng.random(), ("au" if rng.random() < AU_SHARE else "emotion")
    use_image = draw < stage.share_both + stage.share_image
    use_prior = draw < stage.share_both or not use_image
    data = sources.data
    chosen = sources.priors.choose(stage.batch, rng)
    flips = rng.random(len(chosen)) < 0.5
    truths = [
        mirrored_truth(data.truths[index]) if flip else data.truths[index]
        for index, flip in zip(chosen, flips, strict=True)
    ]
    rows = ROWS_OF_IMAGE * use_image + use_prior
    batch = make_batch(sources.tokenizer, truths, _task(task), rows, config.decision_weight, rng)
    pixels = None
    if use_image:
        images = to_unit(torch.from_numpy(data.crops[chosen]))
        images = torch.where(torch.from_numpy(flips).view(-1, 1, 1, 1), images.flip(-1), images)
        pixels = normalise(augment(images, generator))
    prior = None
    if use_prior:
        prior = torch.from_numpy(sources.priors.sample(chosen, flips, rng))
    units = torch.from_numpy((data.activations[chosen].max(-1) >= VISIBLE_FROM).astype(np.float32))
    return batch, pixels, prior, units


def _task(name: str) -> Task:
    """Return the name of a task as its type."""
    return "au" if name == "au" else "emotion"


def _optimiser(trainee: LanguageTrainee, stage: Stage, config: TinyConfig) -> torch.optim.AdamW:
    """Return AdamW with the tower in a slower group."""
    tower = list(trainee.model.model.vision_tower.parameters())
    known = {id(parameter) for parameter in tower}
    rest = [parameter for parameter in trainee.parameters() if id(parameter) not in known]
    optimiser = make_optimiser(rest, stage.rate, config.weight_decay)
    optimiser.add_param_group({"params": tower, "scale": TOWER_RATE})
    return optimiser


def train_language(stage: Stage, trainee: LanguageTrainee, sources: Sources, config: TinyConfig, folder: Path) -> None:
    """Train or resume one stage, in place.

    Args:
        stage: what to train.
        trainee: starts from its present weights unless the stage has a checkpoint.
        sources: faces, residuals and tokenizer.
        config: of the run.
        folder: of checkpoints and logs.
    """
    optimiser = _optimiser(trainee, stage, config)
    path = folder / f"{stage.name}.pt"
    saved = load_checkpoint(path)
    first = 0
    if saved is not None:
        trainee.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        first = int(saved["step"])
    clock = Clock(config.checkpoint_seconds)
    recent: dict[str, float] = {}
    with (folder / f"{stage.name}.jsonl").open("a", encoding="utf-8") as log:
        bar = tqdm(range(first, stage.steps), initial=first, total=stage.steps, desc=stage.name, mininterval=5)
        for step in bar:
            set_rate(optimiser, rate_at(step, stage.steps, stage.rate))
            numbers = _step(stage, trainee, optimiser, _inputs(stage, sources, config, step), config, step)
            for key, value in numbers.items():
                recent[key] = 0.98 * recent.get(key, value) + 0.02 * value
            bar.set_postfix({key: f"{value:.3f}" for key, value in recent.items()}, refresh=False)
            last = step + 1 == stage.steps
            if (step + 1) % 100 == 0 or last:
                log.write(json.dumps({"step": step + 1, **recent}) + "\n")
                log.flush()
            if last or clock.due():
                state = {"model": trainee.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}
                save_atomically(state, path)


def _step(
    stage: Stage,
    trainee: LanguageTrainee,
    optimiser: torch.optim.Optimizer,
    inputs: tuple[Batch, Tensor | None, Tensor | None, Tensor],
    config: TinyConfig,
    step: int,
) -> dict[str, float]:
    """Take one step and return its losses."""
    batch, pixels, prior, units = inputs
    trainee.model.model.vision_tower.requires_grad_(step >= stage.unfreeze_at * stage.steps)
    losses, weights, logits = trainee(batch, pixels, prior)
    answer = (losses * weights).sum() / weights.sum()
    auxiliary = F.binary_cross_entropy_with_logits(logits, units)
    optimiser.zero_grad()
    (answer + config.auxiliary_weight * auxiliary).backward()
    nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
    optimiser.step()
    kind = ("both" if prior is not None else "image") if pixels is not None else "prior"
    return {"loss": answer.item(), "tokens": losses.mean().item(), f"units_{kind}": auxiliary.item()}
