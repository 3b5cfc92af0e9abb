"""Geometric evidence: what the shape of one face says about one action unit, and what it cannot say.

A verdict is never stronger than its measure: weak measures (class W) never contradict, unmeasurable action units
(class N) and regions behind a gate get "not measurable" with the reason. The table, its sources and its limits are in
``data/geometry_v1.json``; a single picture is compared with an average neutral face unless the caller gives the same
person's neutral mesh. Behind a mask or a hand the mesh invents a face that its points do not give away: only a person
or a gate can say so. Light: numpy only.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emola.faces.alignment import Floats
from emola.faces.face import Face
from emola.faces.geometry_judging import Judgement, Readings, judge, score
from emola.faces.geometry_table import Measure, Rule, geometry_table
from emola.faces.geometry_words import limits_in_words, reason, title
from emola.faces.measures import measure_all
from emola.taxonomy import ACTION_UNITS, Side

__all__ = ["Evidence", "Verdict", "evidence", "live_values", "measurable_action_units", "measure_all"]

Verdict = Literal["supports", "contradicts", "unclear", "not measurable"]
Strength = Literal["measurable", "weak", "none"]
Segment = tuple[tuple[float, float], tuple[float, float]]

_STRENGTH: dict[str, Strength] = {"M": "measurable", "W": "weak", "N": "none"}


@dataclass(frozen=True)
class Evidence:
    """What geometry says about one action unit on one face; plain values, ready for JSON.

    Attributes:
        action_unit: FACS number.
        side: the side the claim was about, the subject's own.
        verdict: supports, contradicts, unclear or not measurable.
        strength: measurable, weak (a hint at most) or none.
        measure: name of the leading measure; None when not measurable, as are the next five.
        value: the measured value.
        neutral_mean: value of the neutral face it is compared with.
        neutral_sd: standard deviation over neutral faces.
        supports_when: limits of a support in words.
        contradicts_when: limits of a contradiction in words; None for a weak measure too.
        reason: one or two plain sentences with the numbers.
        points: two points to draw, pixels in the picture; None when there is nothing to draw.
        segments: every pair of points that shows the measures, ``points`` first.
        table_version: version of the table that judged.
    """

    action_unit: int
    side: Side
    verdict: Verdict
    strength: Strength
    measure: str | None
    value: float | None
    neutral_mean: float | None
    neutral_sd: float | None
    supports_when: str | None
    contradicts_when: str | None
    reason: str
    points: Segment | None
    segments: tuple[Segment, ...]
    table_version: str


def evidence(face: Face, action_unit: int, side: Side = Side.BOTH, neutral: Floats | None = None) -> Evidence:
    """Return what the face's geometry says about an action unit.

    Args:
        face: as analysed; without a mesh nothing is measurable.
        action_unit: FACS number; numbers outside the table are not measurable.
        side: the subject's own side; measures without sides (such as the lip gap) are used whole.
        neutral: (478, 3) mesh of the same person's neutral picture, in picture axes; limits then move with it.

    Raises:
        ValueError: if ``neutral`` is not a finite face mesh.
    """
    rule = geometry_table().rules.get(action_unit)
    own = None if neutral is None else measure_all(neutral)
    if rule is None:
        return _not_measurable(action_unit, side, None, f"{title(action_unit)} is not in the table of face geometry.")
    obstacle = _obstacle(face, rule)
    if obstacle:
        return _not_measurable(action_unit, side, rule, obstacle)
    readings = Readings(_measured(face), own)
    obstacle = _missing(rule, readings, side)
    if obstacle:
        return _not_measurable(action_unit, side, rule, obstacle)
    return _judged(face, rule, judge(rule, readings, side), readings, side)


def measurable_action_units() -> tuple[int, ...]:
    """Return the action units that geometry can both support and contradict (class M), in ascending order."""
    return tuple(sorted(n for n, rule in geometry_table().rules.items() if rule.measure_class == "M"))


def live_values(face: Face, neutral: Floats | None = None) -> dict[int, float]:
    """Return a score per measurable action unit for plotting over time; one behind a gate is left out.

    Args:
        face: one frame's face.
        neutral: as for :func:`evidence`.

    Returns:
        Action unit to -1 ... 1: 0 at the neutral face, 0.5 where the evidence turns to "supports", 1 at a marked
        expression; negative values lie on the other side of neutral.
    """
    rules = [geometry_table().rules[number] for number in measurable_action_units()]
    judgeable = [rule for rule in rules if _obstacle(face, rule) is None]
    if not judgeable:
        return {}
    readings = Readings(_measured(face), None if neutral is None else measure_all(neutral))
    return {rule.number: score(rule, readings) for rule in judgeable if not _missing(rule, readings, Side.BOTH)}


def _obstacle(face: Face, rule: Rule) -> str | None:
    """Return why the action unit cannot be judged on this face, None when it can."""
    name = title(rule.number)
    if rule.measure_class == "N":
        return f"{name} cannot be judged from landmarks: {rule.why}."
    if face.mesh is None:
        return f"{name} cannot be judged: no face mesh was measured."
    for gate in face.gates:
        if gate.refuses or _regions(rule) & set(gate.blocks):
            return f"{name} cannot be judged: {gate.reason}"
    if not np.isfinite(face.mesh).all():
        return f"{name} cannot be judged: the face mesh holds numbers that are not finite."
    if face.size_px < rule.min_size_px:
        return f"{name} cannot be judged: the face is {face.size_px:.0f} px, it needs {rule.min_size_px:.0f} px."
    return None


def _regions(rule: Rule) -> frozenset[str]:
    """Return the regions that must be in sight: the action unit's own and those of every measure it reads."""
    return frozenset({ACTION_UNITS[rule.number].region, *(region for m in rule.measures for region in m.regions)})


