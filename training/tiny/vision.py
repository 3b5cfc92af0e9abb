"""Stage 1: the CLIP tower learns faces from scratch, with heads for action units, intensities and landmarks.

The heads read the mean of the patch rows and are dropped afterwards. Every step draws its own randomness from
(seed, stage, step), so a resumed run continues exactly.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm
from transformers import CLIPVisionModel

from training.synthetic.truth import VISIBLE_FROM
from training.tiny.augment import augment, normalise, to_unit
from training.tiny.checkpoint import Clock, load_checkpoint, save_atomically
from training.tiny.config import TinyConfig
from training.tiny.data import TinyData
from training.tiny.schedule import make_optimiser, rate_at, set_rate
from training.tiny.tower import vision_config

_STAGE = 1


class VisionTrainee(nn.Module):
    """The tower and its temporary heads."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.tower = CLIPVisionModel(vision_config(config))
        self.units = nn.Linear(config.vision_width, 20 * 2 * 2)
        self.landmarks = nn.Linear(config.vision_width, 212)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return presence logits and intensities (B, 20, 2) and landmarks (B, 106, 2) of normalised pictures."""
        rows = self.tower(pixel_values=pixels).last_hidden_state[:, 1:]  # (B, P, D)
        mean = rows.mean(1)
        presence, intensity = self.units(mean).view(-1, 2, 20, 2).unbind(1)
        return presence, intensity, self.landmarks(mean).view(-1, 106, 2)


def _losses(trainee: VisionTrainee, data: TinyData, step: int, config: TinyConfig, spread: Tensor) -> Tensor:
    """Return the loss of one step on a random batch."""
    rng = np.random.default_rng((config.seed, _STAGE, step))
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    chosen = rng.integers(0, len(data), config.vision_batch)
    mirrored = rng.random(len(chosen)) < 0.5
    images = to_unit(torch.from_numpy(data.crops[chosen]))
    flips = torch.from_numpy(mirrored)
    images = torch.where(flips.view(-1, 1, 1, 1), images.flip(-1), images)
    activations = torch.from_numpy(data.activations[chosen])
    activations = torch.where(flips.view(-1, 1, 1), activations.flip(-1), activations)
    points = torch.from_numpy(data.landmarks[chosen, mirrored.astype(int)])
    presence, intensity, located = trainee(normalise(augment(images, generator)))
    units = F.binary_cross_entropy_with_logits(presence, (activations >= VISIBLE_FROM).float())
    strength = ((intensity - activations) ** 2).mean()
    places = F.smooth_l1_loss(located, (points - spread[0]) / spread[1])
    total: Tensor = units + 3 * strength + 2 * places
    return total


def measure_vision(trainee: VisionTrainee, data: TinyData, limit: int = 1000) -> dict[str, float]:
    """Return macro-F1 over the action units and the landmark error in pixels on faces never seen."""
    trainee.eval()
    scores = []
    with torch.inference_mode():
        for start in range(0, min(limit, len(data)), 125):
            images = to_unit(torch.from_numpy(data.crops[start : start + 125]))
            scores.append(trainee(normalise(images))[0])
    trainee.train()
    said = (torch.cat(scores).amax(-1) > 0).numpy()
    true = (data.activations[: len(said)].max(-1) >= VISIBLE_FROM) if len(said) else said
    hits = (said & true).sum(0)
    each = 2 * hits / np.maximum(said.sum(0) + true.sum(0), 1)
    micro = 2 * hits.sum() / max(1, said.sum() + true.sum())
    return {"macro_f1": float(each.mean()), "micro_f1": float(micro)}


def train_vision(config: TinyConfig, data: TinyData, unseen: TinyData, folder: Path) -> CLIPVisionModel:
    """Train or resume the tower and return it."""
    torch.manual_seed(config.seed)
    trainee = VisionTrainee(config)
    optimiser = make_optimiser(trainee.parameters(), config.vision_rate, config.weight_decay)
    path = folder / "vision.pt"
    saved = load_checkpoint(path)
    first = 0
    if saved is not None:
        trainee.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        first = int(saved["step"])
    spread = torch.from_numpy(np.stack([data.landmarks.mean((0, 1)), np.full((106, 2), data.landmarks.std())]))
    clock, recent = Clock(config.checkpoint_seconds), 0.0
    log = (folder / "vision.jsonl").open("a", encoding="utf-8")
    bar = tqdm(
        range(first, config.vision_steps), initial=first, total=config.vision_steps, desc="vision", mininterval=5
    )
    for step in bar:
        set_rate(optimiser, rate_at(step, config.vision_steps, config.vision_rate))
        loss = _losses(trainee, data, step, config, spread.float())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
        optimiser.step()
        recent = loss.item() if not recent else 0.98 * recent + 0.02 * loss.item()
        bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
        last = step + 1 == config.vision_steps
        if (step + 1) % 500 == 0 or last:
            entry = {"step": step + 1, "loss": recent, **measure_vision(trainee, unseen)}
            log.write(json.dumps(entry) + "\n")
            log.flush()
        if last or clock.due():
            state = {"model": trainee.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}
            save_atomically(state, path)
    log.close()
    return trainee.tower
