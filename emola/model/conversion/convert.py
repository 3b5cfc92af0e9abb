"""Convert a released EmoLA over a LLaVA-1.5 base to this project's format, as a peft adapter or merged into the base.

Everything is checked before anything is written, all faults come in one error, and tensors pass through memory one at a
time. Nothing is ever filled in: a tensor that is not there fails the conversion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from transformers import GenerationConfig, LlavaConfig

from emola.errors import CheckpointError
from emola.model.configuration import EmolaConfig
from emola.model.conversion.config_checks import PRIOR_DIM, RECIPE, check_fit, check_released_config
from emola.model.conversion.converted_files import (
    Parts,
    Progress,
    plan_adapter,
    plan_merged,
    write_adapter,
    write_merged,
)
from emola.model.storage.checkpoint import Checkpoint, Layout
from emola.model.storage.destination import Destination
from emola.model.storage.json_file import read_json_object, write_json_object
from emola.model.storage.problems import Problems
from emola.model.storage.processor_files import IMAGE_PROCESSOR_CONFIG, build_processor, load_tokenizer, missing_files
from emola.model.storage.released import read_released
from emola.model.storage.skeleton import Skeleton
from emola.model.storage.source import resolve_folder

ORIGIN_FILE: Final = "origin.json"
"""Says in a converted folder what it was made of; the loader reads the vision folder of an original base from it."""

_NOT_INHERITED: Final = ("model_type", "architectures", "transformers_version", "_name_or_path", "dtype", "torch_dtype")


@dataclass(frozen=True)
class ConversionReport:
    """What a conversion made.

    Attributes:
        destination: the new folder.
        form: "adapter" (peft, loads on the base) or "merged" (a whole model).
        base: the base's folder or hub id, as it is recorded.
        base_layout: "llava-hf" or "llava-original".
        dtype: the base's dtype.
        lora_tensors: how many LoRA tensors went in.
        projector_tensors: how many tensors of the two projectors went in.
        written_bytes: size of the weights written.
        missing_files: what must be added to the destination before it can read prompts and pictures.
    """

    destination: Path
    form: Literal["adapter", "merged"]
    base: str
    base_layout: Layout
    dtype: torch.dtype
    lora_tensors: int
    projector_tensors: int
    written_bytes: int
    missing_files: tuple[str, ...]

    def __str__(self) -> str:
        """Return the report as plain sentences, one a line."""
        lines = [
            f"{self.destination} holds the EmoLA as {'an adapter on' if self.form == 'adapter' else 'merged into'} "
            f"{self.base} ({self.base_layout}, {str(self.dtype).removeprefix('torch.')}).",
            f"{self.lora_tensors} LoRA tensors and {self.projector_tensors} projector tensors went in; "
            f"{self.written_bytes / 1e6:.1f} MB of weights were written.",
        ]
        if self.missing_files:
            lines.append(
                f"The base has no {', no '.join(self.missing_files)}: add them to {self.destination} before loading it."
            )
        return "\n".join(lines)


def convert_checkpoint(
    src: str | Path,
    dst: str | Path,
    base: str | Path,
    *,
    merge: bool = False,
    vision: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ConversionReport:
    """Convert a released EmoLA folder; the destination appears only when it is complete.

    Args:
        src: the released folder (or hub id).
        dst: the folder to write; it must not exist or be empty, unless ``overwrite``.
        base: LLaVA-1.5 in transformers' or in the original layout: a folder or a hub id.
        merge: write a whole model instead of an adapter.
        vision: the CLIP folder of an original base; without it the base's ``mm_vision_tower`` is looked for.
        overwrite: replace a checkpoint that is at ``dst``.
        progress: called after each tensor.

    Raises:
        CheckpointError: with every fault of the released folder and the base that would change the numbers.
        InputError: if a folder cannot be found or the destination cannot be used.
        ResourceError: if the hub cannot be reached or the disk is too small.
    """
    source, base_folder = resolve_folder(src), resolve_folder(base)
    destination = Destination(dst, overwrite=overwrite, sources=[source, base_folder])
    parts, config = _check_everything(source, base_folder, vision, progress or _no_progress)
    planned = plan_merged(parts) if merge else plan_adapter(parts)
    written_bytes = sum(tensor.byte_count for tensor in planned)
    destination.check_space(written_bytes)
    base_name = str(base_folder) if Path(base).expanduser().is_dir() else str(base)
    with destination.staging() as folder:
        if merge:
            write_merged(folder, parts)
        else:
            write_adapter(folder, parts, base_name)
        missing = _write_processor(folder, parts.base, config)
        _write_origin(folder, parts, base_name, "merged" if merge else "adapter")
        _generation_config(config).save_pretrained(folder)
        config.save_pretrained(folder)  # last: a folder without it is no checkpoint
    return ConversionReport(
        destination=destination.folder,
        form="merged" if merge else "adapter",
        base=base_name,
        base_layout=parts.base.layout,
        dtype=parts.base.dtype,
        lora_tensors=2 * len(parts.released.halves),
        projector_tensors=len(parts.released.modules),
        written_bytes=written_bytes,
        missing_files=missing,
    )


def emola_config(base: LlavaConfig, **fields: Any) -> EmolaConfig:
    """Return the configuration of an EmoLA on the LLaVA ``base``, with ``fields`` of its own."""
    inherited = {name: value for name, value in base.to_dict().items() if name not in _NOT_INHERITED}
    return EmolaConfig.from_dict({**inherited, "architectures": ["EmolaForConditionalGeneration"], **fields})


def _check_everything(
    source: Path, base_folder: Path, vision: str | Path | None, progress: Progress
) -> tuple[Parts, EmolaConfig]:
    """Read headers, fields and the adapter, and raise once with all that is wrong."""
    problems = Problems()
    base = Checkpoint(base_folder, vision)
    if base.layout == "emola":
        raise CheckpointError(
            f"{base_folder} is an EmoLA already; give the LLaVA-1.5 that the release was trained on. An adapter "
            "trained here on an EmoLA is merged by repeating its finished training command with run.merged=true."
        )
    released_config = _read_released_config(source, base.config, problems)
    skeleton = Skeleton(emola_config(base.config, prior_recipe=RECIPE, prior_dim=PRIOR_DIM))
    base.check_tensors(skeleton, problems, prior_needed=False)
    released = read_released(source, released_config, skeleton.shapes, problems)
    problems.raise_if_any(f"{source} cannot be converted over {base_folder}")
    if released is None:
        raise ValueError("A released folder that cannot be read must be among the problems.")
    config = emola_config(
        base.config,
        prior_recipe=RECIPE,
        prior_dim=PRIOR_DIM,
        crop_recipe="square-pad",
        conversation="vicuna_v1",
        inputs="both",
        real_vocab_size=released_config["vocab_size"],
        display_name=source.name,
        dtype=str(base.dtype).removeprefix("torch."),
    )
    return Parts(released, base, skeleton, progress), config


def _read_released_config(source: Path, base: LlavaConfig, problems: Problems) -> Mapping[str, Any]:
    """Read and check the released ``config.json``; a missing one is one more problem."""
    try:
        released = read_json_object(source / "config.json")
    except CheckpointError as error:
        problems.add(str(error).removesuffix("."))
        return {}
    check_released_config(released, problems)
    check_fit(released, base, problems)
    return released


def _write_processor(folder: Path, base: Checkpoint, config: EmolaConfig) -> tuple[str, ...]:
    """Write the processor if the base has its files, else at least the tokenizer; return what is missing."""
    missing = missing_files(base.folder, base.vision)
    if not missing:
        build_processor(base.folder, config, base.vision).save_pretrained(folder)
    elif missing == (IMAGE_PROCESSOR_CONFIG,):
        load_tokenizer(base.folder, config).save_pretrained(folder)
    return missing


def _write_origin(folder: Path, parts: Parts, base: str, form: str) -> None:
    """Write what the folder was made of."""
    fields = parts.released.fields
    content = {
        "form": form,
        "released": parts.released.folder.name,
        "base": base,
        "base_layout": parts.base.layout,
        "vision": str(parts.base.vision) if parts.base.vision else None,
        "lora": {"r": fields.rank, "lora_alpha": fields.alpha, "layers": list(fields.paths)},
    }
    write_json_object(folder / ORIGIN_FILE, content)


def _generation_config(config: EmolaConfig) -> GenerationConfig:
    """Return greedy generation with the control tokens of the language model."""
    text = config.get_text_config()
    return GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=text.bos_token_id, eos_token_id=text.eos_token_id, pad_token_id=text.pad_token_id
    )


def _no_progress(done: int, total: int, what: str) -> None:
    """Show nothing."""
