"""One turn of the loop, from training files to a report; killed at any moment, the same call goes on."""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from emola.errors import ResourceError
from training.jobs.board import Jobs
from training.jobs.turns import turn
from training.loop.entry import JobEntry
from training.loop.plan import LoopPlan
from training.loop.steps import plan_steps, run_steps
from training.loop.summary import summarise

logger = logging.getLogger(__name__)

LINEAGE = "lineage.json"
"""File beside an adapter that says what it was trained on."""

_LOOK_S: Final = 0.2


@contextmanager
def alone_in(folder: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Make a folder and keep other turns out of it for the length of the block; give the lock for the commands.

    Args:
        folder: of the turn.
        say: told when another turn, or what a killed one left behind, has to end first.

    Raises:
        ResourceError: the folder cannot be made or has no file locks.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"{folder} cannot be made: {error.strerror or error}.") from error
    said: list[str] = []

    def wait() -> None:
        if not said:
            said.append(f"Another process still works in {folder}; waiting until it has ended.")
            say(said[0])
        time.sleep(_LOOK_S)

    with turn(folder, lambda: True, wait) as lock:
        yield lock


def run_turn(plan: LoopPlan, jobs: Jobs, say: Callable[[str], None], lock: int) -> dict[str, Any]:
    """Wait for the turn among the jobs; train, ask, report; return the summary (also in ``summary.json`` and ``.md``).

    Args:
        plan: what to do.
        jobs: of the same runs; one of them or this turn works at a time.
        say: told one sentence a step.
        lock: of :func:`alone_in`, for the commands.

    Raises:
        InputError: a step refused its input.
        EmolaError: a step failed.
    """
    steps = plan_steps(plan)
    entry = JobEntry(jobs, plan, steps, say)
    with entry.at_work() as among_jobs:
        run_steps(plan, steps, say, (lock, among_jobs), entry)
        for arm in plan.arms:
            for seed in plan.seeds:
                lineage = {**arm.lineage, "arm": arm.name, "seed": seed, "base": plan.base}
                write_lineage(plan.adapter(arm, seed), lineage)
        return summarise(plan)


def write_lineage(adapter: Path, lineage: Mapping[str, Any]) -> None:
    """Say beside an adapter where it comes from; the file is there whole or not at all.

    Raises:
        ResourceError: it cannot be written.
    """
    partial = adapter / f".{LINEAGE}.{os.getpid()}"
    try:
        partial.write_text(json.dumps(lineage, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(adapter / LINEAGE)
    except OSError as error:
        raise ResourceError(f"{adapter / LINEAGE} cannot be written: {error.strerror or error}.") from error


def find_adapters(runs: Path) -> dict[str, str]:
    """Return ``BASE+ADAPTER`` and a title for every adapter below ``runs`` that has a lineage, the newest first.

    One whose lineage is damaged is left out, and a warning of the log names the file, once while it stays as it is.
    """
    written = {path: path.stat().st_mtime_ns for path in runs.glob(f"**/adapter/{LINEAGE}")}
    found = (_adapter(path, written[path]) for path in sorted(written, key=lambda path: -written[path]))
    return dict(entry for entry in found if entry is not None)


@lru_cache(maxsize=1024)
def _adapter(path: Path, _written: int) -> tuple[str, str] | None:
    """Return ``BASE+ADAPTER`` and a title as a lineage file says, read once as long as it is not written again."""
    try:
        lineage = json.loads(path.read_text(encoding="utf-8"))
        base, seed = lineage["base"], lineage["seed"]
        release = f"release {lineage['release']}" if lineage.get("release") else None
        learnt = lineage.get("data") or ", ".join(filter(None, [lineage.get("arm"), release]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("%s is damaged (%s: %s), so its adapter is left out.", path, type(error).__name__, error)
        return None
    return f"{base}+{path.parent}", f"{learnt}, seed {seed} ({path.parents[2].name})"
