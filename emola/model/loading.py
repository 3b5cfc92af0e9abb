"""Load an EmoLA, or an adapter on its base, onto the machine that is there, or say in one sentence why not.

Names and shapes are compared with the configuration before any weight is read, so no tensor is ever left at random.
Code from a checkpoint is never run: no ``trust_remote_code``, and PyTorch files are read as tensors only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from transformers import GenerationConfig
from transformers.utils import logging

from emola.errors import CheckpointError, InputError
from emola.model.adapters import ADAPTER_CONFIG, PEFT_PREFIX, Adapter
from emola.model.configuration import EmolaConfig
from emola.model.conversion.convert import ORIGIN_FILE
from emola.model.memory import check_memory, needed_bytes
from emola.model.modeling import EmolaForConditionalGeneration
from emola.model.placement import Quantization, choose_device, choose_dtype, quantization_config
from emola.model.processing import EmolaProcessor
from emola.model.storage.checkpoint import PRIOR_PREFIX, Checkpoint, find_layout, read_config
from emola.model.storage.json_file import read_json_object
from emola.model.storage.problems import Problems
from emola.model.storage.processor_files import build_processor, missing_files
from emola.model.storage.released import count_non_finite
from emola.model.storage.skeleton import Skeleton
from emola.model.storage.source import resolve_folder


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to answer.

    Attributes:
        model: in evaluation mode, on ``device``; an adapter is merged unless the model is quantised.
        processor: makes its inputs.
        name: what to call it on a page.
        source: the folder or hub id it was loaded from.
        device: where it is.
        dtype: what it computes in.
        adapter: the folder or hub id of the adapter that was put on ``source``, or None.
        quantization: None, "4bit" or "8bit".
    """

    model: EmolaForConditionalGeneration
    processor: EmolaProcessor
    name: str
    source: str
    device: torch.device
    dtype: torch.dtype
    adapter: str | None = None
    quantization: Quantization | None = None

    @property
    def config(self) -> EmolaConfig:
        """The model's configuration."""
        return self.model.config

    @property
    def summary(self) -> str:
        """What was loaded, where it is and in which numbers, in one sentence."""
        numbers = sum(parameter.numel() for parameter in self.model.parameters())
        kind = f"{self.quantization} with {_name_of(self.dtype)}" if self.quantization else _name_of(self.dtype)
        size = f"{numbers / 1e9:.1f} billion" if numbers >= 1e9 else f"{numbers / 1e6:.1f} million"
        return f"{self.name}: {size} parameters on {self.device} in {kind}, prior recipe {self.config.prior_recipe}."


@dataclass(frozen=True)
class _Plan:
    """What will be loaded, all checked but the numbers."""

    base: Checkpoint
    adapter: Adapter | None
    config: EmolaConfig
    skeleton: Skeleton


def load_model(
    source: str | Path,
    *,
    adapter: str | Path | None = None,
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
    quantization: Quantization | None = None,
) -> LoadedModel:
    """Load a model, with its adapter merged in.

    Args:
        source: a folder or hub id: an EmoLA, or an adapter (which names its base), or with ``adapter`` any base.
        adapter: folder or hub id of a peft adapter to put on ``source``.
        device: "auto" (CUDA, MPS, CPU in that order), or a device name.
        dtype: "auto" (see :func:`emola.model.placement.choose_dtype`), or a dtype or its name.
        quantization: None, "4bit" or "8bit" (bitsandbytes, CUDA only).

    Raises:
        InputError: if a source cannot be found, or an option means nothing.
        CheckpointError: if anything in a checkpoint is missing, unexpected, misshaped, damaged or not finite.
        ResourceError: if the hub cannot be reached, or the model does not fit into memory.
    """
    place = choose_device(device)
    numbers = choose_dtype(dtype, place)
    quantized = quantization_config(quantization, place, numbers)
    plan = _make_plan(source, adapter)
    name = _display_name(plan)
    adapter_numbers = plan.adapter.number_count if plan.adapter else 0
    check_memory(needed_bytes(plan.skeleton.shapes, plan.config, numbers, quantization, adapter_numbers), place, name)
    processor = _load_processor(plan)
    model = _load_weights(plan, place, numbers, quantized)
    if plan.adapter is not None:
        model = plan.adapter.apply(model, merge=quantized is None)
    _check_finite(model, name)
    model.eval()  # type: ignore[no-untyped-call]
    return LoadedModel(
        model=model.requires_grad_(False),
        processor=processor,
        name=name,
        source=str(source),
        device=place,
        dtype=numbers,
        adapter=None if adapter is None else str(adapter),
        quantization=quantization,
    )


def _make_plan(source: str | Path, adapter: str | Path | None) -> _Plan:
    """Find base and adapter and compare every name and shape; raise with all that does not fit."""
    folder = resolve_folder(source)
    patch = None
    if _is_adapter(folder):
        if adapter is not None:
            raise InputError(f"{source} is an adapter itself; give a model to put {adapter} on.")
        patch, folder = _open_adapter(folder), _base_of(folder)
    elif adapter is not None:
        patch = _open_adapter(resolve_folder(adapter))
    base = Checkpoint(folder, _vision_of(patch))
    config = _config_of(base, patch)
    skeleton = Skeleton(config)
    problems = Problems()
    base.check_tensors(skeleton, problems, prior_needed=base.layout == "emola")
    if patch is not None:
        patch.check(config, problems)
        _check_prior(base, patch, skeleton, problems)
    problems.raise_if_any(f"{folder if patch is None else patch.folder} cannot be loaded")
    return _Plan(base, patch, config, skeleton)


