"""The part of a run that every objective shares: model, steps, adapter, merged model."""

from collections.abc import Callable

from accelerate import Accelerator

from training.config import TrainConfig
from training.lora.base import Base
from training.lora.collator import Collate, Example
from training.lora.export import export_adapter, export_merged
from training.lora.kept_features import vision_tower_of
from training.lora.loop import Objective, run_steps
from training.lora.prepare import build_session
from training.lora.run_folder import RunFolder


def run_training(
    config: TrainConfig,
    base: Base,
    folder: RunFolder,
    accelerator: Accelerator,
    measure: Callable[[], dict[str, list[Example]]],
    collator: Collate,
    objective: Objective,
) -> None:
    """Take the steps that are left and write what the run is for; a finished run is left as it is.

    Args:
        config: the settings.
        base: opened, not loaded.
        folder: claimed for this run.
        accelerator: of this process.
        measure: returns what is learned ("train") and held out ("eval"), with lengths.
        collator: makes the tensors.
        objective: the loss.

    Raises:
        EmolaError: if the machine cannot do it, or something went away while it ran.
    """
    if folder.finished:
        accelerator.print(f"{folder.folder} is finished; its adapter is in {folder.adapter}.")
    else:
        with folder.heartbeat():
            session, parts = build_session(config, base, folder, accelerator, measure(), collator, objective)
            adapted = accelerator.unwrap_model(session.model)
            with vision_tower_of(adapted, kept=config.data.features is not None):
                run_steps(session)
            export_adapter(session, base, parts)
            del session, adapted
        accelerator.print(f"The adapter is in {folder.adapter}.")
    if config.run.merged and accelerator.is_main_process and not folder.merged.is_dir():
        export_merged(folder, config, base)
        accelerator.print(f"The merged model is in {folder.merged}.")
    accelerator.wait_for_everyone()
