"""What a training job will do, said before it starts, and the commands that do it.

Nothing heavy is loaded: rows are counted in the data files, parameters in the headers of the base's weight files, and
the time of a step is that of the last run here with the same base, batch and settings of the adapter.
"""

import json
import math
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import yaml

from emola.errors import InputError
from training.config import TrainConfig
from training.jobs.job import Stage
from training.jobs.progress import last_lines
from training.loop.plan import arm_of_release

TRAINING: Final = "training"
ADAPTER: Final = f"{TRAINING}/adapter"
BEFORE, AFTER, REPORT = "before", "after", "report.html"

_LINEARS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_BYTES: Final = {"bf16": 2.0, "fp32": 4.0, "4bit": 0.56}
_TRAINED_BYTES: Final = 16
"""Of a trained number: itself, its gradient and AdamW's two moments, in float32."""
_DEEPEST: Final = 4


@dataclass(frozen=True)
class DataChoice:
    """What can be trained on and held out: a review release, or a data set of FABA's shape.

    Attributes:
        title: for people; unique among the choices.
        root: folder that the paths inside the files start from.
        train_au: files of action-unit answers.
        train_emotion: files of emotion answers.
        eval_au: held-out files whose loss is measured.
        eval_emotion: the same for emotion answers.
        prior_recipe: how the priors were made.
        crop: "whole" when each picture is one face already, "detect" to find it.
        benchmark: what ``training.benchmark run --data`` gets; None for no benchmark.
        lineage: where the files come from, written beside the adapter; release, manifest hash and revision of one.
    """

    title: str
    root: Path
    train_au: tuple[Path, ...] = ()
    train_emotion: tuple[Path, ...] = ()
    eval_au: tuple[Path, ...] = ()
    eval_emotion: tuple[Path, ...] = ()
    prior_recipe: str = "mediapipe-106"
    crop: str = "detect"
    benchmark: str | None = None
    lineage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainRequest:
    """What somebody wants trained.

    Attributes:
        data: what on.
        config: YAML of :class:`training.config.TrainConfig`; the fields below replace what it says.
        base: folder or hub id.
        max_steps: end after so many steps; None for what the configuration says.
        seed: of every random choice.
        held_out: faces of each task that the benchmark asks about before and after; 0 for no benchmark.
    """

    data: DataChoice
    config: Path
    base: str
    max_steps: int | None = None
    seed: int = 1
    held_out: int = 100


@dataclass(frozen=True)
class TrainPlan:
    """What a request comes to.

    Attributes:
        rows: samples of one pass.
        steps: optimizer steps.
        batch_size: samples of a step.
        parameters: of the base; None when its weights are not on this disk.
        trained: numbers that are trained; None likewise.
        memory_bytes: weights, gradients and moments; activations come on top. None likewise.
        step_s: seconds of a step as last measured here; None when no such run is there.
        measured_in: where it was measured, "" if nowhere.
    """

    rows: int
    steps: int
    batch_size: int
    parameters: int | None
    trained: int | None
    memory_bytes: float | None
    step_s: float | None
    measured_in: str


def data_set(folder: Path) -> DataChoice:
    """Return a folder of FABA's shape (``train/train_au_anno.json`` ...) as a choice; missing files are left out."""
    root = folder.resolve()

    def files(split: str, task: str) -> tuple[Path, ...]:
        path = root / split / f"{split}_{task}_anno.json"
        return (path,) if path.is_file() else ()

    held_out = files("eval", "au") and files("eval", "emotion")
    return DataChoice(
        title=folder.name,
        root=root,
        train_au=files("train", "au"),
        train_emotion=files("train", "emotion"),
        eval_au=files("eval", "au"),
        eval_emotion=files("eval", "emotion"),
        benchmark=str(root) if held_out else None,
    )


def review_release(folder: Path, root: Path) -> DataChoice:
    """Return a review release as a choice: corrected answers to learn from, its evaluated pictures held out.

    Args:
        folder: of the release.
        root: folder that the pictures' paths start from.

    Raises:
        InputError: the folder is no complete release.
    """
    arm = arm_of_release(folder.name, folder)
    return DataChoice(
        title=f"Release {folder.name}",
        root=root.resolve(),
        train_au=() if arm.au is None else (arm.au.resolve(),),
        train_emotion=() if arm.emotion is None else (arm.emotion.resolve(),),
        benchmark=str(folder.resolve()) if any((folder / "benchmark").glob("*.jsonl")) else None,
        lineage=arm.lineage,
    )


def find_data_sets(folder: Path) -> list[DataChoice]:
    """Return the rendered data sets (``dataset.json``) below a folder, by name."""
    return [data_set(path.parent) for path in sorted(_find(folder, "dataset.json"))]


