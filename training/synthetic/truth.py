"""What is known of a rendered face: its action units, their intensities and sides, and its emotion.

Intensities run from 0 (at rest) to 1 (maximum); the FACS letters A to E are steps of 0.2. A unit below
:data:`VISIBLE_FROM` moves the face a little but is named by no description. Sides are the subject's own.

The emotion of a face is a function of its visible units (nearest prototype by cosine), so that pictures of one
configuration never carry two labels. Sampled faces keep a distance from the borders between emotions, so that a
careful reader of the list of units comes to the same label. Prototypes and their published sources are in
``prototypes.json``. What a picture covers is at rest: a hidden unit is neither rendered nor named.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import ACTION_UNITS, Intensity, Side
from training.synthetic.occlusion import HIDDEN, Occlusion, sample_occlusion

VISIBLE_FROM = 0.15
"""Lowest intensity that a description names."""

PROTOTYPE_SHARE = 0.72
"""Share of sampled faces that start from a prototype; the others are free combinations of units."""

_MIXED_SHARE = 0.2
_MIX_BELOW = 6
_NEAREST_BELOW_IS_NEUTRAL = 0.62
_SECOND_WITHIN = 0.93
_SUM_BELOW_IS_NEUTRAL = 0.3
_STRONG_LIFT = 0.7
_CLEAR_FROM = 0.3
_TRACE_SHARE = 1 / 40
_MARGIN = 0.06
_TRIES = 12
_COLUMN = {number: column for column, number in enumerate(ACTION_UNITS)}
_RARE = (6, 9, 14, 16, 17, 20, 23, 24, 27, 43)


@dataclass(frozen=True)
class UnitTruth:
    """One action unit of a face.

    ``intensity`` is that of the stronger side (0 to 1), as FACS scores it. ``asymmetry`` (-1 to 1, only with
    ``Side.BOTH``) is the share that the weaker side lacks: positive when the right side is weaker.
    """

    intensity: float
    side: Side = Side.BOTH
    asymmetry: float = 0.0

    @property
    def left(self) -> float:
        """Intensity on the subject's left side."""
        return 0.0 if self.side is Side.RIGHT else self.intensity * (1.0 + min(self.asymmetry, 0.0))

    @property
    def right(self) -> float:
        """Intensity on the subject's right side."""
        return 0.0 if self.side is Side.LEFT else self.intensity * (1.0 - max(self.asymmetry, 0.0))

    @property
    def letter(self) -> Intensity:
        """FACS intensity: A below 0.2, B below 0.4, C below 0.6, D below 0.8, else E."""
        return intensity_letter(self.intensity)


@dataclass(frozen=True)
class Truth:
    """Everything a description may say of one face.

    ``action_units`` holds units below :data:`VISIBLE_FROM` as well (they are rendered, never named).
    ``emotion`` and ``second_emotion`` are names of :data:`emola.taxonomy.EMOTIONS`; ``strength`` is 0 to 1.
    ``occlusion`` covers part of the face; the units it hides are not among ``action_units``.
    """

    action_units: dict[int, UnitTruth]
    emotion: str
    second_emotion: str | None
    strength: float
    occlusion: Occlusion | None = None

    @property
    def hidden(self) -> frozenset[int]:
        """Action units of which the picture shows nothing, at rest or not."""
        return HIDDEN[self.occlusion] if self.occlusion else frozenset()

    def visible(self) -> dict[int, UnitTruth]:
        """Return the units that descriptions name, by ascending number."""
        return {n: self.action_units[n] for n in sorted(self.action_units) if is_visible(self.action_units[n])}


@dataclass(frozen=True)
class Prototype:
    """One facial configuration with its emotion; ``units`` are (number, probability, lowest, highest intensity)."""

    name: str
    emotion: str
    second: str | None
    units: tuple[tuple[int, float, float, float], ...]


def intensity_letter(intensity: float) -> Intensity:
    """Return the FACS letter of an intensity between 0 and 1."""
    return list(Intensity)[min(int(intensity * 5 + 1e-9), 4)]


def is_visible(unit: UnitTruth) -> bool:
    """Say whether a description names this unit."""
    return unit.intensity >= VISIBLE_FROM


@cache
def _data() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "prototypes.json").read_text(encoding="utf-8")))


