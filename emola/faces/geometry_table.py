"""The versioned table of geometric evidence: which measure speaks for or against which action unit.

``data/geometry_v1.json`` is the only place of measures, neutral values, limits, classes, texts and their sources;
this module reads it into frozen data. Light: numpy only.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import Side

MeasureClass = Literal["M", "W", "N"]
"""M measurable, W weak (a hint that never contradicts), N not measurable from landmarks."""

Alternatives = tuple[tuple["Condition", ...], ...]
"""Ways to reach a verdict: one way is enough, all conditions of a way must hold."""

_TABLE = Path(__file__).parent / "data" / "geometry_v1.json"


@dataclass(frozen=True, eq=False)
class Part:
    """How one side of a measure (or a measure without sides) is taken from the vertices of an upright frontal mesh.

    Attributes:
        heights: (upper vertices, lower vertices, sign) per term: sign times the difference of their mean heights.
        lengths: int64 (K, 2) vertex pairs whose mean 3-D distance is taken; empty when ``heights`` is used.
        per: int64 (K, 2) vertex pairs whose mean 3-D distance is the unit; None for the outer eye corners.
        segment: the two vertices to draw.
    """

    heights: tuple[tuple[NDArray[np.int64], NDArray[np.int64], float], ...]
    lengths: NDArray[np.int64]
    per: NDArray[np.int64] | None
    segment: tuple[int, int]

    @functools.cached_property
    def highest_vertex(self) -> int:
        """The highest vertex read; 468 and more are irises, which not every mesh has."""
        groups = [self.lengths, *(() if self.per is None else (self.per,))]
        groups += [group for upper, lower, _ in self.heights for group in (upper, lower)]
        return max(int(group.max()) for group in groups if group.size)


@dataclass(frozen=True, eq=False)
class Measure:
    """One distance or ratio on a face.

    Attributes:
        name: key in the table; sided measures also give ``name_left`` and ``name_right``.
        short: a noun phrase for limits ("mouth width").
        both_phrase: says the value in words, with ``{amount}`` and, for signed values, ``{direction}``.
        side_phrase: the same for one side, with ``{side}``; empty for a measure without sides.
        directions: words for positive and negative values; empty for a measure that has no sign.
        neutral_mean: mean over neutral faces.
        neutral_sd: standard deviation over neutral faces.
        unit: ``outer-canthus distances``, ``iris radii`` or ``ratio``.
        regions: regions of the face that must be judgeable, as in :class:`emola.faces.face.Gate`.
        parts: ``Side.BOTH`` alone for a measure without sides, else ``Side.RIGHT`` and ``Side.LEFT``.
    """

    name: str
    short: str
    both_phrase: str
    side_phrase: str
    directions: tuple[str, ...]
    neutral_mean: float
    neutral_sd: float
    unit: str
    regions: tuple[str, ...]
    parts: Mapping[Side, Part]

    @property
    def sided(self) -> bool:
        """Whether left and right are measured apart."""
        return Side.BOTH not in self.parts

    def key(self, side: Side) -> str:
        """Return the name of this measure's value for ``side``; measures without sides are used whole."""
        return f"{self.name}_{side.value}" if self.sided and side is not Side.BOTH else self.name

    def drawn_sides(self, side: Side) -> tuple[Side, ...]:
        """Return the sides whose two points show this measure for a claim about ``side``."""
        return (side,) if side in self.parts else tuple(self.parts)


@dataclass(frozen=True, eq=False)
class Condition:
    """One limit on one measure.

    Attributes:
        measure: the measure.
        above: True when values above ``limit`` fulfil it, False when values below do.
        limit: in the measure's unit, against an average neutral face.
        marked: the value of a marked expression, for the live strip; None where no live value is given.
    """

    measure: Measure
    above: bool
    limit: float
    marked: float | None


