"""From what the user asked to the training settings of every run."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from emola.errors import InputError, ResourceError
from emola.model import EmolaConfig
from emola.model.storage.checkpoint import Checkpoint
from emola.model.storage.source import resolve_folder
from training.ablation.cells import Questions
from training.ablation.files import read_json, write_json
from training.ablation.grid import Tokens, Tuned
from training.ablation.material import cut_material, describe_left_out, fresh_base, require_rendered
from training.config import (
    DataSettings,
    LoraSettings,
    ModelSettings,
    OptimizerSettings,
    RunSettings,
    TrainConfig,
)
from training.lora.base import open_base

Start = Literal["fresh", "shipped"]


@dataclass(frozen=True)
class Sizes:
    """How much is learned and asked in each run.

    Attributes:
        train_faces: faces learned from, two answers each.
        eval_faces: faces asked about.
        epochs: passes over the training answers.
        batch_size: answers of one step.
        rank: of LoRA; alpha is twice as much.
        learning_rate: highest one, of every part.
    """

    train_faces: int = 200
    eval_faces: int = 80
    epochs: int = 3
    batch_size: int = 16
    rank: int = 16
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class AblationPlan:
    """An ablation.

    Attributes:
        model: folder of an EmoLA, or a YAML file of ``training.train`` whose settings every run takes.
        data: folder of FABA's shape; a rendered one for a model folder.
        out: folder of the ablation.
        tokens, tuned, seeds: the grid.
        start: "fresh" starts both projectors anew in every run, so that no cell inherits what the model learned
            through them; "shipped" keeps them.
        sizes: of the runs, for a model folder.
        max_new_tokens: longest answer.
    """

    model: Path
    data: Path
    out: Path
    tokens: tuple[Tokens, ...]
    tuned: tuple[Tuned, ...]
    seeds: tuple[int, ...]
    start: Start = "fresh"
    sizes: Sizes = Sizes()
    max_new_tokens: int = 320

    @cached_property
    def config(self) -> TrainConfig | None:
        """The settings of the file, or None for a model folder.

        Raises:
            InputError: the file has mistakes.
        """
        return TrainConfig.from_yaml(self.model) if self.model.suffix in (".yaml", ".yml") else None

    def claim(self) -> None:
        """Take the folder, or check that it holds this ablation; seeds and cells may be added to one.

        Raises:
            InputError: it holds something else, or the model or the data cannot be used.
            ResourceError: it cannot be written.
        """
        if not self.model.exists():
            raise InputError(f"There is no model folder or configuration {self.model}.")
        if not self.data.is_dir():
            raise InputError(f"There is no data folder {self.data}.")
        if self.config is None:
            read_model(self.model)
            require_rendered(self.data)
        path = self.out / "plan.json"
        wanted = json.loads(json.dumps(self._identity()))
        if path.is_file():
            changed = _differences(read_json(path), wanted)
            if changed:
                names = ", ".join(changed)
                raise InputError(f"{self.out} holds an ablation with other settings ({names}); choose another --out.")
            return
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise InputError(f"{self.out} is not an empty folder and holds no ablation; choose another --out.")
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResourceError(f"The folder {self.out} cannot be written: {error.strerror or error}.") from error
        write_json(path, wanted)

    def _identity(self) -> dict[str, Any]:
        names = {"model": str(self.model.resolve()), "data": str(self.data.resolve())}
        sizes, settings = (asdict(self.sizes), None) if self.config is None else (None, _lasting(self.config))
        more = {"start": self.start, "sizes": sizes, "max_new_tokens": self.max_new_tokens}
        return {**names, **more, "settings": settings}

    def notes(self) -> dict[str, Any]:
        """Return what the results say of the plan."""
        names = {"model": self.model.name, "data": self.data.name}
        return {**self._identity(), **names, "seeds": list(self.seeds)}


def _lasting(config: TrainConfig) -> dict[str, Any]:
    """Return the settings of a file that decide the results, without those that every run sets anew."""
    sections = config.to_dict()
    del sections["run"], sections["model"]["inputs"], sections["lora"]["parts"]
    return sections


def _differences(found: Any, wanted: Any, name: str = "") -> list[str]:
    """Return the dotted names of everything wanted that is not found so."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return [] if found == wanted else [name or "all"]
    return [
        change
        for key, value in wanted.items()
        for change in _differences(found.get(key), value, f"{name}.{key}" if name else key)
    ]


