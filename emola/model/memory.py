"""How much memory a model needs, how much there is, and one sentence when it cannot fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psutil
import torch
from transformers import LlavaConfig

from emola.errors import ResourceError
from emola.model.placement import Quantization

CONTEXT_TOKENS: Final = 1024
"""Tokens for which key-value room is counted: the prompt (about 640 with a picture) and an answer."""

_QUANTIZED_BYTES: Final[Mapping[str, float]] = {"4bit": 0.57, "8bit": 1.0}
"""Bytes a number of a quantised linear layer takes, 4-bit with its doubly quantised block scales."""

_CGROUP: Final = Path("/sys/fs/cgroup")


def needed_bytes(
    shapes: Mapping[str, tuple[int, ...]],
    config: LlavaConfig,
    dtype: torch.dtype,
    quantization: Quantization | None = None,
    adapter_numbers: int = 0,
) -> int:
    """Return the bytes that a loaded model takes while it answers.

    Args:
        shapes: canonical name to shape of every weight.
        config: for the size of the key-value cache.
        dtype: what the weights are held in.
        quantization: None, "4bit" or "8bit": the linear layers of the language model are then held smaller.
        adapter_numbers: numbers of a LoRA, held in float32 until they are merged.
    """
    total = 4.0 * adapter_numbers + _cache_bytes(config, dtype)
    for name, shape in shapes.items():
        is_quantized = quantization is not None and is_quantizable(name, shape)
        per_number = _QUANTIZED_BYTES[str(quantization)] if is_quantized else dtype.itemsize
        total += torch.Size(shape).numel() * per_number
    return int(total)


def is_quantizable(name: str, shape: tuple[int, ...]) -> bool:
    """Return whether a weight is a linear layer inside the language model (the embedding and the head are not)."""
    return name.startswith("model.language_model.layers.") and len(shape) == 2


def available_bytes(device: torch.device) -> int:
    """Return the free memory of a device; on the CPU also within the limit of the container, if there is one."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    free = psutil.virtual_memory().available
    limit = container_free_bytes()
    return free if limit is None else min(free, limit)


def container_free_bytes(folder: Path = _CGROUP) -> int | None:
    """Return what the control group (version 2) still allows, counting file cache as free; None without a limit."""
    try:
        limit = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
        rows = [line.split() for line in (folder / "memory.stat").read_text().splitlines()]
    except OSError:
        return None
    if limit == "max":
        return None
    cache = sum(int(value) for name, value in rows if name in ("inactive_file", "active_file"))
    return max(0, int(limit) - used + cache)


def check_memory(needed: int, device: torch.device, what: str) -> None:
    """Raise if a device has less free memory than is needed.

    Args:
        needed: bytes.
        device: where the model would go.
        what: the model's name, for the sentence.

    Raises:
        ResourceError: with both numbers and what to do.
    """
    available = available_bytes(device)
    if needed > available:
        raise ResourceError(
            f"{what} needs about {_size(needed)} on {device}, but only {_size(available)} are free: close other "
            "programs, choose a smaller dtype or, on a CUDA GPU, 4-bit or 8-bit quantisation."
        )


def _cache_bytes(config: LlavaConfig, dtype: torch.dtype) -> int:
    """Return the size of the key-value cache of :data:`CONTEXT_TOKENS` tokens."""
    text: Any = config.get_text_config()
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    width: int = text.num_hidden_layers * text.num_key_value_heads * head
    return 2 * width * CONTEXT_TOKENS * dtype.itemsize


def _size(byte_count: int) -> str:
    """Return a size in words."""
    return f"{byte_count / 1e9:.1f} GB" if byte_count >= 1e8 else f"{byte_count / 1e6:.1f} MB"
