"""The loss and the learning rates of a run as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SMOOTHING = 0.9


def plot_metrics(metrics: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw loss (each step, smoothed, held out) above the learning rates; nothing when there is no step yet.

    Args:
        metrics: lines of ``metrics.jsonl``.
        path: the PNG, replaced as a whole.
    """
    steps = [entry for entry in metrics if "loss" in entry]
    if not steps:
        return
    from matplotlib.figure import Figure  # heavy, and needed only here

    figure = Figure(figsize=(8, 6), layout="constrained")
    loss_axes, rate_axes = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    numbers, losses = [entry["step"] for entry in steps], [entry["loss"] for entry in steps]
    loss_axes.plot(numbers, losses, color="0.75", linewidth=1, label="each step")
    loss_axes.plot(numbers, _smooth(losses), color="C0", label="smoothed")
    held_out = [entry for entry in metrics if "eval_loss" in entry]
    if held_out:
        points = [entry["step"] for entry in held_out], [entry["eval_loss"] for entry in held_out]
        loss_axes.plot(*points, "o-", color="C1", label="held out")
    loss_axes.set_ylabel("loss per token")
    loss_axes.legend()
    for part in steps[0]["rates"]:
        rate_axes.plot(numbers, [entry["rates"][part] for entry in steps], label=part.replace("_", " "))
    rate_axes.set_xlabel("step")
    rate_axes.set_ylabel("learning rate")
    rate_axes.legend(fontsize="small")
    partial = path.with_name(f".{path.name}.partial")
    figure.savefig(partial, format="png", dpi=120)
    partial.replace(path)


def _smooth(values: Sequence[float]) -> list[float]:
    """Return an exponential average, corrected for its start."""
    average, weight, smoothed = 0.0, 0.0, []
    for value in values:
        average = _SMOOTHING * average + (1 - _SMOOTHING) * value
        weight = _SMOOTHING * weight + (1 - _SMOOTHING)
        smoothed.append(average / weight)
    return smoothed