def read_model(folder: Path) -> EmolaConfig:
    """Return the configuration of a model folder that training could start from; no weight is read.

    Raises:
        InputError: it holds no EmoLA.
        CheckpointError: a file or tensor is missing, unexpected or misshaped.
    """
    config = Checkpoint(resolve_folder(folder)).config
    if not isinstance(config, EmolaConfig):
        raise InputError(f"{folder} is a LLaVA, which has no prior projector; give the folder of an EmoLA.")
    open_base(ModelSettings(base=str(folder)), DataSettings(root="", prior_recipe=config.prior_recipe))
    return config


@dataclass(frozen=True)
class Setting:
    """What the runs of one seed start from, and how they are asked."""

    config: TrainConfig
    questions: Questions


def prepare(plan: AblationPlan) -> dict[int, Setting]:
    """Return the settings of each seed; faces are cut and fresh bases written first, once.

    Raises:
        InputError: model, data or configuration cannot be used.
        ResourceError: the folder cannot be written.
    """
    if plan.config is not None:
        return _from_file(plan, plan.config)
    config = read_model(plan.model)
    faces = {"train": plan.sizes.train_faces, "eval": plan.sizes.eval_faces}
    material = cut_material(plan.data, plan.out / "data", config, faces)
    if material.left_out:
        tqdm.write(describe_left_out(material), file=sys.stderr)
    data = DataSettings(
        root=str(material.root),
        train_au=(str(material.file("train", "au")),),
        train_emotion=(str(material.file("train", "emotion")),),
        prior_recipe=config.prior_recipe,
        workers=0,
    )
    questions = Questions(material.root, 16, plan.max_new_tokens, "cpu", "float32", "whole")
    bases = {seed: _base(plan, seed) for seed in plan.seeds}
    return {seed: Setting(_small(plan.sizes, base, data), questions) for seed, base in bases.items()}


def _base(plan: AblationPlan, seed: int) -> Path:
    """Return the model that the runs of a seed start from."""
    if plan.start == "shipped":
        return plan.model
    folder = plan.out / "bases" / f"seed-{seed}"
    folder.parent.mkdir(exist_ok=True)
    return fresh_base(plan.model, folder, seed)


def _small(sizes: Sizes, base: Path, data: DataSettings) -> TrainConfig:
    """Return settings for a small model on a CPU."""
    optimizer = OptimizerSettings(
        learning_rate=sizes.learning_rate,
        visual_projector_rate=sizes.learning_rate,
        epochs=sizes.epochs,
        batch_size=sizes.batch_size,
        micro_batch_size=sizes.batch_size,
    )
    model = ModelSettings(base=str(base), precision="fp32", device="cpu", gradient_checkpointing=False)
    lora = LoraSettings(rank=sizes.rank, alpha=2 * sizes.rank, dropout=0.0)
    return TrainConfig(model, lora, data, optimizer, RunSettings(out="", keep=1))


def _from_file(plan: AblationPlan, config: TrainConfig) -> dict[int, Setting]:
    """Return the settings of the file; the runs are asked about the eval split of the data."""
    on_cpu = config.model.device == "cpu"
    dtype = "float32" if config.model.precision == "fp32" else "bfloat16"
    faces = "detect" if config.data.crop == "detect" else "whole"
    questions = Questions(plan.data, 16, plan.max_new_tokens, "cpu" if on_cpu else "auto", dtype, faces)
    return {seed: Setting(replace(config, run=replace(config.run, merged=False)), questions) for seed in plan.seeds}


def check_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Return the seeds, each once.

    Raises:
        InputError: one is negative or given twice.
    """
    if any(seed < 0 for seed in seeds) or len(set(seeds)) < len(seeds):
        raise InputError("The seeds must be different whole numbers of 0 or more.")
    return tuple(seeds)
