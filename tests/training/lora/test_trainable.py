"""Exactly the published parameters are trained, at the published rates."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from emola.model import EmolaConfig, EmolaForConditionalGeneration
from training.config import LoraSettings, OptimizerSettings
from training.lora.trainable import adapt, describe_parts, find_parts, learning_rates, optimizer_groups


def test_the_seven_billion_model_has_the_published_numbers() -> None:
    with torch.device("meta"):
        base = EmolaForConditionalGeneration(EmolaConfig())
        numbers = sum(parameter.numel() for parameter in base.parameters())
        model = adapt(base, LoraSettings(), "base", seed=1)
    parts = find_parts(model)
    assert {part.name: part.number_count for part in parts} == {
        "lora": 319_815_680,
        "prior_projector": 17_653_760,
        "visual_projector": 20_979_712,
    }
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == 358_449_152
    text = describe_parts(parts, OptimizerSettings(), numbers)
    assert "together 358,449,152 of 7,400,372,224 numbers (4.84%)" in text
    assert "model.language_model.layers.*.mlp.down_proj.lora_A.weight: 32 x 1,409,024" in text
    assert "vision_tower" not in text


def test_rates_are_the_published_ones(make_model: Callable[[], Any]) -> None:
    model = adapt(make_model(), LoraSettings(rank=2), "base", seed=1)
    groups = optimizer_groups(find_parts(model), OptimizerSettings())
    assert {group["part"]: group["lr"] for group in groups} == {
        "lora": 1e-4, "prior_projector": 1e-4, "visual_projector": 2e-5,
    }  # fmt: skip
    assert learning_rates(OptimizerSettings(visual_projector_rate=3.0))["visual_projector"] == 3.0
    assert all(group["weight_decay"] == 0 for group in groups)


@pytest.mark.parametrize("parts", [("lora",), ("prior_projector",), ("lora", "visual_projector")])
def test_a_part_left_out_is_frozen(make_model: Callable[[], Any], parts: tuple[str, ...]) -> None:
    model = adapt(make_model(), LoraSettings(rank=2, parts=parts), "base", seed=1)
    assert tuple(part.name for part in find_parts(model)) == parts
    assert model.peft_config["default"].modules_to_save is not None


def test_trained_numbers_are_float32_on_a_bfloat16_base(make_model: Callable[[], Any]) -> None:
    model = adapt(make_model().to(torch.bfloat16), LoraSettings(rank=2), "base", seed=1)
    kinds = {parameter.requires_grad: parameter.dtype for parameter in model.parameters()}
    assert kinds == {True: torch.float32, False: torch.bfloat16}


def test_the_start_depends_on_the_seed_alone(make_model: Callable[[], Any]) -> None:
    def start(seed: int) -> torch.Tensor:
        parts = find_parts(adapt(make_model(), LoraSettings(rank=2), "base", seed=seed))
        return next(value for name, value in parts[0].parameters.items() if "lora_A" in name)

    assert torch.equal(start(1), start(1))
    assert not torch.equal(start(1), start(2))
