"""Checkpoints that survive a kill at any moment: written beside their place and renamed."""

import time
from pathlib import Path
from typing import Any

import torch


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write tensors and plain values to ``path``; a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    temporary.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Return what :func:`save_atomically` wrote, or None when there is nothing yet."""
    if not path.is_file():
        return None
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


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