def _measured(face: Face) -> dict[str, float]:
    """Return the face's measures; empty when its vertices coincide, which fixes no head pose."""
    if face.mesh is None or not np.ptp(face.mesh, axis=0).all():
        return {}
    return measure_all(face.mesh)


def _missing(rule: Rule, readings: Readings, side: Side) -> str | None:
    """Return a sentence when a value the rule needs is undefined or the iris is hidden."""
    name = title(rule.number)
    missing = [m.short for m in rule.measures if not math.isfinite(readings.value(m, side))]
    if missing:
        return f"{name} cannot be judged: the mesh does not give the {missing[0]}."
    openness = min(
        readings.values[f"eye_openness_{s}"] for s in ([side] if side is not Side.BOTH else ["right", "left"])
    )
    if openness < rule.min_eye_openness:
        return (
            f"{name} cannot be judged: the eye is open by {openness:.2f} of its width, "
            f"below {rule.min_eye_openness:.2f} the iris is hidden."
        )
    return None


def _judged(face: Face, rule: Rule, judgement: Judgement, readings: Readings, side: Side) -> Evidence:
    leading = judgement.shown[0].measure
    segments = _segments(face, judgement, side)
    contradicts = limits_in_words(rule.contradicts, readings, side) if rule.measure_class == "M" else ""
    return Evidence(
        action_unit=rule.number,
        side=side,
        verdict=judgement.finding,
        strength=_STRENGTH[rule.measure_class],
        measure=leading.name,
        value=readings.value(leading, side),
        neutral_mean=readings.centre(leading, side),
        neutral_sd=leading.neutral_sd,
        supports_when=limits_in_words(rule.supports, readings, side),
        contradicts_when=contradicts or None,
        reason=reason(rule, judgement, readings, side),
        points=segments[0],
        segments=segments,
        table_version=geometry_table().version,
    )


def _segments(face: Face, judgement: Judgement, side: Side) -> tuple[Segment, ...]:
    assert face.mesh is not None
    measures: list[Measure] = [condition.measure for condition in judgement.shown]
    pairs = dict.fromkeys(m.parts[s].segment for m in measures for s in m.drawn_sides(side))
    points = face.mesh[:, :2].tolist()
    return tuple((tuple(points[a]), tuple(points[b])) for a, b in pairs)


def _not_measurable(action_unit: int, side: Side, rule: Rule | None, sentence: str) -> Evidence:
    return Evidence(
        action_unit=action_unit,
        side=side,
        verdict="not measurable",
        strength=_STRENGTH[rule.measure_class] if rule else "none",
        measure=None,
        value=None,
        neutral_mean=None,
        neutral_sd=None,
        supports_when=None,
        contradicts_when=None,
        reason=sentence,
        points=None,
        segments=(),
        table_version=geometry_table().version,
    )
