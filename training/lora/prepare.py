"""From settings to a session ready to take steps: data, base, adapter, optimizer. Prints what a person must know."""

import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from transformers.utils.logging import disable_progress_bar

from emola.errors import InputError, ResourceError
from training.config import TrainConfig
from training.lora.base import Base, load_base
from training.lora.collator import Collate, Example, measure
from training.lora.kept_features import find_features, with_features
from training.lora.loop import Objective, Session, plan_run, rounds_of
from training.lora.provenance import describe_software, device_name
from training.lora.reading import (
    Splits,
    read_data,
    require_samples,
    samples_from_text,
    samples_to_text,
    summarise,
)
from training.lora.run_folder import RunFolder
from training.lora.trainable import TrainablePart, adapt, describe_parts, find_parts, optimizer_groups


def start_processes(config: TrainConfig) -> Accelerator:
    """Return the accelerator of this process, alone or under ``accelerate launch``.

    Raises:
        InputError: if the step cannot be spread over the processes.
        ResourceError: if the machine lacks what is asked.
    """
    if not sys.stderr.isatty():
        disable_progress_bar()  # type: ignore[no-untyped-call]
    on_cpu = config.model.device == "cpu"
    mixed = "bf16" if config.model.precision == "bf16" else "no"
    accelerator = Accelerator(cpu=on_cpu, mixed_precision=mixed)
    processes, whole = accelerator.num_processes, config.optimizer.batch_size
    if processes > whole:
        raise InputError(f"optimizer.batch_size {whole} cannot be spread over {processes} processes; make it larger.")
    if config.model.quantization and accelerator.device.type != "cuda":
        raise ResourceError(f"model.quantization needs a CUDA GPU, and this machine trains on {accelerator.device}.")
    accelerator.gradient_accumulation_steps = rounds_of(config, processes)
    return accelerator


def gather_data(config: TrainConfig, base: Base, folder: RunFolder, accelerator: Accelerator) -> Splits:
    """Read the data in the main process, print the summary, take the run folder; return the samples everywhere.

    Raises:
        InputError: if there is nothing to train on, or the folder holds another run.
    """
    if accelerator.is_main_process:
        prior_dim = base.config.prior_dim if base.config.uses_prior else None
        splits, reports = read_data(config.data, prior_dim)
        accelerator.print(summarise(splits, reports))
        require_samples(splits)
        folder.claim(config, reports, describe_run(accelerator))
        if config.data.crop == "detect":
            splits = _cut_all(splits, base, folder, accelerator)
            require_samples(splits)
        folder.write(folder.samples.name, samples_to_text(splits))
    accelerator.wait_for_everyone()
    return samples_from_text(folder.samples.read_text(encoding="utf-8"))


def describe_run(accelerator: Accelerator) -> dict[str, Any]:
    """Return what goes into ``run.json``: versions, revision, processes and kind of device."""
    where = device_name(accelerator.device)
    return {**describe_software(), "processes": accelerator.num_processes, "device": where}


def measure_all(config: TrainConfig, base: Base, splits: Splits, accelerator: Accelerator) -> dict[str, list[Example]]:
    """Count tokens and say how many samples were cut or left out.

    Raises:
        InputError: if nothing to train on is left, or long samples are refused.
    """
    examples = {}
    for split, samples in splits.items():
        measured = measure(samples, base.processor, config.data)
        for what, names in (("lose the end of their answer", measured.truncated), ("are left out", measured.skipped)):
            if names:
                accelerator.print(f"{len(names)} {split} samples {what}, {names[0]}{' ...' if len(names) > 1 else ''}")
        examples[split] = measured.examples
    if not examples["train"]:
        raise InputError(f"Not one sample fits data.max_length {config.data.max_length}; make it larger.")
    return examples


def build_session(
    config: TrainConfig,
    base: Base,
    folder: RunFolder,
    accelerator: Accelerator,
    examples: dict[str, list[Example]],
    collator: Collate,
    objective: Objective,
) -> tuple[Session, list[TrainablePart]]:
    """Load the base, add the adapter, print what is trained, wrap everything; return the session and the parts.

    Raises:
        ResourceError: if memory does not suffice.
        CheckpointError: if a weight is not finite.
        InputError: if kept features are not those of this base and these pictures.
    """
    model = adapt(
        load_base(base, config.model, accelerator.device, config.run.seed), config.lora, base.name, config.run.seed
    )
    if config.data.features is not None:
        loaded: Any = model.get_base_model()
        spread = accelerator.distributed_type
        store = find_features(Path(config.data.features), loaded, base.processor, examples, spread)
        collator = with_features(collator, store)
    parts = find_parts(model)
    accelerator.print(describe_parts(parts, config.optimizer, base.number_count))
    steps = len(plan_run(config, [example.length for example in examples["train"]]))
    accelerator.print(
        f"{steps} steps of {config.optimizer.batch_size} samples: {accelerator.num_processes} processes, "
        f"{rounds_of(config, accelerator.num_processes)} micro batches of {config.optimizer.micro_batch_size} each."
    )
    fused = accelerator.device.type == "cuda"
    optimizer: Any = torch.optim.AdamW(optimizer_groups(parts, config.optimizer), fused=fused)
    _tell_deepspeed(accelerator, config)
    wrapped, prepared = accelerator.prepare(model, optimizer)
    train, held_out = examples["train"], examples["eval"]
    return Session(config, folder, accelerator, wrapped, prepared, collator, objective, train, held_out), parts


def _cut_all(splits: Splits, base: Base, folder: RunFolder, accelerator: Accelerator) -> Splits:
    """Cut the faces of all splits and say which have none."""
    from training.lora.faces import cut_faces  # brings the face models, which most runs do not need

    cut = {}
    for split, samples in splits.items():
        recipe = base.config.crop_recipe
        cut[split], faults = cut_faces(samples, recipe, folder.folder / "crops" / split)
        if faults:
            more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
            accelerator.print(f"{len(faults)} {split} pictures show no usable face: {'; '.join(faults[:5])}{more}")
    return cut


def _tell_deepspeed(accelerator: Accelerator, config: TrainConfig) -> None:
    """Fill in what DeepSpeed would read off a data loader and off the launcher's options, which know no better."""
    plugin = getattr(accelerator.state, "deepspeed_plugin", None)
    if plugin is not None:
        settings: dict[str, Any] = plugin.deepspeed_config
        settings |= {
            "train_micro_batch_size_per_gpu": config.optimizer.micro_batch_size,
            "gradient_accumulation_steps": accelerator.gradient_accumulation_steps,
            "gradient_clipping": config.optimizer.max_grad_norm,
        }
