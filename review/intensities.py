"""Intensities that do not fit: held against the face, the other units of the same text and the emotion's strength.

One linear model over all stated intensities, A to E as 0 to 4, says what would be usual. Pure functions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emola.taxonomy import ACTION_UNITS
from review.learning import Floats
from review.suspicion import DescriptionFacts, Reason, weights

FEWEST = 60
"""Stated intensities below which nothing is usual yet."""
_LETTERS = "ABCDE"
_SHRINK = 10.0
"""The mean of a unit counts as if so many texts had stated the mean of all."""


@dataclass(frozen=True)
class Stated:
    """One stated intensity with what it is held against; None where that is not there."""

    description_id: int
    claim_ord: int
    unit: int
    value: float
    others: float | None
    emotion: float | None
    score: float | None


def intensity_reasons(
    every: Sequence[DescriptionFacts], scores: Mapping[int, Mapping[int, float]]
) -> Iterator[tuple[int, Reason]]:
    """Yield (description, reason) for intensities that differ much from what is usual.

    Args:
        every: all descriptions.
        scores: unit and image to how much the shape of the face speaks for the unit, standardised.
    """
    stated = list(_stated(every, scores))
    if len(stated) < FEWEST:
        return
    values = np.array([item.value for item in stated])
    usual = _usual(stated, values)
    off = (values - usual) / ((values - usual).std() + 1e-9)
    table = weights()["intensity"]
    for item, away, expected in zip(stated, off, usual, strict=True):
        beyond = abs(float(away)) - table["from"]
        if beyond <= 0:
            continue
        letter = _LETTERS[round(min(max(float(expected), 0), 4))]
        name = f"AU{item.unit} {ACTION_UNITS[item.unit].name}" if item.unit in ACTION_UNITS else f"AU{item.unit}"
        text = (
            f"{name} is said at intensity {_LETTERS[int(item.value)]}; beside the other intensities, the emotion's "
            f"strength and the shape of the face about {letter} would be usual."
        )
        weight = table["at"] + table["more"] * min(beyond, table["most"])
        yield item.description_id, Reason("unusual_intensity", text, weight, item.claim_ord)


def _stated(every: Sequence[DescriptionFacts], scores: Mapping[int, Mapping[int, float]]) -> Iterable[Stated]:
    """Yield every intensity that an action-unit text states."""
    strengths = {facts.image_id: _strength(facts) for facts in every if facts.task == "emotion"}
    for facts in every:
        if facts.task != "au":
            continue
        said = {unit: float(_LETTERS.index(c.intensity)) for unit, c in facts.affirmed.items() if c.intensity}
        for unit, value in said.items():
            others = [other for number, other in said.items() if number != unit]
            yield Stated(
                facts.description_id,
                facts.affirmed[unit].ord,
                unit,
                value,
                sum(others) / len(others) if others else None,
                strengths.get(facts.image_id),
                scores.get(unit, {}).get(facts.image_id),
            )


def _strength(facts: DescriptionFacts) -> float | None:
    """Return the mean strength that an emotion text states of its emotion, 0 to 4."""
    said = [_LETTERS.index(claim.intensity) for claim in facts.claims if claim.emotion and claim.intensity]
    return sum(said) / len(said) if said else None


def _usual(stated: Sequence[Stated], values: Floats) -> Floats:
    """Return the intensity that is usual for each, by least squares; what is not there counts as the mean."""
    means = {
        unit: (sum(same) + _SHRINK * float(values.mean())) / (len(same) + _SHRINK)
        for unit in {item.unit for item in stated}
        if (same := [item.value for item in stated if item.unit == unit])
    }
    columns = [
        np.array([means[item.unit] for item in stated]),
        _filled([item.others for item in stated]),
        _filled([item.emotion for item in stated]),
        _filled([item.score for item in stated]),
        np.ones(len(stated)),
    ]
    design = np.stack(columns, axis=1)
    return np.asarray(design @ np.linalg.lstsq(design, values, rcond=None)[0])


def _filled(values: Sequence[float | None]) -> Floats:
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return np.array([mean if value is None else value for value in values])
