"""Write the weights of a conversion, tensor by tensor: merged into the base, or as a peft adapter beside it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from emola.model.lora import lora_config
from emola.model.storage.checkpoint import Checkpoint
from emola.model.storage.problems import Problems
from emola.model.storage.released import ReleasedAdapter, count_non_finite
from emola.model.storage.shard_writer import PlannedTensor, write_model, write_safetensors
from emola.model.storage.skeleton import Skeleton

Progress = Callable[[int, int, str], None]
"""Called with tensors done, tensors in all, and what is being done."""

ROWS_AT_ONCE: Final = 256
PEFT_PREFIX: Final = "base_model.model."


@dataclass(frozen=True)
class Parts:
    """What a conversion is made of, all checked: nothing is missing and every shape is right."""

    released: ReleasedAdapter
    base: Checkpoint
    skeleton: Skeleton
    progress: Progress


def merge_lora(weight: torch.Tensor, a: torch.Tensor, b: torch.Tensor, scale: float) -> torch.Tensor:
    """Return ``weight + scale * b @ a``, computed in float32 at least, in the dtype of ``weight``.

    Args:
        weight: (out, in).
        a: (rank, in).
        b: (out, rank).
        scale: alpha / rank.
    """
    precise = torch.promote_types(weight.dtype, torch.float32)
    merged, a = torch.empty_like(weight, memory_format=torch.contiguous_format), a.to(precise)
    for start in range(
        0, len(weight), ROWS_AT_ONCE
    ):  # in pieces: a float32 copy of all would be twice a float16 tensor
        rows = slice(start, start + ROWS_AT_ONCE)
        merged[rows] = torch.addmm(weight[rows].to(precise), b[rows].to(precise), a, alpha=scale)
    return merged


def plan_merged(parts: Parts) -> list[PlannedTensor]:
    """Return every tensor of the merged model, in the order of the base's files, the prior projector last."""
    return [
        PlannedTensor(parts.skeleton.saved[name], parts.skeleton.shapes[name], _stored_dtype(parts, name))
        for name in _merged_names(parts)
    ]


def write_merged(folder: Path, parts: Parts) -> None:
    """Write the shards of the merged model.

    Raises:
        CheckpointError: if the base, or a merged weight in the base's dtype, is not finite; every such tensor is named.
    """
    problems = Problems()
    write_model(folder, plan_merged(parts), _merged_tensors(parts, problems))
    problems.raise_if_any(f"{parts.released.folder} cannot be merged into {parts.base.folder}")


def plan_adapter(parts: Parts) -> list[PlannedTensor]:
    """Return every tensor of the peft adapter: LoRA under the model's own names, then both projectors."""
    planned = []
    for target, halves in parts.released.halves.items():
        module = PEFT_PREFIX + parts.skeleton.live[target].removesuffix(".weight")
        for half, name in zip("AB", halves, strict=True):
            info = parts.released.lora.infos[name]
            planned.append(PlannedTensor(f"{module}.lora_{half}.weight", info.shape, info.dtype))
    for name, tensor in parts.released.modules.items():
        planned.append(PlannedTensor(PEFT_PREFIX + parts.skeleton.live[name], tuple(tensor.shape), tensor.dtype))
    return planned


def write_adapter(folder: Path, parts: Parts, base: str) -> None:
    """Write ``adapter_model.safetensors`` and ``adapter_config.json``, and look through the base for NaN.

    Args:
        folder: where to.
        parts: what the adapter is made of.
        base: the base's folder or hub id, which the adapter will name.

    Raises:
        CheckpointError: if the base is not finite.
    """
    fields = parts.released.fields
    config = lora_config(rank=fields.rank)
    config.lora_alpha = fields.alpha  # type: ignore[assignment]  # published alphas may be fractions
    layers = "|".join(re.escape(path) for path in fields.paths)
    config.target_modules = rf".*\blanguage_model\.layers\.\d+\.({layers})"
    config.base_model_name_or_path = base
    config.inference_mode = True
    config.save_pretrained(str(folder))
    write_safetensors(folder / "adapter_model.safetensors", plan_adapter(parts), _adapter_tensors(parts))
    _check_base(parts)


def _merged_names(parts: Parts) -> list[str]:
    """Return the canonical names of the merged model's tensors in writing order."""
    return [*parts.base.tensors, *(name for name in parts.released.modules if name not in parts.base.tensors)]


def _stored_dtype(parts: Parts, name: str) -> torch.dtype:
    """Return the dtype a tensor was published in: the adapter's for the projectors, the base's for all others."""
    if name in parts.released.modules:
        return parts.released.modules[name].dtype
    return parts.base.tensors[name].info.dtype


def _merged_tensors(parts: Parts, problems: Problems) -> Iterator[torch.Tensor]:
    """Yield the merged model's tensors; note those that are not finite."""
    released, base = parts.released, parts.base
    names = _merged_names(parts)
    for number, name in enumerate(names, start=1):
        if name in released.modules:
            tensor = released.modules[name]
        else:
            tensor = base.read(name)
            is_finite = _note_non_finite(tensor, f"tensor {base.tensors[name].info.name} of the base", problems)
        if name in released.halves:
            a, b = (released.lora.read(half) for half in released.halves[name])
            tensor = merge_lora(tensor, a, b, released.fields.scale)
            if is_finite:
                _note_non_finite(tensor, f"tensor {name}, merged, in {tensor.dtype}", problems)
        if number < len(names) and _file_of(base, names[number]) != _file_of(base, name):
            released.lora.release()
        parts.progress(number, len(names), "merging")
        yield tensor


def _adapter_tensors(parts: Parts) -> Iterator[torch.Tensor]:
    """Yield the adapter's tensors in the order of :func:`plan_adapter`."""
    for halves in parts.released.halves.values():
        for name in halves:
            yield parts.released.lora.read(name)
    parts.released.lora.release()
    yield from parts.released.modules.values()


def _check_base(parts: Parts) -> None:
    """Raise with every tensor of the base that is not finite; its projector is replaced and does not matter."""
    problems = Problems()
    names = [name for name in parts.base.tensors if name not in parts.released.modules]
    for number, name in enumerate(names, start=1):
        _note_non_finite(parts.base.read(name), f"tensor {parts.base.tensors[name].info.name} of the base", problems)
        parts.progress(number, len(names), "checking the base")
    problems.raise_if_any(f"{parts.base.folder} cannot carry an adapter")


def _note_non_finite(tensor: torch.Tensor, what: str, problems: Problems) -> bool:
    """Note a tensor that holds NaN or infinity; return whether it is finite."""
    bad = count_non_finite(tensor)
    if bad:
        problems.add(f"{what} holds {bad} numbers that are NaN or infinite")
    return bad == 0


def _file_of(base: Checkpoint, name: str) -> Path | None:
    """Return the file of the base that holds a tensor."""
    return base.tensors[name].info.file if name in base.tensors else None
