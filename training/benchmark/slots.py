"""Batched decoding of EmoLA in slots: a row that ends makes room for the next question at once.

Answers differ in length by a factor of ten, so a batch that waits for its longest answer computes mostly padding. Here
all rows take one step together; when a quarter of them has finished, those leave the key-value cache, and the next
questions are read in one prefill and joined on the left-padded cache. Columns that no row uses any more are cut.

Letters used for shapes: B rows in the batch, T columns of the cache, V vocabulary.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from training.benchmark.token_choice import TokenChoice

Key = tuple[str, str]


@dataclass(frozen=True)
class Job:
    """One question, encoded: the tensors that the processor made of it, each with one row."""

    key: Key
    inputs: Mapping[str, Tensor]


@dataclass(frozen=True)
class Finished:
    """The new token ids of one answer, without the end token, and whether it ended by itself."""

    key: Key
    ids: list[int]
    ended: bool


@dataclass
class _Row:
    """One answer that is being written."""

    key: Key
    limit: int
    stream: torch.Generator
    ids: list[int] = field(default_factory=list)
    ended: bool = False
    reported: bool = False

    @property
    def done(self) -> bool:
        return self.ended or len(self.ids) >= self.limit


@dataclass
class _Batch:
    """Rows with their cache (keys and values (B, heads, T, width) a layer), mask (B, T) and last tokens (B, 1).

    Finished rows stay in it, computing nothing of use, until it pays to copy the cache without them.
    """

    rows: list[_Row]
    cache: Any
    mask: Tensor
    last: Tensor


class SlotDecoder:
    """Decodes many questions with one model.

    Args:
        model: an ``EmolaForConditionalGeneration`` in evaluation mode.
        choice: how the next token is chosen.
        end_ids: ids that end an answer.
        pad_id: fills short prompts on the left.
        slots: most rows at a time.
        max_new_tokens: most tokens of an answer; fewer where the context ends.
        context: most tokens of prompt and answer together.
    """

    def __init__(
        self,
        model: nn.Module,
        choice: TokenChoice,
        *,
        end_ids: frozenset[int],
        pad_id: int,
        slots: int,
        max_new_tokens: int,
        context: int,
    ) -> None:
        self._model: Any = model
        self._choice = choice
        self._end_ids = end_ids
        self._pad_id = pad_id
        self._slots = slots
        self._max_new_tokens = max_new_tokens
        self._context = context

    def decode(self, jobs: Iterable[Job]) -> Iterator[Finished]:
        """Yield each answer as soon as it ends; the order is that of their ends.

        Args:
            jobs: taken only when slots are free, so they may be prepared meanwhile.
        """
        waiting = iter(jobs)
        batch: _Batch | None = None
        more = True
        while True:
            free = self._slots - (len(batch.rows) if batch else 0)
            if more and (batch is None or 4 * free >= self._slots):
                admitted = list(islice(waiting, free))
                more = len(admitted) == free
                if admitted:
                    batch = _join(batch, self._prefill(admitted))
            elif batch is not None:
                self._step(batch)
            if batch is None:
                return
            for row in batch.rows:
                if row.done and not row.reported:
                    row.reported = True
                    yield Finished(row.key, row.ids, row.ended)
            done = sum(row.reported for row in batch.rows)
            if 4 * done >= len(batch.rows):
                batch = _without_done(batch)

    @torch.inference_mode()
    def _prefill(self, jobs: list[Job]) -> _Batch:
        """Read the prompts and choose the first token of each."""
        ids = [job.inputs["input_ids"][0] for job in jobs]
        longest = max(len(row) for row in ids)
        inputs = {"input_ids": torch.stack([_pad_left(row, longest, self._pad_id) for row in ids])}
        mask = torch.stack([_pad_left(torch.ones_like(row), longest, 0) for row in ids])
        for name in ("pixel_values", "prior"):
            if name in jobs[0].inputs:
                inputs[name] = torch.cat([job.inputs[name] for job in jobs])
        inputs = {name: self._place(value) for name, value in inputs.items()}
        mask = self._place(mask)
        cache = DynamicCache()
        positions = (mask.cumsum(1) - 1).clamp_min(0)
        out = self._model(
            **inputs,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        limits = [min(self._max_new_tokens, self._context - len(row)) for row in ids]
        rows = [_Row(job.key, limit, self._choice.stream(job.key)) for job, limit in zip(jobs, limits, strict=True)]
        batch = _Batch(rows, cache, mask, inputs["input_ids"][:, -1:])
        self._choose(batch, out.logits[:, -1])
        return batch

    @torch.inference_mode()
    def _step(self, batch: _Batch) -> None:
        """Read the last token of every row and choose the next one."""
        batch.mask = torch.cat([batch.mask, batch.mask.new_ones(len(batch.rows), 1)], dim=1)  # (B, T + 1)
        positions = (batch.mask.sum(1, keepdim=True) - 1).clamp_max(self._context - 1)  # finished rows may be past it
        out = self._model(
            input_ids=batch.last,
            attention_mask=batch.mask,
            position_ids=positions,
            past_key_values=batch.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._choose(batch, out.logits[:, -1])

    def _choose(self, batch: _Batch, logits: Tensor) -> None:
        """Append the chosen token (B, V) to each row and note which rows have ended."""
        chosen = self._choice.scores(logits, [row.stream for row in batch.rows]).argmax(-1)
        batch.last = chosen[:, None]
        for row, token in zip(batch.rows, chosen.tolist(), strict=True):
            if row.done:
                continue
            if token in self._end_ids:
                row.ended = True
            else:
                row.ids.append(token)

    def _place(self, value: Tensor) -> Tensor:
        """Move a tensor to the model; floating-point ones take its dtype."""
        device, dtype = self._model.device, self._model.dtype
        return value.to(device, dtype) if value.is_floating_point() else value.to(device)


@torch.inference_mode()
def _join(batch: _Batch | None, new: _Batch) -> _Batch:
    """Return both batches as one, the shorter cache padded on the left."""
    if batch is None:
        return new
    length = max(batch.mask.shape[1], new.mask.shape[1])
    masks = [_pad_columns(part.mask, length, 1) for part in (batch, new)]
    for layer, added in zip(batch.cache.layers, new.cache.layers, strict=True):
        layer.keys = torch.cat([_pad_columns(part.keys, length, 2) for part in (layer, added)])
        layer.values = torch.cat([_pad_columns(part.values, length, 2) for part in (layer, added)])
    return _Batch([*batch.rows, *new.rows], batch.cache, torch.cat(masks), torch.cat([batch.last, new.last]))


@torch.inference_mode()
def _without_done(batch: _Batch) -> _Batch | None:
    """Return the batch without its finished rows and without columns that only those used; None without rows."""
    kept = [index for index, row in enumerate(batch.rows) if not row.done]
    if not kept:
        return None
    if len(kept) == len(batch.rows):
        return batch
    index = torch.tensor(kept, device=batch.mask.device)
    mask = batch.mask[index]
    start = int(mask.any(0).int().argmax())
    for layer in batch.cache.layers:
        layer.keys, layer.values = layer.keys[index, :, start:], layer.values[index, :, start:]
    return _Batch([batch.rows[i] for i in kept], batch.cache, mask[:, start:], batch.last[index])


def _pad_left(row: Tensor, length: int, filler: int) -> Tensor:
    """Return a row of ids with ``filler`` in front up to ``length``."""
    return nn.functional.pad(row, (length - row.shape[0], 0), value=filler)


def _pad_columns(value: Tensor, length: int, dim: int) -> Tensor:
    """Return ``value`` with zeros in front along ``dim`` up to ``length``."""
    missing = length - value.shape[dim]
    trailing = [0, 0] * (value.ndim - 1 - dim)
    return nn.functional.pad(value, (*trailing, missing, 0)) if missing else value
