"""The JSON files of an ablation's folder: written whole or not at all, and read back with a sentence when damaged."""

import json
from pathlib import Path
from typing import Any

from emola.errors import InputError, ResourceError


def write_json(path: Path, content: Any) -> None:
    """Write JSON beside its place and rename it.

    Raises:
        ResourceError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise ResourceError(f"{path} could not be written: {error.strerror or error}.") from error


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        InputError: it cannot be read, or is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is damaged and cannot be read; choose another --out.") from error
