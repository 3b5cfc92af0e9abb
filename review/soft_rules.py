"""Warnings about what seldom goes together in one face: a reason to look again, never a verdict.

Rules, prototypes and their sources are in ``data/soft_rules.json``. The same facial configuration can go with several
emotions (Barrett et al. 2019), so "the emotion does not fit the units" only asks for a look.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "soft_rules.json"
PAIR, NEED, PROTOTYPE = "contradictory_pair", "missing_partner", "emotion_units"
"""Kinds of warnings."""

MARGIN = 0.5
"""By how much the units must fit another emotion better, in shares of a prototype's needed units."""
_NAMED = 2


@dataclass(frozen=True)
class SoftWarning:
    """One warning: its kind, a sentence, the units it is about (ascending) and the key of its source."""

    kind: str
    message: str
    units: tuple[int, ...]
    source: str


@dataclass(frozen=True)
class Prototype:
    """One published configuration: the units that make it and those that may join."""

    emotion: str
    units: frozenset[int]
    optional: frozenset[int]
    source: str


def soft_warnings(units: Collection[int], emotion: str | None = None) -> tuple[SoftWarning, ...]:
    """Return what should make one look again.

    Args:
        units: action units said to be present.
        emotion: the emotion said to be shown, a name of ``emola.taxonomy.EMOTIONS``, or None.
    """
    present = frozenset(units)
    found = [*_pairs(present), *_needs(present)]
    mismatch = emotion_mismatch(present, emotion) if emotion else None
    return (*found, mismatch) if mismatch else tuple(found)


def emotion_mismatch(present: Collection[int], emotion: str) -> SoftWarning | None:
    """Return a warning when the units fit the prototype of another emotion much better than any of this one."""
    own = max((_fit(present, p) for p in prototypes() if p.emotion == emotion), default=0.0)
    others = [(_fit(present, p), p) for p in prototypes() if p.emotion != emotion]
    best, nearest = max(others, key=lambda pair: pair[0])
    if best - own < MARGIN or len(nearest.units & set(present)) < _NAMED:
        return None
    shown = sorted(set(present) & (nearest.units | nearest.optional))
    message = (
        f"{_listed(shown)} are rather those of {nearest.emotion} than of {emotion} "
        "(a reason to look: one configuration can go with several emotions)"
    )
    return SoftWarning(PROTOTYPE, message, tuple(shown), nearest.source)


@cache
def prototypes() -> tuple[Prototype, ...]:
    """Return the published configurations of the six emotions; neutral has none."""
    return tuple(
        Prototype(row["emotion"], frozenset(row["units"]), frozenset(row["optional"]), row["source"])
        for row in rules()["prototypes"]
    )


@cache
def part_units() -> dict[str, frozenset[int]]:
    """Return the action units that move each part of the face: brows, eyes, nose, mouth."""
    return {part: frozenset(units) for part, units in rules()["parts"].items() if part != "about"}


@cache
def rules() -> dict[str, Any]:
    """Return the content of the rule file."""
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))


def _fit(present: Collection[int], prototype: Prototype) -> float:
    """Return which share of the prototype's needed units is present, 0 to 1."""
    return len(prototype.units & set(present)) / len(prototype.units)


def _pairs(present: frozenset[int]) -> list[SoftWarning]:
    return [
        SoftWarning(PAIR, f"{_listed(row['units'])}: {row['words']}", tuple(sorted(row["units"])), row["source"])
        for row in rules()["pairs"]
        if present.issuperset(row["units"])
    ]


def _needs(present: frozenset[int]) -> list[SoftWarning]:
    return [
        SoftWarning(
            NEED, f"AU{row['unit']} without {_listed(row['any_of'])}: {row['words']}", (row["unit"],), row["source"]
        )
        for row in rules()["needs"]
        if row["unit"] in present and not present & set(row["any_of"])
    ]


def _listed(units: Collection[int]) -> str:
    names = [f"AU{unit}" for unit in sorted(units)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
