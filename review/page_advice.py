"""What Python works out while somebody reviews: the corrected text's reading, differences, contradictions, rewrites."""

import re
from collections.abc import Mapping
from typing import Any

from emola.answer import read_action_units, read_emotion
from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.editing import apply_edits
from review.page_bundle import hint_json
from review.records import CODES, INTENSITIES, SIDES, ReviewState
from review.repeats import find_repeats, group_repeats
from review.rewriting import propose_addition, propose_rewrite, word_diff
from review.rewriting_emotions import propose_emotion, second_emotion
from review.rewriting_repeats import offer_summaries
from review.soft_rules import soft_warnings
from review.store.items import ClaimView, ItemView

_LIST_MARK = re.compile(r"(?:\d+[.)]|[-*•])\s+")

DELETED_CODES = ("H0", "H1", "H5", "H7", "H8", "H9")
"""Errors whose claim is best left out of the corrected text."""

REWRITTEN_CODES = ("H2", "H3", "H4")
"""Errors whose sentence can be written anew from the action unit, its side and its intensity."""


def preview_json(item: ItemView, state: ReviewState) -> dict[str, Any]:
    """Return what the answers so far lead to.

    Args:
        item: the description.
        state: what is on the screen.

    Returns:
        ``corrected`` text, ``differences`` (claim id to steps of ``keep``, ``delete``, ``insert`` and their words),
        ``units`` and ``emotion`` as the benchmark's parser reads the corrected text, ``contradictions`` in words,
        ``summaries`` (last claim of a stretch that repeats rejected ones to the rewrite to offer for it).
    """
    corrected, _operations = apply_edits(item.text, item.claims, state)
    present = [unit for unit, seen in state.units.items() if seen.state == "present"]
    emotion = state.emotion.label if state.emotion and state.emotion.label in EMOTIONS else None
    texts = {claim.id: claim.text for claim in item.claims}
    for group in group_repeats(item.text, item.claims, find_repeats(item.claims)):
        texts[group[-1].id] = item.text[group[0].start : group[-1].end]
    differences = {
        str(number): [list(step) for step in word_diff(_beside(text, replacement), replacement)]
        for number, text in texts.items()
        if (said := state.verdicts.get(number)) and (replacement := said.replacement)
    }
    return {
        "corrected": corrected,
        "differences": differences,
        "units": sorted({reading.number for reading in read_action_units(corrected, "paper") if reading.present}),
        "emotion": read_emotion(corrected, "paper").label,
        "contradictions": [warning.message for warning in soft_warnings(present, emotion)] + _doubts(item, state),
        "summaries": {str(key): offer for key, offer in offer_summaries(item.text, item.claims, state).items()},
    }


def rewrite_json(item: ItemView, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"text": ...}``: a sentence to offer, "" to offer leaving the claim out, or None for no offer.

    Args:
        item: the description.
        asked: ``claim_id`` (None for a missing unit), ``code``, ``action_unit``, ``intensity``, ``side``, and for a
            claim about an emotion ``emotion`` and ``second``, those that are seen.
    """
    code, unit = asked.get("code"), asked.get("action_unit")
    intensity, side = asked.get("intensity"), asked.get("side") or "N"
    if code not in CODES or (unit is not None and unit not in ACTION_UNITS):
        raise InputError("A rewrite needs an error code and an action unit of this project.")
    if side not in SIDES or (intensity is not None and intensity not in INTENSITIES):
        raise InputError("A rewrite needs a side (N, L, R, B) and an intensity (A to E) or none.")
    if code == "M1":
        return {"text": None if unit is None else propose_addition(unit, intensity=intensity, side=side)}
    claim = find_claim(item, asked.get("claim_id"))
    if code in DELETED_CODES:
        return {"text": ""}
    if code == "H6" and claim.kind == "emotion":
        return {"text": _emotion_text(claim, asked.get("emotion"), asked.get("second"))}
    repeats = claim.id in find_repeats(item.claims)
    if repeats or code not in REWRITTEN_CODES or claim.action_unit is None or (code == "H2" and unit is None):
        return {"text": None}
    right = unit if code == "H2" and unit is not None else claim.action_unit
    return {"text": propose_rewrite(claim.text, claim.action_unit, right, intensity=intensity, side=side)}


def _emotion_text(claim: ClaimView, seen: object, second: object) -> str | None:
    """Return a claim for the emotion that is seen; "" where that is the one it names, or none was named yet."""
    if not isinstance(seen, str) or claim.emotion is None:
        return None
    same = seen == claim.emotion and not claim.negated and second is None
    if same and second_emotion(claim.text, claim.emotion) is None:
        return ""
    return propose_emotion(claim.text, claim.emotion, seen, second if isinstance(second, str) else None)


def _doubts(item: ItemView, state: ReviewState) -> list[str]:
    """Return confirmed emotions that are not the one chosen on the right."""
    if state.emotion is None or item.task != "emotion":
        return []
    seen = (state.emotion.label, state.emotion.second)
    confirmed = {
        claim.emotion: None
        for claim in item.claims
        if claim.kind == "emotion" and not claim.negated and claim.emotion not in seen
        if (said := state.verdicts.get(claim.id)) and said.verdict == "correct"
    }
    return [f"The text’s “{emotion}” counts as correct, but you see {state.emotion.label}." for emotion in confirmed]


def _beside(text: str, replacement: str) -> str:
    """Return a claim's words without its list number where the replacement leaves it to the list."""
    words = text.strip()
    return words if _LIST_MARK.match(replacement) else _LIST_MARK.sub("", words, count=1)


def hints_json(item: ItemView, claim_id: int) -> dict[str, Any]:
    """Return what machines say of one claim."""
    return hint_json(find_claim(item, claim_id))


def find_claim(item: ItemView, claim_id: object) -> ClaimView:
    """Return one claim of an item.

    Raises:
        InputError: the item has no such claim.
    """
    for claim in item.claims:
        if claim.id == claim_id:
            return claim
    raise InputError("This item has no such claim; reload the page.")
