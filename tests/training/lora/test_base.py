"""A plain LLaVA gets a new prior projector, the same for the same seed, and its adapter loads on it again."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlavaForConditionalGeneration

from emola.errors import InputError, ResourceError
from emola.model.loading import load_model
from training.config import DataSettings, LoraSettings, ModelSettings
from training.lora.base import load_base, open_base
from training.lora.trainable import adapt
from training.train import main

CPU = torch.device("cpu")


def test_a_llava_gets_a_new_prior_projector(llava_folder: Path) -> None:
    settings = ModelSettings(str(llava_folder), precision="fp32", device="cpu")
    base = open_base(settings, DataSettings(".", prior_recipe="insightface-106"))
    assert not base.has_prior_projector
    assert (base.config.prior_recipe, base.config.prior_dim) == ("insightface-106", 212)
    assert (base.config.real_vocab_size, base.config.conversation) == (260, "vicuna_v1")
    first, again, other = (load_base(base, settings, CPU, seed) for seed in (1, 1, 2))
    weights = [model.prior_projector.linear_1.weight for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert weights[0].std().item() == pytest.approx((1 / 212 / 3) ** 0.5, rel=0.05)
    stored = LlavaForConditionalGeneration.from_pretrained(llava_folder)
    assert torch.equal(first.lm_head.weight, stored.lm_head.weight)
    assert base.number_count == sum(parameter.numel() for parameter in first.parameters())


@pytest.mark.parametrize("checkpointing", [False, True])
def test_loading_and_adapting_warns_of_nothing_deprecated(base_folder: Path, checkpointing: bool) -> None:
    settings = ModelSettings(str(base_folder), precision="fp32", device="cpu", gradient_checkpointing=checkpointing)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        model = load_base(open_base(settings, DataSettings(".")), settings, CPU, 1)
        adapt(model, LoraSettings(rank=2, alpha=4), "base", 1)
    assert model.is_activation_checkpointing is checkpointing
    recomputing = [layer.gradient_checkpointing for layer in model.model.language_model.layers]
    assert recomputing == [checkpointing] * len(recomputing)


def test_the_adapter_of_a_llava_loads_on_it(
    llava_folder: Path, settings: dict[str, Any], write_config: Callable[..., Path], tmp_path: Path
) -> None:
    settings["model"]["base"] = str(llava_folder)
    settings["data"]["prior_dim"] = 6
    assert main(["--config", str(write_config(settings)), "optimizer.max_steps=2", "data.max_length=400"]) == 0
    loaded = load_model(llava_folder, adapter=tmp_path / "run" / "adapter", device="cpu")
    assert loaded.config.prior_dim == 6
    assert load_model(tmp_path / "run" / "adapter", device="cpu").config.prior_dim == 6


def test_an_unknown_recipe_and_an_adapter_are_refused(llava_folder: Path, base_folder: Path) -> None:
    with pytest.raises(InputError, match=r"Unknown data\.prior_recipe 'mine'"):
        open_base(ModelSettings(str(llava_folder)), DataSettings(".", prior_recipe="mine"))
    (llava_folder / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="is an adapter; merge it"):
        open_base(ModelSettings(str(llava_folder)), DataSettings("."))


def test_what_is_not_installed_is_said(base_folder: Path) -> None:
    settings = ModelSettings(str(base_folder), attention="flash_attention_2")
    base = open_base(settings, DataSettings("."))
    if find_spec("flash_attn") is None:
        with pytest.raises(InputError, match="needs flash-attn"):
            load_base(base, settings, CPU, 1)
    with pytest.raises(ResourceError, match="4bit quantisation needs a CUDA GPU"):
        load_base(base, ModelSettings(str(base_folder), quantization="4bit"), CPU, 1)


def test_without_bitsandbytes_a_sentence(base_folder: Path) -> None:
    if find_spec("bitsandbytes") is not None:
        pytest.skip("bitsandbytes is installed")
    settings = ModelSettings(str(base_folder), quantization="4bit")
    with pytest.raises(InputError, match="pip install bitsandbytes"):
        load_base(open_base(settings, DataSettings(".")), settings, torch.device("cuda"), 1)