def changes(request: TrainRequest) -> list[str]:
    """Return the ``section.key=value`` changes that put a request into its configuration."""
    data = request.data
    given: dict[str, Any] = {"model.base": request.base, "data.root": str(data.root)}
    for name in ("train_au", "train_emotion", "eval_au", "eval_emotion"):
        given[f"data.{name}"] = [str(path) for path in getattr(data, name)]
    given |= {"data.prior_recipe": data.prior_recipe, "data.crop": data.crop, "run.seed": request.seed}
    given["run.out"] = f"{{job}}/{TRAINING}"
    if request.max_steps is not None:
        given["optimizer.max_steps"] = request.max_steps
    return [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given.items()]


def train_stages(request: TrainRequest) -> list[Stage]:
    """Return the commands of a request: train, note the lineage, ask base and result about held-out faces, report."""
    train = ("--config", str(request.config), *changes(request))
    lineage = {**request.data.lineage, "data": request.data.title, "seed": request.seed, "base": request.base}
    note = (f"{{job}}/{ADAPTER}", json.dumps(lineage, ensure_ascii=False))
    stages = [
        Stage("Training", "training.train", train, TRAINING),
        Stage("Lineage", "training.jobs.lineage", note),
    ]
    if not request.held_out or request.data.benchmark is None:
        return stages
    stages += asking_stages(request.base, f"{{job}}/{ADAPTER}", request.data, request.held_out)
    report = ("report", f"{{job}}/{BEFORE}", f"{{job}}/{AFTER}", "--out", f"{{job}}/{REPORT}")
    return [*stages, Stage("Report", "training.benchmark", report)]


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
        given = ("--data", str(data.benchmark), "--root", str(data.root), "--limit", str(held_out))
        asked = ("run", "--model", model, *given, "--out", f"{{job}}/{out}")
        stages.append(Stage(f"Benchmark of {title}", "training.benchmark", asked, out))
    return stages


def plan_training(request: TrainRequest, runs_folder: Path) -> TrainPlan:
    """Return what a request comes to.

    Args:
        request: what is wanted.
        runs_folder: earlier runs lie in it; the time of a step comes from them.

    Raises:
        InputError: the configuration has mistakes, a data file cannot be read, or there is nothing to learn from.
    """
    config = TrainConfig.from_yaml(request.config, changes(request))
    files = [*request.data.train_au, *request.data.train_emotion]
    rows = sum(min(_rows(path), config.data.limit or math.inf) for path in files)
    if not rows:
        raise InputError(f"{request.data.title} holds no descriptions to learn from; choose other data.")
    settings = config.optimizer
    steps = settings.max_steps or math.ceil(rows / settings.batch_size) * settings.epochs
    shapes = _shapes(Path(request.base))
    parameters = sum(map(math.prod, shapes.values())) or None
    trained = _trained(shapes, config) if parameters else None
    held = _BYTES[config.model.quantization or config.model.precision]
    memory = None if parameters is None or trained is None else parameters * held + trained * _TRAINED_BYTES
    step_s, where = _measured_step(config, runs_folder)
    return TrainPlan(int(rows), int(steps), settings.batch_size, parameters, trained, memory, step_s, where)


def _rows(path: Path) -> int:
    try:
        rows = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from error
    return len(rows) if isinstance(rows, list) else 0


def _shapes(base: Path) -> dict[str, list[int]]:
    """Return the shape of every weight of a folder; {} for a hub id or another kind of file."""
    shapes: dict[str, list[int]] = {}
    for path in sorted(base.glob("*.safetensors")) if base.is_dir() else ():
        with path.open("rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        shapes |= {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    return shapes


def _trained(shapes: dict[str, list[int]], config: TrainConfig) -> int:
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


def _measured_step(config: TrainConfig, runs_folder: Path) -> tuple[float | None, str]:
    """Return the median time of a step of the newest run that takes the same steps, and where that is."""
    wanted = _step_settings(config.to_dict())
    found = sorted(_find(runs_folder, "metrics.jsonl"), key=lambda path: -path.stat().st_mtime)
    for path in found:
        settings = path.with_name("config.yaml")
        if not settings.is_file() or _step_settings(yaml.safe_load(settings.read_text(encoding="utf-8"))) != wanted:
            continue
        seconds = [row["seconds"] for row in last_lines(path) if "seconds" in row]
        if seconds:
            return median(seconds), path.parent.relative_to(runs_folder).as_posix()
    return None, ""


def _step_settings(settings: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the time of a step depends on."""
    model, optimizer, lora = (settings.get(section) or {} for section in ("model", "optimizer", "lora"))
    names = ("base", "precision", "quantization", "gradient_checkpointing", "device", "inputs")
    batch = (optimizer.get("batch_size"), optimizer.get("micro_batch_size"))
    return (*(model.get(name) for name in names), *batch, tuple(lora.get("parts") or ()))


def _find(folder: Path, name: str) -> Iterator[Path]:
    """Yield files of a name below a folder, at most some folders deep; links are not followed."""
    for place, folders, files in os.walk(folder):
        if name in files:
            yield Path(place) / name
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        folders[:] = [inner for inner in folders if not inner.startswith(".") and inner not in ("checkpoints", "parts")]
