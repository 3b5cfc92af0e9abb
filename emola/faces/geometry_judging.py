"""Hold measured values against the limits of the geometry table, with an average or a person's own neutral face.

Numbers in, verdict and words out: nothing here knows pictures, gates or claims. Light: numpy only.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from emola.faces.geometry_table import Alternatives, Condition, Measure, Rule
from emola.taxonomy import Side

Finding = Literal["supports", "contradicts", "unclear"]


@dataclass(frozen=True)
class Readings:
    """The values of one face and the neutral face they are held against.

    Attributes:
        values: from :func:`emola.faces.measures.measure_all`.
        own_neutral: the same of the person's own neutral picture; None for the average neutral face.
    """

    values: Mapping[str, float]
    own_neutral: Mapping[str, float] | None = None

    def value(self, measure: Measure, side: Side) -> float:
        """Return the measured value, NaN where the mesh does not give it."""
        return self.values.get(measure.key(side), math.nan)

    def centre(self, measure: Measure, side: Side) -> float:
        """Return the neutral value: the person's own where it was measured, else the average."""
        own = math.nan if self.own_neutral is None else self.own_neutral.get(measure.key(side), math.nan)
        return own if math.isfinite(own) else measure.neutral_mean

    def limit(self, condition: Condition, side: Side) -> float:
        """Return the limit, moved by as much as the person's own neutral differs from the average."""
        return condition.limit + self.centre(condition.measure, side) - condition.measure.neutral_mean

    def holds(self, condition: Condition, side: Side) -> bool:
        """Whether the value lies strictly beyond the limit."""
        value, limit = self.value(condition.measure, side), self.limit(condition, side)
        return value > limit if condition.above else value < limit

    def way(self, ways: Alternatives, side: Side) -> tuple[Condition, ...] | None:
        """Return the first way all of whose conditions hold."""
        return next((way for way in ways if all(self.holds(condition, side) for condition in way)), None)


@dataclass(frozen=True)
class Judgement:
    """A verdict and the conditions that led to it.

    Attributes:
        finding: supports, contradicts or unclear.
        shown: conditions to speak of; for unclear, those of the first way to a support.
        sides_differ: True when a claim about both sides holds for one side and not for the other.
    """

    finding: Finding
    shown: tuple[Condition, ...]
    sides_differ: bool = False


def judge(rule: Rule, readings: Readings, side: Side) -> Judgement:
    """Return what the readings say about the rule's action unit; a weak rule never contradicts."""
    if rule.each_side and side is Side.BOTH:
        return _judge_each_side(rule, readings)
    return _judge_once(rule, readings, side)


def _judge_once(rule: Rule, readings: Readings, side: Side) -> Judgement:
    supporting = readings.way(rule.supports, side)
    if supporting is not None:
        return Judgement("supports", supporting)
    contradicting = readings.way(rule.contradicts, side) if rule.measure_class == "M" else None
    if contradicting is not None:
        return Judgement("contradicts", contradicting)
    return Judgement("unclear", rule.supports[0])


def _judge_each_side(rule: Rule, readings: Readings) -> Judgement:
    right, left = (_judge_once(rule, readings, side) for side in (Side.RIGHT, Side.LEFT))
    if right.finding == left.finding:
        return right
    return Judgement("unclear", rule.supports[0], sides_differ={right.finding, left.finding} >= {"supports"})


def score(rule: Rule, readings: Readings) -> float:
    """Return -1 to 1: 0 at the neutral face, 0.5 at the limit of support, 1 at a marked expression.

    The way nearest to a support counts, and in it the condition furthest from its limit; with ``each_side`` the side
    that is further from a support.
    """
    sides = (Side.RIGHT, Side.LEFT) if rule.each_side else (Side.BOTH,)
    return min(max(min(_progress(c, readings, side) for c in way) for way in rule.supports) for side in sides)


def _progress(condition: Condition, readings: Readings, side: Side) -> float:
    value, limit = readings.value(condition.measure, side), readings.limit(condition, side)
    centre = readings.centre(condition.measure, side)
    beyond = (value - limit) if condition.above else (limit - value)
    if beyond <= 0 or condition.marked is None:
        return max(-1.0, min(0.5, 0.5 * (value - centre) / (limit - centre)))
    return min(1.0, 0.5 + 0.5 * beyond / abs(condition.marked - condition.limit))