def _check_prior(base: Checkpoint, adapter: Adapter, skeleton: Skeleton, problems: Problems) -> None:
    """Note the tensors of the prior projector that neither the base nor the adapter holds."""
    own = {PEFT_PREFIX + skeleton.live[name]: name for name in skeleton.shapes if name.startswith(PRIOR_PREFIX)}
    for stored, name in own.items():
        if name not in base.tensors and stored not in adapter.weights.infos:
            problems.add(f"missing tensor {stored} in {adapter.folder}, and the base has no prior projector")


def _is_adapter(folder: Path) -> bool:
    """Return whether a folder holds an adapter and no model."""
    has_model = any(folder.glob("model*.safetensors")) or any(folder.glob("pytorch_model*.bin"))
    return (folder / ADAPTER_CONFIG).is_file() and not has_model


def _open_adapter(folder: Path) -> Adapter:
    """Open an adapter; one as EmoLA's authors released it must be converted first."""
    if (folder / "config.json").is_file():
        find_layout(folder, read_json_object(folder / "config.json"))
    return Adapter(folder)


def _base_of(folder: Path) -> Path:
    """Return the folder of the model that an adapter names as its base."""
    named = Adapter(folder).base
    if named is None:
        raise CheckpointError(f"{folder} does not say what it was trained on; give its base with it (BASE+ADAPTER).")
    try:
        return resolve_folder(named)
    except InputError as error:
        raise CheckpointError(
            f"{folder} is an adapter on {named}, which cannot be opened ({error}) Give its base with it (BASE+ADAPTER)."
        ) from error


def _vision_of(adapter: Adapter | None) -> str | None:
    """Return the CLIP folder that a converted adapter was made with, if its base is an original LLaVA-1.5."""
    if adapter is None or not (adapter.folder / ORIGIN_FILE).is_file():
        return None
    return read_json_object(adapter.folder / ORIGIN_FILE).get("vision")


def _config_of(base: Checkpoint, adapter: Adapter | None) -> EmolaConfig:
    """Return the adapter's own configuration if it has one, else the base's; a bare LLaVA has none to offer."""
    if adapter is not None and (adapter.folder / "config.json").is_file():
        fields = read_json_object(adapter.folder / "config.json")
        config = read_config(adapter.folder, find_layout(adapter.folder, fields), fields)
        if isinstance(config, EmolaConfig):
            return config
        raise CheckpointError(f"The config.json of {adapter.folder} is a LLaVA's, not an EmoLA's; take it out.")
    if isinstance(base.config, EmolaConfig):
        return base.config
    if adapter is None:
        raise CheckpointError(f"{base.folder} is a LLaVA base, not an EmoLA; it needs an adapter (BASE+ADAPTER).")
    raise CheckpointError(
        f"{adapter.folder} has no config.json of an EmoLA and {base.folder} is a plain LLaVA, so there is no prior "
        "projector; use an adapter made by python -m emola convert or by training."
    )


def _load_processor(plan: _Plan) -> EmolaProcessor:
    """Return the processor from the adapter's files if they are there, else from the base's."""
    if plan.adapter is not None and not missing_files(plan.adapter.folder):
        return build_processor(plan.adapter.folder, plan.config)
    return build_processor(plan.base.folder, plan.config, plan.base.vision)


def _load_weights(
    plan: _Plan, device: torch.device, dtype: torch.dtype, quantized: Any
) -> EmolaForConditionalGeneration:
    """Read every weight straight to its device and dtype; the adapter's whole modules take the base's place."""
    live = plan.skeleton.live
    weights = {live[name]: lazy for name, lazy in plan.base.lazily().items()}
    if plan.adapter is not None:
        weights |= plan.adapter.modules()
    build: Any = EmolaForConditionalGeneration.from_pretrained  # with output_loading_info it returns a pair
    with _no_progress_bar():
        model, report = build(
            None,
            config=plan.config,
            state_dict=weights,
            dtype=dtype,
            device_map={"": device},
            quantization_config=quantized,
            output_loading_info=True,
        )
    faults = [f"{what.replace('_', ' ')}: {', '.join(map(str, names))}" for what, names in report.items() if names]
    if faults:
        raise CheckpointError(f"{plan.base.folder} cannot be loaded ({'; '.join(faults)}).")
    if (plan.base.folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(plan.base.folder)
    return cast(EmolaForConditionalGeneration, model)


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Keep transformers' bar over the weights off the terminal of our commands, and leave its setting as it was."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _check_finite(model: EmolaForConditionalGeneration, name: str) -> None:
    """Raise with every weight that is NaN or infinite in the model's dtype."""
    problems = Problems()
    for weight_name, weight in model.named_parameters():
        if weight.is_floating_point() and (bad := count_non_finite(weight)):
            problems.add(
                f"tensor {weight_name} holds {bad} numbers that are NaN or infinite in {_name_of(weight.dtype)}"
            )
    problems.raise_if_any(f"{name} cannot be used")


def _display_name(plan: _Plan) -> str:
    """Return the model's own name, or its folder's; an adapter without a name of its own is added to the base's."""
    own = plan.config.display_name
    if plan.adapter is None:
        return own or plan.base.folder.name
    if (plan.adapter.folder / "config.json").is_file() and own:
        return own
    return f"{own or plan.base.folder.name} + {plan.adapter.folder.name}"


def _name_of(dtype: torch.dtype) -> str:
    """Return a dtype's name without the package."""
    return str(dtype).removeprefix("torch.")
