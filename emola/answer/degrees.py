"""Intensity and side as a stretch of text states them."""

import re
from dataclasses import dataclass

from emola.answer.lexicon import degree_patterns
from emola.taxonomy import Intensity, Side

_NOT = re.compile(
    r"(?:\b(?:not|no|without|never)|n['’]t)(?:\s+(?:very|so|too|that|as|particularly))?\s+$", re.IGNORECASE
)


@dataclass(frozen=True)
class StatedIntensity:
    """An intensity with the words that state it; a letter beats a word."""

    intensity: Intensity
    word: str


def find_intensity(text: str) -> StatedIntensity | None:
    """Return the intensity that ``text`` states first, a FACS letter or number before words, or None."""
    patterns = degree_patterns()
    word = _first_word(text)
    if letter := patterns.letters.search(text):
        stated = Intensity(next(group for group in letter.groups() if group))
        return StatedIntensity(stated, word.word if word and word.intensity is stated else letter.group())
    if number := patterns.numbers.search(text):
        return StatedIntensity(list(Intensity)[int(number.group(1)) - 1], number.group())
    return word


def _first_word(text: str) -> StatedIntensity | None:
    """Return the first intensity word that is not denied."""
    found = [
        (match.start(), StatedIntensity(intensity, match.group()))
        for intensity, pattern in degree_patterns().words.items()
        for match in pattern.finditer(text)
        if not _NOT.search(text[: match.start()])
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def find_side(text: str) -> Side | None:
    """Return the subject's own side that ``text`` states, or None.

    Sides "of the image" are the viewer's and are turned round, as pictures are taken to be unmirrored.
    """
    patterns = degree_patterns()
    left, right = patterns.left.search(text), patterns.right.search(text)
    if patterns.both.search(text) or (left and right):
        return Side.BOTH
    if not left and not right:
        return None
    seen_left = left is not None
    return Side.LEFT if seen_left != bool(patterns.viewer.search(text)) else Side.RIGHT
