"""Settings of a run that trains EmoLA-tiny; read from YAML, changed by ``key=value``, checked all at once."""

import difflib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import yaml

from emola.errors import InputError


@dataclass(frozen=True)
class TinyConfig:
    """Everything that decides the weights, besides the code.

    Attributes:
        cache: folder of rendered faces, residuals, and checkpoints; not part of the repository.
        out: folder that receives the finished model.
        seed: of every random choice.
        train_faces, eval_faces: how many faces to render for training and for evaluation.
        eval_seed: series of the faces never trained on.
        bank_faces: training faces on which the face mesh is run to collect its residuals.
        workers: processes that render.
        threads: threads of the trainer.
        vision_width, vision_layers: CLIP tower; heads are 32 wide.
        text_width, text_layers, text_hidden: Llama; heads are 32 wide.
        vocabulary: size of the vocabulary at most.
        vocabulary_texts: how many pairs of descriptions the tokenizer learns from.
        vision_steps, vision_batch, vision_rate: stage 1, the tower with heads for action units and landmarks.
        prior_steps, prior_batch, prior_rate: stage 2, language from the prior alone.
        bridge_steps, bridge_rate: stage 3, the picture's rows learn to say what the language model can read.
        joint_steps, joint_batch, joint_rate: stage 4, picture and prior.
        unfreeze_at: share of stage 4 after which the tower learns too.
        share_both, share_image: shares of batches with both inputs and with the picture alone; the rest has the prior.
        decision_weight: loss weight of tokens that decide what is said (numbers, emotions, end).
        auxiliary_weight: loss weight of reading the action units off the last prompt token.
        prior_noise: standard deviation of the noise on standardised priors.
        weight_decay: of AdamW.
        checkpoint_seconds: time between checkpoints.
    """

    cache: Path
    out: Path
    seed: int = 1
    train_faces: int = 24000
    eval_faces: int = 2000
    eval_seed: int = 9001
    bank_faces: int = 4000
    workers: int = 2
    threads: int = 2
    vision_width: int = 192
    vision_layers: int = 4
    text_width: int = 192
    text_layers: int = 4
    text_hidden: int = 512
    vocabulary: int = 1600
    vocabulary_texts: int = 20000
    vision_steps: int = 5000
    vision_batch: int = 64
    vision_rate: float = 1.5e-3
    prior_steps: int = 3000
    prior_batch: int = 32
    prior_rate: float = 1.5e-3
    bridge_steps: int = 500
    bridge_rate: float = 2.0e-3
    joint_steps: int = 2500
    joint_batch: int = 32
    joint_rate: float = 1.0e-3
    unfreeze_at: float = 0.6
    share_both: float = 0.45
    share_image: float = 0.25
    decision_weight: float = 4.0
    auxiliary_weight: float = 1.0
    prior_noise: float = 0.15
    weight_decay: float = 0.02
    checkpoint_seconds: float = 60.0

    @classmethod
    def read(cls, path: Path, changes: list[str] | None = None) -> Self:
        """Read a YAML file and apply ``key=value`` changes.

        Raises:
            InputError: the file is missing or not a mapping, or settings are unknown or of the wrong kind; all
                mistakes are named at once.
        """
        if not path.is_file():
            raise InputError(f"There is no configuration file {path}.")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise InputError(f"{path} must hold settings as 'key: value' lines.")
        problems = []
        for change in changes or []:
            key, equals, value = change.partition("=")
            if equals:
                content[key] = yaml.safe_load(value)
            else:
                problems.append(f"{change!r} is not of the form key=value")
        return cls._checked(content, problems)

    @classmethod
    def _checked(cls, content: dict[str, Any], problems: list[str]) -> Self:
        """Convert every setting to its type, or raise with all that is wrong."""
        kinds = {item.name: item.type for item in fields(cls)}
        values: dict[str, Any] = {}
        for key, value in content.items():
            if key not in kinds:
                near = difflib.get_close_matches(str(key), kinds, n=1)
                problems.append(f"unknown setting {key!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
                continue
            try:
                values[key] = kinds[key](value)  # type: ignore[operator]
            except (TypeError, ValueError):
                problems.append(f"{key} must be a {getattr(kinds[key], '__name__', 'value')}, not {value!r}")
        problems += [f"{key} is missing" for key in ("cache", "out") if key not in content]
        for key, value in values.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
                problems.append(f"{key} must not be negative, but is {value}")
        if problems:
            raise InputError("The configuration has mistakes: " + "; ".join(problems) + ".")
        return cls(**values)

    def miniature(self, cache: Path, out: Path) -> Self:
        """Return the same recipe at a size that trains in seconds, for tests."""
        return replace(
            self,
            cache=cache,
            out=out,
            train_faces=64,
            eval_faces=16,
            bank_faces=16,
            workers=1,
            threads=1,
            vision_width=32,
            vision_layers=2,
            text_width=32,
            text_layers=2,
            text_hidden=64,
            vocabulary=600,
            vocabulary_texts=200,
            vision_steps=12,
            vision_batch=16,
            prior_steps=30,
            prior_batch=8,
            bridge_steps=6,
            joint_steps=12,
            joint_batch=8,
        )
