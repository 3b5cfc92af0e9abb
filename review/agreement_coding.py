"""What people said about the same descriptions, brought into the tables that coefficients are computed from. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from review.agreement import Counts

PRESENCE: Final = ("absent", "present")

Groups = Mapping[int, Sequence["Coding"]]
"""A description's id to what each person said about it, people by id."""

Meeting = Sequence[tuple["Coding", "Coding"]]
"""The pairs of people that are compared on one description."""


@dataclass(frozen=True)
class Coding:
    """What one person said about one description.

    Attributes:
        description_id: which description.
        reviewer_id: who.
        verdicts: claim id to verdict.
        units: action unit to (state, intensity or None).
        emotion: the label, or None.
        spans: (start, end) of the free spans marked as wrong, code points; insertion points are no spans.
        length: of the text, code points.
    """

    description_id: int
    reviewer_id: int
    verdicts: Mapping[int, str]
    units: Mapping[int, tuple[str, str | None]]
    emotion: str | None
    spans: frozenset[tuple[int, int]] = frozenset()
    length: int = 0


@dataclass(frozen=True)
class Table:
    """Counts (U, C) with the description of each unit."""

    counts: Counts
    clusters: Counts


def shared(codings: Iterable[Coding]) -> dict[int, list[Coding]]:
    """Return the codings of each description that at least two people judged, people by id."""
    groups: dict[int, dict[int, Coding]] = defaultdict(dict)
    for coding in codings:
        groups[coding.description_id][coding.reviewer_id] = coding
    return {
        description: [group[person] for person in sorted(group)]
        for description, group in sorted(groups.items())
        if len(group) > 1
    }


def verdicts(coding: Coding) -> Mapping[int, str]:
    """Return claim id to verdict."""
    return coding.verdicts


def presence(coding: Coding, units: Iterable[int]) -> dict[int, str]:
    """Return present or absent for the units judged; what cannot be seen or was not judged says nothing."""
    return {unit: coding.units[unit][0] for unit in units if coding.units.get(unit, ("", None))[0] in PRESENCE}


def present(coding: Coding) -> frozenset[int]:
    """Return the action units that somebody saw."""
    return frozenset(unit for unit, (state, _) in coding.units.items() if state == "present")


def emotion(coding: Coding) -> dict[int, str]:
    """Return the label under one key, or nothing."""
    return {} if coding.emotion is None else {0: coding.emotion}


def degrees(coding: Coding, units: Iterable[int]) -> dict[int, str]:
    """Return the intensity of the units that have one."""
    found = {unit: coding.units.get(unit, ("", None))[1] for unit in units}
    return {unit: degree for unit, degree in found.items() if degree is not None}


def count_values(groups: Groups, values: Callable[[Coding], Mapping[int, str]], categories: Sequence[str]) -> Table:
    """Count who said what: one row for each description and key that anybody judged."""
    rows: dict[tuple[int, int], list[int]] = {}
    for description, group in groups.items():
        for coding in group:
            for key, value in values(coding).items():
                row = rows.setdefault((description, key), [0] * len(categories))
                row[categories.index(value)] += 1
    counts = np.array(list(rows.values()), dtype=np.int64).reshape(len(rows), len(categories))
    return Table(counts, np.array([description for description, _ in rows], dtype=np.int64))


def meetings(groups: Groups) -> list[Meeting]:
    """Return, for each description, every two people who judged it."""
    return [list(combinations(group, 2)) for group in groups.values()]


def cross(met: Sequence[Meeting], values: Callable[[Coding], Mapping[int, str]], categories: Sequence[str]) -> Counts:
    """Return (D, C, C): how often, in each meeting, the first of two people said the row and the second the column."""
    tables = np.zeros((len(met), len(categories), len(categories)), dtype=np.int64)
    for place, pairs in enumerate(met):
        for first, second in pairs:
            one, two = values(first), values(second)
            for key in one.keys() & two.keys():
                tables[place, categories.index(one[key]), categories.index(two[key])] += 1
    return tables
