"""What a training job will do, said before it starts, and the commands that do it.

No weight is read: rows are counted in the data files, and of the base its configuration and the headers of its weight
files are read, by the same check as that of the training itself. The hub is not asked.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emola.errors import InputError
from training.benchmark.data_source import open_source
from training.config import TrainConfig
from training.jobs.choices import DataChoice, recipe_of_data
from training.jobs.contents import read_contents
from training.jobs.job import Stage

if TYPE_CHECKING:
    from training.lora.base import Base

TRAINING: Final = "training"
ADAPTER: Final = f"{TRAINING}/adapter"
MEASURING: Final = "measuring"
BEFORE, AFTER, REPORT = "before", "after", "report.html"

_LINEARS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_BYTES: Final = {"bf16": 2.0, "fp32": 4.0, "4bit": 0.56}
_TRAINED_BYTES: Final = 16
"""Of a trained number: itself, its gradient and AdamW's two moments, in float32."""
_MEASURED_STEPS: Final = 3
"""The first warms up; the median is that of the others."""


@dataclass(frozen=True)
class TrainRequest:
    """What somebody wants trained.

    Attributes:
        data: what on.
        config: YAML of :class:`training.config.TrainConfig`; the fields below replace what it says.
        base: folder or hub id.
        max_steps: end after so many steps; None for what the configuration says.
        seed: of every random choice.
        measure: what the base and the adapter are asked about; None to train only.
        held_out: items of each task that they are asked about; 0 to train only.
    """

    data: DataChoice
    config: Path
    base: str
    max_steps: int | None = None
    seed: int = 1
    measure: DataChoice | None = None
    held_out: int = 100


@dataclass(frozen=True)
class TrainPlan:
    """What a request comes to.

    Attributes:
        rows: samples of one pass.
        steps: optimizer steps.
        batch_size: samples of a step.
        prior_recipe: how the priors were made.
        data_say_recipe: whether something beside or above them says so; else the configuration does.
        crop: "whole" when pictures are read as they are, "detect" when faces are found and cut out.
        base_crop: what the base's crop recipe needs, as the benchmark does by default; None when that is unknown.
        parameters: of the base; None when it is a model of the hub.
        trained: numbers that are trained; None likewise.
        memory_bytes: weights, gradients and moments; activations come on top. None likewise.
        step_s: seconds of a step as last measured here; None when no such run is there.
        measured_in: where it was measured, "" if nowhere.
        asked: held-out items by task that base and adapter are asked about; empty for none.
    """

    rows: int
    steps: int
    batch_size: int
    prior_recipe: str
    data_say_recipe: bool
    crop: str
    base_crop: str | None
    parameters: int | None
    trained: int | None
    memory_bytes: float | None
    step_s: float | None
    measured_in: str
    asked: Mapping[str, int]


def changes(request: TrainRequest) -> list[str]:
    """Return the ``section.key=value`` changes that put a request into its configuration.

    The recipe of the priors is the configuration's unless the data say theirs; the crop is always the configuration's.
    """
    data = request.data
    given: dict[str, Any] = {"model.base": request.base, "data.root": str(data.root)}
    for name in ("train_au", "train_emotion", "eval_au", "eval_emotion"):
        given[f"data.{name}"] = [str(path) for path in getattr(data, name)]
    recipe = recipe_of_data(data)
    if recipe is not None:
        given["data.prior_recipe"] = recipe
    given |= {"run.seed": request.seed, "run.out": f"{{job}}/{TRAINING}"}
    if request.max_steps is not None:
        given["optimizer.max_steps"] = request.max_steps
    return _written(given)


def train_stages(request: TrainRequest) -> list[Stage]:
    """Return the commands of a request: train, note the lineage, ask base and result about held-out faces, report."""
    train = ("--config", str(request.config), *changes(request))
    lineage = {**request.data.lineage, "data": request.data.title, "seed": request.seed, "base": request.base}
    note = (f"{{job}}/{ADAPTER}", json.dumps(lineage, ensure_ascii=False))
    stages = [
        Stage("Training", "training.train", train, TRAINING),
        Stage("Lineage", "training.jobs.lineage", note),
    ]
    if request.measure is None or not request.held_out:
        return stages
    stages += asking_stages(request.base, f"{{job}}/{ADAPTER}", request.measure, request.held_out)
    report = ("report", f"{{job}}/{BEFORE}", f"{{job}}/{AFTER}", "--out", f"{{job}}/{REPORT}")
    return [*stages, Stage("Report", "training.benchmark", report)]


def measuring_stages(request: TrainRequest) -> list[Stage]:
    """Return the command that takes a few steps of a request, so that later plans know their time."""
    config = TrainConfig.from_yaml(request.config, changes(request))
    enough = _MEASURED_STEPS * config.optimizer.batch_size
    given = {
        "data.eval_au": [],
        "data.eval_emotion": [],
        "data.limit": min(enough, config.data.limit or enough),
        "optimizer.max_steps": _MEASURED_STEPS,
        "run.out": f"{{job}}/{MEASURING}",
    }
    words = ("--config", str(request.config), *changes(request), *_written(given))
    return [Stage("Measuring a step", "training.train", words, MEASURING)]


