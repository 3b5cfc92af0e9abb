"""Which action units a data set codes and is scored on, kept as data in ``unit_lists.json`` with a version."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS, SCORED_ACTION_UNITS

UNIT_LISTS_FILE: Final = Path(__file__).parent / "unit_lists.json"
FABA: Final = "faba"
_OWN: Final = "own"


@dataclass(frozen=True)
class UnitList:
    """The action units of one data set.

    Attributes:
        name: "faba", a classic data set, or "own" for a list that a user wrote down.
        scored: the units that S_re is the mean over, ascending.
        coded: the units that its labels speak of, ascending; what is said about others cannot be judged.
    """

    name: str
    scored: tuple[int, ...]
    coded: tuple[int, ...]

    @property
    def is_own(self) -> bool:
        """Whether a user wrote the list down; such a list has no version."""
        return self.name == _OWN


@functools.cache
def classic_units(data_set: str) -> tuple[int, ...]:
    """Return the action units of "bp4d", "disfa", "emotionet" or "gft", ascending."""
    return tuple(_content()["lists"][data_set])


def unit_list_names() -> tuple[str, ...]:
    """Return the data sets that have a list, "faba" first."""
    return (FABA, *_content()["lists"])


def unit_lists_version() -> int:
    """Return the version of the lists; it rises whenever one changes."""
    return int(_content()["version"])


def unit_list(data_set: str | None) -> UnitList:
    """Return the list of a data set; that of FABA-Bench for None and for sets without action units of their own."""
    if data_set is None or data_set not in _content()["lists"]:
        return UnitList(FABA, SCORED_ACTION_UNITS, tuple(ACTION_UNITS))
    units = classic_units(data_set)
    return UnitList(data_set, units, units)


def read_unit_list(text: str) -> UnitList:
    """Return the list that a user named: a data set, or numbers separated by commas or spaces.

    Raises:
        InputError: it is neither, or a number is none of the taxonomy's 20.
    """
    name = text.strip().lower()
    if name in unit_list_names():
        return unit_list(name)
    parts = name.replace(",", " ").split()
    known_units = {str(number): number for number in ACTION_UNITS}
    if not parts or not known_units.keys() >= set(parts):
        known, units = ", ".join(unit_list_names()), ", ".join(known_units)
        raise InputError(f"{text!r} is no list of action units; name one of {known}, or numbers of {units}.")
    numbers = tuple(sorted({known_units[part] for part in parts}))
    return UnitList(_OWN, numbers, numbers)


@functools.cache
def _content() -> MappingProxyType[str, Any]:
    return MappingProxyType(json.loads(UNIT_LISTS_FILE.read_text(encoding="utf-8")))
