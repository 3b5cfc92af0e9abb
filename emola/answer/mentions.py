"""Where a sentence speaks of action units (by number, FACS name or everyday phrase) and of emotions."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from emola.answer.lexicon import (
    cue_patterns,
    emotion_patterns,
    hedge_pattern,
    name_patterns,
)
from emola.answer.unit_numbers import UnitMention, find_unit_numbers

_SAME_UNIT = re.compile(
    r"[^\w\n.,;]*(?:(?:or|is|the|also|called|known|as|a|an|i\.e\.)\b[^\w\n.;]*){0,5}", re.IGNORECASE
)
_APPOSED = re.compile(
    r"""\s*,\s*(?:(?:or|(?:which\s+is\s+)?(?:also\s+)?(?:known\s+as|called)|i\.e\.,?)\s+)?(?:the\s+)?|["']?\s*,\s*["']\w+["']\s*:\s*["']""",
    re.IGNORECASE,
)
_NEW_CLAUSE = re.compile(
    r"(?:,\s*(?:and|but|while)|;|\b(?:while|whereas|and|but))\s+(?:the|his|her|their)\b", re.IGNORECASE
)
_JOINS = re.compile(
    r"(?:;|\b(?:and|but|while|whereas)|,\s*(?:but\s+)?without)\s+(?:(?:the|any|an?)\s+)?$", re.IGNORECASE
)
_PARTS = re.compile(
    r"brow|lid|cheek|nose|lip|mouth|corner|chin|jaw|eye|dimple|squint|frown|smil|grin|crow", re.IGNORECASE
)
_WORDS_BEFORE_PHRASE = 4
_EXPLAINS = re.compile(r":|\b(?:so|as|because|which|that|with|indicat\w+|show\w*|suggest\w*|mean\w*)\b", re.IGNORECASE)


@dataclass(frozen=True)
class EmotionMention:
    """One place that speaks of an emotion; ``names_feeling`` is False for mere hints such as "smiling"."""

    start: int
    end: int
    emotion: str
    names_feeling: bool


class _Span(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


SpanLike = TypeVar("SpanLike", bound=_Span)


def find_unit_mentions(sentence: str, placed: Sequence[UnitMention] = ()) -> list[UnitMention]:
    """Return the mentions of action units in one sentence, by position and without overlap.

    Numbers beat the names beside them ("AU2 - Brow lowerer" is AU2). Beside explicit mentions, everyday phrases
    count only in a clause of their own, as they mostly explain the unit that was named. ``placed`` are bare numbers
    that stand for units by their place in a list or table.
    """
    numbers = find_unit_numbers(sentence)
    if placed:
        numbers = _without_overlaps([*numbers, *placed])
    about_parts = _PARTS.search(sentence) is not None
    names = [
        UnitMention(match.start(), match.end(), (number,), True)
        for number, pattern in name_patterns().items()
        for match in (pattern.finditer(sentence) if about_parts else ())
    ]
    explicit = _absorb_names(sentence, numbers, _without_overlaps(names))
    if explicit and not _may_have_other_clauses(sentence, explicit):
        return explicit
    cues = find_unit_phrases(sentence)
    if explicit:
        cues = [cue for cue in cues if _has_own_clause(sentence, cue, explicit)]
    return sorted([*explicit, *cues], key=lambda mention: mention.start)


def find_unit_phrases(sentence: str) -> list[UnitMention]:
    """Return the everyday phrases for action units alone ("the brows are lowered"), by position, without overlap."""
    return _without_overlaps(_cues(sentence)) if _PARTS.search(sentence) else []


def find_emotion_mentions(sentence: str) -> list[EmotionMention]:
    """Return the emotion words of one sentence, by position and without overlap."""
    found = [
        EmotionMention(match.start(), match.end(), emotion, names)
        for emotion, names, pattern in emotion_patterns()
        for match in pattern.finditer(sentence)
    ]
    return _without_overlaps(found)


def _without_overlaps(mentions: list[SpanLike]) -> list[SpanLike]:
    """Keep the longest of overlapping mentions, the first given at equal length; sort by position."""
    kept: list[SpanLike] = []
    for mention in sorted(mentions, key=lambda m: m.start - m.end):
        place = bisect_left(kept, mention.start, key=lambda m: m.start)
        free_before = place == 0 or kept[place - 1].end <= mention.start
        if free_before and (place == len(kept) or mention.end <= kept[place].start):
            kept.insert(place, mention)
    return kept


def _absorb_names(sentence: str, numbers: list[UnitMention], names: list[UnitMention]) -> list[UnitMention]:
    """Join names to the numbers that they stand beside; other names are mentions of their own."""
    merged = list(numbers)
    for name in names:
        beside = [i for i, number in enumerate(numbers) if _beside(sentence, number, name)]
        if not beside:
            merged.append(name)
            continue
        index = min(beside, key=lambda i: numbers[i].units != name.units)
        start, end = min(merged[index].start, name.start), max(merged[index].end, name.end)
        merged[index] = replace(merged[index], start=start, end=end)
    return sorted(merged, key=lambda mention: mention.start)


def _beside(sentence: str, number: UnitMention, name: UnitMention) -> bool:
    """Say whether only marks and filler words stand between a number and a name."""
    if name.start < number.end and number.start < name.end:
        return True
    between = sentence[number.end : name.start] if number.end <= name.start else sentence[name.end : number.start]
    if number.end <= name.start:
        apposed = number.units == name.units and _APPOSED.fullmatch(between)
        return bool(apposed or _SAME_UNIT.fullmatch(between))
    return bool(re.fullmatch(r"\s*[(\[–—:=-]*\s*[*_]*", between))


def _cues(sentence: str) -> list[UnitMention]:
    """Find everyday phrases; general ones yield to exact ones that overlap, weak ones to hedged sentences."""
    found: list[UnitMention] = []
    exact: list[tuple[int, int]] = []
    hedged: bool | None = None
    for cue in cue_patterns():
        for match in cue.pattern.finditer(sentence):
            span = match.span()
            if cue.exactness < 2 and any(span[0] < end and start < span[1] for start, end in exact):
                continue
            if cue.exactness == 0:
                hedged = hedge_pattern().search(sentence) is not None if hedged is None else hedged
                if hedged:
                    continue
            if cue.exactness == 2:
                exact.append(span)
            found.append(UnitMention(*span, cue.units, False))
    return found


def _may_have_other_clauses(sentence: str, explicit: list[UnitMention]) -> bool:
    """Say quickly whether a phrase could stand in a clause of its own before or after the units named."""
    before = sentence[: explicit[0].start]
    if _JOINS.search(before) and _PARTS.search(before):
        return True
    after = sentence[explicit[0].end :]
    return _NEW_CLAUSE.search(after) is not None


def _has_own_clause(sentence: str, cue: UnitMention, explicit: list[UnitMention]) -> bool:
    """Say whether a phrase stands in another clause than the units named, and does not explain them."""
    before = [mention for mention in explicit if mention.end <= cue.start]
    if before:
        between = sentence[before[-1].end : cue.start]
        openings = list(_NEW_CLAUSE.finditer(between))
        if not openings or len(between[openings[-1].end() :].split()) > _WORDS_BEFORE_PHRASE:
            return False
        return _EXPLAINS.search(between[: openings[-1].start()]) is None
    following = sentence[cue.end : explicit[0].start]
    return _JOINS.search(following) is not None
