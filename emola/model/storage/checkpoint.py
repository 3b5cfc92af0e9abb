"""A model folder of any layout this project reads, seen through canonical names: EmoLA, LLaVA-1.5 old or new."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import CLIPConfig, CLIPVisionConfig, LlamaConfig, LlavaConfig

from emola.errors import CheckpointError, InputError
from emola.model.configuration import EmolaConfig
from emola.model.storage.json_file import read_json_object
from emola.model.storage.key_mapping import (
    KeyMapping,
    canonical_from_clip,
    canonical_from_hf,
    canonical_from_original,
    original_name,
)
from emola.model.storage.problems import Problems
from emola.model.storage.shards import PUBLISHED_DTYPES, TensorInfo, WeightFiles, open_weights
from emola.model.storage.skeleton import Skeleton
from emola.model.storage.source import resolve_folder

Layout = Literal["emola", "llava-hf", "llava-original"]
PRIOR_PREFIX: Final = "prior_projector."
_ORIGINAL_TYPES: Final = ("llava", "llava_llama")
_LLAMA_FIELDS: Final = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "vocab_size",
    "hidden_act",
    "max_position_embeddings",
    "rms_norm_eps",
    "rope_theta",
    "rope_scaling",
    "attention_bias",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
)


@dataclass(frozen=True)
class Stored:
    """One tensor of a checkpoint: which files hold it and under which name."""

    weights: WeightFiles
    info: TensorInfo


class Checkpoint:
    """Configuration and tensors of one model folder; nothing is read but headers until a tensor is asked for.

    Args:
        folder: the model folder.
        vision: folder of the CLIP model, for the original layout, which has no vision tower inside.

    Attributes:
        layout: "emola", "llava-hf" or "llava-original".
        config: an EmolaConfig for "emola", else a LlavaConfig.
        tensors: canonical name to where it is stored, in file order.
        vision: the CLIP folder that is used, or None.

    Raises:
        CheckpointError: if the folder is not one of these, or is damaged.
        InputError: if ``vision`` is given for a base that has its own vision tower.
    """

    def __init__(self, folder: Path, vision: str | Path | None = None) -> None:
        self.folder = folder
        fields = read_json_object(folder / "config.json")
        self.layout = find_layout(folder, fields)
        if vision is not None and self.layout != "llava-original":
            raise InputError(f"{folder} has its own vision tower; leave the vision folder (--vision) out.")
        self.vision = _find_vision(folder, fields, vision) if self.layout == "llava-original" else None
        self.config = read_config(folder, self.layout, fields, self.vision)
        self.tensors: dict[str, Stored] = {}
        mapping = canonical_from_original if self.layout == "llava-original" else canonical_from_hf
        self._add(open_weights(folder), mapping)
        if self.vision is not None:
            self._add(open_weights(self.vision), canonical_from_clip)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype most of the language model is stored in."""
        counts: dict[torch.dtype, int] = {}
        for name, stored in self.tensors.items():
            if name.startswith("model.language_model."):
                counts[stored.info.dtype] = counts.get(stored.info.dtype, 0) + stored.info.number_count
        return max(counts, key=lambda dtype: counts[dtype], default=torch.float32)

    def read(self, name: str) -> torch.Tensor:
        """Return the tensor of canonical ``name`` on the CPU in its stored dtype; do not write into it."""
        stored = self.tensors[name]
        return stored.weights.read(stored.info.name)

    def lazily(self) -> dict[str, Any]:
        """Return every tensor by canonical name as an object that reads itself when indexed with ``[...]``."""
        opened = {id(stored.weights): stored.weights for stored in self.tensors.values()}
        lazies = {key: weights.lazily() for key, weights in opened.items()}
        return {name: lazies[id(stored.weights)][stored.info.name] for name, stored in self.tensors.items()}

    def check_tensors(self, skeleton: Skeleton, problems: Problems, *, prior_needed: bool) -> None:
        """Note every tensor that is missing, unexpected, misshaped or not of floating-point numbers.

        Args:
            skeleton: what the model must hold.
            problems: where faults are noted.
            prior_needed: whether the prior projector must be among the tensors.
        """
        shapes = skeleton.shapes
        for name, shape in shapes.items():
            if name not in self.tensors and (prior_needed or not name.startswith(PRIOR_PREFIX)):
                own = original_name(name) if self.layout == "llava-original" else skeleton.saved[name]
                problems.add(f"missing tensor {own} of shape {shape} in {self.folder}")
        for name, stored in self.tensors.items():
            info = stored.info
            if name not in shapes:
                problems.add(f"unexpected tensor {info.name} in {info.file.name}")
            elif info.shape != shapes[name]:
                problems.add(f"tensor {info.name} in {info.file.name} has shape {info.shape}, expected {shapes[name]}")
            elif info.dtype not in PUBLISHED_DTYPES:
                problems.add(f"tensor {info.name} in {info.file.name} holds {info.dtype}, expected floating point")

    def _add(self, weights: WeightFiles, mapping: KeyMapping) -> None:
        """Take the tensors of ``weights`` in under their canonical names."""
        for info in weights.infos.values():
            name = mapping(info.name)
            if name in self.tensors:
                raise CheckpointError(
                    f"{self.tensors[name].info.name} and {info.name} in {info.file.parent} are the same tensor; "
                    "a checkpoint holds each once."
                )
            if name is not None:
                self.tensors[name] = Stored(weights, info)