@cache
def prototypes() -> tuple[Prototype, ...]:
    """Return the facial prototypes, single emotions, compounds and neutral ones."""
    return tuple(
        Prototype(p["name"], p["emotion"], p.get("second"), tuple((int(n), *rest) for n, *rest in p["units"]))
        for p in _data()["prototypes"]
    )


@cache
def exclusive_pairs() -> tuple[tuple[int, int], ...]:
    """Return the pairs of units that one face cannot show together, or not visibly so."""
    return tuple((int(a), int(b)) for a, b in _data()["exclusive_pairs"])


def label_emotion(units: Mapping[int, UnitTruth]) -> tuple[str, str | None, float]:
    """Return emotion, second emotion and strength (0 to 1) of a face from its visible units.

    The nearest prototype by cosine decides; faces near none of them, or with hardly any movement, are neutral.
    """
    seen = _seen(units)
    if sum(seen.values()) < _SUM_BELOW_IS_NEUTRAL:
        return "neutral", None, 0.0
    ranked = _ranked(seen)
    best, nearest = ranked[0]
    if best < _NEAREST_BELOW_IS_NEUTRAL or nearest.emotion == "neutral":
        return "neutral", None, 0.0
    numbers = {n for n, *_ in nearest.units}
    strength = float(np.mean([value for n, value in seen.items() if n in numbers]))
    others = (p.emotion for cosine, p in ranked if cosine >= _SECOND_WITHIN * best and p.second is None)
    second = nearest.second or next(others, None)
    return nearest.emotion, None if second in (nearest.emotion, "neutral") else second, strength


def label_margin(units: Mapping[int, UnitTruth]) -> float:
    """Return how much nearer (cosine) the emotion of a face is than the next one; 1 for a face at rest."""
    seen = _seen(units)
    if sum(seen.values()) < _SUM_BELOW_IS_NEUTRAL:
        return 1.0
    nearest = {"neutral": _NEAREST_BELOW_IS_NEUTRAL}
    for cosine, prototype in _ranked(seen):
        nearest[prototype.emotion] = max(cosine, nearest.get(prototype.emotion, 0.0))
    best, following = sorted(nearest.values(), reverse=True)[:2]
    return best - following


def _seen(units: Mapping[int, UnitTruth]) -> dict[int, float]:
    """Return the intensities of the visible units."""
    return {n: unit.intensity for n, unit in units.items() if is_visible(unit)}


@cache
def _centres() -> NDArray[np.float64]:
    """Return the mean configuration (P, 20) of every prototype, scaled to length 1 (0 for a face at rest)."""
    centres = np.zeros((len(prototypes()), len(ACTION_UNITS)))
    for row, prototype in zip(centres, prototypes(), strict=True):
        for number, probability, low, high in prototype.units:
            row[_COLUMN[number]] = probability * (low + high) / 2
    return np.asarray(centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9))


def _ranked(seen: Mapping[int, float]) -> list[tuple[float, Prototype]]:
    """Return the prototypes with the cosine between their mean configuration and a face, nearest first."""
    face = np.zeros(len(ACTION_UNITS))
    for number, intensity in seen.items():
        face[_COLUMN[number]] = intensity
    cosines = _centres() @ (face / np.linalg.norm(face))
    return [(float(cosines[i]), prototypes()[i]) for i in np.argsort(-cosines, kind="stable")]


def sample_truth(rng: np.random.Generator) -> Truth:
    """Draw one face: 72 % prototypes (a fifth of them mixed), 28 % free combinations, weak movements added.

    Faces whose emotion is a near thing are drawn again. One face in twelve is partly covered.
    """
    occlusion = sample_occlusion(rng)
    hidden = HIDDEN[occlusion] if occlusion else frozenset()
    for _ in range(_TRIES):
        units = {n: unit for n, unit in _sample_units(rng).items() if n not in hidden}
        if label_margin(units) >= _MARGIN:
            break
    for number in rng.choice(list(ACTION_UNITS), size=int(rng.integers(0, 3)), replace=False):
        if int(number) not in units and int(number) not in hidden and not _conflicts(int(number), units):
            units[int(number)] = UnitTruth(float(rng.uniform(0.02, 0.1)))
    units = dict(sorted(units.items()))
    return Truth(units, *label_emotion(units), occlusion)


