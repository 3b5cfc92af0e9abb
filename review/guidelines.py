"""The guideline that reviewers work by: one card per action unit and per error code, in versions.

The wording is this project's own. Which signs belong to which action unit, the A to E scale and the visibility codes
70 to 74 follow FACS (Ekman, Friesen and Hager, 2002), whose text is copyrighted and not used here.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from review.records import CODES

PACKAGED = Path(__file__).parent / "data" / "guideline_v1.json"

BANDS = ("A-B", "C", "D-E")
"""Where a card describes intensity; A and B, and D and E, are told apart by the general part."""

LONGEST_TEXT = 2000
"""Characters of one field; a card has to fit beside the picture."""


@dataclass(frozen=True)
class UnitCard:
    """What to know of one action unit.

    Attributes:
        number: a key of ``emola.taxonomy.ACTION_UNITS``.
        look_for: the signs of it.
        mistaken_for: what looks alike.
        intensity: text by each of BANDS.
        still_picture: what one still picture cannot show.
    """

    number: int
    look_for: str
    mistaken_for: str
    intensity: Mapping[str, str]
    still_picture: str


@dataclass(frozen=True)
class CodeCard:
    """What to know of one error code: its name, meaning, an example, what it is not, and its effect on the labels."""

    code: str
    name: str
    means: str
    example: str
    not_this: str
    effect: str


@dataclass(frozen=True)
class Guideline:
    """One version: general rules by title, cards by action unit and by error code."""

    version: str
    summary: str
    general: Mapping[str, str]
    units: Mapping[int, UnitCard]
    codes: Mapping[str, CodeCard]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; ``guideline_from_json`` reads it back equal."""
        units = {str(number): _without(asdict(card), "number") for number, card in self.units.items()}
        codes = {code: _without(asdict(card), "code") for code, card in self.codes.items()}
        head = {"version": self.version, "summary": self.summary, "general": dict(self.general)}
        return {**head, "units": units, "codes": codes}


def guideline_from_json(document: object) -> Guideline:
    """Return the guideline that a file or the database holds.

    Raises:
        InputError: naming the first card or field that is missing, unknown, empty or too long.
    """
    fields = _fields(document, ("version", "summary", "general", "units", "codes"), "The guideline")
    general = _texts(fields["general"], None, "The general part")
    units = _fields(fields["units"], tuple(map(str, ACTION_UNITS)), "The guideline's action units")
    codes = _fields(fields["codes"], CODES, "The guideline's error codes")
    return Guideline(
        version=_text(fields["version"], "The guideline's version"),
        summary=_text(fields["summary"], "The guideline's summary"),
        general=general,
        units={int(number): _unit_card(int(number), card) for number, card in units.items()},
        codes={code: _code_card(code, card) for code, card in codes.items()},
    )


@cache
def packaged_guideline() -> Guideline:
    """Return the version that comes with the program."""
    return guideline_from_json(json.loads(PACKAGED.read_text(encoding="utf-8")))


def changed_cards(old: Guideline, new: Guideline) -> list[str]:
    """Return the names of the general rules, action units and codes whose text differs, in the order of the page."""
    titles = [title for title in {**old.general, **new.general} if old.general.get(title) != new.general.get(title)]
    units = [f"AU{number}" for number in ACTION_UNITS if old.units.get(number) != new.units.get(number)]
    return titles + units + [code for code in CODES if old.codes.get(code) != new.codes.get(code)]


def _unit_card(number: int, document: object) -> UnitCard:
    what = f"The card of AU{number}"
    names = ("look_for", "mistaken_for", "intensity", "still_picture")
    fields = _fields(document, names, what)
    intensity = _texts(fields["intensity"], BANDS, f"The intensity of AU{number}'s card")
    look_for, mistaken_for = (_text(fields[name], f"{name} in AU{number}'s card") for name in names[:2])
    return UnitCard(number, look_for, mistaken_for, intensity, _text(fields["still_picture"], what))


def _code_card(code: str, document: object) -> CodeCard:
    texts = _texts(document, ("name", "means", "example", "not_this", "effect"), f"The card of {code}")
    return CodeCard(code=code, **texts)


def _fields(document: object, names: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return ``document`` in the order of ``names``, which must be its keys exactly."""
    if not isinstance(document, dict):
        raise InputError(f"{what} must be a JSON object with {', '.join(names)}.")
    missing, unknown = [name for name in names if name not in document], sorted(set(document) - set(names), key=str)
    if missing:
        raise InputError(f"{what}: {missing[0]} is missing.")
    if unknown:
        raise InputError(f"{what}: {unknown[0]!r} is not known; allowed are {', '.join(names)}.")
    return {name: document[name] for name in names}


def _texts(document: object, names: tuple[str, ...] | None, what: str) -> dict[str, str]:
    if names is None and not isinstance(document, dict):
        raise InputError(f"{what} must be a JSON object of titles and texts.")
    allowed = names if names is not None else tuple(map(str, document))  # type: ignore[call-overload]
    return {name: _text(value, f"{what}, {name}") for name, value in _fields(document, allowed, what).items()}


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{what} must be a text that is not empty.")
    if len(value) > LONGEST_TEXT:
        raise InputError(f"{what} has {len(value)} characters; at most {LONGEST_TEXT} fit on a card.")
    return value.strip()


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}
