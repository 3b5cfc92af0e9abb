"""From action units to a deformed mesh: linear fields, then lips pressed and sealed and lids closed.

Closed lips stay closed without AU25: a raised upper lip (9, 10) or a lowered jaw (26) alone pulls the other lip
along, so that a picture never shows parted lips that its truth does not name.
"""

import numpy as np
from numpy.typing import NDArray

from training.synthetic.fields import INDEX, displacement
from training.synthetic.mesh import (
    LID_FOLD_RIGHT,
    LIP_RINGS_RIGHT,
    LOWER_LID_RIGHT,
    LOWER_LIP_INNER,
    LOWER_LIP_OUTER,
    UPPER_LID_RIGHT,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
    BaseMesh,
    Points,
    falloff,
    load_base_mesh,
)

PARTING_ACTION_UNITS: tuple[int, ...] = (25, 27)
"""Units that part the lips by themselves."""

SEALED_GAP = 0.06
"""Largest height of the slit between closed lips, mesh units."""


def deform(
    neutral: Points, activation: NDArray[np.float64], jitter: NDArray[np.float64] | None = None, width: float = 1.0
) -> Points:
    """Return the mesh of a person who shows the given action units.

    Args:
        neutral: (468, 3) the person's neutral face.
        activation: (20, 2) right and left activation, 0 to about 1, in the order of ``fields.NUMBERS``.
        jitter: see :func:`training.synthetic.fields.displacement`.
        width: see :func:`training.synthetic.fields.displacement`.

    Returns:
        (468, 3); equal to ``neutral`` when every activation is zero.
    """
    if not activation.any():
        return neutral.copy()
    base = load_base_mesh()
    mesh = neutral + displacement(activation, jitter, width)
    _press_lips(mesh, activation, base)
    if not any(activation[INDEX[number]].any() for number in PARTING_ACTION_UNITS):
        _seal_lips(mesh, neutral, base)
    _close_lids(mesh, activation[INDEX[43]], base)
    _keep_order(mesh, base)
    return mesh


def _press_lips(mesh: Points, activation: NDArray[np.float64], base: BaseMesh) -> None:
    """Roll the red of the lips towards the inner lip line (AU23 and AU24), in place."""
    squeeze = min(0.62 * activation[INDEX[23]].mean() + 0.75 * activation[INDEX[24]].mean(), 0.85)
    if squeeze <= 0:
        return
    for outer, inner in ((UPPER_LIP_OUTER, UPPER_LIP_INNER), (LOWER_LIP_OUTER, LOWER_LIP_INNER)):
        edge = list(outer)
        mesh[edge] += (mesh[list(inner)] - mesh[edge]) * squeeze * 0.75
    for vertex, (outer_vertex, inner_vertex) in LIP_RINGS_RIGHT.items():
        for number, out, into in (
            (vertex, outer_vertex, inner_vertex),
            tuple(int(base.mirror[item]) for item in (vertex, outer_vertex, inner_vertex)),
        ):
            target = mesh[out] * 0.6 + mesh[into] * 0.4
            mesh[number] = mesh[number] * (1 - squeeze) + target * squeeze


def _seal_lips(mesh: Points, neutral: Points, base: BaseMesh) -> None:
    """Bring parted inner lips back together, moving the skin around them along, in place."""
    upper, lower = list(UPPER_LIP_INNER[1:-1]), list(LOWER_LIP_INNER[1:-1])
    allowed = np.minimum(np.abs(neutral[upper, 1] - neutral[lower, 1]), SEALED_GAP)
    excess = np.maximum(mesh[upper, 1] - mesh[lower, 1] - allowed, 0)
    if not excess.any():
        return
    follow = falloff(base.vertices, (17, 84, 314, 14), (1.7, 0.8, 3.0))
    follow[list(UPPER_LIP_INNER) + list(UPPER_LIP_OUTER)] = 0
    follow[[vertex for vertex in range(len(mesh)) if base.vertices[vertex, 1] > base.vertices[13, 1]]] = 0
    follow[lower] = 0
    mesh[:, 1] += follow * 0.65 * excess.max()
    gap = np.maximum(mesh[upper, 1] - mesh[lower, 1] - allowed, 0)
    mesh[lower, 1] += 0.65 * gap
    mesh[upper, 1] -= 0.35 * gap


def _close_lids(mesh: Points, closing: NDArray[np.float64], base: BaseMesh) -> None:
    """Lower the upper lids onto the lower ones (AU43; right, left), in place."""
    for amount, side in zip(np.clip(closing, 0, 1), (False, True), strict=True):
        if amount <= 0:
            continue
        upper, lower, fold = (
            list(base.left(group) if side else group) for group in (UPPER_LID_RIGHT, LOWER_LID_RIGHT, LID_FOLD_RIGHT)
        )
        target = mesh[lower] * 0.92 + mesh[upper] * 0.08
        mesh[upper] += (target - mesh[upper]) * amount * 0.97
        mesh[fold] += (mesh[upper] - mesh[fold]) * amount * 0.25


def _keep_order(mesh: Points, base: BaseMesh) -> None:
    """Keep inner lips and lid edges from crossing, in place."""
    groups: list[tuple[tuple[int, ...], tuple[int, ...], float]] = [
        (UPPER_LIP_INNER[1:-1], LOWER_LIP_INNER[1:-1], 0.01)
    ]
    groups += [(UPPER_LID_RIGHT, LOWER_LID_RIGHT, 0.02)]
    groups += [(base.left(UPPER_LID_RIGHT), base.left(LOWER_LID_RIGHT), 0.02)]
    for above, below, margin in groups:
        upper, lower = list(above), list(below)
        crossed = mesh[upper, 1] < mesh[lower, 1] + margin
        middle = 0.5 * (mesh[upper, 1] + mesh[lower, 1])
        mesh[upper, 1] = np.where(crossed, middle + margin / 2, mesh[upper, 1])
        mesh[lower, 1] = np.where(crossed, middle - margin / 2, mesh[lower, 1])
