"""Sentences of the geometric evidence: numbers with their neutral band and limits, in plain words."""

from collections.abc import Sequence

from emola.faces.geometry_judging import Judgement, Readings
from emola.faces.geometry_table import Alternatives, Condition, Measure, Rule
from emola.taxonomy import ACTION_UNITS, Side

AVERAGE_NEUTRAL = "compared with an average neutral face"
OWN_NEUTRAL = "compared with this person's own neutral picture"
LENGTH_UNIT = "lengths in distances between the outer eye corners"


def title(number: int) -> str:
    """Return "AU12 Lip corner puller"; the number alone for a unit outside the taxonomy."""
    unit = ACTION_UNITS.get(number)
    return f"AU{number} {unit.name}" if unit else f"AU{number}"


def limits_in_words(ways: Alternatives, readings: Readings, side: Side) -> str:
    """Return, say, "lip-corner height above 0.03 and mouth width above 0.64, or ..."; empty without ways."""
    return ", or ".join(_listed([f"{c.measure.short} {_bound(c, readings, side)}" for c in way]) for way in ways)


def reason(rule: Rule, judgement: Judgement, readings: Readings, side: Side) -> str:
    """Return one or two sentences: what was measured, the neutral band, the verdict, the limits, the caution."""
    if judgement.sides_differ:
        seen, verdict = _differing_eyes(rule, judgement, readings)
    else:
        seen = _listed([_measured(c, readings, side) for c in judgement.shown])
        verdict = _verdict(rule, judgement, readings, side)
    text = f"{seen[0].upper()}{seen[1:]}: {verdict}; {_comparison(judgement, readings)}."
    cautious = rule.note and judgement.finding != "contradicts" and not judgement.sides_differ
    return f"{text} {rule.note}" if cautious else text


def _measured(condition: Condition, readings: Readings, side: Side) -> str:
    """Return the value of one condition's measure with its neutral band."""
    measure = condition.measure
    value, limit = readings.value(measure, side), readings.limit(condition, side)
    return f"{_phrase(measure, side, value, limit)} ({_band(measure, readings.centre(measure, side))})"


def _phrase(measure: Measure, side: Side, value: float, limit: float) -> str:
    words = measure.side_phrase if measure.side_phrase and side is not Side.BOTH else measure.both_phrase
    amount, direction = _number(value, limit), ""
    if measure.directions:
        amount, direction = amount.lstrip("-"), measure.directions[0 if value >= 0 else 1]
    return words.format(amount=amount, direction=direction, side=f"subject's {side.value}")


def _band(measure: Measure, centre: float) -> str:
    low, high = centre - measure.neutral_sd, centre + measure.neutral_sd
    low = low if measure.directions else max(0.0, low)
    return f"neutral {_unsigned_zero(f'{low:.2f}')} to {_unsigned_zero(f'{high:.2f}')}"


def _verdict(rule: Rule, judgement: Judgement, readings: Readings, side: Side) -> str:
    name = title(rule.number)
    if judgement.finding == "unclear":
        return f"unclear for {name} ({_both_limits(rule, readings, side)})"
    verb = "weakly supports" if rule.measure_class == "W" else judgement.finding
    return f"{verb} {name} ({_listed([_bound(c, readings, side) for c in judgement.shown])})"


def _both_limits(rule: Rule, readings: Readings, side: Side) -> str:
    supported = _limits(rule.supports, readings, side)
    if rule.measure_class == "W":
        return f"supported by {supported}; a weak measure, it never contradicts"
    return f"supported by {supported}; contradicted by {_limits(rule.contradicts, readings, side)}"


def _limits(ways: Alternatives, readings: Readings, side: Side) -> str:
    """Return the limits, without the measure's name where a single condition leaves no doubt."""
    if len(ways) == 1 and len(ways[0]) == 1:
        return f"values {_bound(ways[0][0], readings, side)}"
    return limits_in_words(ways, readings, side)


def _differing_eyes(rule: Rule, judgement: Judgement, readings: Readings) -> tuple[str, str]:
    """Return what was seen and the verdict when one side fulfils the claim alone; only eyes are judged side by side."""
    condition = judgement.shown[0]
    closed = next(side for side in (Side.RIGHT, Side.LEFT) if readings.holds(condition, side))
    other = Side.LEFT if closed is Side.RIGHT else Side.RIGHT
    seen = " but ".join(_measured(condition, readings, side) for side in (closed, other))
    bound = _bound(condition, readings, closed)
    return seen, f"unclear for {title(rule.number)} ({bound} in both eyes), as one closed eye is a wink (AU46)"


def _comparison(judgement: Judgement, readings: Readings) -> str:
    against = AVERAGE_NEUTRAL if readings.own_neutral is None else OWN_NEUTRAL
    lengths = any(c.measure.unit == "outer-canthus distances" for c in judgement.shown)
    return f"{against}, {LENGTH_UNIT}" if lengths else against


def _bound(condition: Condition, readings: Readings, side: Side) -> str:
    limit = readings.limit(condition, side)
    digits = 2 if abs(round(limit, 2) - limit) < 5e-4 else 3
    return f"{'above' if condition.above else 'below'} {_unsigned_zero(f'{limit:.{digits}f}')}"


def _number(value: float, limit: float) -> str:
    """Return two decimals, or up to four where fewer would make the value look equal to the limit."""
    texts = (f"{value:.{digits}f}" for digits in (2, 3, 4))
    return _unsigned_zero(next((text for text in texts if float(text) != round(limit, 4)), f"{value:.4f}"))


def _unsigned_zero(text: str) -> str:
    return text.lstrip("-") if float(text) == 0 else text


def _listed(parts: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
