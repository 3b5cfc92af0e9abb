"""What is trained and at which rate: LoRA in the language model, the prior projector, the visual projector."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from peft import PeftModel, get_peft_model
from torch import nn

from emola.model import EmolaForConditionalGeneration
from emola.model.lora import lora_config
from training.config import PARTS, LoraSettings, OptimizerSettings

_MARKS: Final = {
    "lora": ".lora_",
    "prior_projector": ".prior_projector.modules_to_save.",
    "visual_projector": ".multi_modal_projector.modules_to_save.",
}


@dataclass(frozen=True)
class TrainablePart:
    """Parameters that share a learning rate.

    Attributes:
        name: "lora", "prior_projector" or "visual_projector".
        parameters: by their name in the model.
    """

    name: str
    parameters: dict[str, nn.Parameter]

    @property
    def number_count(self) -> int:
        """How many numbers are trained."""
        return sum(parameter.numel() for parameter in self.parameters.values())


def adapt(model: EmolaForConditionalGeneration, settings: LoraSettings, base: str, seed: int) -> PeftModel:
    """Return ``model`` with LoRA and its own copies of both projectors; everything else is frozen.

    Trained numbers are float32, whatever the base is held in, so that small updates are not rounded away.

    Args:
        model: the base; on the meta device too.
        settings: sizes, and which parts are trained.
        base: folder or hub id that the adapter names as its base.
        seed: of the start values of LoRA.
    """
    torch.manual_seed(seed)
    config = lora_config(settings.rank, settings.alpha, settings.dropout)
    config.base_model_name_or_path = base
    model.name_or_path = base
    adapted: Any = get_peft_model(model, config)
    for name, parameter in adapted.named_parameters():
        part = part_of(name)
        parameter.requires_grad_(part in settings.parts)
        if part is not None:
            parameter.data = parameter.data.float()
    peft_model: PeftModel = adapted
    return peft_model


def part_of(name: str) -> str | None:
    """Return which part a parameter belongs to, or None when it is frozen in every run."""
    return next((part for part, mark in _MARKS.items() if mark in f".{name}"), None)


def find_parts(model: nn.Module) -> list[TrainablePart]:
    """Return the parts that are trained, in a fixed order.

    Raises:
        ValueError: if a parameter is trained that belongs to none.
    """
    parts: dict[str, dict[str, nn.Parameter]] = {name: {} for name in PARTS}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            part = part_of(name)
            if part is None:
                raise ValueError(f"{name} would be trained, but it belongs to none of {', '.join(PARTS)}.")
            parts[part][name] = parameter
    return [TrainablePart(name, parameters) for name, parameters in parts.items() if parameters]


def learning_rates(settings: OptimizerSettings) -> dict[str, float]:
    """Return the highest learning rate of each part."""
    slow = {"visual_projector": settings.visual_projector_rate}
    return {part: slow.get(part, settings.learning_rate) for part in PARTS}


def optimizer_groups(parts: Sequence[TrainablePart], settings: OptimizerSettings) -> list[dict[str, Any]]:
    """Return AdamW's parameter groups; ``peak_rate`` is what the schedule scales."""
    rates = learning_rates(settings)
    return [
        {
            "params": list(part.parameters.values()),
            "lr": rates[part.name],
            "peak_rate": rates[part.name],
            "weight_decay": settings.weight_decay,
            "part": part.name,
        }
        for part in parts
    ]


def describe_parts(parts: Sequence[TrainablePart], settings: OptimizerSettings, base_numbers: int) -> str:
    """Return the list of what is trained, layers written as ``*``, with counts and rates.

    Args:
        parts: what :func:`find_parts` found.
        settings: for the rates.
        base_numbers: numbers of the model before LoRA was added.
    """
    rates, lines = learning_rates(settings), ["Trained, everything else is frozen:"]
    for part in parts:
        lines.append(f"  {part.name}: {part.number_count:,} numbers, learning rate {rates[part.name]:g}")
        patterns: dict[str, list[int]] = {}
        for name, parameter in part.parameters.items():
            patterns.setdefault(_pattern(name), []).append(parameter.numel())
        lines += [f"    {pattern}: {len(sizes)} x {sizes[0]:,}" for pattern, sizes in patterns.items()]
    trained = sum(part.number_count for part in parts)
    lora = sum(part.number_count for part in parts if part.name == "lora")
    lines.append(f"  together {trained:,} of {base_numbers + lora:,} numbers ({trained / (base_numbers + lora):.2%})")
    return "\n".join(lines)


def _pattern(name: str) -> str:
    """Return a parameter's name without peft's additions, its layer number as ``*``."""
    short = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "").replace(".default", "")
    return re.sub(r"\.\d+\.", ".*.", short)
