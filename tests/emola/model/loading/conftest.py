"""Small saved models, with everything load_model wants: weights, configuration, tokenizer, image processor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from emola.errors import EmolaError
from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor
from emola.model.loading import load_model
from emola.model.lora import lora_config

TOKENS = 61


def parts() -> dict:
    return {
        "text_config": LlamaConfig(
            vocab_size=64,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
        ),
        "vision_config": CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=3,
            num_attention_heads=2,
            image_size=28,
            patch_size=14,
        ),
        "image_token_index": 62,
    }


def tokenizer() -> PreTrainedTokenizerFast:
    words = {"<unk>": 0, "<s>": 1, "</s>": 2} | {f"w{number}": number for number in range(3, TOKENS)}
    core = Tokenizer(WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def shake(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Random weights large enough that every part shows in the logits."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.15 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


@pytest.fixture
def make_emola(tmp_path: Path) -> Callable[..., tuple[Path, EmolaForConditionalGeneration]]:
    """Save a random EmoLA with its processor; options are fields of the configuration."""

    def make(name: str = "small", processor: bool = True, **fields):
        config = EmolaConfig(**parts(), **{"prior_dim": 10, "real_vocab_size": TOKENS, **fields})
        model = shake(EmolaForConditionalGeneration(config), seed=1)
        model.save_pretrained(tmp_path / name)
        if processor:
            images = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
            EmolaProcessor.from_config(config, tokenizer(), images).save_pretrained(tmp_path / name)
        return tmp_path / name, model

    return make


@pytest.fixture
def llava_folder(tmp_path: Path) -> Path:
    """A plain LLaVA in transformers' layout, of the same sizes."""
    folder = tmp_path / "llava"
    shake(LlavaForConditionalGeneration(LlavaConfig(**parts())), seed=1).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}).save_pretrained(folder)
    return folder


@pytest.fixture
def make_adapter(tmp_path: Path) -> Callable[..., tuple[Path, torch.nn.Module]]:
    """Save a random peft adapter on a model; return its folder and the adapted model."""

    def make(model: EmolaForConditionalGeneration, base: Path | None, lora: LoraConfig | None = None, seed: int = 7):
        adapted = shake_adapter(get_peft_model(model, lora or lora_config(rank=4, alpha=8)), seed)
        folder = tmp_path / "adapter"
        adapted.peft_config["default"].base_model_name_or_path = None if base is None else str(base)
        adapted.save_pretrained(folder)
        return folder, adapted

    def shake_adapter(adapted: torch.nn.Module, seed: int) -> torch.nn.Module:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in adapted.parameters():
                if parameter.requires_grad:
                    parameter += 0.15 * torch.randn(parameter.shape, generator=generator)
        return adapted.eval()

    return make


@pytest.fixture
def ask() -> Callable[..., torch.Tensor]:
    """Logits for a fixed picture, prior and prompt."""

    def run(model) -> torch.Tensor:
        generator = torch.Generator().manual_seed(4)
        pixels = torch.randn((1, 3, 28, 28), generator=generator)
        prior = torch.randn((1, 10), generator=generator)
        prompt = torch.tensor([[1, *[62] * 5, 5, 9, 33]])
        with torch.no_grad():
            return model(input_ids=prompt, pixel_values=pixels.to(model.dtype), prior=prior).logits[0, :, :TOKENS]

    return run


@pytest.fixture
def refused() -> Callable[..., str]:
    """Load, expect a refusal, return its sentence."""

    def load(*arguments: Any, **options: Any) -> str:
        with pytest.raises(EmolaError) as caught:
            load_model(*arguments, device="cpu", **options)
        return str(caught.value)

    return load


@pytest.fixture
def change_weights() -> Callable[..., None]:
    """Change the tensors of a saved model in place."""

    def change(folder: Path, act: Callable[[dict[str, Any]], Any]) -> None:
        tensors = load_file(folder / "model.safetensors")
        act(tensors)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    return change


@pytest.fixture
def change_json() -> Callable[..., None]:
    """Change fields of a JSON file; the value "gone" takes one away."""

    def change(path: Path, **fields: Any) -> None:
        content = {**json.loads(path.read_text()), **fields}
        path.write_text(json.dumps({name: value for name, value in content.items() if value != "gone"}))

    return change
