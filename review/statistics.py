"""Rates with intervals, and the classes that the atlas of errors is drawn over. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

Z_95: Final = 1.959964
"""Two-sided 95 % point of the normal distribution."""

POSES: Final = ("frontal", "turned", "strongly turned", "unknown")
TURNED_DEG: Final = 15.0
STRONGLY_TURNED_DEG: Final = 35.0
"""Bounds of the larger of yaw and pitch. The second is where the face gates stop measuring a turned face
(:mod:`emola.faces.gates`), the first where they stop for pitch."""
OPEN_GATE: Final = "no gate"
UNMEASURED: Final = "not measured"


@dataclass(frozen=True)
class Rate:
    """``k`` of ``n`` with its 95 % interval after Wilson (1927); None where ``n`` is 0."""

    k: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def rate(k: int, n: int) -> Rate:
    """Return the share of ``k`` in ``n`` with Wilson's interval, which holds for few and for extreme counts too.

    Raises:
        ValueError: the counts are no part and whole.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k=} of {n=} is no share")
    if n == 0:
        return Rate(0, 0, None, None, None)
    share, square = k / n, Z_95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z_95 * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    low, high = (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)  # exact where rounding is not
    return Rate(k, n, share, low, high)


def pose_class(pose: Mapping[str, Any] | None) -> str:
    """Return the class of a head pose in degrees (yaw, pitch, roll); roll is undone before anything is measured."""
    if not pose:
        return POSES[3]
    turn = max(abs(float(pose["yaw"])), abs(float(pose["pitch"])))
    return POSES[0] if turn < TURNED_DEG else POSES[1] if turn < STRONGLY_TURNED_DEG else POSES[2]


def gate_classes(document: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the names of the gates that a measured face meets, or that it meets none, or was not measured."""
    if document is None:
        return (UNMEASURED,)
    return sorted({str(gate["name"]) for gate in document.get("gates", ())}) or (OPEN_GATE,)
