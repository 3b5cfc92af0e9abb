"""Samples as a FABA-Instruct JSON, which training, the benchmark and the review import all read."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from emola.prompt import IMAGE_TOKEN
from emola.taxonomy import EMOTIONS
from training.data.samples import Sample

Form = Literal["train", "eval"]


def to_record(sample: Sample, root: Path, form: Form) -> dict[str, Any]:
    """Return a sample as a record of the training form (a conversation) or the evaluation form (label and reference).

    Args:
        sample: its picture and prior must lie inside ``root``.
        root: folder that the record's paths are relative to.
        form: which of the two; the evaluation form needs labels.
    """
    record: dict[str, Any] = {"source": sample.source, "id": sample.id, "image": _relative(sample.image, root)}
    if sample.prior is not None:
        record["landmark"] = _relative(sample.prior, root)
    if form == "train":
        question = {"from": "human", "value": f"{sample.question}\n{IMAGE_TOKEN}"}
        record["conversations"] = [question, {"from": "gpt", "value": sample.answer}]
        return record
    return {**record, "label": _label(sample), "gpt4": sample.answer}


def write_faba(samples: Sequence[Sample], root: Path, path: Path, form: Form) -> None:
    """Write samples as one JSON, whole or not at all."""
    root = root.resolve()
    content = json.dumps([to_record(sample, root, form) for sample in samples], indent=1, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(content + "\n", encoding="utf-8")
    os.replace(temporary, path)


def _label(sample: Sample) -> str:
    """Return the label as FABA-Bench writes it: the emotion's number, or numbers joined by comma and space."""
    if sample.task == "emotion":
        return str(EMOTIONS.index(sample.labels["emotion"]))
    return ", ".join(str(number) for number in sample.labels["action_units"])


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
