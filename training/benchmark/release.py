"""A review release as data of the benchmark: labels and references from people, beside those that they replaced.

    NAME/manifest.json            "format": "emola-review-release", name, event_hash, and the sha256 of every file
    NAME/benchmark/au.jsonl       one picture a line: id, image, label, reference, old_label, old_reference
    NAME/benchmark/emotion.jsonl

Labels and references are versioned by the manifest; a file that is not the one it names is refused.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from emola.errors import InputError
from training.data.records import Task

FORMAT: Final = "emola-review-release"
_MANIFEST: Final = "manifest.json"
_NEEDED: Final = frozenset({"id", "image", "label", "reference"})


def is_release(folder: Path) -> bool:
    """Say whether a folder is a review release."""
    return (folder / _MANIFEST).is_file() and _manifest(folder).get("format") == FORMAT


def release_version(folder: Path) -> str:
    """Return what names the labels and references of a release for good: its name and the hash of its event chain."""
    manifest = _manifest(folder)
    return f"release {manifest.get('name', folder.name)}, events {str(manifest.get('event_hash', 'unknown'))[:16]}"


def read_release_rows(folder: Path, task: Task) -> list[dict[str, Any]]:
    """Return the benchmark rows of a task; none when the release has nothing to ask for it.

    Raises:
        InputError: a file is damaged or is not the one that the manifest names.
    """
    name = f"benchmark/{task}.jsonl"
    path = folder / name
    if not path.is_file():
        return []
    content = path.read_bytes()
    noted = (_manifest(folder).get("files") or {}).get(name) or {}
    if noted.get("sha256") != hashlib.sha256(content).hexdigest():
        raise InputError(f"{path} is not the file that {_MANIFEST} of the release names; copy the release again.")
    return [_row(line, number, path) for number, line in enumerate(content.splitlines(), start=1) if line.strip()]


def release_records(folder: Path, task: Task) -> list[dict[str, Any]]:
    """Return the rows of a task in the form of FABA evaluation records; see :func:`read_release_rows`."""
    rows = read_release_rows(folder, task)
    kept = ("id", "image", "label", "contested", "landmark")
    return [{name: row[name] for name in kept if name in row} | {"gpt4": row["reference"]} for row in rows]


def _row(line: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not row.keys() >= _NEEDED:
        raise InputError(f"Line {number} of {path} lacks {', '.join(sorted(_NEEDED))}.")
    return row


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from error
    return content if isinstance(content, dict) else {}
