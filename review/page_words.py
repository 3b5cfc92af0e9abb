"""Judgements in words: what a verdict, a label or a marked span says, so that nobody reads JSON."""

from collections.abc import Mapping
from typing import Any

from emola.taxonomy import ACTION_UNITS
from review.guidelines import packaged_guideline
from review.other_units import OTHER_UNITS

VERDICTS = {
    "correct": ("✓", "correct"),
    "wrong": ("✗", "wrong"),
    "unsure": ("?", "unsure"),
    "cannot_judge": ("–", "cannot judge"),
}
STATES = {"present": "present", "absent": "absent", "not_visible": "not visible", "not_judged": "not judged"}
SIDES = {"L": "subject's left", "R": "subject's right", "B": "both sides"}
INTENSITIES = {"A": "A trace", "B": "B slight", "C": "C marked", "D": "D severe", "E": "E maximum"}
"""FACS words of the five intensities (Ekman, Friesen and Hager, 2002), the first where the manual has two."""

TASKS = {"au": "action units", "emotion": "emotion"}

BASES = {
    "single": ("info", "one person"),
    "agreed": ("good", "agreed"),
    "adjudicated": ("good", "adjudicated"),
    "contested": ("wait", "contested"),
}
"""Kind of badge and words of what a gold value stands on."""


def unit_words(number: int | None) -> str:
    """Return an action unit's number and name."""
    if number is None:
        return "no action unit"
    name = ACTION_UNITS[number].name if number in ACTION_UNITS else OTHER_UNITS.get(number, "")
    return f"AU{number} {name}".rstrip()


def code_words(code: str) -> str:
    """Return an error code with its name."""
    card = packaged_guideline().codes.get(code)
    return code if card is None else f"{code} {card.name.lower()}"


def value_words(target: str, value: Mapping[str, Any] | None, text: str = "") -> str:
    """Return what was said of a target.

    Args:
        target: claim, unit, emotion or text.
        value: in the JSON forms of review.merging, or None.
        text: the description, from which marked spans are quoted.
    """
    if not value:
        return "nothing"
    return _marks(value, text) if target == "text" else _WORDS[target](value)


def target_words(target: str, key: str, claims: Mapping[int, str]) -> str:
    """Return what a judgement is about.

    Args:
        target: claim, unit, emotion or text.
        key: the claim's id, the action unit's number, or a constant.
        claims: text of each claim by id.
    """
    if target == "claim":
        return claims.get(int(key), f"claim {key}").strip()
    return unit_words(int(key)) if target == "unit" else {"emotion": "Emotion", "text": "Marked spans"}[target]


def _claim(value: Mapping[str, Any]) -> str:
    sign, word = VERDICTS[value["verdict"]]
    parts = [f"{sign} {word}"]
    if value.get("code"):
        parts.append(code_words(value["code"]))
    if value.get("action_unit"):
        parts.append(f"should be {unit_words(value['action_unit'])}")
    if value.get("severity"):
        parts.append(f"severity {value['severity']}")
    replacement = value.get("replacement")
    if replacement is not None:
        parts.append(f"new text “{replacement}”" if replacement else "sentence deleted")
    return " · ".join(parts)


def _unit(value: Mapping[str, Any]) -> str:
    parts = [STATES[value["state"]]]
    if value.get("intensity"):
        parts.append(INTENSITIES[value["intensity"]])
    if value.get("side", "N") != "N":
        parts.append(SIDES[value["side"]])
    return " · ".join(parts)


def _emotion(value: Mapping[str, Any]) -> str:
    second = f", then {value['second']}" if value.get("second") else ""
    confidence = {1: "not sure", 2: "fairly sure", 3: "sure"}.get(value.get("confidence", 0), "")
    return f"{value['label']}{second}" + (f" · {confidence}" if confidence else "")


def _marks(value: Mapping[str, Any], text: str) -> str:
    marks = value.get("marks") or []
    if not marks:
        return f"new text “{value['text']}”" if value.get("text") not in (None, text) else "no span marked"
    return "; ".join(_mark(mark, text) for mark in marks)


def _mark(mark: Mapping[str, Any], text: str) -> str:
    start, end = mark["start"], mark["end"]
    quote = f"“{text[start:end]}”" if start < end <= len(text) else f"at character {start}"
    new = f" → “{mark['replacement']}”" if mark.get("replacement") else ""
    return f"{quote}: {code_words(mark['code'])}{new}"


_WORDS = {"claim": _claim, "unit": _unit, "emotion": _emotion}