@dataclass(frozen=True, eq=False)
class Rule:
    """What geometry can say about one action unit.

    Attributes:
        number: the action unit.
        measure_class: M, W or N.
        supports: ways to a support.
        contradicts: ways to a contradiction; ignored for class W, where they only document the measure.
        each_side: True when both sides must reach a verdict apart for a claim about both.
        note: a caution in one or more sentences; empty when there is none.
        why: for class N, why landmarks cannot tell, as the end of a sentence; else empty.
        min_size_px: smallest face (longer side of its box) that can be judged.
        min_eye_openness: eyes less open than this hide the iris; 0 when irises do not matter.
    """

    number: int
    measure_class: MeasureClass
    supports: Alternatives
    contradicts: Alternatives
    each_side: bool
    note: str
    why: str
    min_size_px: float
    min_eye_openness: float

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure that the rule reads, the leading one first."""
        found = (c.measure for way in (*self.supports, *self.contradicts) for c in way)
        return tuple(dict.fromkeys(found)) if self.supports else ()


@dataclass(frozen=True, eq=False)
class GeometryTable:
    """The whole table.

    Attributes:
        version: name of the table, part of every verdict.
        pitch_deg: turn about the horizontal axis after the fit to the base mesh, in degrees; see the table.
        measures: by name.
        rules: by action unit number, the 20 of :data:`emola.taxonomy.ACTION_UNITS`.
    """

    version: str
    pitch_deg: float
    measures: Mapping[str, Measure]
    rules: Mapping[int, Rule]


@functools.cache
def geometry_table() -> GeometryTable:
    """Return the table, read once."""
    data = json.loads(_TABLE.read_text(encoding="utf-8"))
    measures = {name: _measure(name, row) for name, row in data["measures"].items()}
    rules = {int(number): _rule(int(number), row, measures) for number, row in data["action_units"].items()}
    return GeometryTable(data["version"], data["frame"]["pitch_deg"], measures, rules)


def _measure(name: str, row: dict[str, Any]) -> Measure:
    parts = {side: _part(row[side.value]) for side in (Side.BOTH, Side.RIGHT, Side.LEFT) if side.value in row}
    return Measure(
        name=name,
        short=row["short"],
        both_phrase=row["both_phrase"],
        side_phrase=row.get("side_phrase", ""),
        directions=tuple(row.get("directions", ())),
        neutral_mean=row["neutral_mean"],
        neutral_sd=row["neutral_sd"],
        unit=row["unit"],
        regions=tuple(row["regions"]),
        parts=parts,
    )


def _part(row: dict[str, Any]) -> Part:
    terms = [(row[key], sign) for key, sign in (("height", 1.0), ("minus_height", -1.0)) if key in row]
    heights = tuple((np.array(upper), np.array(lower), sign) for (upper, lower), sign in terms)
    lengths = np.array(row.get("length", []), dtype=np.int64).reshape(-1, 2)
    per = np.array(row["per"], dtype=np.int64) if "per" in row else None
    return Part(heights, lengths, per, (row["segment"][0], row["segment"][1]))


def _rule(number: int, row: dict[str, Any], measures: Mapping[str, Measure]) -> Rule:
    return Rule(
        number=number,
        measure_class=row["class"],
        supports=_alternatives(row.get("supports", []), measures),
        contradicts=_alternatives(row.get("contradicts", []), measures),
        each_side=row.get("sides") == "each",
        note=row.get("note", ""),
        why=row.get("why", ""),
        min_size_px=row.get("min_size_px", 0.0),
        min_eye_openness=row.get("min_eye_openness", 0.0),
    )


def _alternatives(rows: list[list[dict[str, Any]]], measures: Mapping[str, Measure]) -> Alternatives:
    return tuple(tuple(_condition(row, measures) for row in way) for way in rows)


def _condition(row: dict[str, Any], measures: Mapping[str, Measure]) -> Condition:
    above = "above" in row
    return Condition(measures[row["measure"]], above, row["above" if above else "below"], row.get("marked"))
