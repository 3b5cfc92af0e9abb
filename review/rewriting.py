"""Sentences offered for acceptance in place of wrong or missing claims, and word diffs to show them. Pure.

An offer changes as little as it can: where the claim describes the right movement under a wrong number or name, its
description stays and only its head is exchanged.
"""

import re
from difflib import SequenceMatcher

from emola.answer import split_claims
from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS, Intensity, Side

_LIST_MARK = re.compile(r"^\s*(?:\d+[.)]|[-*•])[ \t]+")
_HEAD = re.compile(r"^[^:.\n]*\bAU\s?\d+[^:.\n]*:\s*")
_WORDS = re.compile(r"\S+\s*|\s+")
_DEGREES = {
    "A": "only a trace (A)",
    "B": "slightly (B)",
    "C": "markedly (C)",
    "D": "severely (D)",
    "E": "to the maximum (E)",
}
"""The FACS scale in words, with its letter."""
_PLACES = {
    "L": ("on the subject's left side", Side.LEFT),
    "R": ("on the subject's right side", Side.RIGHT),
    "B": ("on both sides of the face", Side.BOTH),
}
_OTHER_SIDE = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


def propose_rewrite(
    claim_text: str, wrong_unit: int | None, right_unit: int, *, intensity: str | None = None, side: str = "N"
) -> str:
    """Return a sentence to accept in place of a claim, such as "AU4 - Brow Lowerer: The brows move down.".

    Args:
        claim_text: the claim, with or without its list number; the offer has none.
        wrong_unit: the action unit it names, or None.
        right_unit: the one that is seen, of the 20 of the taxonomy; the same as ``wrong_unit`` where only the
            intensity or the side is wrong.
        intensity: A to E to state, or None.
        side: L, R or B to state (the subject's own), or N.

    Raises:
        InputError: ``right_unit`` is none of the taxonomy.
    """
    body = _HEAD.sub("", _LIST_MARK.sub("", claim_text)).strip()
    kept = body if right_unit == wrong_unit or _speaks_only_of(body, right_unit) else ""
    if intensity is not None and {claim.intensity for claim in split_claims(kept)} - {None, intensity}:
        kept = ""
    offer = _sentence(right_unit, kept, intensity, side)
    if kept and not _reads_as(offer, right_unit, intensity, side):
        return _sentence(right_unit, "", intensity, side)
    return offer


def propose_addition(unit: int, *, intensity: str | None = None, side: str = "N") -> str:
    """Return a sentence to add for an action unit that the description leaves out; arguments as for a rewrite."""
    return _sentence(unit, "", intensity, side)


def word_diff(old: str, new: str) -> list[tuple[str, str]]:
    """Return the steps from ``old`` to ``new`` as (keep | delete | insert, words); spaces belong to the word before.

    The words of keep and delete joined are ``old``, those of keep and insert are ``new``.
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    steps: list[tuple[str, str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag == "equal":
            steps.append(("keep", "".join(before[first:last])))
            continue
        if first < last:
            steps.append(("delete", "".join(before[first:last])))
        if new_first < new_last:
            steps.append(("insert", "".join(after[new_first:new_last])))
    return steps


def _sentence(number: int, body: str, intensity: str | None, side: str) -> str:
    """Return the claim of one unit with ``body``, or with our own words for what one sees."""
    unit = ACTION_UNITS.get(number)
    if unit is None:
        raise InputError(f"AU{number} is none of the action units here: {', '.join(map(str, ACTION_UNITS))}.")
    said = body.rstrip(". ") or unit.appearance
    stated = split_claims(said)
    if intensity is not None and not any(claim.intensity == intensity for claim in stated):
        said = f"{said}, {_DEGREES[intensity]}"
    if side in _PLACES:
        said = _placed(said, *_PLACES[side])
    return f"AU{number} - {unit.name.title()}: {said[:1].upper()}{said[1:]}."


def _placed(said: str, phrase: str, side: Side) -> str:
    """Return ``said`` on a side: the words for the other one exchanged, or the side added."""
    stated = {claim.side for claim in split_claims(said) if claim.side_stated}
    if stated == {side}:
        return said
    if stated and Side.BOTH not in stated | {side}:
        return re.sub(r"\b(?:left|right)\b", lambda word: _OTHER_SIDE[word[0]], said, flags=re.IGNORECASE)
    return said if stated else f"{said}, {phrase}"


def _speaks_only_of(body: str, unit: int) -> bool:
    """Say whether a description affirms one unit and no other."""
    claims = [claim for claim in split_claims(body) if claim.kind == "action unit"]
    units = {number for claim in claims for number in (claim.action_unit, *claim.more_units)}
    return units == {unit} and not any(claim.negated for claim in claims)


def _reads_as(offer: str, unit: int, intensity: str | None, side: str) -> bool:
    """Say whether a sentence is read back as what it should state."""
    claims = split_claims(offer)
    if [(claim.action_unit, claim.negated) for claim in claims] != [(unit, False)]:
        return False
    (claim,) = claims
    wanted = Intensity(intensity) if intensity else None
    right_side = side not in _PLACES or (claim.side_stated and claim.side is _PLACES[side][1])
    return right_side and (wanted is None or claim.intensity is wanted)
