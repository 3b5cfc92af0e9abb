"""The outcome of an ablation: mean and spread over seeds beside the paper's numbers; JSON, Markdown, a picture."""

import json
import statistics
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

from emola.errors import ResourceError
from training.ablation.files import write_json
from training.ablation.grid import Cell
from training.data.records import Task

Scores = Mapping[tuple[str, int], Mapping[str, Any]]
"""What was measured, by name of the run and seed."""

_TASKS: tuple[Task, ...] = get_args(Task)
_NAMES: dict[Task, str] = {"emotion": "emotion accuracy", "au": "action units, mean F1"}
_ORDER = ("both", "vision", "prior")
_CAUTION = (
    "Answers were read with the protocol `strict`. The paper's numbers are of FABA-Bench, of a model of 7 billion "
    "parameters and of another protocol: with rendered faces and a small model only the order of the rows compares."
)


@cache
def paper() -> dict[str, Any]:
    """Return the published ablation: ``source``, ``measure`` and ``cells``."""
    return dict(json.loads((Path(__file__).parent / "paper.json").read_text(encoding="utf-8")))


def spread(values: Sequence[float | None]) -> dict[str, Any]:
    """Return ``n``, ``mean``, ``sd`` (None below two), ``min``, ``max`` and ``values`` of those that are defined."""
    known = [value for value in values if value is not None]
    if not known:
        return {"n": 0, "mean": None, "sd": None, "min": None, "max": None, "values": []}
    sd = statistics.stdev(known) if len(known) > 1 else None
    mean = statistics.fmean(known)
    return {"n": len(known), "mean": mean, "sd": sd, "min": min(known), "max": max(known), "values": known}


