"""Descriptions whose errors are known (``errors.jsonl`` of ``training.synthetic``), to measure what reviewers miss."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emola.errors import InputError
from review.database import Database
from review.records import CODES
from review.store.planting import mark_planted

ErrorsByRow = dict[tuple[str, str], list[dict[str, Any]]]
"""Task and row id to the planted errors of that description, in the order of the file."""

_NEEDED = {"id": str, "task": str, "code": str, "start": int, "end": int}


def plant_errors(database: Database, *, errors: Sequence[Path], source_ids: Sequence[int]) -> int:
    """Mark the descriptions of some sources whose errors are known; return how many.

    Args:
        database: upgraded, the descriptions imported.
        errors: files of planted errors.
        source_ids: where the descriptions come from.

    Raises:
        InputError: a file cannot be read or a line is no planted error.
    """
    with database.write() as session:
        return mark_planted(session, errors=read_errors(errors), source_ids=source_ids)


def read_errors(paths: Sequence[Path]) -> ErrorsByRow:
    """Return the planted errors of some files.

    Raises:
        InputError: a file cannot be read or a line is no planted error.
    """
    found: ErrorsByRow = defaultdict(list)
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read as a list of planted errors: {error}.") from error
        for number, line in enumerate(lines, start=1):
            row = _error(line, f"Line {number} of {path}")
            for name in {row["id"], row.get("image", row["id"])}:
                found[row["task"], name].append(row)
    return dict(found)


def _error(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place} is no JSON: {error}.") from error
    if not isinstance(row, dict) or not all(isinstance(row.get(key), kind) for key, kind in _NEEDED.items()):
        raise InputError(f"{place} is no planted error; expected {', '.join(_NEEDED)}.")
    if row["code"] not in CODES:
        raise InputError(f"{place} has the code {row['code']!r}; expected one of {', '.join(CODES)}.")
    return row
