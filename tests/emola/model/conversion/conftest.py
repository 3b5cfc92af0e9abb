"""Fabricated bases with the published file and tensor names at tiny widths, as transformers and as LLaVA write them.

Names are spelled out here on purpose, from the published folders: a mistake in the converter's own tables shows.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

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

HIDDEN, INNER, VISION, ROWS, TOKENS = 32, 48, 16, 128, 97
IMAGE_TOKEN_ID = 100


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


def write_processor(folder: Path) -> Path:
    """Add the tokenizer and image-processor files that a published base has."""
    words = {"<unk>": 0, "<s>": 1, "</s>": 2} | {f"w{number}": number for number in range(3, TOKENS)}
    core = Tokenizer(WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    tokenizer.save_pretrained(folder)
    size = {"height": 28, "width": 28}
    CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size=size).save_pretrained(folder)
    return folder


@pytest.fixture
def randoms_of() -> Callable[..., dict[str, Tensor]]:
    return randoms


@pytest.fixture
def llava_type() -> type[Llava]:
    return Llava


@pytest.fixture
def write_base() -> SimpleNamespace:
    """What writes a base into a folder: ``hf``, ``original`` and, for what stands beside either, ``processor``."""
    return SimpleNamespace(hf=write_hf_base, original=write_original_base, processor=write_processor)
