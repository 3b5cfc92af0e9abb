"""Write the result of a run: the adapter in peft format with all it needs to be loaded, and the merged model."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from peft import PeftModel

from emola.errors import ResourceError
from emola.model.conversion.convert import ORIGIN_FILE
from emola.model.loading import load_model
from emola.model.storage.json_file import write_json_object
from training.config import TrainConfig
from training.lora.base import DTYPES, Base
from training.lora.card import model_card
from training.lora.loop import Session
from training.lora.run_folder import RunFolder
from training.lora.state import adapter_tensors
from training.lora.trainable import TrainablePart


def export_adapter(session: Session, base: Base, parts: Sequence[TrainablePart]) -> None:
    """Write ``adapter/``: LoRA and both projectors, configuration, processor, model card; every process must call this.

    ``emola.model.loading.load_model(base, adapter=...)`` reads it, on a plain LLaVA too.

    Args:
        session: after the last step.
        base: what was trained on.
        parts: what was trained.

    Raises:
        ResourceError: if it cannot be written; a folder from before is then still there.
    """
    adapted: PeftModel = session.accelerator.unwrap_model(session.model)
    tensors = adapter_tensors(adapted)
    if not session.accelerator.is_main_process:
        return
    folder = session.folder
    partial = folder.folder / ".adapter.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        adapted.save_pretrained(str(partial), state_dict=tensors)
        base.config.save_pretrained(partial)
        base.processor.save_pretrained(partial)
        _write_origin(partial, base)
        counts = {part.name: part.number_count for part in parts}
        (partial / "README.md").write_text(model_card(session.config, base, folder, counts), encoding="utf-8")
        shutil.rmtree(folder.adapter, ignore_errors=True)
        partial.rename(folder.adapter)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ResourceError(
            f"The adapter could not be written to {folder.adapter} ({error.strerror or error}); the last checkpoint is "
            "intact: make room and give the same command again."
        ) from error


def export_merged(folder: RunFolder, config: TrainConfig, base: Base) -> None:
    """Write ``merged/``: the base, not quantised, with the adapter merged in, on the CPU.

    Raises:
        ResourceError: if memory or disk do not suffice.
        CheckpointError: if the adapter does not load on its base.
    """
    dtype = DTYPES[config.model.precision]
    loaded = load_model(base.name, adapter=folder.adapter, device="cpu", dtype=dtype)
    partial = folder.folder / ".merged.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        loaded.model.save_pretrained(partial)
        loaded.processor.save_pretrained(partial)
        shutil.copy(folder.adapter / "README.md", partial / "README.md")
        shutil.rmtree(folder.merged, ignore_errors=True)
        partial.rename(folder.merged)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ResourceError(f"The merged model could not be written ({error.strerror or error}); make room.") from error


def _write_origin(folder: Path, base: Base) -> None:
    """Say which CLIP folder an original LLaVA-1.5 was seen through; the loader reads it."""
    vision = base.checkpoint.vision
    if vision is not None:
        content = {"form": "adapter", "base": base.name, "base_layout": base.checkpoint.layout, "vision": str(vision)}
        write_json_object(folder / ORIGIN_FILE, content)
