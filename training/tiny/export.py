"""Writes the finished model as a folder that ``EmolaForConditionalGeneration.from_pretrained`` reads."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import GenerationConfig

from emola.errors import InputError
from emola.model import EmolaForConditionalGeneration, EmolaProcessor
from emola.model.configuration import ModelInputs
from emola.model.storage.destination import Destination, clear_abandoned
from emola.taxonomy import ACTION_UNITS
from training.tiny.config import TinyConfig

SUPPORTED = (6, 12, 25, 27)
"""Action units measured to hold on photographs."""

UNCERTAIN = (1, 2, 4, 5, 26)
"""Action units measured to hold on photographs only partly."""

DEFAULT_INPUTS: ModelInputs = "prior"
"""What the model is given unless asked otherwise: on photographs the prior alone says the fewest wrong things."""

MAX_NEW_TOKENS = 300
TRAINING = "training.json"
"""How a model was trained; a folder with this file is an earlier export."""


def reliability() -> dict[str, str]:
    """Return how far each action unit was measured to hold on photographs."""
    levels = dict.fromkeys(map(str, ACTION_UNITS), "not reliable")
    levels |= dict.fromkeys(map(str, UNCERTAIN), "uncertain")
    return levels | dict.fromkeys(map(str, SUPPORTED), "supported")


def claim_destination(out: Path) -> Destination:
    """Return the folder of the export, checked; what a run killed while replacing it had put aside is put back.

    Raises:
        InputError: ``out`` is a file, or a folder that holds something else than an earlier export.
    """
    folder = out.resolve()
    clear_abandoned(folder)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / TRAINING).is_file():
        raise InputError(
            f"{out} holds something else than an earlier EmoLA-tiny (it has no {TRAINING}), so it is not replaced; "
            "choose another folder as out."
        )
    return Destination(folder, overwrite=True, sources=[])


def export_model(
    model: EmolaForConditionalGeneration, tokenizer: Any, config: TinyConfig, inputs: ModelInputs = DEFAULT_INPUTS
) -> Path:
    """Write weights in fp16, tokenizer, processor and how they were trained.

    Everything is written into a new folder, which takes the place of ``config.out`` at the end; files that lie there
    and are no part of an export (a model card, pictures) move along. The old folder goes last.

    Args:
        model: folded, with the standardisation of priors inside.
        tokenizer: of the model.
        config: of the run; ``config.out`` is the folder.
        inputs: what the model is given by default.

    Raises:
        InputError: ``config.out`` holds something else than an earlier export.
    """
    destination = claim_destination(config.out)
    model.config.inputs = inputs
    model.config.action_unit_reliability = reliability()
    ids = model.config.get_text_config()
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False,
        max_new_tokens=MAX_NEW_TOKENS,
        bos_token_id=ids.bos_token_id,
        eos_token_id=ids.eos_token_id,
        pad_token_id=ids.pad_token_id,
    )
    model.eval()  # type: ignore[no-untyped-call]
    model.half()  # type: ignore[no-untyped-call]
    with destination.staging() as folder:
        model.save_pretrained(folder)
        for path in folder.iterdir():
            path.chmod(0o644)  # safetensors writes files that only the owner reads
        EmolaProcessor.from_config(model.config, tokenizer).save_pretrained(folder)
        (folder / TRAINING).write_text(json.dumps(_recipe(config), indent=1) + "\n", encoding="utf-8")
        _carry_over(config.out, folder)
    return config.out


def _recipe(config: TinyConfig) -> dict[str, Any]:
    """Return the settings that decide the weights."""
    return {key: value for key, value in asdict(config).items() if key not in ("cache", "out", "workers", "threads")}


def _carry_over(old: Path, new: Path) -> None:
    """Copy what lies in ``old`` and not in ``new``."""
    for path in old.iterdir() if old.is_dir() else ():
        target = new / path.name
        if target.exists():
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, target, symlinks=True)
        else:
            shutil.copy2(path, target, follow_symlinks=False)
