"""The pairs of a run: read, reported, and the run folder taken for them."""

from pathlib import Path
from typing import Protocol

from accelerate import Accelerator

from emola.errors import InputError
from training.config import TrainConfig
from training.data.samples import DataReport
from training.lora.base import Base
from training.lora.collator import Example
from training.lora.pair_collator import measure_pairs
from training.lora.pairs import Pair, read_pairs
from training.lora.prepare import describe_run
from training.lora.reading import require_records
from training.lora.run_folder import RunFolder


class PairFiles(Protocol):
    """Names of the files of pairs."""

    @property
    def train(self) -> tuple[str, ...]:
        """Files that are learned."""

    @property
    def eval(self) -> tuple[str, ...]:
        """Files whose loss is measured only."""


def gather_pairs(
    config: TrainConfig, files: PairFiles, base: Base, folder: RunFolder, accelerator: Accelerator
) -> dict[str, list[Pair]]:
    """Read the pairs in every process; the main one prints the summary and takes the run folder.

    Raises:
        InputError: if there is nothing to train on, or the folder holds another run.
    """
    prior_dim = base.config.prior_dim if base.config.uses_prior else None
    pairs: dict[str, list[Pair]] = {"train": [], "eval": []}
    reports: list[DataReport] = []
    for split, names in (("train", files.train), ("eval", files.eval)):
        for name in names:
            found, report = read_pairs(Path(name), Path(config.data.root), prior_dim, base.config.prior_recipe)
            pairs[split] += found[: config.data.limit]
            reports.append(report)
            accelerator.print(report.summary())
            if report.faults and config.data.faults == "refuse":
                raise InputError(f"{name} has {len(report.faults)} records with faults, and they are refused.")
        if split == "train":
            require_records(reports)
    if not pairs["train"]:
        raise InputError("Not one pair can be trained on; see the faults listed above, and mend the data.")
    if accelerator.is_main_process:
        folder.claim(config, reports, describe_run(accelerator))
    if config.data.crop == "detect":
        with accelerator.main_process_first():  # the others find every face cut already
            pairs = _cut_all(pairs, base, folder, accelerator)
    accelerator.wait_for_everyone()
    return pairs


def _cut_all(
    pairs: dict[str, list[Pair]], base: Base, folder: RunFolder, accelerator: Accelerator
) -> dict[str, list[Pair]]:
    """Cut the faces of all pairs and say which have none."""
    from training.lora.faces import cut_faces  # brings the face models, which most runs do not need

    cut = {}
    for split, found in pairs.items():
        cut[split], faults = cut_faces(found, base.config.crop_recipe, folder.folder / "crops" / split)
        if faults:
            accelerator.print(f"{len(faults)} {split} pictures show no usable face, {faults[0]}")
    return cut


def measure_all_pairs(
    config: TrainConfig, base: Base, pairs: dict[str, list[Pair]], accelerator: Accelerator
) -> dict[str, list[Example]]:
    """Count tokens and say how many pairs are left out.

    Raises:
        InputError: if nothing to train on is left.
    """
    examples = {}
    for split, found in pairs.items():
        measured = measure_pairs(found, base.processor, config.data.max_length)
        if measured.skipped:
            accelerator.print(f"{len(measured.skipped)} {split} pairs are left out, {measured.skipped[0]}")
        examples[split] = measured.examples
    if not examples["train"]:
        raise InputError(f"Not one pair fits data.max_length {config.data.max_length}; make it larger.")
    return examples