def find_layout(folder: Path, fields: dict[str, Any]) -> Layout:
    """Return the layout that a ``config.json`` speaks of.

    Raises:
        CheckpointError: if it is none of ours, or is quantised.
    """
    kind = fields.get("model_type")
    if fields.get("quantization_config"):
        raise CheckpointError(f"{folder} is quantised; give the unquantised model, and quantise while loading.")
    if kind == EmolaConfig.model_type:
        return "emola"
    if kind == "emollava":
        raise CheckpointError(
            f"{folder} is an EmoLA as its authors released it; convert it first: "
            "python -m emola convert RELEASED DESTINATION --base LLAVA."
        )
    if kind == "llava" and "text_config" in fields:
        return "llava-hf"
    if kind in _ORIGINAL_TYPES and "mm_projector_type" in fields:
        return "llava-original"
    raise CheckpointError(f"{folder} holds a model of type {kind!r}; expected an EmoLA or a LLaVA-1.5.")


def _find_vision(folder: Path, fields: dict[str, Any], vision: str | Path | None) -> Path:
    """Return the folder of the CLIP model that an original LLaVA-1.5 looks through."""
    named = vision or fields.get("mm_vision_tower")
    if not named:
        raise CheckpointError(f"{folder} names no mm_vision_tower; give its CLIP folder (--vision).")
    try:
        return resolve_folder(named)
    except (InputError, CheckpointError) as error:
        if vision is not None:
            raise
        raise CheckpointError(
            f"{folder} has no vision tower inside and its mm_vision_tower is not to be found ({error}) "
            "Give the CLIP folder (--vision)."
        ) from error


def read_config(folder: Path, layout: Layout, fields: dict[str, Any], vision: Path | None = None) -> LlavaConfig:
    """Return the configuration that a ``config.json`` describes, in transformers' terms.

    Args:
        folder: the model folder, for the sentence.
        layout: what :func:`find_layout` found.
        fields: content of the ``config.json``.
        vision: the CLIP folder of an original LLaVA-1.5.

    Raises:
        CheckpointError: if a field is refused.
    """
    try:
        if layout == "emola":
            return EmolaConfig.from_dict(fields)
        if layout == "llava-hf":
            return _check_parts(LlavaConfig.from_dict(fields), folder)
        if vision is None:
            raise CheckpointError(f"{folder} is an original LLaVA-1.5 and needs its CLIP folder beside it.")
        return _config_of_original(fields, read_json_object(vision / "config.json"), vision)
    except (ValueError, TypeError, KeyError, AttributeError, StrictDataclassError) as error:
        raise CheckpointError(f"The config.json of {folder} cannot be used: {error}") from error


def _check_parts(config: LlavaConfig, folder: Path) -> LlavaConfig:
    """Return ``config`` if it is a Llama behind a CLIP tower, as LLaVA-1.5 is."""
    text, vision = cast(Any, config.text_config), cast(Any, config.vision_config)
    kinds = (text.model_type, vision.model_type)
    if kinds != ("llama", "clip_vision_model"):
        raise CheckpointError(f"{folder} joins {kinds[1]} and {kinds[0]}; expected clip_vision_model and llama.")
    return config


def _config_of_original(fields: dict[str, Any], clip: dict[str, Any], vision: Path) -> LlavaConfig:
    """Return the configuration in transformers' terms of an original LLaVA-1.5 and its CLIP."""
    vision_config: Any
    if clip.get("model_type") == "clip":
        vision_config = CLIPConfig.from_dict(clip).vision_config
    elif clip.get("model_type") == "clip_vision_model":
        vision_config = CLIPVisionConfig.from_dict(clip)
    else:
        raise CheckpointError(f"{vision} holds a model of type {clip.get('model_type')!r}; expected a CLIP.")
    text_config = LlamaConfig(**{name: fields[name] for name in _LLAMA_FIELDS if fields.get(name) is not None})
    rows = vision_config.image_size // vision_config.patch_size
    selected = fields.get("mm_vision_select_feature", "patch")
    return LlavaConfig(
        text_config=text_config,
        vision_config=vision_config,
        image_token_index=text_config.vocab_size,  # one beyond the rows: original LLaVA has no image token
        projector_hidden_act="gelu",
        vision_feature_layer=fields.get("mm_vision_select_layer", -2),
        vision_feature_select_strategy="default" if selected == "patch" else "full",
        image_seq_length=rows * rows,
        tie_word_embeddings=bool(fields.get("tie_word_embeddings", False)),
    )
