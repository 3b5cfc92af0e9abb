"""Learning rate, optimiser and step shared by the stages."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

WARM_UP = 100
"""Steps over which the learning rate rises."""

FLOOR = 0.02
"""Share of the learning rate left at the end."""


def rate_at(step: int, steps: int, peak: float) -> float:
    """Return the learning rate of a step: linear warm-up, then a cosine down to two per cent."""
    warm = min(1.0, (step + 1) / min(WARM_UP, max(1, steps // 4)))
    return peak * warm * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps)))))


def make_optimiser(parameters: Iterable[nn.Parameter], rate: float, weight_decay: float) -> torch.optim.AdamW:
    """Return AdamW with betas 0.9 and 0.98."""
    return torch.optim.AdamW(list(parameters), lr=rate, betas=(0.9, 0.98), weight_decay=weight_decay)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group, times the group's own ``scale``."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def take_step(loss: Tensor, trainee: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Follow the gradient of a loss once, its norm over the whole trainee cut to 1."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
    optimiser.step()
