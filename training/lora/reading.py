"""The samples of a run: every file of the configuration read once, by one process, and handed to the others."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, get_args

from emola.errors import InputError
from training.config import DataSettings
from training.data.records import Task
from training.data.samples import DataReport, Sample, read_faba

SPLITS: Final = ("train", "eval")
Splits = dict[str, list[Sample]]


def read_data(settings: DataSettings, prior_dim: int | None) -> tuple[Splits, list[DataReport]]:
    """Read all files of a configuration.

    Args:
        settings: which files.
        prior_dim: length of the priors, or None when the model is not given any.

    Returns:
        Samples for training and for the held-out loss, and the report of every file.

    Raises:
        InputError: if a file cannot be read, faults are refused, or no training file holds a record.
    """
    splits: Splits = {split: [] for split in SPLITS}
    reports: list[DataReport] = []
    for split, samples in splits.items():
        for task in get_args(Task):
            for name in getattr(settings, f"{split}_{task}"):
                found, report = read_faba(
                    Path(name),
                    Path(settings.root),
                    task,
                    prior_dim=prior_dim,
                    prior_recipe=settings.prior_recipe,
                    faults=settings.faults,
                )
                samples += found[: settings.limit]
                reports.append(report)
        if split == "train":
            require_records(reports)
    return splits, reports


def require_records(reports: Sequence[DataReport]) -> None:
    """Raise InputError when the files to train on hold no record at all, whose faults could be listed."""
    if not any(report.rows for report in reports):
        names = ", ".join(str(report.file) for report in reports)
        raise InputError(f"There is not one record in {names}, so there is nothing to train on; give other files.")


def summarise(splits: Splits, reports: Iterable[DataReport]) -> str:
    """Return what was read, in lines for a person."""
    counts = f"{len(splits['train'])} samples to train on, {len(splits['eval'])} held out."
    return "\n".join([*(report.summary() for report in reports), counts])


def require_samples(splits: Splits) -> None:
    """Raise InputError unless there is something to train on."""
    if not splits["train"]:
        raise InputError("Not one record can be trained on; see the faults listed above, and mend the data.")


def samples_to_text(splits: Splits) -> str:
    """Return the samples as JSON lines."""
    lines = []
    for split, samples in splits.items():
        for sample in samples:
            paths = {"image": str(sample.image), "prior": str(sample.prior) if sample.prior else None}
            lines.append(json.dumps({"split": split, **dataclasses.asdict(sample), **paths}))
    return "".join(f"{line}\n" for line in lines)


def samples_from_text(text: str) -> Splits:
    """Return the samples that :func:`samples_to_text` wrote."""
    splits: Splits = {split: [] for split in SPLITS}
    for line in text.splitlines():
        fields = json.loads(line)
        split = fields.pop("split")
        prior = fields.pop("prior")
        sample = Sample(**fields | {"image": Path(fields["image"]), "prior": Path(prior) if prior else None})
        splits[split].append(sample)
    return splits
