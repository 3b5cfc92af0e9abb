"""Micro batches: left padded, truncated and counted, with exactly what the model is given."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from emola.errors import InputError
from emola.model import EmolaProcessor
from training.config import DataSettings
from training.data.samples import Sample
from training.lora.batches import MicroBatch
from training.lora.collator import Collator, MicroBatches, measure, truncate


def test_measured_lengths_are_those_of_the_batch(processor: EmolaProcessor, samples: list[Sample]) -> None:
    measured = measure(samples, processor, DataSettings(root="."))
    batch = Collator(processor, 2048)(samples)
    assert [example.length for example in measured.examples] == batch["attention_mask"].sum(dim=1).tolist()
    assert [example.weight for example in measured.examples] == (batch["labels"] != -100).sum(dim=1).tolist()
    assert measured.truncated == measured.skipped == ()


@pytest.mark.parametrize(("inputs", "rows", "names"), [
    ("both", 5, {"pixel_values", "prior"}), ("image", 4, {"pixel_values"}), ("prior", 1, {"prior"}),
])  # fmt: skip
def test_the_model_is_given_its_inputs_only(
    inputs: str, rows: int, names: set[str], processor: EmolaProcessor, samples: list[Sample]
) -> None:
    processor.inputs = inputs
    batch = Collator(processor, 2048)(samples[:2])
    assert set(batch) - {"input_ids", "attention_mask", "labels", "sample_weights"} == names
    assert (batch["input_ids"] == processor.image_token_index).sum(dim=1).tolist() == [rows, rows]


def test_long_answers_are_cut_at_the_end_and_counted(processor: EmolaProcessor, samples: list[Sample]) -> None:
    whole = Collator(processor, 2048)(samples)
    lengths = whole["attention_mask"].sum(dim=1).tolist()
    limit = sorted(lengths)[len(lengths) // 2]
    measured = measure(samples, processor, DataSettings(root=".", max_length=limit))
    assert len(measured.truncated) == sum(length > limit for length in lengths) > 0
    cut = Collator(processor, limit)(samples)
    assert cut["input_ids"].shape[1] == limit
    assert (cut["labels"] != -100).sum(dim=1).tolist() == [example.weight for example in measured.examples]
    for row, length in enumerate(lengths):
        kept = min(length, limit)
        assert torch.equal(cut["input_ids"][row, limit - kept :], whole["input_ids"][row, -length:][:kept])
        assert (int(cut["input_ids"][row, -1]) == processor.tokenizer.eos_token_id) == (length <= limit)


def test_cutting_by_hand() -> None:
    batch = {
        "input_ids": torch.tensor([[1, 2, 3, 4], [0, 0, 5, 6]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1]]),
        "labels": torch.tensor([[-100, -100, 3, 4], [-100, -100, -100, 6]]),
    }
    cut = truncate(batch, 3, pad_token_id=9)
    assert cut["input_ids"].tolist() == [[1, 2, 3], [9, 5, 6]]
    assert cut["attention_mask"].tolist() == [[1, 1, 1], [0, 1, 1]]
    assert cut["labels"].tolist() == [[-100, -100, 3], [-100, -100, 6]]


def test_long_samples_can_be_skipped_or_refused(processor: EmolaProcessor, samples: list[Sample]) -> None:
    lengths = [example.length for example in measure(samples, processor, DataSettings(root=".")).examples]
    limit = min(lengths)
    skipping = measure(samples, processor, DataSettings(root=".", max_length=limit, too_long="skip"))
    assert len(skipping.examples) == lengths.count(limit)
    assert len(skipping.skipped) == len(samples) - lengths.count(limit)
    with pytest.raises(InputError, match=r"samples are longer than data\.max_length"):
        measure(samples, processor, DataSettings(root=".", max_length=limit, too_long="refuse"))


def test_a_fault_keeps_its_sentence(processor: EmolaProcessor, samples: list[Sample]) -> None:
    gone = replace(samples[0], image=Path("gone.png"))
    dataset = MicroBatches([gone], [MicroBatch((0,))], Collator(processor, 2048))
    assert len(dataset) == 1
    assert dataset[0] == {"fault": "There is no file at gone.png; give the path of a picture."}
