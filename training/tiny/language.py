"""Stages 2, 4 and 5: the language model learns to read the prior, then picture and prior together, then to settle.

Every batch has one kind of input (prior, picture, or both). Auxiliary linear heads read the action units and the
emotion off the last prompt token and off every token of the answer, whichever of the two was asked for, and are dropped
at export: the two answers about one face then rest on the same reading, and a long answer keeps it in view. A resumed
run continues exactly.
"""

import copy
import json
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from emola.model import EmolaForConditionalGeneration
from emola.taxonomy import EMOTIONS
from training.tiny.answers import Batch
from training.tiny.batches import BatchMaker, Inputs, Retell, Sources, Stage
from training.tiny.checkpoint import Clock, resume, save_checkpoint
from training.tiny.config import TinyConfig
from training.tiny.schedule import make_optimiser, rate_at, set_rate, take_step

EMOTION_WEIGHT = 0.2
"""Loss weight of the emotion read off a token over that of the action units."""

TOWER_RATE = 0.3
"""Learning rate of the unfrozen tower over that of the rest."""


class Reading(NamedTuple):
    """What the model makes of B answers with M tokens together.

    Attributes:
        losses, weights: (M,) of the answers' tokens.
        units, emotions: (B, 20) and (B, E) logits, read off the last prompt tokens.
        units_within, emotions_within: (M, 20) and (M, E) logits, read off the tokens before those of the answers.
        rows: (M,) which answer each token belongs to.
    """

    losses: Tensor
    weights: Tensor
    units: Tensor
    emotions: Tensor
    units_within: Tensor
    emotions_within: Tensor
    rows: Tensor


class LanguageTrainee(nn.Module):
    """The model and the temporary heads that read action units and emotion off tokens.

    The projector learns on standardised priors; :meth:`fold` moves the standardisation into its first layer.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, model: EmolaForConditionalGeneration, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.model = model
        width = model.config.get_text_config().hidden_size
        self.units = nn.Linear(width, 20)
        self.emotions = nn.Linear(width, len(EMOTIONS))
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

    def read_units(self, prompts: Tensor, pixels: Tensor | None, prior: Tensor | None) -> Tensor:
        """Return logits (B, 20) of the action units, read off the ends of prompts (B, T) of one length."""
        logits: Tensor = self.units(self._hidden(prompts, pixels, prior)[:, -1])
        return logits

    def _hidden(self, ids: Tensor, pixels: Tensor | None, prior: Tensor | None) -> Tensor:
        """Return the last hidden states (B, T, W) of token ids (B, T) whose image span holds picture and prior."""
        rows = self.model.get_image_rows(pixels, None if prior is None else self.standardise(prior))
        span = ids == self.model.config.image_token_index
        embeds = self.model.get_input_embeddings()(ids).masked_scatter(span.unsqueeze(-1), rows)
        hidden: Tensor = self.model.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
        return hidden

    def forward(self, batch: Batch, pixels: Tensor | None, prior: Tensor | None) -> Reading:
        """Return what the model makes of a batch of B answers with M tokens together."""
        hidden = self._hidden(batch.ids, pixels, prior)
        answered = batch.weights[:, 1:] > 0
        within = hidden[:, :-1][answered]
        losses = F.cross_entropy(self.model.lm_head(within), batch.ids[:, 1:][answered], reduction="none")
        last = hidden[torch.arange(len(hidden)), batch.prompt_end]
        return Reading(
            losses,
            batch.weights[:, 1:][answered],
            self.units(last),
            self.emotions(last),
            self.units(within),
            self.emotions(within),
            answered.nonzero()[:, 0],
        )


def _optimiser(trainee: LanguageTrainee, stage: Stage, config: TinyConfig) -> torch.optim.AdamW:
    """Return AdamW with the tower in a slower group."""
    tower = list(trainee.model.model.vision_tower.parameters())
    known = {id(parameter) for parameter in tower}
    rest = [parameter for parameter in trainee.parameters() if id(parameter) not in known]
    optimiser = make_optimiser(rest, stage.rate, config.weight_decay)
    optimiser.add_param_group({"params": tower, "scale": TOWER_RATE})
    return optimiser


def train_language(
    stage: Stage,
    trainee: LanguageTrainee,
    sources: Sources,
    config: TinyConfig,
    folder: Path,
    retell: Retell | None = None,
) -> None:
    """Train or resume one stage, in place.

    Args:
        stage: what to train.
        trainee: starts from its present weights unless the stage has a checkpoint.
        sources: faces, residuals and tokenizer.
        config: of the run.
        folder: of checkpoints and logs.
        retell: what the answers say instead of the truth; None for the truth.
    """
    optimiser = _optimiser(trainee, stage, config)
    path = folder / f"{stage.name}.pt"
    first = resume(path, trainee, optimiser)
    clock, maker = Clock(config.checkpoint_seconds), BatchMaker(stage, sources, config, retell)
    recent: dict[str, float] = {}
    with (folder / f"{stage.name}.jsonl").open("a", encoding="utf-8") as log:
        bar = tqdm(range(first, stage.steps), initial=first, total=stage.steps, desc=stage.name, mininterval=5)
        for step in bar:
            set_rate(optimiser, rate_at(step, stage.steps, stage.rate))
            numbers = _step(stage, trainee, optimiser, maker.inputs(step), config, step)
            for key, value in numbers.items():
                recent[key] = 0.98 * recent.get(key, value) + 0.02 * value
            bar.set_postfix({key: f"{value:.3f}" for key, value in recent.items()}, refresh=False)
            last = step + 1 == stage.steps
            if (step + 1) % 100 == 0 or last:
                log.write(json.dumps({"step": step + 1, **recent}) + "\n")
                log.flush()
            if last or clock.due():
                save_checkpoint(path, trainee, optimiser, step + 1)


def _auxiliary_losses(reading: Reading, units: Tensor, emotions: Tensor) -> tuple[Tensor, Tensor]:
    """Return the losses of the temporary heads on action units (B, 20) and emotions (B,).

    The last prompt token counts as much as all tokens of the answers together, and those by their weights.
    """
    shares = reading.weights / reading.weights.sum()
    seen = F.binary_cross_entropy_with_logits(reading.units_within, units[reading.rows], reduction="none").mean(1)
    felt = F.cross_entropy(reading.emotions_within, emotions[reading.rows], reduction="none")
    return (
        F.binary_cross_entropy_with_logits(reading.units, units) + (seen * shares).sum(),
        F.cross_entropy(reading.emotions, emotions) + (felt * shares).sum(),
    )


def _step(
    stage: Stage,
    trainee: LanguageTrainee,
    optimiser: torch.optim.Optimizer,
    inputs: Inputs,
    config: TinyConfig,
    step: int,
) -> dict[str, float]:
    """Take one step and return its losses."""
    trainee.model.model.vision_tower.requires_grad_(step >= stage.unfreeze_at * stage.steps)
    reading: Reading = trainee(inputs.batch, inputs.pixels, inputs.prior)
    answer = (reading.losses * reading.weights).sum() / reading.weights.sum()
    seen, felt = _auxiliary_losses(reading, inputs.units, inputs.emotions)
    take_step(answer + config.auxiliary_weight * (seen + EMOTION_WEIGHT * felt), trainee, optimiser)
    numbers = {
        "loss": answer,
        "tokens": reading.losses.mean(),
        f"units_{inputs.kind}": seen,
        f"emotion_{inputs.kind}": felt,
    }
    return {name: value.item() for name, value in numbers.items()}
