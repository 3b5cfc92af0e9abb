"""One turn of the loop, from training files to a report; killed at any moment, the same call goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.loop.plan import LoopPlan
from training.loop.steps import plan_steps, run_steps
from training.loop.summary import summarise

LINEAGE = "lineage.json"
"""File beside an adapter that says what it was trained on."""


def run_turn(plan: LoopPlan, say: Callable[[str], None]) -> dict[str, Any]:
    """Train, ask, report; return the summary (also in ``summary.json`` and ``summary.md``).

    Args:
        plan: what to do.
        say: told one sentence a step.

    Raises:
        InputError: a step refused its input.
        EmolaError: a step failed.
    """
    run_steps(plan, plan_steps(plan), say)
    for arm in plan.arms:
        for seed in plan.seeds:
            lineage = {**arm.lineage, "arm": arm.name, "seed": seed, "base": plan.base}
            (plan.adapter(arm, seed) / LINEAGE).write_text(json.dumps(lineage, indent=2), encoding="utf-8")
    return summarise(plan)


def find_adapters(runs: Path) -> dict[str, str]:
    """Return ``BASE+ADAPTER`` and a title for every adapter below ``runs`` that has a lineage, the newest first."""
    found = sorted(runs.glob(f"**/adapter/{LINEAGE}"), key=lambda path: -path.stat().st_mtime)
    adapters = {}
    for path in found:
        lineage = json.loads(path.read_text(encoding="utf-8"))
        release = f"release {lineage['release']}, " if lineage.get("release") else ""
        adapters[f"{lineage['base']}+{path.parent}"] = (
            f"{path.parent.parent.name} ({release}{path.parent.parent.parent})"
        )
    return adapters
