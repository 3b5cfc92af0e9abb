"""LoRA on the tiny model: what is trained, that it trains, and that save, load and merge keep the numbers."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from peft import PeftModel, get_peft_model
from transformers import Trainer, TrainingArguments

from emola.model import EmolaConfig, EmolaForConditionalGeneration
from emola.model.lora import LORA_TARGET_MODULES, TRAINED_PROJECTORS, lora_config

LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
MakeInputs = Callable[..., Any]


def adapted(model: EmolaForConditionalGeneration) -> PeftModel:
    """Return the model with a random, non-zero adapter and moved projectors."""
    tuned = get_peft_model(model, lora_config(rank=2, alpha=4, dropout=0.0))
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * (0.1 if "lora" in name else 0.05))
    return tuned.eval()


def test_the_pattern_hits_seven_linears_per_layer_and_nothing_else(tiny_model: EmolaForConditionalGeneration) -> None:
    hit = [name for name, _ in tiny_model.named_modules() if re.fullmatch(LORA_TARGET_MODULES, name)]
    assert len(hit) == 7 * 2
    for layer in (0, 1):
        of_layer = [name for name in hit if name.startswith(f"model.language_model.layers.{layer}.")]
        assert sorted(name.rsplit(".", 1)[1] for name in of_layer) == sorted(LINEARS)


def test_exactly_lora_and_both_projectors_are_trained(tiny_model: EmolaForConditionalGeneration) -> None:
    tuned = get_peft_model(tiny_model, lora_config(rank=2))
    trained = [name for name, parameter in tuned.named_parameters() if parameter.requires_grad]
    lora = [name for name in trained if ".lora_" in name]
    rest = [name for name in trained if ".lora_" not in name]
    assert len(lora) == 2 * 7 * 2
    assert all(".language_model.layers." in name for name in lora)
    assert len(rest) == 8
    assert all(any(f"{projector}.modules_to_save." in name for projector in TRAINED_PROJECTORS) for name in rest)


def test_parameters_of_the_seven_billion_model() -> None:
    with torch.device("meta"):
        model = EmolaForConditionalGeneration(EmolaConfig())
        assert sum(parameter.numel() for parameter in model.parameters()) == 7_062_902_784 + 17_653_760
        tuned = get_peft_model(model, lora_config())
    assert sum(parameter.numel() for parameter in tuned.parameters() if parameter.requires_grad) == 358_449_152


@torch.no_grad()
def test_adapter_save_load_and_merge_keep_the_logits(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs, tmp_path: Any
) -> None:
    inputs = make_inputs().both
    plain = tiny_model(**inputs).logits[..., :260]
    tiny_model.save_pretrained(tmp_path / "base")
    tuned = adapted(tiny_model)
    expected = tuned(**inputs).logits[..., :260]
    assert (expected - plain).abs().max() > 0.1
    tuned.save_pretrained(tmp_path / "adapter")

    base = EmolaForConditionalGeneration.from_pretrained(tmp_path / "base").eval()
    loaded = PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    torch.testing.assert_close(loaded(**inputs).logits[..., :260], expected, atol=1e-5, rtol=0)
    generated = loaded.generate(**inputs, max_new_tokens=4, do_sample=False)

    merged = loaded.merge_and_unload()
    torch.testing.assert_close(merged(**inputs).logits[..., :260], expected, atol=1e-5, rtol=0)
    merged.save_pretrained(tmp_path / "merged")
    again = EmolaForConditionalGeneration.from_pretrained(tmp_path / "merged").eval()
    torch.testing.assert_close(again(**inputs).logits[..., :260], expected, atol=1e-5, rtol=0)
    assert torch.equal(again.generate(**inputs, max_new_tokens=4, do_sample=False), generated)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_trainer_learns_with_gradient_checkpointing(
    tiny_model: EmolaForConditionalGeneration, make_inputs: MakeInputs, tmp_path: Any
) -> None:
    inputs = make_inputs(words=8)
    labels = inputs.input_ids.clone()
    labels[:, :8] = -100
    sample = {name: value[0] for name, value in inputs.both.items()} | {"labels": labels[0]}
    tuned = get_peft_model(tiny_model, lora_config(rank=4, alpha=8, dropout=0.0))
    projector = tuned.get_base_model().prior_projector
    before = [parameter.clone() for parameter in projector.parameters() if parameter.requires_grad]
    arguments = TrainingArguments(
        output_dir=str(tmp_path), per_device_train_batch_size=2, max_steps=12, learning_rate=1e-2, report_to=[],
        gradient_checkpointing=True, save_strategy="no", logging_steps=1, disable_tqdm=True, use_cpu=True,
    )  # fmt: skip
    trainer = Trainer(model=tuned, args=arguments, train_dataset=[sample, sample] * 12)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < 0.5 * losses[0]
    after = [parameter for parameter in projector.parameters() if parameter.requires_grad]
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
