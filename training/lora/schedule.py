"""The learning rate as a function of the step: a linear rise, then a cosine to zero (transformers' ``cosine``)."""

import math
from typing import Any


def rate_factor(step: int, total: int, warmup: float) -> float:
    """Return the share of the peak rate with which step ``step`` (from 0) of ``total`` is taken.

    Args:
        step: number of steps taken before.
        total: steps of the run.
        warmup: share of the steps in which the rate rises; rounded up to whole steps.
    """
    rising = math.ceil(total * warmup)
    if step < rising:
        return step / rising
    progress = (step - rising) / max(1, total - rising)
    return max(0.0, 0.5 * (1.0 + math.cos(math.pi * progress)))


def set_rates(optimizer: Any, factor: float) -> dict[str, float]:
    """Set every group's rate to ``factor`` of its peak; return the rates by part."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_rate"] * factor
    return {group["part"]: group["lr"] for group in optimizer.param_groups}
