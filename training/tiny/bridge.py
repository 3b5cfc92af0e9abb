"""Stage 3: the rows of a picture learn to say what the language model can already read.

After stage 2 the language model reads one row, the prior's. Teaching it to read 64 rows of another kind takes long; so
the rows learn its language first, at the price of a step of the tower alone. Each projected row imitates the row that
the prior projector makes of the face's true prior, and their mean tells the action units. The tower keeps learning what
stage 1 taught it. Only tower, visual projector and temporary heads change.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.tiny.batches import Sources
from training.tiny.checkpoint import Clock, resume, save_checkpoint
from training.tiny.config import TinyConfig
from training.tiny.data import TinyData
from training.tiny.language import LanguageTrainee
from training.tiny.schedule import make_optimiser, rate_at, set_rate, take_step
from training.tiny.vision import VisionBatch, VisionTrainee, f1_of_units, stage_1_loss, unit_loss, vision_batch

_STAGE = 4
TOWER_RATE = 0.3
"""Learning rate of the tower over that of the projector."""


class BridgeTrainee(nn.Module):
    """The visual side of the model, the heads of stage 1 and one head over the mean of the projected rows."""

    def __init__(self, language: LanguageTrainee, vision: VisionTrainee) -> None:
        super().__init__()
        self.tower = language.model.model.vision_tower
        self.projector = language.model.model.multi_modal_projector
        self.heads = vision.heads
        self.units = nn.Linear(language.model.config.get_text_config().hidden_size, 20 * 2 * 2)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the tower's patch rows (B, P, W) and their projections (B, P, D)."""
        rows = self.tower(pixel_values=pixels).last_hidden_state[:, 1:]
        return rows, self.projector(rows)

    def read_units(self, projected: Tensor) -> Tensor:
        """Return presence logits and intensities (B, 2, 20, 2) of the mean projected row."""
        units: Tensor = self.units(projected.mean(1)).view(-1, 2, 20, 2)
        return units


def _losses(bridge: BridgeTrainee, batch: VisionBatch, spread: Tensor, wanted: Tensor) -> Tensor:
    """Return the loss of one batch; ``wanted`` (B, D) are the rows of the true priors."""
    rows, projected = bridge(batch.pixels)
    imitation = ((projected - wanted[:, None]) ** 2).mean() / wanted.var()
    told = unit_loss(bridge.read_units(projected), batch.activations)
    total: Tensor = imitation + told + stage_1_loss(bridge.heads(rows), batch, spread)
    return total


def train_bridge(
    config: TinyConfig, language: LanguageTrainee, vision: VisionTrainee, sources: Sources, unseen: TinyData
) -> None:
    """Train or resume the stage; the language trainee's tower and visual projector change in place."""
    torch.manual_seed(config.seed + _STAGE)
    bridge = BridgeTrainee(language, vision)
    bridge.tower.requires_grad_(True)  # stage 2 froze it
    fast = [*bridge.projector.parameters(), *bridge.heads.parameters(), *bridge.units.parameters()]
    optimiser = make_optimiser(fast, config.bridge_rate, config.weight_decay)
    optimiser.add_param_group({"params": list(bridge.tower.parameters()), "scale": TOWER_RATE})
    path = config.cache / "bridge.pt"
    first = resume(path, bridge, optimiser)
    spread, clock = sources.data.landmark_spread(), Clock(config.checkpoint_seconds)
    steps = range(first, config.bridge_steps)
    for step in (bar := tqdm(steps, initial=first, total=config.bridge_steps, desc="bridge", mininterval=5)):
        set_rate(optimiser, rate_at(step, config.bridge_steps, config.bridge_rate))
        batch = vision_batch(sources.data, np.random.default_rng((config.seed, _STAGE, step)), config.vision_batch)
        with torch.no_grad():
            wanted = language.model.prior_projector(language.standardise(batch.priors))
        loss = _losses(bridge, batch, spread, wanted)
        take_step(loss, bridge, optimiser)
        bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        last = step + 1 == config.bridge_steps
        if last:
            _log(config.cache / "bridge.jsonl", step + 1, loss.item(), bridge, unseen)
        if last or clock.due():
            save_checkpoint(path, bridge, optimiser, step + 1)


def _log(path: Path, step: int, loss: float, bridge: BridgeTrainee, unseen: TinyData) -> None:
    """Append what the mean projected row tells of faces never seen."""
    each = f1_of_units(unseen, lambda pixels: bridge.read_units(bridge(pixels)[1])[:, 0].amax(-1))
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": step, "loss": loss, "projected_macro_f1": float(each.mean())}) + "\n")
