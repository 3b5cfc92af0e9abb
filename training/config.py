"""Settings of a LoRA run: what is trained, on what, how, and where it goes. The defaults are EmoLA's published ones.

Sources: EmoLA's training scripts (rank 128, alpha 256, dropout 0.05, learning rates 1e-4 and 2e-5, cosine, warm-up
0.03, no weight decay, one epoch, bf16, 64 samples a step, 2,048 tokens). ``batch_size`` is the whole optimizer step,
however many processes and micro batches it is spread over, so that one file means the same run on one GPU and on eight.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

import yaml

from training.settings import ConfigFaults, build, read_settings, setting

PARTS: Final = ("lora", "prior_projector", "visual_projector")
"""What can be trained; everything else stays frozen."""


@dataclass(frozen=True)
class ModelSettings:
    """The base and how it is held.

    Attributes:
        base: folder or hub id of a LLaVA-1.5 or an EmoLA.
        vision: CLIP folder of an original LLaVA-1.5 that has no vision tower inside; null otherwise.
        inputs: what the model is given: "both", "prior" or "image".
        precision: "bf16", or "fp32" for tests and CPUs.
        quantization: "4bit" holds the language model in 4 bits (bitsandbytes, CUDA only); null does not.
        attention: "sdpa", "flash_attention_2" (needs flash-attn) or "eager".
        gradient_checkpointing: recompute activations in the backward pass; slower by a third, far less memory.
        device: "auto" or "cpu".
    """

    base: str = setting()
    vision: str | None = None
    inputs: Literal["both", "prior", "image"] = "both"
    precision: Literal["bf16", "fp32"] = "bf16"
    quantization: Literal["4bit"] | None = None
    attention: Literal["sdpa", "flash_attention_2", "eager"] = "sdpa"
    gradient_checkpointing: bool = True
    device: Literal["auto", "cpu"] = "auto"


@dataclass(frozen=True)
class LoraSettings:
    """The adapter.

    Attributes:
        rank: of the update matrices.
        alpha: the update is scaled by alpha / rank.
        dropout: share of inputs of the update that are dropped.
        parts: which of "lora", "prior_projector" and "visual_projector" are trained.
    """

    rank: int = setting(128, at_least=1)
    alpha: int = setting(256, at_least=1)
    dropout: float = setting(0.05, at_least=0, at_most=0.9)
    parts: tuple[str, ...] = PARTS


@dataclass(frozen=True)
class DataSettings:
    """What is learned from; files are FABA-Instruct JSON, their paths relative to ``root``.

    Attributes:
        root: folder that the paths inside the files start from.
        train_au: files of action-unit answers.
        train_emotion: files of emotion answers.
        eval_au: files whose loss is measured before and after, never trained on.
        eval_emotion: the same for emotion answers.
        prior_recipe: how the priors in the files were made.
        prior_dim: how many numbers they hold; null for what the recipe or the base says.
        features: folder that ``training.features`` filled for these pictures and this base, read in the place of the
            vision tower, which is never trained; null to run the tower.
        crop: "whole" when each picture is one face already, "detect" to find the face and cut it as the model expects.
        faults: "skip" or "refuse" records that cannot be used.
        max_length: tokens of a sample at most, the image span included.
        too_long: "truncate" the answer (as published), "skip" the sample, or "refuse" the data.
        limit: use the first so many samples of each file; null for all.
        workers: processes per GPU that open pictures; 0 for none.
    """

    root: str = setting()
    train_au: tuple[str, ...] = ()
    train_emotion: tuple[str, ...] = ()
    eval_au: tuple[str, ...] = ()
    eval_emotion: tuple[str, ...] = ()
    prior_recipe: str = "emola-2024"
    prior_dim: int | None = setting(None, at_least=1)
    features: str | None = None
    crop: Literal["whole", "detect"] = "whole"
    faults: Literal["skip", "refuse"] = "skip"
    max_length: int = setting(2048, at_least=8)
    too_long: Literal["truncate", "skip", "refuse"] = "truncate"
    limit: int | None = setting(None, at_least=1)
    workers: int = setting(4, at_least=0)


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW, its rates and the batches.

    Attributes:
        learning_rate: of LoRA and the prior projector.
        visual_projector_rate: of the visual projector.
        weight_decay: of AdamW.
        warmup: share of the steps in which the rates rise from zero; a cosine to zero follows.
        epochs: passes over the data.
        max_steps: end after so many steps instead (the cosine then ends there); null for whole epochs.
        batch_size: samples of one optimizer step, over all processes.
        micro_batch_size: samples of one forward pass of one process.
        max_grad_norm: gradients are scaled down to this norm.
        group_by_length: put samples of similar length into one step.
    """

    learning_rate: float = setting(1e-4, above=0)
    visual_projector_rate: float = setting(2e-5, above=0)
    weight_decay: float = setting(0.0, at_least=0)
    warmup: float = setting(0.03, at_least=0, at_most=1)
    epochs: int = setting(1, at_least=1)
    max_steps: int | None = setting(None, at_least=1)
    batch_size: int = setting(64, at_least=1)
    micro_batch_size: int = setting(16, at_least=1)
    max_grad_norm: float = setting(1.0, above=0)
    group_by_length: bool = True


