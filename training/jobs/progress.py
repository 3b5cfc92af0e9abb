"""How far a training or a benchmark run is, read from the files of its folder while it is written."""

import json
import time
from pathlib import Path
from typing import Any, Final

from training.jobs.job import Progress

_RECENT: Final = 20
"""Steps over which speed is averaged."""
_TAIL_BYTES: Final = 16_384


class ProgressReader:
    """Reads the progress of one command from the folder that it writes.

    Args:
        folder: run folder of ``training.train`` or ``training.benchmark run``, which may not exist yet; None for none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._began = time.monotonic()
        self._read: dict[Path, tuple[int, int]] = {}
        self._before = self._count()

    def read(self) -> Progress:
        """Return how far it is now; empty for a folder of another kind."""
        if self._folder is None or not self._folder.is_dir():
            return Progress()
        if (self._folder / "heartbeat.json").is_file():
            return _training(self._folder)
        of = int(_json(self._folder / "run.json").get("identity", {}).get("questions", 0))
        step, seconds = self._count(), time.monotonic() - self._began
        speed = (step - self._before) / seconds if step > self._before else None
        return Progress(step, of, "answer", None, speed, max(0, of - step) / speed if speed else None)

    def _count(self) -> int:
        """Return the number of answers of a benchmark; only what was added since the last look is read."""
        for path in self._folder.glob("parts/journal-*.jsonl") if self._folder else ():
            offset, lines = self._read.get(path, (0, 0))
            with path.open("rb") as journal:
                journal.seek(offset)
                new = journal.read()
            self._read[path] = offset + len(new), lines + new.count(b"\n")
        return sum(lines for _, lines in self._read.values())


def _training(folder: Path) -> Progress:
    beat = _json(folder / "heartbeat.json")
    steps = [row for row in last_lines(folder / "metrics.jsonl") if "loss" in row][-_RECENT:]
    step, of = int(beat.get("step", 0)), int(beat.get("steps", 0))
    message = str(beat.get("message") or beat.get("state") or "")
    if not steps:
        return Progress(step, of, "step", message=message)
    seconds = sum(float(row["seconds"]) for row in steps) / len(steps)
    step = max(step, int(steps[-1]["step"]))
    speed = _samples_a_step(folder) / seconds if seconds else None
    return Progress(step, of, "step", float(steps[-1]["loss"]), speed, max(0, of - step) * seconds, message)


def _samples_a_step(folder: Path) -> int:
    """Return ``batch_size`` of the run's settings; 0 while they are not there."""
    path = folder / "config.yaml"
    if not path.is_file():
        return 0
    lines = (line.split(":") for line in path.read_text(encoding="utf-8").splitlines() if ":" in line)
    return next((int(line[1]) for line in lines if line[0].strip() == "batch_size"), 0)


def last_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of the last whole lines of a JSONL file that may be growing."""
    if not path.is_file():
        return []
    with path.open("rb") as stream:
        stream.seek(0, 2)
        start = max(0, stream.tell() - _TAIL_BYTES)
        stream.seek(start)
        lines = stream.read().split(b"\n")[:-1]  # what follows the last newline is still being written
    return [json.loads(line) for line in (lines[1:] if start else lines) if line.strip()]


def _json(path: Path) -> dict[str, Any]:
    """Return a JSON object; {} while there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not written yet
        return {}
    return content if isinstance(content, dict) else {}
