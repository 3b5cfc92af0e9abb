"""One known error put into a text: another action unit or emotion, the other side, a far intensity. Pure.

The error is known as far as the original is right there; a unit is exchanged for one that the text names nowhere.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Protocol

from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.rewriting import propose_rewrite
from review.rewriting_emotions import propose_emotion

_LIST_MARK: Final = re.compile(r"^\s*(?:\d+[.)]|[-*•])?[ \t]*")
_NUMBERED: Final = re.compile(r"\bAU\s?\d")
"""A claim that names its unit by number can name another one; in prose, such a sentence would stand out."""
_SIDES: Final = {"left": "right", "right": "left"}
_DEGREES: Final = {
    "slightly": "strongly",
    "strongly": "slightly",
    "slight": "strong",
    "strong": "slight",
    "subtle": "pronounced",
    "pronounced": "subtle",
    "mild": "extreme",
    "extreme": "mild",
    "markedly": "barely",
    "barely": "markedly",
}
"""Words of intensity and one at the other end of the FACS scale."""


class PlantableClaim(Protocol):
    """What is needed of a claim; rows of the database have it."""

    start: Any
    end: Any
    kind: Any
    action_unit: Any
    more_units: Any
    emotion: Any
    negated: Any


@dataclass(frozen=True)
class Planted:
    """A text with one error, the error's code, and what the words ``start`` to ``end`` of it were before."""

    text: str
    code: str
    start: int
    end: int
    was: str

    def truth(self) -> dict[str, Any]:
        """Return what is kept of the error."""
        return {"start": self.start, "end": self.end, "was": self.was, "code": self.code}


def plant_error(text: str, claims: Sequence[PlantableClaim], chance: Random) -> Planted | None:
    """Return ``text`` with one error in one of its claims, or None where none can be put.

    Args:
        text: of a description, NFC.
        claims: its claims; those that name one action unit or emotion and deny nothing are used.
        chance: draws the claim and the kind of error.
    """
    named = {unit for claim in claims for unit in (claim.action_unit, *claim.more_units)}
    free = [unit for unit in ACTION_UNITS if unit not in named]
    usable = [claim for claim in claims if _is_plain(claim)]
    kinds: list[tuple[str, Callable[[str, PlantableClaim], str]]] = [
        ("H3", lambda words, _: _exchanged(words, _SIDES)),
        ("H4", lambda words, _: _exchanged(words, _DEGREES)),
        ("H2", lambda words, claim: _other_unit(words, claim, free, chance)),
        ("H6", lambda words, claim: _other_emotion(words, claim, chance)),
    ]
    for code, change in chance.sample(kinds, len(kinds)):
        for claim in chance.sample(usable, len(usable)):
            planted = _changed(text, claim, code, change)
            if planted is not None:
                return planted
    return None


def _is_plain(claim: PlantableClaim) -> bool:
    return claim.kind in ("au", "emotion") and not claim.negated and not claim.more_units


def _changed(
    text: str, claim: PlantableClaim, code: str, change: Callable[[str, PlantableClaim], str]
) -> Planted | None:
    """Return the text with one claim changed, its list number and the space behind it kept."""
    whole = text[claim.start : claim.end]
    mark = _LIST_MARK.match(whole)
    start = claim.start + (mark.end() if mark else 0)
    was = text[start : claim.start + len(whole.rstrip())]
    words = change(was, claim)
    changed = text[:start] + words + text[start + len(was) :]
    if words in ("", was) or unicodedata.normalize("NFC", changed) != changed:
        return None
    return Planted(changed, code, start, start + len(words), was)


def _exchanged(words: str, table: dict[str, str]) -> str:
    """Return ``words`` with every word of a table exchanged, capitals kept."""

    def other(found: re.Match[str]) -> str:
        word = table[found[0].lower()]
        return word.capitalize() if found[0][0].isupper() else word

    return re.sub(rf"\b(?:{_any_of(table)})\b", other, words, flags=re.IGNORECASE)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))


def _other_unit(words: str, claim: PlantableClaim, free: Sequence[int], chance: Random) -> str:
    if not _NUMBERED.search(words) or claim.action_unit is None or not free:
        return ""
    return propose_rewrite(words, claim.action_unit, chance.choice(free))


def _other_emotion(words: str, claim: PlantableClaim, chance: Random) -> str:
    if claim.kind != "emotion" or claim.emotion is None:
        return ""
    return propose_emotion(words, claim.emotion, chance.choice([name for name in EMOTIONS if name != claim.emotion]))