def summarise(cells: Sequence[Cell], scores: Scores, notes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole outcome as JSON values.

    Args:
        cells: of the table, in order.
        scores: of the runs behind them.
        notes: what was ablated: model, data, sizes.
    """
    rows = []
    for cell in cells:
        runs = {seed: run for (name, seed), run in sorted(scores.items()) if name == cell.run_name}
        row: dict[str, Any] = {"tokens": cell.tokens, "tuned": cell.tuned, "parts": list(cell.parts)}
        for task in _TASKS:
            values = [run[task]["s_re"] for run in runs.values()]
            row[task] = {**spread(values), "paper": _published(cell, task)}
        rows.append(row)
    return {
        "what": _CAUTION,
        **notes,
        "cells": rows,
        "order": {task: _order(cells, scores, task) for task in _TASKS},
        "seconds": round(sum(run["seconds"] for run in scores.values()), 1),
        "paper": {"source": paper()["source"], "measure": paper()["measure"]},
    }


def _published(cell: Cell, task: Task) -> float | None:
    """Return the paper's number of a cell, or None."""
    for published in paper()["cells"]:
        if (published["tokens"], published["tuned"]) == (cell.tokens, cell.tuned):
            return float(published[task])
    return None


def _order(cells: Sequence[Cell], scores: Scores, task: Task) -> dict[str, int] | None:
    """Return in how many seeds both > vision > prior holds with everything tuned; None without these three cells."""
    runs: dict[str, str] = {cell.tokens: cell.run_name for cell in cells if cell.tuned == "all"}
    if len(runs) < 3:
        return None
    seeds = sorted({seed for _, seed in scores})
    points = [[scores[runs[tokens], seed][task]["s_re"] or 0.0 for tokens in _ORDER] for seed in seeds]
    return {"holds": sum(both > vision > prior for both, vision, prior in points), "seeds": len(seeds)}


def to_markdown(summary: Mapping[str, Any]) -> str:
    """Return the outcome as a Markdown page."""
    head = [f"{_NAMES[task]} | paper" for task in _TASKS]
    lines = ["# Ablation: tokens and tuned parts", "", _CAUTION, "", _settings(summary), ""]
    lines += [f"| tokens | tuned | {' | '.join(head)} |", "|---|---|" + "---|---|" * len(_TASKS)]
    for row in summary["cells"]:
        numbers = [text for task in _TASKS for text in (_with_spread(row[task]), _number(row[task]["paper"]))]
        lines.append(f"| {row['tokens']} | {row['tuned']} | {' | '.join(numbers)} |")
    lines += ["", "Mean ± standard deviation over seeds (lowest to highest); S_re, 0 to 100.", ""]
    for task, order in summary["order"].items():
        if order:
            words = f"both > vision > prior (all tuned) holds in {order['holds']} of {order['seeds']} seeds"
            lines.append(f"- {_NAMES[task]}: the paper's order {words}.")
    lines += ["", f"Paper: {summary['paper']['source']}. {summary['paper']['measure']}.", "", "![](ablation.png)", ""]
    return "\n".join(lines)


def _settings(summary: Mapping[str, Any]) -> str:
    """Return a sentence on what was run."""
    text = "Model {model}, data {data}, projectors {start}, seeds {seeds}".format_map(
        {**summary, "seeds": ", ".join(map(str, summary["seeds"]))}
    )
    sizes = summary.get("sizes") or {}
    more = "".join(f", {name.replace('_', ' ')} {value}" for name, value in sizes.items())
    return f"{text}{more}. All runs together took {summary['seconds'] / 60:.1f} minutes."


def _with_spread(entry: Mapping[str, Any]) -> str:
    """Return mean, standard deviation and range in words."""
    if entry["mean"] is None:
        return "not defined"
    if entry["sd"] is None:
        return f"{entry['mean']:.1f} (one seed)"
    return f"{entry['mean']:.1f} ± {entry['sd']:.1f} ({entry['min']:.1f} to {entry['max']:.1f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def draw(summary: Mapping[str, Any], path: Path) -> None:
    """Draw every seed, the mean with its deviation, and the paper's numbers, both tasks side by side."""
    from matplotlib.figure import Figure  # heavy, and needed only here

    rows = summary["cells"]
    labels = [f"{row['tokens']}\n{row['tuned']}" for row in rows]
    figure = Figure(figsize=(max(8.0, 1.9 * len(rows)), 4.2), layout="constrained")
    for axes, task in zip(figure.subplots(1, len(_TASKS)), _TASKS, strict=True):
        places = range(len(rows))
        entries = [row[task] for row in rows]
        axes.bar(
            places, [e["mean"] or 0.0 for e in entries], yerr=[e["sd"] or 0.0 for e in entries], color="0.85", capsize=3
        )
        for place, entry in zip(places, entries, strict=True):
            axes.plot([place] * entry["n"], entry["values"], "o", color="C0", markersize=4)
        cited = [(place, e["paper"]) for place, e in zip(places, entries, strict=True) if e["paper"] is not None]
        if cited:
            axes.plot(*zip(*cited, strict=True), "D", color="C1", fillstyle="none")
        axes.set_xticks(places, labels, fontsize="x-small")
        axes.set_title(_NAMES[task], fontsize="small")
        axes.set_ylim(0, 100)
    figure.supxlabel("dots: seeds; bars: mean and deviation; diamonds: the paper, on other data", fontsize="small")
    partial = path.with_name(f".{path.name}.partial")
    figure.savefig(partial, format="png", dpi=120)
    partial.replace(path)


def write_results(summary: Mapping[str, Any], out: Path) -> None:
    """Write ``ablation.json``, ``ablation.md`` and ``ablation.png``.

    Raises:
        ResourceError: one of them cannot be written.
    """
    try:
        write_json(out / "ablation.json", summary)
        (out / "ablation.md").write_text(to_markdown(summary), encoding="utf-8")
        draw(summary, out / "ablation.png")
    except OSError as error:
        raise ResourceError(f"The results in {out} could not be written: {error.strerror or error}.") from error
