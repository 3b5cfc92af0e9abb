"""An answer as claims: stretches of text with fixed offsets that say one thing about a face.

The claims of a text tile it: the first starts at 0, each starts where the one before ends, the last ends at the
length of the NFC text. White space belongs to the claim before it.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import islice, pairwise, takewhile
from typing import Literal

from emola.answer.degrees import StatedIntensity, find_intensity, find_side
from emola.answer.headings import spans_under_headings
from emola.answer.layout import PlacedUnit, find_placed_units
from emola.answer.lexicon import movement_patterns, negation_patterns
from emola.answer.mentions import EmotionMention, find_emotion_mentions, find_unit_mentions
from emola.answer.negation import chains, negated
from emola.answer.sentences import normalise
from emola.answer.unit_numbers import UnitMention
from emola.taxonomy import ACTION_UNITS, Intensity, Side

Kind = Literal["action unit", "emotion", "other"]

_CONNECTIVE = re.compile(
    r"\b(?:and|or|nor|but|while|whereas|although|though|yet|rather than|instead of|not)\b", re.IGNORECASE
)
_MARK = re.compile(r"[,;:.]\s*")
_EXPLANATION = re.compile(r"[:–—]|\s-\s")
_FACS_SIDES = {"L": Side.LEFT, "R": Side.RIGHT}


@dataclass(frozen=True)
class Claim:
    """One claim of an answer.

    ``start`` and ``end`` are code points into the NFC text and ``text`` is that slice. ``action_unit`` is the unit's
    number (``more_units`` holds the others of phrases such as "raised eyebrows") and ``name`` its FACS name, empty for
    a unit outside the taxonomy; for an emotion claim ``name`` is the emotion. ``side`` is the subject's own and counts
    as both where none is stated. ``explicit`` is True for numbers and FACS names, False for everyday phrases.
    """

    start: int
    end: int
    text: str
    kind: Kind
    action_unit: int | None = None
    name: str = ""
    side: Side = Side.BOTH
    side_stated: bool = False
    intensity: Intensity | None = None
    intensity_word: str = ""
    negated: bool = False
    explicit: bool = False
    more_units: tuple[int, ...] = ()


def split_claims(text: str) -> list[Claim]:
    """Return the claims of ``text`` (brought to NFC first) in order; together they are the whole text."""
    text = normalise(text)
    claims: list[Claim] = []
    placed = find_placed_units(text)
    for start, end, denied in spans_under_headings(text):
        for claim in _sentence_claims(text[start:end], denied, _within(placed, start, end)):
            claims.append(replace(claim, start=claim.start + start, end=claim.end + start))
    return claims


def action_unit_claims(text: str) -> list[Claim]:
    """Return those of :func:`split_claims` that are about action units, without looking for feelings; text in NFC."""
    placed = find_placed_units(text)
    return [
        replace(claim, start=claim.start + start, end=claim.end + start)
        for start, end, denied in spans_under_headings(text)
        for claim in _claims_of_units(text[start:end], denied, _within(placed, start, end))
    ]


def _within(placed: list[PlacedUnit], start: int, end: int) -> list[PlacedUnit]:
    """Return the placed units of one sentence, with offsets into it."""
    first = bisect_left(placed, start, key=lambda unit: unit.start)
    inside = takewhile(lambda unit: unit.start < end, islice(placed, first, None))
    return [replace(unit, start=unit.start - start, end=unit.end - start) for unit in inside]


def _sentence_claims(sentence: str, under_denial: bool, placed: list[PlacedUnit]) -> list[Claim]:
    """Return the claims of one sentence: one for each action unit, or one for its emotion, or one of another kind."""
    if claims := _claims_of_units(sentence, under_denial, placed):
        return claims
    emotions = find_emotion_mentions(sentence)
    if emotions:
        return [_emotion_claim(sentence, emotions)]
    return [Claim(0, len(sentence), sentence, "other")]


def _emotion_claim(sentence: str, emotions: list[EmotionMention]) -> Claim:
    """Return the claim of a sentence about feelings: its first one that is not denied, else its first."""
    denied = negated(sentence, [(m.start, m.end) for m in emotions])
    index = min(range(len(emotions)), key=lambda i: (denied[i], not emotions[i].names_feeling, i))
    stated = find_intensity(sentence)
    return Claim(
        0,
        len(sentence),
        sentence,
        "emotion",
        name=emotions[index].emotion,
        intensity=stated.intensity if stated else None,
        intensity_word=stated.word if stated else "",
        negated=denied[index],
    )


def _claims_of_units(sentence: str, under_denial: bool, placed: list[PlacedUnit]) -> list[Claim]:
    """Return one claim for each action unit of a sentence, [] where it speaks of none."""
    numbers = [UnitMention(unit.start, unit.end, (unit.number,), True) for unit in placed]
    mentions = find_unit_mentions(sentence, numbers)
    if not mentions:
        return []
    denied = [under_denial or no for no in negated(sentence, [(m.start, m.end) for m in mentions])]
    crossed = {unit.start for unit in placed if unit.denied}
    denied = [no or not crossed.isdisjoint(range(m.start, m.end)) for no, m in zip(denied, mentions, strict=True)]
    return _unit_claims(sentence, mentions, denied)


def _unit_claims(sentence: str, mentions: list[UnitMention], denied: list[bool]) -> list[Claim]:
    """Cut a sentence into one claim a mention; a list of units shares the intensity and side said of all."""
    spans = [(m.start, m.end) for m in mentions]
    cuts = [0, *(_cut(sentence, a.end, b.start) for a, b in pairwise(mentions)), len(sentence)]
    shared = {
        index: sentence[cuts[chain.last] : cuts[chain.last + 1]]
        + " . "
        + sentence[cuts[chain.first] : spans[chain.first][0]]
        for chain in chains(sentence, spans)
        for index in range(chain.first, chain.last + 1)
    }
    claims = [
        _unit_claim(sentence, cuts[i], cuts[i + 1], mention, denied[i], shared[i]) for i, mention in enumerate(mentions)
    ]
    return _merge_repeats(sentence, claims)


def _cut(sentence: str, end: int, start: int) -> int:
    """Return where one claim gives way to the next, between the ``end`` of a mention and the ``start`` of another."""
    between = sentence[end:start]
    if connectives := list(_CONNECTIVE.finditer(between)):
        return end + connectives[-1].start()
    if marks := list(_MARK.finditer(between)):
        return end + marks[-1].end()
    return start


def _unit_claim(sentence: str, start: int, end: int, mention: UnitMention, denied: bool, shared: str) -> Claim:
    """Build the claim about one mention from its own slice, then from what is said of the whole list."""
    text = sentence[start:end]
    own = sentence[mention.start : end]
    denied = denied or (mention.explicit and _explained_away(sentence[mention.end : end], mention.units[0]))
    stated = StatedIntensity(mention.intensity, mention.intensity.value) if mention.intensity else None
    stated = stated or find_intensity(own) or find_intensity(sentence[start : mention.start]) or find_intensity(shared)
    side = _FACS_SIDES.get(mention.side_letter or "") or find_side(text) or find_side(shared)
    number = mention.units[0]
    return Claim(
        start,
        end,
        text,
        "action unit",
        action_unit=number,
        name=ACTION_UNITS[number].name if number in ACTION_UNITS else "",
        side=side or Side.BOTH,
        side_stated=side is not None,
        intensity=stated.intensity if stated else None,
        intensity_word=stated.word if stated else "",
        negated=denied,
        explicit=mention.explicit,
        more_units=mention.units[1:],
    )


def _explained_away(behind: str, unit: int) -> bool:
    """Say whether what stands behind a unit denies it ("AU4: the brows are not furrowed", "AU4: off")."""
    if negation_patterns().at_rest.match(behind):
        return True
    mark = _EXPLANATION.search(behind)
    if mark is None or unit not in movement_patterns():
        return False
    explanation = behind[mark.end() :]
    if negation_patterns().affirmed.match(explanation):
        return False
    movements = [match.span() for match in movement_patterns()[unit].finditer(explanation)]
    return bool(movements) and all(negated(explanation, movements))


def _merge_repeats(sentence: str, claims: list[Claim]) -> list[Claim]:
    """Join neighbouring claims that say the same of the same unit."""
    merged = [claims[0]]
    for claim in claims[1:]:
        last = merged[-1]
        same_unit = (claim.action_unit, claim.more_units, claim.negated) == (
            last.action_unit,
            last.more_units,
            last.negated,
        )
        if not same_unit or (claim.side_stated and last.side_stated and claim.side is not last.side):
            merged.append(claim)
            continue
        more = claim if last.intensity is None else last
        side = last if last.side_stated else claim
        merged[-1] = replace(
            last,
            end=claim.end,
            text=sentence[last.start : claim.end],
            intensity=more.intensity,
            intensity_word=more.intensity_word,
            side=side.side,
            side_stated=side.side_stated,
            explicit=last.explicit or claim.explicit,
        )
    return merged
