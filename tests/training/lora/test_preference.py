"""DPO: hand-worked losses, the reference stays put, segments weigh more, and a whole run prefers what it is told."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from emola.model import EmolaProcessor
from emola.model.loading import load_model
from training.config import LoraSettings
from training.data.samples import Sample
from training.lora.pair_collator import PairCollator, measure_pairs
from training.lora.pairs import Pair, read_pairs
from training.lora.preference_loss import adapter_off, dpo_losses, preference_loss
from training.lora.trainable import adapt
from training.preference import PreferenceConfig, main


@pytest.fixture
def pairs(samples: list[Sample]) -> list[Pair]:
    return [
        Pair(sample.id, sample.image, sample.prior, sample.question, sample.answer, "The nose is green today.")
        for sample in samples
    ]


@pytest.fixture
def model(make_model: Callable[[], Any]) -> Any:
    return adapt(make_model(), LoraSettings(rank=4, alpha=8, dropout=0.0, parts=("lora", "prior_projector")), "b", 1)


def test_losses_by_hand() -> None:
    policy = torch.tensor([[-1.0, -4.0], [-3.0, -2.0]])
    reference = torch.tensor([[-2.0, -4.0], [-2.0, -4.0]])
    # margins: (1 - -1) = 2 and (0 - 2) = -2; with beta 0.5: -log sigmoid(1), -log sigmoid(-1)
    expected = [math.log(1 + math.exp(-1)), math.log(1 + math.exp(1))]
    assert dpo_losses(policy, reference, 0.5).tolist() == pytest.approx(expected)


def test_an_untrained_adapter_loses_log_two_a_pair(model: Any, pairs: list[Pair], processor: EmolaProcessor) -> None:
    batch = PairCollator(processor)(pairs[:3])
    assert preference_loss(model, batch, beta=0.1).item() == pytest.approx(3 * math.log(2), rel=1e-5)
    stand_in = PairCollator(processor)(pairs[:1], counted=False)
    assert preference_loss(model, stand_in, beta=0.1).item() == 0.0


def test_the_loss_equals_the_formula_on_summed_log_probabilities(
    model: Any, pairs: list[Pair], processor: EmolaProcessor
) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    model.eval()

    def score(text: str) -> float:
        batch = PairCollator(processor)(pairs[:1])
        row = 0 if text == pairs[0].chosen else 1
        one = {name: batch[name][row : row + 1] for name in batch if name not in ("token_weights", "counted")}
        logits = model(**{name: value for name, value in one.items() if name != "labels"}).logits[0, :-1]
        labels = one["labels"][0, 1:]
        where = labels != -100
        return float(logits.log_softmax(-1)[where].gather(1, labels[where, None]).sum().detach())

    chosen, rejected = score(pairs[0].chosen), score(pairs[0].rejected)
    with torch.no_grad(), adapter_off(model):
        chosen_before, rejected_before = score(pairs[0].chosen), score(pairs[0].rejected)
    margin = (chosen - chosen_before) - (rejected - rejected_before)
    assert abs(margin) > 0.1
    loss = preference_loss(model, PairCollator(processor)(pairs[:1]), beta=0.3).item()
    assert loss == pytest.approx(math.log(1 + math.exp(-0.3 * margin)), rel=1e-3)


def test_switching_the_adapter_off_keeps_what_is_trained(model: Any) -> None:
    before = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    with adapter_off(model):
        pass
    assert {name: parameter.requires_grad for name, parameter in model.named_parameters()} == before


def test_training_raises_the_margin_and_leaves_the_reference(
    model: Any, pairs: list[Pair], processor: EmolaProcessor
) -> None:
    batch = PairCollator(processor)(pairs[:4])
    inputs = {name: value for name, value in batch.items() if name not in ("token_weights", "counted", "labels")}
    with torch.no_grad(), adapter_off(model):
        before = model(**inputs).logits
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(8):
        loss = preference_loss(model, batch, beta=0.1)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item() / 4)
    assert losses[-1] < 0.5 * losses[0]
    with torch.no_grad(), adapter_off(model):
        assert torch.equal(model(**inputs).logits, before)


def test_segments_weigh_more_and_weights_average_to_one(pairs: list[Pair], processor: EmolaProcessor) -> None:
    """The test tokenizer has one token for each byte, so code points and tokens can be counted by hand."""
    collator = PairCollator(processor, segment_weight=3.0)
    weights = collator.token_weights(pairs[0], "I see AU12.", ((6, 10),))
    # a space, eleven letters and the end token: 13 tokens, five of them in the segment with the space before it
    scale = 13 / (8 + 5 * 3)
    assert weights == pytest.approx([scale] * 6 + [3 * scale] * 5 + [scale] * 2)
    assert sum(weights) == pytest.approx(13)
    at_start = collator.token_weights(pairs[0], "AU12.", ((0, 4),))
    scale = 7 / (7 - 5 + 5 * 3)
    assert at_start == pytest.approx([3 * scale] * 5 + [scale] * 2)
    assert PairCollator(processor).token_weights(pairs[0], "AU12.", ((0, 4),)) == [1.0] * 7


def test_pairs_that_are_too_long_are_left_out(pairs: list[Pair], processor: EmolaProcessor) -> None:
    lengths = [example.length for example in measure_pairs(pairs, processor, 2048).examples]
    measured = measure_pairs(pairs, processor, min(lengths))
    assert len(measured.examples) == lengths.count(min(lengths))
    assert len(measured.skipped) == len(pairs) - lengths.count(min(lengths))


@pytest.fixture
def pair_file(data_folder: Path, tmp_path: Path) -> Path:
    records = [
        {
            "id": str(number), "image": f"{number}.png", "landmark": f"{number}.npy", "prompt": "<image>\nWhat?",
            "chosen": " AU12 is there. ", "rejected": "AU4 is there.",
            "segments": {"chosen": [[1, 5]], "rejected": [[0, 3]]},
        }
        for number in range(8)
    ]  # fmt: skip
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_pairs_are_read_with_their_faults(pair_file: Path, data_folder: Path, tmp_path: Path) -> None:
    found, report = read_pairs(pair_file, data_folder, 6)
    assert (report.rows, report.used) == (8, 8)
    assert (found[0].question, found[0].chosen, found[0].chosen_segments) == ("What?", "AU12 is there.", ((0, 4),))
    good = json.loads(pair_file.read_text().splitlines()[0])
    bad = [
        {**good}, "text", {**good, "id": "a", "image": "../x.png"}, {**good, "id": "b", "rejected": "AU12 is there."},
        {**good, "id": "c", "segments": {"chosen": [[3, 99]]}}, {**good, "id": "d", "chosen": " "},
        {**good, "id": "e", "segments": [1]}, {**good, "id": "f", "landmark": "gone.npy"},
    ]  # fmt: skip
    path = tmp_path / "bad.json"
    path.write_text(json.dumps([good, *bad]))
    found, report = read_pairs(path, data_folder, 6)
    assert len(found) == 1
    assert [(fault.id, fault.kind) for fault in report.faults] == [
        ("0", "duplicate id"), ("record 3", "wrong type"), ("a", "path outside the root"), ("b", "equal answers"),
        ("c", "wrong segments"), ("d", "empty answer"), ("e", "wrong segments"), ("f", "missing prior"),
    ]  # fmt: skip


def test_a_whole_run_prefers_what_it_is_told(
    settings: dict[str, Any], write_config: Callable[..., Path], pair_file: Path, base_folder: Path, tmp_path: Path
) -> None:
    settings["data"] = {key: settings["data"][key] for key in ("root", "workers")}
    settings["pairs"] = {"train": str(pair_file), "segment_weight": 2.0, "beta": 0.5}
    assert main(["--config", str(write_config(settings))]) == 0
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[0] == pytest.approx(math.log(2), rel=1e-4)
    assert losses[-1] < 0.5 * losses[0]
    assert load_model(base_folder, adapter=tmp_path / "run" / "adapter", device="cpu").config.prior_dim == 6


@pytest.mark.parametrize(
    ("manifest", "lines", "told"),
    [
        ('{"recipe": "mediapipe-106"}', 8, "Not one pair can be trained on; see the faults listed above"),
        ('{"recipe": "emola-2024"}', 0, "There is not one record in "),
    ],
)
def test_pairs_that_cannot_be_trained_on_end_the_run(
    manifest: str,
    lines: int,
    told: str,
    settings: dict[str, Any],
    write_config: Callable[..., Path],
    pair_file: Path,
    data_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data_folder, copy)
    (copy / "priors.json").write_text(manifest)
    pair_file.write_text("".join(pair_file.read_text().splitlines(keepends=True)[:lines]))
    settings["data"] = {"root": str(copy), "workers": 0}
    settings["pairs"] = {"train": str(pair_file)}
    assert main(["--config", str(write_config(settings))]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert ("8 x wrong prior" in printed.out) == bool(lines)


def test_settings_for_pairs_are_checked(
    settings: dict[str, Any], write_config: Callable[..., Path], capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    settings["pairs"] = {"train": [], "beta": 0}
    assert main(["--config", str(write_config(settings))]) == 2
    complaint = capsys.readouterr().err
    for told in ("pairs.beta must be above 0", "pairs.train is empty", "data.train_au is for training.train"):
        assert told in complaint
    shipped = PreferenceConfig.from_yaml(repository / "training" / "configs" / "preference.yaml")
    assert (shipped.pairs.beta, shipped.pairs.segment_weight, shipped.lora.rank) == (0.1, 1.0, 128)
