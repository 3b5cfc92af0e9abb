"""What the checkpoints of a cache folder were made with, so that another recipe never continues them.

``recipe.json`` holds the settings of the last run. A setting is bound as soon as a stage that reads it has a
checkpoint; what decides no weights (threads, evaluation faces, time between checkpoints) may always change, and so may
the steps of a stage, as long as they are not fewer than it has taken and no later stage builds on it.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from emola.errors import InputError
from emola.model.storage.json_file import read_json_object
from training.tiny.checkpoint import load_checkpoint
from training.tiny.config import TinyConfig

RECIPE: Final = "recipe.json"

_SHARED: Final = {"seed", "train_faces", "vision_width", "vision_layers", "weight_decay"}
_TOWER: Final = _SHARED | {"vision_batch", "vision_rate"}
_WORDS: Final = _SHARED | {
    "bank_faces", "prior_noise", "vocabulary", "vocabulary_texts", "text_width", "text_layers", "text_hidden",
    "decision_weight", "auxiliary_weight", "prior_batch", "prior_rate",
}  # fmt: skip
_BRIDGE: Final = _TOWER | _WORDS | {"vision_steps", "prior_steps", "bridge_rate"}
_JOINT: Final = _BRIDGE | {"bridge_steps", "joint_batch", "joint_rate", "unfreeze_at", "share_both", "share_image"}
_SETTLE: Final = _JOINT | {"joint_steps", "settle_rate"}
BOUND: Final = {"vision": _TOWER, "prior": _WORDS, "bridge": _BRIDGE, "joint": _JOINT, "settle": _SETTLE}
"""Settings that the checkpoint of each stage depends on, besides the number of its own steps."""


def claim_cache(config: TinyConfig) -> None:
    """Write the recipe of a run into its cache, made when missing, if the checkpoints there were made with it.

    Raises:
        InputError: checkpoints were made with other settings, are further than the steps asked for, or say nothing of
            how they were made.
        OSError: the cache cannot be written.
    """
    path = config.cache / RECIPE
    begun = [stage for stage in BOUND if (config.cache / f"{stage}.pt").is_file()]
    wanted = json.loads(json.dumps(asdict(config), default=str))
    if begun:
        recorded = _recorded(path, wanted)
        _check_settings(config.cache, begun, recorded, wanted)
        _check_steps(config.cache, begun, recorded, wanted)
    config.cache.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def _recorded(path: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe of the checkpoints beside it."""
    recorded = read_json_object(path) if path.is_file() else {}
    if not wanted.keys() <= recorded.keys():
        raise InputError(
            f"{path.parent} holds checkpoints, but no {RECIPE} says what they were made with; delete its *.pt files to "
            "train anew on the same faces, or choose another folder as cache."
        )
    return recorded


def _check_settings(cache: Path, begun: list[str], recorded: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise with every setting that differs from what a checkpoint was made with."""
    bound = set().union(*(BOUND[stage] for stage in begun))
    differing = [name for name in wanted if name in bound and wanted[name] != recorded[name]]
    if differing:
        told = ", ".join(f"{name} {recorded[name]} (now {wanted[name]})" for name in differing)
        raise InputError(
            f"The checkpoints in {cache} were made with {told}; set that back to continue them, or choose another "
            "folder as cache."
        )


def _check_steps(cache: Path, begun: list[str], recorded: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise when a stage has taken more steps than are asked for."""
    for name in (f"{stage}_steps" for stage in begun):
        if wanted[name] >= recorded[name]:
            continue
        saved = load_checkpoint(cache / f"{name.removesuffix('_steps')}.pt")
        if saved is not None and saved["step"] > wanted[name]:
            raise InputError(
                f"{name} is {wanted[name]}, but the checkpoint in {cache} has taken {saved['step']} steps already; ask "
                "for at least as many, or choose another folder as cache."
            )