def _sample_units(rng: np.random.Generator) -> dict[int, UnitTruth]:
    """Draw the visible units of one face."""
    levels = _from_prototypes(rng) if rng.random() < PROTOTYPE_SHARE else _free_combination(rng)
    return {n: _with_side(n, level, rng) for n, level in _anatomically_possible(levels, rng).items()}


def _from_prototypes(rng: np.random.Generator) -> dict[int, float]:
    """Draw the units of one prototype of an evenly drawn emotion, sometimes with a weaker second one."""
    emotions = sorted({p.emotion for p in prototypes()})
    levels = _prototype_levels(_draw_prototype(str(rng.choice(emotions)), rng), rng)
    if 0 < len(levels) < _MIX_BELOW and rng.random() < _MIXED_SHARE:
        for number, level in _prototype_levels(_draw_prototype(str(rng.choice(emotions)), rng), rng).items():
            if len(levels) <= _MIX_BELOW and number not in levels and not _conflicts(number, levels):
                levels[number] = max(_CLEAR_FROM, level * 0.7)
    return levels


def _draw_prototype(emotion: str, rng: np.random.Generator) -> Prototype:
    """Draw one prototype of an emotion; half of the neutral faces are at rest."""
    choices = [p for p in prototypes() if p.emotion == emotion]
    if emotion == "neutral" and rng.random() < 0.5:
        return next(p for p in choices if not p.units)
    return choices[int(rng.integers(len(choices)))]


def _prototype_levels(prototype: Prototype, rng: np.random.Generator) -> dict[int, float]:
    """Draw intensities that rise and fall together; one unit in forty is only a trace."""
    strength = rng.random() ** 0.8
    levels = {}
    for number, probability, low, high in prototype.units:
        if rng.random() < probability:
            place = float(np.clip(strength + rng.normal(0.0, 0.18), 0.0, 1.0))
            levels[number] = max(_CLEAR_FROM, low + (high - low) * place)
            if rng.random() < _TRACE_SHARE:
                levels[number] = float(rng.uniform(VISIBLE_FROM, 0.2))
    return levels


def _free_combination(rng: np.random.Generator) -> dict[int, float]:
    """Draw one to five units of any kind; those that prototypes seldom use come twice as often."""
    weights = np.array([2.0 if number in _RARE else 1.0 for number in ACTION_UNITS])
    numbers = rng.choice(list(ACTION_UNITS), int(rng.integers(1, 6)), replace=False, p=weights / weights.sum())
    return {int(n): float(rng.uniform(_CLEAR_FROM, 1.0)) for n in numbers}


def _conflicts(number: int, present: Mapping[int, object]) -> bool:
    """Say whether a unit excludes one that is already there."""
    return any((number == a and b in present) or (number == b and a in present) for a, b in exclusive_pairs())


def _anatomically_possible(levels: dict[int, float], rng: np.random.Generator) -> dict[int, float]:
    """Drop one of each exclusive pair and add the parted lips that an open jaw or a strong lift brings."""
    kept: dict[int, float] = {}
    for number in rng.permutation(sorted(levels)):
        if not _conflicts(int(number), kept):
            kept[int(number)] = levels[int(number)]
    if 24 in kept or 17 in kept:
        kept = {n: min(level, _STRONG_LIFT - 0.05) if n in (9, 10) else level for n, level in kept.items()}
    opening = max(kept.get(27, 0.0), kept.get(26, 0.0), kept.get(16, 0.0) * 0.8)
    opening = max(opening, *(0.3 for n in (9, 10) if kept.get(n, 0.0) >= _STRONG_LIFT), 0.0)
    if opening and kept.get(25, 0.0) < opening:
        kept[25] = max(opening, _CLEAR_FROM)
    return kept


def _with_side(number: int, level: float, rng: np.random.Generator) -> UnitTruth:
    """Draw the side of a unit that can act on one side; as many again are only uneven."""
    share = float(_data()["sided"].get(str(number), 0.0))
    draw = rng.random()
    unit = UnitTruth(min(level, 1.0))
    if draw < share:
        return replace(unit, side=Side.LEFT if rng.random() < 0.5 else Side.RIGHT)
    if draw < 2 * share:
        return replace(unit, asymmetry=float(rng.choice([-1.0, 1.0]) * rng.uniform(0.3, 0.6)))
    return unit
