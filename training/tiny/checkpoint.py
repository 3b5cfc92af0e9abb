"""Checkpoints that survive a kill at any moment: written beside their place and renamed."""

import time
from pathlib import Path
from typing import Any

import torch
from torch import nn


def save_checkpoint(path: Path, trainee: nn.Module, optimiser: torch.optim.Optimizer, steps: int) -> None:
    """Write what was trained in so many steps; a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save({"model": trainee.state_dict(), "optimiser": optimiser.state_dict(), "step": steps}, temporary)
    temporary.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Return ``model``, ``optimiser`` and ``step`` of :func:`save_checkpoint`, or None when there is nothing yet."""
    if not path.is_file():
        return None
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def resume(path: Path, trainee: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Put a checkpoint into what is trained, in place; return how many steps are done, 0 when there is none yet."""
    saved = load_checkpoint(path)
    if saved is None:
        return 0
    trainee.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    return int(saved["step"])


class Clock:
    """Says when a checkpoint is due."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = time.monotonic()

    def due(self) -> bool:
        """Return True once per period."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