def asking_stages(base: str, adapter: str, data: DataChoice, held_out: int) -> list[Stage]:
    """Return the commands that ask a base and its adapter the same questions, into ``before`` and ``after``.

    Args:
        base: folder or hub id.
        adapter: folder; ``{job}`` in it stands for the job's.
        data: whose held-out faces are asked about; it has some.
        held_out: faces of each task.
    """
    stages = []
    for title, model, out in (("the base", base, BEFORE), ("the new adapter", f"{base}+{adapter}", AFTER)):
        given = ("--data", str(data.benchmark), "--task", data.asked, "--root", str(data.root))
        limit = ("--limit", str(held_out))
        asked = ("run", "--model", model, *given, *limit, "--out", f"{{job}}/{out}")
        stages.append(Stage(f"Benchmark of {title}", "training.benchmark", asked, out))
    return stages


def plan_training(request: TrainRequest, runs_folder: Path) -> TrainPlan:
    """Return what a request comes to.

    Args:
        request: what is wanted.
        runs_folder: earlier runs lie in it; the time of a step comes from them.

    Raises:
        InputError: the configuration has mistakes, a data file cannot be read, there is nothing to learn from or to
            ask about, the base is none or reads priors of another recipe.
        CheckpointError: the folder of the base holds no base that can be trained.
    """
    if not request.data.learned:
        raise InputError(f"{request.data.title} holds no descriptions to learn from; choose other data.")
    from training.benchmark.runner import default_faces  # these load torch, several seconds
    from training.jobs.step_time import measured_step

    config = TrainConfig.from_yaml(request.config, changes(request))
    rows = sum(min(read_contents(path).rows, config.data.limit or math.inf) for path in request.data.learned)
    settings = config.optimizer
    base = _local_base(config)
    trained = None if base is None else _trained(base.skeleton.shapes, config)
    step_s, where = measured_step(config, runs_folder)
    return TrainPlan(
        rows=int(rows),
        steps=int(settings.max_steps or math.ceil(rows / settings.batch_size) * settings.epochs),
        batch_size=settings.batch_size,
        prior_recipe=config.data.prior_recipe,
        data_say_recipe=recipe_of_data(request.data) is not None,
        crop=config.data.crop,
        base_crop=None if base is None or not base.has_prior_projector else default_faces(base.config.crop_recipe),
        parameters=None if base is None else base.number_count,
        trained=trained,
        memory_bytes=None if base is None or trained is None else _memory(base.number_count, trained, config),
        step_s=step_s,
        measured_in=where,
        asked=_asked(request),
    )


def _written(given: Mapping[str, Any]) -> list[str]:
    return [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given.items()]


def _asked(request: TrainRequest) -> dict[str, int]:
    """Return how many items of each task are asked about, as the benchmark will find them."""
    data = request.measure
    if data is None or not request.held_out:
        return {}
    if data.benchmark is None:
        raise InputError(f"{data.title} holds no items to ask about; measure on other data, or train only.")
    questions = open_source(data.benchmark, data.asked, data.root, request.held_out).questions
    learned = {request.data.root / name for path in request.data.learned for name in read_contents(path).pictures}
    shared = {question.image for question in questions} & learned
    if shared:
        raise InputError(
            f"{len(shared)} of the pictures to be asked about in {data.title} are learned from, so that the answers "
            "would show nothing; measure on other data."
        )
    return dict(Counter(question.task for question in questions))


def _local_base(config: TrainConfig) -> "Base | None":
    """Return the base as training opens it, or None when something of it would have to come from the hub."""
    from emola.model.storage.checkpoint import find_layout  # torch and transformers, several seconds
    from emola.model.storage.json_file import read_json_object
    from emola.model.storage.source import local_folder
    from training.lora.base import open_base

    folder = local_folder(config.model.base)
    if folder is None:
        return None
    fields = read_json_object(folder / "config.json") if (folder / "config.json").is_file() else {}
    vision = config.model.vision or fields.get("mm_vision_tower")
    if fields and find_layout(folder, fields) == "llava-original" and vision and local_folder(vision) is None:
        return None
    return open_base(config.model, config.data)


def _memory(parameters: int, trained: int, config: TrainConfig) -> float:
    held = _BYTES[config.model.quantization or config.model.precision]
    return parameters * held + trained * _TRAINED_BYTES


def _trained(shapes: Mapping[str, tuple[int, ...]], config: TrainConfig) -> int:
    """Return how many numbers LoRA on the language model's seven linears and the chosen projectors train."""
    total = 0
    for name, shape in shapes.items():
        linear = "language_model" in name and name.endswith(tuple(f"{part}.weight" for part in _LINEARS))
        if linear and "lora" in config.lora.parts:
            total += config.lora.rank * sum(shape)
        if "prior_projector" in name and "prior_projector" in config.lora.parts:
            total += math.prod(shape)
        if "multi_modal_projector" in name and "visual_projector" in config.lora.parts:
            total += math.prod(shape)
    return total
