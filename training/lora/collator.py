"""From samples to the tensors of one micro batch: pictures, priors, tokens and labels, padded on the left."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from emola.errors import EmolaError, InputError
from emola.faces.priors.prior import Prior
from emola.imaging import open_image, pad_to_square
from emola.model import EmolaProcessor
from emola.model.tokenization import LABEL_IGNORED, encode_example
from training.config import DataSettings
from training.data.records import RecordFault
from training.data.samples import Sample, load_prior
from training.features.store import FeatureStore
from training.lora.batches import MicroBatch
from training.lora.loss import SAMPLE_WEIGHTS


class Collate(Protocol):
    """Makes the tensors of a micro batch; with ``counted`` False they count nothing in the loss."""

    def __call__(self, samples: Sequence[Any], *, counted: bool = True) -> dict[str, Tensor]:
        """Return the tensors of ``samples``."""


@dataclass(frozen=True)
class Example:
    """A sample with its length.

    Attributes:
        sample: what is learned: a question and its answer, or a pair of answers.
        length: tokens the model reads, the image span included, after truncation.
        weight: what it counts in the mean loss: its tokens with loss after truncation times the sample's own weight,
            or 1 for a pair.
    """

    sample: Any
    length: int
    weight: float


@dataclass(frozen=True)
class Measured:
    """Samples with their lengths, and in words those that were cut or left out.

    Attributes:
        examples: what is learned.
        truncated: id and length of samples that lose the end of their answer.
        skipped: id and reason of samples that are not learned.
    """

    examples: list[Example]
    truncated: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class Collator:
    """Makes the tensors of a micro batch.

    Args:
        processor: of the model; its ``inputs`` say whether pictures and priors are given.
        max_length: longer rows lose the end of their answer.
        features: kept features that the model is fed with in the place of pictures, or None.
    """

    processor: EmolaProcessor
    max_length: int
    features: FeatureStore | None = None

    def __call__(self, samples: Sequence[Sample], *, counted: bool = True) -> dict[str, Tensor]:
        """Return the tensors of the processor with ``labels``, and the samples' weights.

        Args:
            samples: of one micro batch.
            counted: without it no token has a label.

        Raises:
            ImageError: if a picture that could be read before is gone.
            InputError: if a prior that could be read before is gone.
        """
        processor, store = self.processor, self.features
        batch = dict(
            processor(
                [processor.build_prompt(sample.question) for sample in samples],
                *read_faces(samples, processor, pictures=store is None),
                answers=[sample.answer for sample in samples],
            )
        )
        if store is not None:
            batch["pixel_values"] = torch.stack([store.load(sample.image) for sample in samples])  # (B, P, W)
        tensors = truncate(batch, self.max_length, processor.pad_token_id)
        if not counted:
            tensors["labels"] = torch.full_like(tensors["labels"], LABEL_IGNORED)
        tensors[SAMPLE_WEIGHTS] = torch.tensor([sample.weight for sample in samples], dtype=torch.float32)
        return tensors


class MicroBatches(Dataset[dict[str, Tensor]]):
    """The micro batches of one process as a data set, so that torch's workers can make them ahead."""

    def __init__(self, samples: Sequence[Any], batches: Sequence[MicroBatch], collator: Collate) -> None:
        self._samples = samples
        self._batches = batches
        self._collator = collator

    def __len__(self) -> int:
        """Return the number of micro batches."""
        return len(self._batches)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Return the tensors of one micro batch, or its fault: an exception would lose its sentence on the way."""
        batch = self._batches[number]
        try:
            return self._collator([self._samples[index] for index in batch.indices], counted=batch.counted)
        except EmolaError as error:
            return {"fault": str(error)}


def measure(samples: Sequence[Sample], processor: EmolaProcessor, settings: DataSettings) -> Measured:
    """Count the tokens of every sample and deal with those longer than ``settings.max_length``.

    Raises:
        InputError: if samples are too long and ``settings.too_long`` is "refuse"; they are named.
    """
    rows = processor.count_rows(processor.inputs != "prior", processor.inputs != "image")
    examples: list[Example] = []
    skipped: list[str] = []
    truncated: list[str] = []
    for sample in tqdm(samples, desc="counting tokens", unit="sample", disable=None, leave=False):
        try:
            prompt = processor.build_prompt(sample.question)
            ids, labels = encode_example(processor.tokenizer, prompt, sample.answer, processor.image_token_index, rows)
        except (InputError, ValueError) as error:
            skipped.append(f"{sample.id}: {error}")
            continue
        asked = sum(label == LABEL_IGNORED for label in labels)
        kept = min(len(ids), settings.max_length)
        words = f"{sample.id}: {len(ids)} tokens, {asked} of them before the answer"
        if kept <= asked or (kept < len(ids) and settings.too_long == "skip"):
            skipped.append(words)
            continue
        if kept < len(ids):
            truncated.append(words)
        examples.append(Example(sample, kept, (kept - asked) * sample.weight))
    if truncated and settings.too_long == "refuse":
        raise InputError(
            f"{len(truncated)} samples are longer than data.max_length {settings.max_length}, and data.too_long is "
            f"refuse: {'; '.join(truncated[:5])}{' and more' if len(truncated) > 5 else ''}."
        )
    return Measured(examples, tuple(truncated), tuple(skipped))


def truncate(batch: dict[str, Tensor], max_length: int, pad_token_id: int) -> dict[str, Tensor]:
    """Cut the end off rows longer than ``max_length`` and pad again on the left; other tensors are left alone.

    Args:
        batch: with ``input_ids``, ``attention_mask`` and ``labels`` (B, T), padded on the left.
        max_length: tokens a row may keep.
        pad_token_id: filler of ``input_ids``.
    """
    lengths = batch["attention_mask"].sum(dim=1).tolist()
    width = batch["attention_mask"].shape[1]
    if width <= max_length:
        return batch
    fillers = {"input_ids": pad_token_id, "attention_mask": 0, "labels": LABEL_IGNORED}
    for name, filler in fillers.items():
        rows = torch.full((len(lengths), max_length), filler, dtype=torch.int64)
        for row, length in enumerate(lengths):
            kept = batch[name][row, width - length :][:max_length]
            rows[row, max_length - len(kept) :] = kept
        batch[name] = rows
    return batch


def read_faces(
    samples: Sequence[Any], processor: EmolaProcessor, *, pictures: bool = True
) -> tuple[list[Any] | None, list[Any] | None]:
    """Return pictures and priors for the processor, None for what the model is not given.

    Args:
        samples: with ``id``, ``image`` and ``prior``.
        processor: of the model.
        pictures: False gives blank pictures that only hold the place of the image span.

    Raises:
        ImageError: if a picture that could be read before is gone.
        InputError: if a prior that could be read before is gone.
    """
    images = None
    if processor.inputs != "prior":
        images = [_picture(sample.image) if pictures else np.zeros((1, 1, 3), np.uint8) for sample in samples]
    priors = [_prior(sample, processor) for sample in samples] if processor.inputs != "image" else None
    return images, priors


def _picture(path: Path) -> np.ndarray[Any, Any]:
    """Return a picture of one face as EmoLA was trained: the whole of it, on a square."""
    return pad_to_square(open_image(path))


def _prior(sample: Any, processor: EmolaProcessor) -> Prior:
    """Return the prior of a sample."""
    if sample.prior is None:
        raise InputError(f"The sample {sample.id} has no prior, and the model reads one.")
    try:
        return Prior(load_prior(sample.prior, processor.prior_dim), processor.prior_recipe)
    except RecordFault as fault:
        raise InputError(f"The prior of {sample.id} cannot be read any more ({fault.detail}).") from fault
