"""What a turn has shown: wrong claims and scores of the base and of each arm, mean and spread over the seeds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from training.benchmark.items import Item, read_items
from training.benchmark.run_folder import RunFolder
from training.benchmark.score import ScoringSettings, judge_all, score
from training.data.records import Task
from training.loop.plan import LoopPlan
from training.loop.wrong_claims import CODES, WrongCount, count_habits, count_wrong

ALL_HABITS = "planted"
SCORES = {
    "units": "action-unit macro-F1 (20 units), %",
    "emotion": "emotion accuracy, %",
    "rege_au": "S_rege, action units (0 to 200)",
    "rege_emotion": "S_rege, emotion (0 to 200)",
}


@dataclass(frozen=True)
class Measured:
    """One model on the evaluation data: numbers by row of the table, in its units; None where there is none."""

    values: dict[str, float | None]
    titles: dict[str, str]


def measure(folder: Path, *, planted: bool) -> Measured:
    """Score one finished benchmark run by the protocol ``strict``.

    Args:
        folder: of the run.
        planted: whether a describer's habits were planted in what was learnt from, so that they are counted too.
    """
    run = RunFolder(folder)
    units, emotions = _answers(run, "au"), _answers(run, "emotion")
    by_unit, by_face = _scores(units, "au"), _scores(emotions, "emotion")
    habits = count_habits(units, emotions) if planted else {}
    counts: dict[str, WrongCount] = {ALL_HABITS: sum(habits.values(), WrongCount(0, 0))} if planted else {}
    counts |= habits | dict(count_wrong(units, emotions))
    values = {key: None if count.rate is None else 100 * count.rate for key, count in counts.items()}
    values |= {"units": _percent(by_unit.get("macro_f1_all")), "emotion": _percent(by_face.get("accuracy"))}
    values |= {"rege_au": by_unit.get("s_rege"), "rege_emotion": by_face.get("s_rege")}
    titles = {ALL_HABITS: f"planted mistakes, % of {counts[ALL_HABITS].of} occasions"} if planted else {}
    titles |= {name: f"{count.of} × {name}, %" for name, count in habits.items()}
    titles |= {code: f"{code} {words}, in 100 descriptions" for code, words in CODES.items()}
    return Measured(values, titles | SCORES)


def summarise(plan: LoopPlan) -> dict[str, Any]:
    """Measure every model of a finished turn, write ``summary.json`` and ``summary.md``, and return the numbers."""
    models = {"base": [measure(plan.out / "base-answers", planted=plan.planted)]}
    for arm in plan.arms:
        folders = [plan.out / f"{arm.name}-seed{seed}-answers" for seed in plan.seeds]
        models[arm.name] = [measure(folder, planted=plan.planted) for folder in folders]
    rows: dict[str, dict[str, Any]] = {}
    for key, title in models["base"][0].titles.items():
        found = {name: [one.values[key] for one in measured] for name, measured in models.items()}
        rows[key] = {"title": title, "models": {name: _spread(values) for name, values in found.items()}}
        if len(plan.arms) == 2:
            before, after = (found[arm.name] for arm in plan.arms)
            pairs = [(b, a) for b, a in zip(before, after, strict=True) if a is not None and b is not None]
            rows[key]["difference"] = _spread([a - b for b, a in pairs])
    summary = {"seeds": list(plan.seeds), "evaluation": plan.evaluation, "rows": rows}
    (plan.out / "summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")
    (plan.out / "summary.md").write_text(summary_markdown(summary), encoding="utf-8")
    return summary


def summary_markdown(summary: dict[str, Any]) -> str:
    """Return the numbers as table: mean ± standard deviation over the seeds, also of the second arm minus the first."""
    rows = list(summary["rows"].values())
    names = list(rows[0]["models"])
    compared = [f"{names[2]} minus {names[1]}"] if "difference" in rows[0] else []
    lines = [f"| on faces never seen | {' | '.join([*names, *compared])} |", "|---" * (len(names + compared) + 1) + "|"]
    for row in rows:
        cells = [_words(row["models"][name]) for name in names]
        cells += [_words(row["difference"], "+") for _ in compared]
        lines.append(f"| {row['title']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _answers(run: RunFolder, task: Task) -> list[Item]:
    """Return the answers of a task; none where it was not asked."""
    path = run.predictions_file(task)
    return read_items(path) if path.is_file() else []


def _scores(items: Sequence[Item], task: Task) -> Mapping[str, Any]:
    """Return the scores of a task; none where there are no answers."""
    settings = ScoringSettings(task, "strict", repeats=0)
    return score(judge_all(items, settings), settings) if items else {}


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _spread(values: list[float | None] | list[float]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    mean, deviation = (fmean(known), stdev(known) if len(known) > 1 else None) if known else (None, None)
    return {"mean": mean, "sd": deviation, "values": values}


def _words(cell: dict[str, Any], sign: str = "-") -> str:
    """Return mean and spread; ``sign`` "+" shows that of rises too."""
    if cell["mean"] is None:
        return "none"
    spread = "" if cell["sd"] is None else f" ± {cell['sd']:.1f}"
    return f"{cell['mean']:{sign}.1f}{spread}"
