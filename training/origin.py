"""Where a model of the demo comes from: release or data, their hashes and the revision, for people to read."""

import json
from pathlib import Path
from typing import Any

from training.loop.turn import LINEAGE


def origin_of(source: str) -> dict[str, str]:
    """Return what an adapter was trained on, by name; {} for a model that is no adapter or has no lineage.

    A review release is named with the SHA-256 of its manifest and the revision that made it. Of plain data, the hash of
    each training file and the revision come from ``data.json`` and ``run.json`` of the run.

    Args:
        source: ``BASE+ADAPTER``.
    """
    adapter = source.partition("+")[2]
    folder = Path(adapter)
    if not adapter or not (folder / LINEAGE).is_file():
        return {}
    try:
        lineage, data, run = (_read(path) for path in (folder / LINEAGE, *_of_run(folder)))
        known = {
            name: lineage.get(name) for name in ("release", "data", "arm", "manifest_sha256", "git_revision", "seed")
        }
        if known["release"]:
            known["data"] = known["arm"] = None  # both repeat the release's name
        if not known["manifest_sha256"]:
            known |= {f"{entry['task']}_sha256": entry["sha256"] for entry in data.values()}
        known["git_revision"] = known["git_revision"] or run.get("git")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return {"lineage": f"cannot be read ({type(error).__name__} in {folder})"}
    return {name: str(value) for name, value in known.items() if value is not None}


def _of_run(adapter: Path) -> tuple[Path, Path]:
    """Return ``data.json`` and ``run.json`` of the run that an adapter belongs to."""
    return adapter.parent / "data.json", adapter.parent / "run.json"


def _read(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file, {} where there is none."""
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
