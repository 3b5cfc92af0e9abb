"""Samples for training and benchmark, read from FABA-Instruct's JSON with every fault counted and named.

Paths in the JSON are relative to the data root and never leave it. Every picture is decoded once and every prior is
loaded once, so that what training will meet is known before it starts; their bytes go into a fingerprint of the data.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from emola.errors import ImageError, InputError
from emola.imaging import open_image
from training.data.prior_recipe import check_recipe
from training.data.records import (
    RecordFault,
    Task,
    labels_of,
    question_and_answer,
    record_id,
    safe_path,
    text_field,
    weight_of,
)

FaultPolicy = Literal["skip", "refuse"]
_LISTED: Final = 5


@dataclass(frozen=True)
class Sample:
    """One question and answer about one face.

    Attributes:
        id: unique within its file.
        image: absolute path, inside the data root; opened once without error.
        prior: ``.npy`` of finite numbers, or None when priors were not asked for.
        question: without the image placeholder.
        answer: what to learn, or the reference text of an evaluation record.
        task: "emotion" or "au".
        source: where the picture is from, empty when the record does not say.
        labels: ``{"emotion": name}``, ``{"action_units": [numbers]}`` or empty.
        weight: what each token of the answer counts in the loss, above 0 and at most 1.
    """

    id: str
    image: Path
    prior: Path | None
    question: str
    answer: str
    task: Task
    source: str = ""
    labels: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Fault:
    """A record that cannot be used: its id (or place in the file), the kind of fault, and what was found."""

    id: str
    kind: str
    detail: str


@dataclass(frozen=True)
class DataReport:
    """What one file held.

    Attributes:
        file: the JSON.
        task: what its questions ask for, or "preference".
        rows: records in the file.
        used: records that became samples.
        faults: the others, in file order.
        sha256: of the JSON.
        fingerprint: sha256 over the samples: texts, bytes of pictures and priors, in order.
    """

    file: Path
    task: str
    rows: int
    used: int
    faults: tuple[Fault, ...]
    sha256: str
    fingerprint: str

    @property
    def counts(self) -> dict[str, int]:
        """How often each kind of fault occurs, most frequent first."""
        return dict(Counter(fault.kind for fault in self.faults).most_common())

    def summary(self, listed: int = _LISTED) -> str:
        """Return the report as lines of text, with the first ``listed`` faults of each kind by name."""
        lines = [f"{self.file.name} ({self.task}): {self.used} of {self.rows} records can be used."]
        for kind, count in self.counts.items():
            lines.append(f"  {count} x {kind}")
            named = [fault for fault in self.faults if fault.kind == kind]
            lines += [f"    {fault.id}: {fault.detail}" for fault in named[:listed]]
            if count > listed:
                lines.append(f"    and {count - listed} more")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return everything, faults included, as JSON values."""
        faults = [{"id": fault.id, "kind": fault.kind, "detail": fault.detail} for fault in self.faults]
        return {
            "file": str(self.file),
            "task": self.task,
            "rows": self.rows,
            "used": self.used,
            "counts": self.counts,
            "faults": faults,
            "sha256": self.sha256,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class _Outcome:
    """What became of one record: a sample with the digest of its content, or a fault."""

    id: str | None
    sample: Sample | None = None
    digest: bytes = b""
    fault: RecordFault | None = None


def read_faba(
    json_path: Path,
    root: Path,
    task: Task,
    *,
    prior_dim: int | None = 212,
    prior_recipe: str | None = None,
    faults: FaultPolicy = "skip",
    workers: int = 4,
) -> tuple[list[Sample], DataReport]:
    """Read one file of FABA-Instruct, training or evaluation form.

    Args:
        json_path: the file.
        root: folder that the paths in it are relative to.
        task: what its questions ask for.
        prior_dim: how many numbers each prior must hold; None to do without priors.
        prior_recipe: how each prior must have been made, where the files beside it say; None takes any.
        faults: "skip" leaves records with faults out, "refuse" raises when there is any.
        workers: threads that open pictures.

    Raises:
        InputError: the file or the root is missing, the file is no JSON list, or there are faults and they are refused.
    """
    records, content = _load(json_path, root)
    root = root.resolve()
    with ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda record: _read_record(record, root, task, prior_dim, prior_recipe), records))
    samples, found, digest = _gather(outcomes)
    checksum = hashlib.sha256(content).hexdigest()
    report = DataReport(json_path, task, len(records), len(samples), tuple(found), checksum, digest)
    if found and faults == "refuse":
        raise InputError(f"{json_path} has {len(found)} records with faults, and they are refused:\n{report.summary()}")
    return samples, report


