"""Pairs of answers to one question, a better and a worse one, as reviewing with corrections leaves them.

A file holds one JSON object a line (or a list of them): ``id, image, landmark, prompt, chosen, rejected`` and, where
the reviewer's corrections are known, ``segments``: ``{"chosen": [[start, end], ...], "rejected": [...]}``, the changed
parts as code-point offsets into the two texts.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emola.errors import InputError
from emola.prompt import IMAGE_TOKEN
from training.data.prior_recipe import check_recipe
from training.data.records import RecordFault, record_id, safe_path, text_field
from training.data.samples import DataReport, Fault, check_image, load_prior

Segments = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Pair:
    """Two answers to one question about one face.

    Attributes:
        id: unique within its file.
        image: inside the data root; opened once without error.
        prior: ``.npy`` of finite numbers, or None when priors were not asked for.
        question: without the image placeholder.
        chosen: the better answer.
        rejected: the worse one.
        chosen_segments: changed parts of ``chosen``, from the first code point of a part to the one after its last.
        rejected_segments: the same of ``rejected``.
    """

    id: str
    image: Path
    prior: Path | None
    question: str
    chosen: str
    rejected: str
    chosen_segments: Segments = ()
    rejected_segments: Segments = ()


def read_pairs(
    path: Path, root: Path, prior_dim: int | None, prior_recipe: str | None = None
) -> tuple[list[Pair], DataReport]:
    """Read one file; records with faults are left out and listed.

    Args:
        path: JSON lines, or a JSON list.
        root: folder that the paths in it are relative to.
        prior_dim: how many numbers each prior must hold; None to do without priors.
        prior_recipe: how each prior must have been made, where the files beside it say; None takes any.

    Raises:
        InputError: if the file or the root is missing, or the file is no JSON.
    """
    if not root.is_dir():
        raise InputError(f"There is no data root {root}; give the folder that the paths in the pairs start from.")
    records, content = _load(path)
    pairs: dict[str, Pair] = {}
    faults, digest = [], hashlib.sha256()
    for number, record in enumerate(records, start=1):
        name = f"record {number}"
        try:
            name = record_id(record) if isinstance(record, dict) else name
            pair = _read_pair(record, root.resolve(), prior_dim)
            if pair.id in pairs:
                raise RecordFault("duplicate id", f"record {number} has the id of an earlier one")
            digest.update(json.dumps(record, sort_keys=True).encode())
            digest.update(check_image(pair.image))
            if pair.prior is not None and prior_dim is not None:
                digest.update(load_prior(pair.prior, prior_dim).tobytes())
                check_recipe(pair.prior, root.resolve(), prior_recipe)
            pairs[pair.id] = pair
        except RecordFault as fault:
            faults.append(Fault(name, fault.kind, fault.detail))
    checksum = hashlib.sha256(content).hexdigest()
    report = DataReport(path, "preference", len(records), len(pairs), tuple(faults), checksum, digest.hexdigest())
    return list(pairs.values()), report


def _load(path: Path) -> tuple[list[Any], bytes]:
    """Return the records and the bytes of a file."""
    if not path.is_file():
        raise InputError(f"There is no file of pairs {path}.")
    content = path.read_bytes()
    try:
        text = content.decode()
        if text.lstrip().startswith("["):
            return list(json.loads(text)), content
        return [json.loads(line) for line in text.split("\n") if line.strip()], content
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON or JSON lines: {error}.") from error


def _read_pair(record: Any, root: Path, prior_dim: int | None) -> Pair:
    """Return the pair of a record."""
    if not isinstance(record, dict):
        raise RecordFault("wrong type", f"a record must be an object, not a {type(record).__name__}")
    question = text_field(record, "prompt").replace(IMAGE_TOKEN, " ").strip()
    chosen, rejected = text_field(record, "chosen"), text_field(record, "rejected")
    if not question or not chosen.strip() or not rejected.strip():
        raise RecordFault("empty answer", "prompt, chosen and rejected must hold words")
    if chosen.strip() == rejected.strip():
        raise RecordFault("equal answers", "chosen and rejected are the same text")
    segments = record.get("segments") or {}
    if not isinstance(segments, dict):
        raise RecordFault("wrong segments", "expected {'chosen': [[start, end], ...], 'rejected': [...]}")
    return Pair(
        record_id(record),
        safe_path(root, text_field(record, "image")),
        None if prior_dim is None else safe_path(root, text_field(record, "landmark")),
        question,
        chosen.strip(),
        rejected.strip(),
        _segments(segments, "chosen", chosen),
        _segments(segments, "rejected", rejected),
    )


def _segments(segments: Mapping[str, Any], name: str, text: str) -> Segments:
    """Return the segments of one text, moved to the text without the white space around it."""
    listed = segments.get(name) or []
    removed, length = len(text) - len(text.lstrip()), len(text.strip())
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise RecordFault("wrong segments", f"the segments of {name} must be a list")
    moved = []
    for segment in listed:
        is_span = isinstance(segment, list) and len(segment) == 2 and all(type(place) is int for place in segment)
        if not is_span or not 0 <= segment[0] < segment[1] <= len(text):
            raise RecordFault("wrong segments", f"{segment!r} is no part of {name}, which has {len(text)} code points")
        start, end = max(0, segment[0] - removed), min(length, segment[1] - removed)
        if start < end:
            moved.append((start, end))
    return tuple(moved)
