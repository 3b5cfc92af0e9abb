"""Fabricated releases of EmoLA over the bases of the folder above, and an independent reference of their numbers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlavaForConditionalGeneration

from emola.errors import EmolaError
from emola.model.conversion.convert import convert_checkpoint

HIDDEN, INNER, VISION, TOKENS, PRIOR = 32, 48, 16, 97, 212
"""Sizes of the bases above, and of a prior."""
PATHS = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
]
LORA_NAME = "base_model.model.model.layers.{layer}.{path}.lora_{half}.weight"
PRIOR_NAME = "base_model.model.model.landmark_feature_projector.{part}"
VISUAL_NAME = "base_model.model.model.mm_projector.{part}"


def sizes(path: str, hidden: int, inner: int) -> tuple[int, int]:
    """(out, in) of an adapted layer."""
    if path == "mlp.down_proj":
        return hidden, inner
    return (inner, hidden) if path.startswith("mlp") else (hidden, hidden)


@dataclass
class Released:
    """A fabricated released EmoLA; tests change the dictionaries before :meth:`write`."""

    randoms: Callable[..., dict[str, Tensor]]
    layers: int = 2
    rank: int = 8
    alpha: float = 16
    dtype: torch.dtype = torch.float32
    hidden: int = HIDDEN
    inner: int = INNER
    lora: dict[str, Any] = field(init=False)
    modules: dict[str, Any] = field(init=False)
    prior: dict[str, Any] = field(init=False)
    adapter: dict[str, Any] = field(init=False)
    config: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.layers):
            for path in PATHS:
                out_size, in_size = sizes(path, self.hidden, self.inner)
                shapes[LORA_NAME.format(layer=layer, path=path, half="A")] = (self.rank, in_size)
                shapes[LORA_NAME.format(layer=layer, path=path, half="B")] = (out_size, self.rank)
        self.lora = self.randoms(shapes, 2, self.dtype)
        shapes = {}
        for name, width in ((VISUAL_NAME, VISION), (PRIOR_NAME, PRIOR)):
            shapes[name.format(part="0.weight")] = (self.hidden, width)
            shapes[name.format(part="0.bias")] = (self.hidden,)
            shapes[name.format(part="2.weight")] = (self.hidden, self.hidden)
            shapes[name.format(part="2.bias")] = (self.hidden,)
        self.modules = self.randoms(shapes, 3, self.dtype)
        self.prior = {name: tensor.clone() for name, tensor in self.modules.items() if "landmark" in name}
        self.adapter = {
            "base_model_name_or_path": "liuhaotian/llava-v1.5-7b",
            "bias": "none",
            "fan_in_fan_out": False,
            "inference_mode": True,
            "init_lora_weights": True,
            "layers_pattern": None,
            "layers_to_transform": None,
            "lora_alpha": self.alpha,
            "lora_dropout": 0.05,
            "modules_to_save": None,
            "peft_type": "LORA",
            "r": self.rank,
            "revision": None,
            "target_modules": [path.split(".")[1] for path in PATHS],
            "task_type": "CAUSAL_LM",
        }
        self.config = {
            "architectures": ["LlavaLlamaForCausalLM"],
            "model_type": "emollava",
            "hidden_act": "silu",
            "hidden_size": self.hidden,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "rms_norm_eps": 1e-5,
            "rope_scaling": None,
            "tie_word_embeddings": False,
            "vocab_size": TOKENS,
            "mm_vision_tower": "openai/clip-vit-large-patch14-336",
            "mm_projector_type": "mlp2x_gelu",
            "mm_hidden_size": VISION,
            "mm_vision_select_layer": -2,
            "mm_vision_select_feature": "patch",
            "use_mm_proj": True,
            "landmark_feature_hidden_size": PRIOR,
            "image_aspect_ratio": "pad",
            "tokenizer_padding_side": "right",
            "tokenizer_model_max_length": 2048,
            "mm_projector_lr": 2e-5,
            "mm_use_im_start_end": False,
            "mm_use_im_patch_token": False,
        }

    def write(self, folder: Path, files: str = "bin") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if files == "safetensors":
            save_file(self.lora, folder / "adapter_model.safetensors")
        else:
            torch.save(self.lora, folder / "adapter_model.bin", _use_new_zipfile_serialization=files == "bin")
        torch.save(self.modules, folder / "non_lora_trainables.bin")
        torch.save(self.prior, folder / "landmark_feature_projector.bin")
        (folder / "adapter_config.json").write_text(json.dumps(self.adapter))
        (folder / "config.json").write_text(json.dumps(self.config))
        return folder


def reference_logits(llava: Any, released: Released, pixels: Tensor, prior: Tensor, ids: list[int]) -> Tensor:
    """What the published model computes, from stock LLaVA: merge, projectors, the prior row after the patch rows.

    ``ids`` is the prompt around the image span, which stands after the first id. Returns (tokens, rows) in float32.
    """
    model = LlavaForConditionalGeneration(llava.config).eval()
    weights = {name: tensor.float().clone() for name, tensor in llava.weights.items()}
    for layer in range(released.layers):
        for path in PATHS:
            a, b = (released.lora[LORA_NAME.format(layer=layer, path=path, half=half)].float() for half in "AB")
            weights[f"model.language_model.layers.{layer}.{path}.weight"] += released.alpha / released.rank * (b @ a)
    model.load_state_dict(weights)

    def project(rows: Tensor, name: str) -> Tensor:
        first, bias, second, last = (
            released.modules[name.format(part=part)].float() for part in ("0.weight", "0.bias", "2.weight", "2.bias")
        )
        return torch.nn.functional.gelu(rows @ first.T + bias) @ second.T + last

    with torch.no_grad():
        patches = model.model.vision_tower(pixels, output_hidden_states=True).hidden_states[-2][:, 1:]
        rows = torch.cat([project(patches, VISUAL_NAME), project(prior, PRIOR_NAME)[:, None]], dim=1)
        words = model.get_input_embeddings()(torch.tensor([ids]))
        embeds = torch.cat([words[:, :1], rows, words[:, 1:]], dim=1)
        return model(inputs_embeds=embeds).logits[0]


@dataclass
class Factory:
    """Everything the tests build folders with."""

    folder: Path
    write_base: Any
    llava: Any
    released: Released

    def hf_base(self, **options: Any) -> Path:
        return self.write_base.hf(self.folder / "llava-1.5-hf", self.llava, **options)

    def original_base(self, **options: Any) -> tuple[Path, Path]:
        clip = self.folder / "clip"
        return self.write_base.original(self.folder / "llava-v1.5", clip, self.llava, **options), clip

    def with_processor(self, folder: Path) -> Path:
        return self.write_base.processor(folder)

    def source(self, **options: Any) -> Path:
        return self.released.write(self.folder / "llava-v1.5-lora-emola", **options)

    def refused(self, base: Path | None = None, **options: Any) -> str:
        """Convert, expect an error, and return its sentence; the destination must not have come into being."""
        base = base or self.hf_base()
        with pytest.raises(EmolaError) as caught:
            convert_checkpoint(self.source(), self.folder / "out", base, **options)
        assert not (self.folder / "out").exists()
        assert not list(self.folder.glob(".out*"))
        return str(caught.value)

    def expected(self, pixels: Tensor, prior: Tensor, ids: list[int]) -> Tensor:
        return reference_logits(self.llava, self.released, pixels, prior, ids)


@pytest.fixture
def released_type(randoms_of) -> Callable[..., Released]:
    return partial(Released, randoms_of)


@pytest.fixture
def make_factory(tmp_path: Path, write_base) -> Callable[[Any, Released], Factory]:
    return lambda llava, released: Factory(tmp_path, write_base, llava, released)


@pytest.fixture
def factory(make_factory, llava_type, released_type) -> Factory:
    return make_factory(llava_type(), released_type())


@pytest.fixture
def ask() -> Callable[..., Tensor]:
    """Logits (tokens, rows) of an EmoLA for a picture, a prior and the ids around the image span, in float32."""

    def run(model: Any, pixels: Tensor, prior: Tensor, ids: list[int]) -> Tensor:
        span = [model.config.image_token_index] * 5
        prompt = torch.tensor([[ids[0], *span, *ids[1:]]])
        with torch.no_grad():
            return model(input_ids=prompt, pixel_values=pixels.to(model.dtype), prior=prior).logits[0].float()

    return run


@pytest.fixture
def inputs() -> tuple[Tensor, Tensor, list[int]]:
    """A picture (1, 3, 28, 28), a prior (1, 212) and the ids around the image span."""
    generator = torch.Generator().manual_seed(4)
    pixels = torch.randn((1, 3, 28, 28), generator=generator)
    return pixels, torch.randn((1, PRIOR), generator=generator), [1, 5, 9, 33, 96]
