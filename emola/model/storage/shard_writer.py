"""Write safetensors shards tensor by tensor, so that one tensor is all that must be in memory.

The library's own writer needs every tensor of a file at once. The format is a length, a JSON header with the place of
each tensor, and the bytes (https://huggingface.co/docs/safetensors): with shapes known beforehand it can be streamed.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from emola.model.storage.json_file import write_json_object

MAX_SHARD_BYTES: Final = 5_000_000_000
_CODES: Final = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


@dataclass(frozen=True)
class PlannedTensor:
    """Name, shape and dtype of a tensor that will be written."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def byte_count(self) -> int:
        """Bytes the tensor takes in the file."""
        return int(torch.Size(self.shape).numel()) * self.dtype.itemsize


def write_model(
    folder: Path, planned: list[PlannedTensor], tensors: Iterable[torch.Tensor], max_bytes: int = MAX_SHARD_BYTES
) -> None:
    """Write ``model.safetensors``, or numbered shards and their index, into ``folder``.

    Args:
        folder: existing folder.
        planned: every tensor, in the order in which ``tensors`` gives them.
        tensors: the values; each is written and let go before the next one is asked for.
        max_bytes: a shard is closed before it grows beyond this.
    """
    shards = _split(planned, max_bytes)
    values = iter(tensors)
    if len(shards) == 1:
        write_safetensors(folder / "model.safetensors", shards[0], values)
        return
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        write_safetensors(folder / name, shard, values)
        weight_map |= {tensor.name: name for tensor in shard}
    size = sum(tensor.byte_count for tensor in planned)
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    write_json_object(folder / "model.safetensors.index.json", index)


def write_safetensors(path: Path, planned: list[PlannedTensor], tensors: Iterator[torch.Tensor]) -> None:
    """Write the next ``len(planned)`` of ``tensors`` to one safetensors file.

    Raises:
        ValueError: if a tensor is not what was planned.
    """
    with path.open("wb") as file:
        file.write(_header(planned))
        for plan in planned:
            tensor = next(tensors)
            if tuple(tensor.shape) != plan.shape or tensor.dtype != plan.dtype:
                raise ValueError(f"{plan.name} was planned as {plan.shape} {plan.dtype}, got {tensor.shape}.")
            file.write(tensor.contiguous().view(torch.uint8).numpy().data)


def _header(planned: list[PlannedTensor]) -> bytes:
    """Return the length field and the padded JSON header of a file with these tensors."""
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for plan in planned:
        stop = start + plan.byte_count
        entries[plan.name] = {"dtype": _CODES[plan.dtype], "shape": list(plan.shape), "data_offsets": [start, stop]}
        start = stop
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _split(planned: list[PlannedTensor], max_bytes: int) -> list[list[PlannedTensor]]:
    """Cut the list into shards of at most ``max_bytes`` (a larger tensor gets a shard of its own)."""
    shards: list[list[PlannedTensor]] = [[]]
    size = 0
    for plan in planned:
        if shards[-1] and size + plan.byte_count > max_bytes:
            shards.append([])
            size = 0
        shards[-1].append(plan)
        size += plan.byte_count
    return shards
