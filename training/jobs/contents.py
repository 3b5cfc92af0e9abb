"""What is in a data file: how many rows, which pictures, where its priors lie. Read once for as long as it stays."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from emola.errors import InputError


@dataclass(frozen=True)
class FileContents:
    """What a file of records holds.

    Attributes:
        rows: how many records.
        pictures: path of every picture as written.
        prior_folders: folders of the priors as written.
        has_labels: whether a record carries a label, as those to be asked about do.
    """

    rows: int
    pictures: tuple[str, ...]
    prior_folders: frozenset[str]
    has_labels: bool


def read_contents(path: Path) -> FileContents:
    """Return what is in a JSON list or a JSONL file of records.

    Raises:
        InputError: it cannot be read, or holds something else than records.
    """
    try:
        state = path.stat()
        return _read(path, (state.st_mtime_ns, state.st_size))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from error


@lru_cache(maxsize=256)
def _read(path: Path, _state: tuple[int, int]) -> FileContents:
    content = path.read_bytes()
    lines = path.suffix == ".jsonl"
    rows = [json.loads(line) for line in content.splitlines() if line.strip()] if lines else json.loads(content)
    if not isinstance(rows, list):
        raise InputError(f"{path} must hold a JSON list of records.")
    records = [row for row in rows if isinstance(row, dict)]
    priors = {PurePosixPath(name).parent.as_posix() for name in _texts(records, "landmark")}
    labelled = any("label" in record for record in records)
    return FileContents(len(rows), tuple(_texts(records, "image")), frozenset(priors), labelled)


def _texts(records: list[dict[str, Any]], key: str) -> list[str]:
    return [record[key] for record in records if isinstance(record.get(key), str)]
