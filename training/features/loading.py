"""Loading the model whose vision features are kept: an EmoLA, an adapter, or the plain LLaVA that LoRA starts from."""

from typing import Literal

import torch

from emola.errors import InputError
from emola.model.adapters import ADAPTER_CONFIG
from emola.model.loading import load_model
from emola.model.placement import choose_device, choose_dtype
from emola.model.storage.checkpoint import find_layout
from emola.model.storage.json_file import read_json_object
from emola.model.storage.source import resolve_folder
from training.config import DataSettings, ModelSettings
from training.features.vision import VisionFeatures
from training.lora.base import load_base, open_base


def load_vision(source: str, *, vision: str | None = None, device: str = "auto", dtype: str = "auto") -> VisionFeatures:
    """Load a model as training would, so that its features have the key under which training looks for them.

    Args:
        source: folder or hub id of an EmoLA, an adapter on one, or a LLaVA-1.5.
        vision: CLIP folder of an original LLaVA-1.5, which has no vision tower inside.
        device: "auto" or a device name.
        dtype: "auto" or a dtype's name; a LLaVA is read in bfloat16 or float32, as ``training.train`` reads it.

    Raises:
        InputError: if the source cannot be found, or an option does not fit it.
        CheckpointError: if anything in the checkpoint is missing, unexpected, misshaped, damaged or not finite.
        ResourceError: if the hub cannot be reached, or the model does not fit into memory.
    """
    if vision is None and not _is_plain_llava(source):
        loaded = load_model(source, device=device, dtype=dtype)
        return VisionFeatures(loaded.model, loaded.processor)
    place = choose_device(device)
    settings = ModelSettings(source, vision, precision=_precision(dtype, place), gradient_checkpointing=False)
    base = open_base(settings, DataSettings(root="."))  # the prior projector, new or not, is not part of the features
    return VisionFeatures(load_base(base, settings, place, seed=0), base.processor)


def _is_plain_llava(source: str) -> bool:
    """Say whether a folder holds a whole LLaVA-1.5 without a prior projector."""
    folder = resolve_folder(source)
    if (folder / ADAPTER_CONFIG).is_file():
        return False
    return find_layout(folder, read_json_object(folder / "config.json")) != "emola"


def _precision(dtype: str, device: torch.device) -> Literal["bf16", "fp32"]:
    """Return the name of a dtype in a training configuration."""
    wanted = choose_dtype(dtype, device)
    if wanted == torch.bfloat16:
        return "bf16"
    if wanted == torch.float32:
        return "fp32"
    raise InputError("A LLaVA is trained in bfloat16 or float32, so its features are too; give one as --dtype.")
