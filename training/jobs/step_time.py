"""How long a step takes: the time of the last run here that took the same steps on the same device."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import yaml

from emola.model.placement import choose_device
from training.config import TrainConfig
from training.jobs.progress import last_lines
from training.lora.provenance import device_name

_MODEL: Final = ("precision", "quantization", "attention", "gradient_checkpointing", "inputs")
_LEARNED: Final = ("train_au", "train_emotion", "features")
_DEEPEST: Final = 4


def measured_step(config: TrainConfig, runs_folder: Path) -> tuple[float | None, str]:
    """Return the median time in seconds of a step of the newest run that takes the same steps, and where that is.

    Args:
        config: of the run to come.
        runs_folder: earlier runs lie in it.
    """
    wanted = _step_settings(config.to_dict())
    device = device_name(choose_device("cpu" if config.model.device == "cpu" else "auto"))
    found = sorted(_find(runs_folder, "metrics.jsonl"), key=lambda path: -path.stat().st_mtime)
    for path in found:
        if _device(path.parent) != device or _settings_of(path.parent) != wanted:
            continue
        seconds = [row["seconds"] for row in last_lines(path) if "seconds" in row]
        if seconds:
            return median(seconds), path.parent.relative_to(runs_folder).as_posix()
    return None, ""


def _step_settings(settings: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the time of a step depends on; answers about action units are several times as long as others."""
    model, optimizer, lora, data = (settings.get(name) or {} for name in ("model", "optimizer", "lora", "data"))
    base = str(model.get("base"))
    place = str(Path(base).expanduser().resolve()) if Path(base).expanduser().is_dir() else base
    batch = (optimizer.get("batch_size"), optimizer.get("micro_batch_size"))
    adapter = (lora.get("rank"), tuple(lora.get("parts") or ()))
    learned = tuple(bool(data.get(name)) for name in _LEARNED)
    return (place, *(model.get(name) for name in _MODEL), *batch, *adapter, *learned, data.get("max_length"))


def _settings_of(run: Path) -> tuple[Any, ...] | None:
    path = run / "config.yaml"
    return _step_settings(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _device(run: Path) -> str | None:
    """Return the device that a run noted."""
    path = run / "run.json"
    return json.loads(path.read_text(encoding="utf-8")).get("device") if path.is_file() else None


def _find(folder: Path, name: str) -> Iterator[Path]:
    """Yield files of a name below a folder, at most some folders deep; links are not followed."""
    for place, folders, files in os.walk(folder):
        if name in files:
            yield Path(place) / name
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        folders[:] = [inner for inner in folders if not inner.startswith(".") and inner not in ("checkpoints", "parts")]
