"""Read a JSON object of a checkpoint folder, with one sentence when that is impossible."""

import json
from pathlib import Path
from typing import Any

from emola.errors import CheckpointError


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``.

    Raises:
        CheckpointError: if the file is missing, unreadable, no JSON, or JSON of another kind.
    """
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing from {path.parent}; a whole checkpoint folder holds it.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON ({error}); copy it again from its source.") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} must hold a JSON object, not a {type(content).__name__}.")
    return content


def write_json_object(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` to ``path`` as indented JSON with a final newline."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