@dataclass(frozen=True)
class RunSettings:
    """Where the run goes.

    Attributes:
        out: the run folder; the same command continues what is in it.
        seed: of every random choice.
        checkpoint_every: steps between checkpoints.
        keep: checkpoints kept.
        merged: also write the whole model with the adapter merged in.
    """

    out: str = setting()
    seed: int = setting(1, at_least=0)
    checkpoint_every: int = setting(50, at_least=1)
    keep: int = setting(2, at_least=1)
    merged: bool = False


@dataclass(frozen=True)
class TrainConfig:
    """All settings of a run."""

    model: ModelSettings
    lora: LoraSettings
    data: DataSettings
    optimizer: OptimizerSettings
    run: RunSettings

    @classmethod
    def from_yaml(cls, path: Path, changes: Sequence[str] = ()) -> Self:
        """Read a file and apply ``section.key=value`` changes.

        Raises:
            InputError: with every mistake: unknown settings, wrong kinds, values out of range, contradictions.
        """
        faults = ConfigFaults(str(path))
        content = read_settings(path, changes, faults)
        config = build(cls, content, faults)
        config.note_contradictions(faults)
        faults.raise_if_any()
        return config

    def note_contradictions(self, faults: ConfigFaults) -> None:
        """Note settings that are each possible but not together."""
        _check_parts(self, faults)
        _check_features(self, faults)
        _check_gpu(self.model, faults)
        _check_batch(self.optimizer, faults)
        self.note_missing_data(faults)

    def note_missing_data(self, faults: ConfigFaults) -> None:
        """Note that there is nothing to learn from, or that it is held out at the same time."""
        data, note = self.data, faults.add_contradiction
        nothing = not data.train_au and not data.train_emotion
        words = "data.train_au and data.train_emotion are both empty, so there is nothing to learn from"
        note(nothing, words, "data.train_au", "data.train_emotion")
        for task in ("au", "emotion"):
            check_apart(faults, data, f"data.train_{task}", f"data.eval_{task}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by section, as plain YAML values."""
        plain: dict[str, Any] = yaml.safe_load(yaml.safe_dump(_plain(asdict(self))))
        return plain

    def to_yaml(self) -> str:
        """Return the settings as a file that :meth:`from_yaml` reads back."""
        return yaml.safe_dump(_plain(asdict(self)), sort_keys=False, allow_unicode=True)


def _plain(value: Any) -> Any:
    """Return ``value`` with tuples as lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def check_apart(faults: ConfigFaults, section: Any, train: str, held_out: str) -> None:
    """Note files that a section names both for training and as held out."""
    files = [set(getattr(section, name.split(".")[1]) or ()) for name in (train, held_out)]
    shared = files[0] & files[1]
    faults.add_contradiction(bool(shared), f"{train} and {held_out} share {', '.join(sorted(shared))}", train, held_out)


def _check_batch(optimizer: OptimizerSettings, faults: ConfigFaults) -> None:
    """Note a micro batch larger than the step."""
    micro, whole = optimizer.micro_batch_size, optimizer.batch_size
    words = f"optimizer.micro_batch_size ({micro}) is larger than the whole step, optimizer.batch_size ({whole})"
    wrong = (micro or 0) > (whole or 0)
    faults.add_contradiction(wrong, words, "optimizer.micro_batch_size", "optimizer.batch_size")


def _check_parts(config: TrainConfig, faults: ConfigFaults) -> None:
    """Note parts that do not exist or would see no input."""
    inputs, parts, note = config.model.inputs, config.lora.parts or (), faults.add_contradiction
    unknown = [part for part in parts if part not in PARTS]
    expected = f"expected some of {', '.join(PARTS)}"
    note(bool(unknown), f"lora.parts names {', '.join(unknown)}; {expected}", "lora.parts")
    note(not parts, f"lora.parts is empty, so nothing would be trained; {expected}", "lora.parts")
    for given, blind in (("prior", "visual_projector"), ("image", "prior_projector")):
        words = f"model.inputs is {given}, so lora.parts cannot train {blind}, which would see nothing"
        note(inputs == given and blind in parts, words, "model.inputs", "lora.parts")


def _check_features(config: TrainConfig, faults: ConfigFaults) -> None:
    """Note kept features that no one would read, or that are of other pictures than those trained on."""
    given = config.data.features is not None
    words = "data.features are of pictures, and model.inputs prior gives the model none"
    faults.add_contradiction(given and config.model.inputs == "prior", words, "data.features", "model.inputs")
    words = "data.features are of whole pictures, and data.crop detect trains on faces cut out of them"
    faults.add_contradiction(given and config.data.crop == "detect", words, "data.features", "data.crop")


def _check_gpu(model: ModelSettings, faults: ConfigFaults) -> None:
    """Note settings that only a CUDA GPU in bf16 can honour."""
    excluded = model.device == "cpu" or model.precision == "fp32"
    for name, wanted in (("quantization", model.quantization), ("attention", model.attention)):
        words = f"model.{name} {wanted} needs a CUDA GPU (model.device auto) and model.precision bf16"
        asked = wanted in ("4bit", "flash_attention_2")
        faults.add_contradiction(asked and excluded, words, f"model.{name}", "model.device", "model.precision")
