"""Fabricated checkpoints with the published file and tensor names, tiny widths, and an independent reference.

Names are spelled out here on purpose, from the published folders: a mistake in the converter's own tables shows.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import Tensor
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerFast,
)

HIDDEN, INNER, VISION, ROWS, TOKENS, PRIOR = 32, 48, 16, 128, 97, 212
IMAGE_TOKEN_ID = 100
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


def randoms(shapes: dict[str, tuple[int, ...]], seed: int, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: (0.15 * torch.randn(shape, generator=generator)).to(dtype) for name, shape in shapes.items()}


@dataclass
class Llava:
    """A tiny random LLaVA-1.5: its configuration and its weights under transformers' live names."""

    layers: int = 2
    dtype: torch.dtype = torch.float32
    rows: int = ROWS
    hidden: int = HIDDEN
    inner: int = INNER
    config: LlavaConfig = field(init=False)
    weights: dict[str, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.config = LlavaConfig(
            text_config=LlamaConfig(
                vocab_size=self.rows,
                hidden_size=self.hidden,
                intermediate_size=self.inner,
                num_hidden_layers=self.layers,
                num_attention_heads=4,
                num_key_value_heads=4,
                rms_norm_eps=1e-5,
                max_position_embeddings=256,
            ),
            vision_config=CLIPVisionConfig(
                hidden_size=VISION,
                intermediate_size=24,
                num_hidden_layers=3,
                num_attention_heads=2,
                image_size=28,
                patch_size=14,
            ),
            image_token_index=IMAGE_TOKEN_ID,
            image_seq_length=4,
        )
        with torch.device("meta"):
            live = LlavaForConditionalGeneration(self.config).state_dict()
        self.weights = randoms({name: tuple(tensor.shape) for name, tensor in live.items()}, 1, self.dtype)
        for name, tensor in self.weights.items():
            if "norm" in name and name.endswith("weight"):
                tensor += 1  # keeps the activations lively

    def names(self, layout: str) -> dict[str, str]:
        """Live name to the name in a published folder: "old" or "new" llava-hf hub layout."""
        rules = {
            "old": [
                (r"^lm_head\.", "language_model.lm_head."),
                (r"^model\.language_model\.", "language_model.model."),
                (r"^model\.vision_tower\.", "vision_tower.vision_model."),
                (r"^model\.multi_modal", "multi_modal"),
            ],
            "middle": [
                (r"^lm_head\.", "language_model.lm_head."),
                (r"^model\.language_model\.", "language_model.model."),
                (r"^model\.vision_tower\.", "vision_tower."),
                (r"^model\.multi_modal", "multi_modal"),
            ],
            "new": [],
        }[layout]

        def rename(name: str) -> str:
            for pattern, replacement in rules:
                name = re.sub(pattern, replacement, name)
            return name

        return {name: rename(name) for name in self.weights}


def save_weights(folder: Path, tensors: dict[str, Tensor], files: str, shards: int = 3) -> None:
    """Write a weight set as "safetensors", "bin" or "legacy", in one file or (shards > 1) several with an index."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, suffix = ("model", "safetensors") if files == "safetensors" else ("pytorch_model", "bin")
    total, before = sum(tensor.nbytes for tensor in tensors.values()) + 1, 0
    groups: list[list[str]] = [[] for _ in range(shards)]
    for name in sorted(tensors):
        groups[before * shards // total].append(name)
        before += tensors[name].nbytes
    weight_map = {}
    for number, group in enumerate(groups, start=1):
        file = f"{stem}-{number:05d}-of-{len(groups):05d}.{suffix}" if shards > 1 else f"{stem}.{suffix}"
        weight_map |= dict.fromkeys(group, file)
        part = {name: tensors[name].clone() for name in group}
        if files == "safetensors":
            save_file(part, folder / file, metadata={"format": "pt"})
        else:
            torch.save(part, folder / file, _use_new_zipfile_serialization=files == "bin")
    if shards > 1:
        index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
        (folder / f"{stem}.{suffix}.index.json").write_text(json.dumps(index))


def write_hf_base(folder: Path, llava: Llava, layout: str = "old", files: str = "safetensors", shards: int = 3) -> Path:
    names = llava.names(layout)
    tensors = {names[name]: tensor for name, tensor in llava.weights.items()}
    if layout == "old":
        tensors["vision_tower.vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    save_weights(folder, tensors, files, shards)
    fields = llava.config.to_dict()
    fields["architectures"] = ["LlavaForConditionalGeneration"]
    fields["torch_dtype"] = str(llava.dtype).removeprefix("torch.")
    (folder / "config.json").write_text(json.dumps(fields))
    return folder


def write_original_base(folder: Path, clip: Path, llava: Llava, files: str = "bin") -> Path:
    """An original LLaVA-1.5 without its vision tower, and beside it the CLIP it names."""
    renames = [
        (r"^model\.language_model\.", "model."),
        (r"^model\.multi_modal_projector\.linear_1", "model.mm_projector.0"),
        (r"^model\.multi_modal_projector\.linear_2", "model.mm_projector.2"),
    ]
    tensors, vision = {}, {}
    for name, tensor in llava.weights.items():
        if name.startswith("model.vision_tower."):
            vision[name.replace("model.vision_tower.", "vision_model.")] = tensor.float()
            continue
        for pattern, replacement in renames:
            name = re.sub(pattern, replacement, name)
        tensors[name] = tensor[:TOKENS] if tensor.shape[0] == llava.rows else tensor
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(4)
    save_weights(folder, tensors, files, shards=2)
    text = llava.config.text_config
    fields = {
        "architectures": ["LlavaLlamaForCausalLM"],
        "model_type": "llava",
        **{name: getattr(text, name) for name in ("hidden_size", "intermediate_size", "num_hidden_layers")},
        **{name: getattr(text, name) for name in ("num_attention_heads", "num_key_value_heads", "rms_norm_eps")},
        "hidden_act": "silu",
        "max_position_embeddings": 256,
        "vocab_size": TOKENS,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "mm_projector_type": "mlp2x_gelu",
        "mm_hidden_size": VISION,
        "mm_vision_select_layer": -2,
        "mm_vision_select_feature": "patch",
        "mm_vision_tower": "openai/clip-vit-large-patch14-336",
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(fields))
    vision["vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    vision["text_model.final_layer_norm.weight"] = torch.ones(7)
    vision["visual_projection.weight"] = torch.ones(3, VISION)
    vision["logit_scale"] = torch.tensor(2.6)
    save_weights(clip, vision, "bin", shards=1)
    (clip / "config.json").write_text(
        json.dumps({"model_type": "clip", "vision_config": llava.config.vision_config.to_dict()})
    )
    return folder


@dataclass
class Released:
    """A fabricated released EmoLA; tests change the dictionaries before :meth:`write`."""

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
        self.lora = randoms(shapes, 2, self.dtype)
        shapes = {}
        for name, width in ((VISUAL_NAME, VISION), (PRIOR_NAME, PRIOR)):
            shapes[name.format(part="0.weight")] = (self.hidden, width)
            shapes[name.format(part="0.bias")] = (self.hidden,)
            shapes[name.format(part="2.weight")] = (self.hidden, self.hidden)
            shapes[name.format(part="2.bias")] = (self.hidden,)
        self.modules = randoms(shapes, 3, self.dtype)
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


def reference_logits(llava: Llava, released: Released, pixels: Tensor, prior: Tensor, ids: list[int]) -> Tensor:
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
    llava: Llava = field(default_factory=Llava)
    released: Released = field(default_factory=Released)

    def hf_base(self, **options: Any) -> Path:
        return write_hf_base(self.folder / "llava-1.5-hf", self.llava, **options)

    def original_base(self, **options: Any) -> tuple[Path, Path]:
        clip = self.folder / "clip"
        return write_original_base(self.folder / "llava-v1.5", clip, self.llava, **options), clip

    def with_processor(self, folder: Path) -> Path:
        """Add the tokenizer and image-processor files that a published base has."""
        words = {"<unk>": 0, "<s>": 1, "</s>": 2} | {f"w{number}": number for number in range(3, TOKENS)}
        core = Tokenizer(WordLevel(words, unk_token="<unk>"))
        core.pre_tokenizer = Whitespace()
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
        tokenizer.save_pretrained(folder)
        size = {"height": 28, "width": 28}
        CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size=size).save_pretrained(folder)
        return folder

    def source(self, **options: Any) -> Path:
        return self.released.write(self.folder / "llava-v1.5-lora-emola", **options)

    def expected(self, pixels: Tensor, prior: Tensor, ids: list[int]) -> Tensor:
        return reference_logits(self.llava, self.released, pixels, prior, ids)


@pytest.fixture
def factory(tmp_path: Path) -> Factory:
    return Factory(tmp_path)


@pytest.fixture
def make_factory(tmp_path: Path) -> Callable[[Llava, Released], Factory]:
    return lambda llava, released: Factory(tmp_path, llava, released)


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
def llava_type() -> type[Llava]:
    return Llava


@pytest.fixture
def released_type() -> type[Released]:
    return Released


@pytest.fixture
def inputs() -> tuple[Tensor, Tensor, list[int]]:
    """A picture (1, 3, 28, 28), a prior (1, 212) and the ids around the image span."""
    generator = torch.Generator().manual_seed(4)
    pixels = torch.randn((1, 3, 28, 28), generator=generator)
    return pixels, torch.randn((1, PRIOR), generator=generator), [1, 5, 9, 33, 96]
