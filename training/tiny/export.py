"""Writes the finished model as a folder that ``EmolaForConditionalGeneration.from_pretrained`` reads."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import GenerationConfig

from emola.model import EmolaForConditionalGeneration, EmolaProcessor
from emola.model.configuration import ModelInputs
from emola.taxonomy import ACTION_UNITS
from training.tiny.config import TinyConfig

SUPPORTED = (6, 12, 25, 27)
"""Action units measured to hold on photographs."""

UNCERTAIN = (1, 2, 4, 5, 26)
"""Action units measured to hold on photographs only partly."""

DEFAULT_INPUTS: ModelInputs = "prior"
"""What the model is given unless asked otherwise: on photographs the prior alone says the fewest wrong things."""

MAX_NEW_TOKENS = 300
CARD = "README.md"
TRAINING = "training.json"


def reliability() -> dict[str, str]:
    """Return how far each action unit was measured to hold on photographs."""
    levels = dict.fromkeys(map(str, ACTION_UNITS), "not reliable")
    levels |= dict.fromkeys(map(str, UNCERTAIN), "uncertain")
    return levels | dict.fromkeys(map(str, SUPPORTED), "supported")


def export_model(
    model: EmolaForConditionalGeneration, tokenizer: Any, config: TinyConfig, inputs: ModelInputs = DEFAULT_INPUTS
) -> Path:
    """Write weights in fp16, tokenizer, processor and how they were trained; the old folder is replaced at the end.

    Args:
        model: folded, with the standardisation of priors inside.
        tokenizer: of the model.
        config: of the run; ``config.out`` is the folder, whose model card is kept.
        inputs: what the model is given by default.
    """
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
    folder = config.out.with_name(f".{config.out.name}.new")
    shutil.rmtree(folder, ignore_errors=True)
    model.eval()  # type: ignore[no-untyped-call]
    model.half()  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)  # safetensors writes files that only the owner reads
    EmolaProcessor.from_config(model.config, tokenizer).save_pretrained(folder)
    recipe = {key: value for key, value in asdict(config).items() if key not in ("cache", "out", "workers", "threads")}
    (folder / TRAINING).write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")
    if (config.out / CARD).is_file():
        shutil.copy(config.out / CARD, folder / CARD)
    shutil.rmtree(config.out, ignore_errors=True)
    folder.rename(config.out)
    return config.out
