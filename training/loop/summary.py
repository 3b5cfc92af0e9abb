"""What a turn has shown: wrong claims and scores of the base and of each arm, mean and spread over the seeds."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from training.benchmark.items import read_items
from training.benchmark.run_folder import RunFolder
from training.benchmark.score import ScoringSettings, judge_all, score
from training.loop.plan import LoopPlan
from training.loop.wrong_claims import CODES, count_wrong

SCORES = {"units": "action-unit macro-F1 (20 units)", "emotion": "emotion accuracy"}


@dataclass(frozen=True)
class Measured:
    """One model on the evaluation data: rates by error code and scores by name, each 0 to 1 or None."""

    rates: dict[str, float | None]
    scores: dict[str, float | None]


def measure(folder: Path) -> Measured:
    """Score one finished benchmark run by the protocol ``strict``."""
    run = RunFolder(folder)
    units, emotions = (read_items(run.predictions_file(task)) for task in ("au", "emotion"))
    by_unit = score(judge_all(units, settings := ScoringSettings("au", "strict", repeats=0)), settings)
    by_face = score(judge_all(emotions, settings := ScoringSettings("emotion", "strict", repeats=0)), settings)
    rates: dict[str, float | None] = {code: count.rate for code, count in count_wrong(units, emotions).items()}
    return Measured(rates, {"units": by_unit["macro_f1_all"], "emotion": by_face["accuracy"]})


def summarise(plan: LoopPlan) -> dict[str, Any]:
    """Measure every model of a finished turn, write ``summary.json`` and ``summary.md``, and return the numbers."""
    models = {"base": [measure(plan.out / "base-answers")]}
    for arm in plan.arms:
        models[arm.name] = [measure(plan.out / f"{arm.name}-seed{seed}-answers") for seed in plan.seeds]
    rows: dict[str, dict[str, Any]] = {}
    for code in CODES:
        rows[code] = {name: _spread([one.rates[code] for one in found]) for name, found in models.items()}
    for key in SCORES:
        rows[key] = {name: _spread([one.scores[key] for one in found]) for name, found in models.items()}
    summary = {"seeds": list(plan.seeds), "evaluation": plan.evaluation, "rows": rows}
    (plan.out / "summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")
    (plan.out / "summary.md").write_text(summary_markdown(summary), encoding="utf-8")
    return summary


def summary_markdown(summary: dict[str, Any]) -> str:
    """Return the numbers as a table: percent, mean ± standard deviation over the seeds."""
    names = list(next(iter(summary["rows"].values())))
    titles: dict[str, str] = {code: f"{code} {words}" for code, words in CODES.items()}
    titles |= SCORES
    lines = [f"| share | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for key, row in summary["rows"].items():
        lines.append(f"| {titles[key]} | {' | '.join(_words(row[name]) for name in names)} |")
    return "\n".join(lines) + "\n"


def _spread(values: list[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    mean, deviation = (fmean(known), stdev(known) if len(known) > 1 else None) if known else (None, None)
    return {"mean": mean, "sd": deviation, "values": values}


def _words(cell: dict[str, Any]) -> str:
    if cell["mean"] is None:
        return "none"
    spread = "" if cell["sd"] is None else f" ± {100 * cell['sd']:.1f}"
    return f"{100 * cell['mean']:.1f} %{spread}"