def load_prior(path: Path, prior_dim: int) -> NDArray[np.float32]:
    """Return the numbers of a prior file, float32 (``prior_dim``,).

    Raises:
        RecordFault: when it is missing, unreadable, of another shape, or not finite.
    """
    if not path.is_file():
        raise RecordFault("missing prior", f"there is no {path.name}")
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise RecordFault("wrong prior", f"{path.name} is no .npy array") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise RecordFault("wrong prior", f"{path.name} does not hold an array of numbers")
    if values.shape != (prior_dim,):
        raise RecordFault("wrong prior", f"{path.name} has shape {values.shape}, expected ({prior_dim},)")
    with np.errstate(over="ignore"):  # what does not fit float32 becomes infinite and is refused below
        numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise RecordFault("wrong prior", f"{path.name} holds NaN or infinite numbers")
    return numbers


def _load(json_path: Path, root: Path) -> tuple[list[Any], bytes]:
    """Return the records and the bytes of the file."""
    if not root.is_dir():
        raise InputError(f"There is no data root {root}; give the folder that the paths in the JSON start from.")
    if not json_path.is_file():
        raise InputError(f"There is no data file {json_path}.")
    try:
        content = json_path.read_bytes()
        records = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{json_path} cannot be read as JSON: {error}.") from error
    if not isinstance(records, list):
        raise InputError(f"{json_path} must hold a list of records, not a {type(records).__name__}.")
    return records, content


def _read_record(record: Any, root: Path, task: Task, prior_dim: int | None, prior_recipe: str | None) -> _Outcome:
    """Return the id of a record with its sample and a digest of its content, or with its fault."""
    identifier = None
    try:
        if not isinstance(record, dict):
            raise RecordFault("wrong type", f"a record must be an object, not a {type(record).__name__}")
        identifier = record_id(record)
        question, answer = question_and_answer(record, task)
        labels = labels_of(record, task)
        source, weight = str(record.get("source") or ""), weight_of(record)
        image = safe_path(root, text_field(record, "image"))
        prior = None if prior_dim is None else safe_path(root, text_field(record, "landmark"))
        digest = hashlib.sha256(json.dumps([identifier, question, answer, weight]).encode())
        digest.update(check_image(image))
        if prior is not None and prior_dim is not None:
            digest.update(load_prior(prior, prior_dim).tobytes())
            check_recipe(prior, root, prior_recipe)
        sample = Sample(identifier, image, prior, question, answer, task, source, labels, weight)
        return _Outcome(identifier, sample, digest.digest())
    except RecordFault as fault:
        return _Outcome(identifier, fault=fault)


def check_image(path: Path) -> bytes:
    """Return the sha256 of a picture that can be decoded."""
    if not path.is_file():
        raise RecordFault("missing image", f"there is no {path.name}")
    try:
        content = path.read_bytes()
        open_image(content)
    except (ImageError, OSError) as error:
        raise RecordFault("broken image", f"{path.name} cannot be opened: {error}") from error
    return hashlib.sha256(content).digest()


def _gather(outcomes: Sequence[_Outcome]) -> tuple[list[Sample], list[Fault], str]:
    """Sort outcomes into samples and faults; an id that came before is a fault."""
    samples: list[Sample] = []
    found: list[Fault] = []
    seen: set[str] = set()
    digest = hashlib.sha256()
    for number, outcome in enumerate(outcomes, start=1):
        if outcome.fault is not None:
            found.append(Fault(outcome.id or f"record {number}", outcome.fault.kind, outcome.fault.detail))
        elif outcome.sample is None or outcome.sample.id in seen:
            found.append(Fault(str(outcome.id), "duplicate id", f"record {number} has the id of an earlier one"))
        else:
            seen.add(outcome.sample.id)
            samples.append(outcome.sample)
            digest.update(outcome.digest)
    return samples, found, digest.hexdigest()
