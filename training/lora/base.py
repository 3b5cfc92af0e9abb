"""The model that LoRA starts from: an EmoLA, or a LLaVA-1.5 that gets a new prior projector.

Opening reads headers, configuration and tokenizer only, so that everything that can be wrong with the base or with how
the data fits it is known before any weight is read.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, cast

import torch

from emola.errors import InputError
from emola.faces.priors.recipes import RECIPES
from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor
from emola.model.adapters import ADAPTER_CONFIG
from emola.model.conversion.convert import emola_config
from emola.model.memory import check_memory, needed_bytes
from emola.model.modeling import PriorProjector
from emola.model.placement import quantization_config
from emola.model.storage.checkpoint import PRIOR_PREFIX, Checkpoint
from emola.model.storage.problems import Problems
from emola.model.storage.processor_files import build_processor
from emola.model.storage.released import count_non_finite
from emola.model.storage.skeleton import Skeleton
from emola.model.storage.source import resolve_folder
from training.config import DataSettings, ModelSettings

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


@dataclass(frozen=True)
class Base:
    """A base whose headers have been read and fit.

    Attributes:
        name: the folder or hub id as the adapter will record it.
        checkpoint: its tensors, not read yet.
        config: of the EmoLA that will be trained.
        processor: makes its inputs.
        skeleton: names and shapes of every tensor.
    """

    name: str
    checkpoint: Checkpoint
    config: EmolaConfig
    processor: EmolaProcessor
    skeleton: Skeleton

    @property
    def has_prior_projector(self) -> bool:
        """Whether the prior projector comes from the base; otherwise it starts at random."""
        return self.checkpoint.layout == "emola"

    @property
    def number_count(self) -> int:
        """How many numbers the model holds before LoRA is added."""
        return sum(torch.Size(shape).numel() for shape in self.skeleton.shapes.values())


def open_base(model: ModelSettings, data: DataSettings) -> Base:
    """Open a base and compare its names, shapes and prior recipe with what is asked.

    Raises:
        InputError: if the base cannot be found, is an adapter, or reads priors of another recipe or length.
        CheckpointError: if a file or tensor is missing, unexpected or misshaped.
    """
    folder = resolve_folder(model.base)
    if (folder / ADAPTER_CONFIG).is_file():
        raise InputError(f"{model.base} is an adapter; merge it into its base first and train on the merged model.")
    checkpoint = Checkpoint(folder, model.vision)
    config = _emola_config(checkpoint, model, data)
    skeleton, problems = Skeleton(config), Problems()
    checkpoint.check_tensors(skeleton, problems, prior_needed=checkpoint.layout == "emola")
    problems.raise_if_any(f"{model.base} cannot be trained")
    processor = build_processor(folder, config, checkpoint.vision)
    return Base(model.base, checkpoint, config, processor, skeleton)


def load_base(base: Base, settings: ModelSettings, device: torch.device, seed: int) -> EmolaForConditionalGeneration:
    """Read the weights onto a device; a prior projector the base does not have starts as torch starts a linear layer.

    Args:
        base: what :func:`open_base` opened.
        settings: precision, quantisation, attention and checkpointing.
        device: where to.
        seed: of a new prior projector.

    Raises:
        InputError: if flash attention or bitsandbytes is asked for and not installed.
        CheckpointError: if a weight is NaN or infinite.
        ResourceError: if the weights do not fit.
    """
    if settings.attention == "flash_attention_2" and find_spec("flash_attn") is None:
        raise InputError("model.attention flash_attention_2 needs flash-attn (pip install flash-attn); or use sdpa.")
    dtype = DTYPES[settings.precision]
    quantized = quantization_config(settings.quantization, device, dtype)
    check_memory(needed_bytes(base.skeleton.shapes, base.config, dtype, settings.quantization), device, base.name)
    live = base.skeleton.live
    weights: dict[str, Any] = {live[name]: lazy for name, lazy in base.checkpoint.lazily().items()}
    if not base.has_prior_projector:
        weights |= _new_prior_projector(base.config, seed)
    build: Any = EmolaForConditionalGeneration.from_pretrained
    model: EmolaForConditionalGeneration = build(
        None,
        config=base.config,
        state_dict=weights,
        dtype=dtype,
        device_map={"": device},
        quantization_config=quantized,
        attn_implementation=settings.attention,
    )
    _check_finite(model, base.name)
    if settings.gradient_checkpointing:
        cast(Any, model).activation_checkpointing_enable({"use_reentrant": False})
    return model


def _emola_config(checkpoint: Checkpoint, model: ModelSettings, data: DataSettings) -> EmolaConfig:
    """Return the configuration of the model to be trained."""
    if isinstance(checkpoint.config, EmolaConfig):
        config = checkpoint.config
        if config.prior_recipe != data.prior_recipe:
            raise InputError(
                f"{model.base} reads priors made by {config.prior_recipe}, but data.prior_recipe is "
                f"{data.prior_recipe}; extract the priors again with {config.prior_recipe}."
            )
        if data.prior_dim not in (None, config.prior_dim):
            raise InputError(
                f"{model.base} reads {config.prior_dim} prior numbers, not data.prior_dim {data.prior_dim}."
            )
        config.inputs = model.inputs
        return config
    if data.prior_recipe not in RECIPES:
        raise InputError(f"Unknown data.prior_recipe {data.prior_recipe!r}; expected one of {', '.join(RECIPES)}.")
    text: Any = checkpoint.config.get_text_config()
    return emola_config(
        checkpoint.config,
        prior_recipe=data.prior_recipe,
        prior_dim=data.prior_dim or RECIPES[data.prior_recipe].dim,
        inputs=model.inputs,
        # llava-hf pads the vocabulary behind the image placeholder; rows from there on are no real tokens.
        real_vocab_size=min(checkpoint.config.image_token_index, text.vocab_size),
    )


def _new_prior_projector(config: EmolaConfig, seed: int) -> dict[str, torch.Tensor]:
    """Return the start of a prior projector, the same for the same seed on every machine."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        projector = PriorProjector(config.prior_dim, config.get_text_config().hidden_size)
    return {PRIOR_PREFIX + name: tensor for name, tensor in projector.state_dict().items()}


def _check_finite(model: EmolaForConditionalGeneration, name: str) -> None:
    """Raise with every weight that is NaN or infinite."""
    problems = Problems()
    for weight_name, weight in model.named_parameters():
        if weight.is_floating_point() and (bad := count_non_finite(weight)):
            problems.add(f"tensor {weight_name} holds {bad} numbers that are NaN or infinite in {weight.dtype}")
    problems.raise_if_any(f"{name} cannot be trained")
