"""Action units stated by number: "AU12", "AU-12", "AUs 1 and 2", "AU1+2", "The visible AUs are 5 and 25", "AU R12C"."""

import re
from dataclasses import dataclass

from emola.taxonomy import Intensity

_HEAD = re.compile(
    r"\b(?:(?:facial\s+)?action[\s-]+units?|AU(?:['’]?s)?)(?:\s*[#:(]\s*|[\s_-]*)(?=[LR]?\d)", re.IGNORECASE
)
_OTHER_WORD = r"(?!AUs?\b|action\b)[a-z]+"
_ANNOUNCEMENT = re.compile(
    r"\b(?:action[\s-]+units?|AUs?)\s+"
    rf"(?:(?:units?|numbers?|codes?)|(?:{_OTHER_WORD}\s+){{0,5}}?(?:are|include|includes|including)"
    rf"|(?:{_OTHER_WORD}\s+){{0,5}}{_OTHER_WORD}\s*:)\s*(?=\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"([LR])?0*(\d{1,3})(?!\d|[.,]\d|\s*%)([A-E])?(?![A-Za-z])")
_SEPARATOR = re.compile(r"[*_]*\s*(?:,?\s*(?:and|or|nor)\b|[,+/&])\s*[*_]*", re.IGNORECASE)
_AFTER_LISTED = re.compile(
    r"\s*(?:$|[,;:.!?)+/&(\n—–*_-]|(?:and|or|nor|but|while|whereas|which|that|as|is|are|was|were|have|has|can|could|may"
    r"|might|will|would|do|does|not|seem|appear|suggest|indicate|show|contribute|combine|work|act|with|in|on|at|to|also"
    r"|both|together)(?:s|ed|ing)?\b)"
)
_AMOUNT = re.compile(r"\s+(?:in\s+(?:number|total|all)|of\s+(?:them|these|which)|different|out\s+of)\b", re.IGNORECASE)
_LIST_MARK = re.compile(r"0*1[.)](?:\s+$|\s*[*_]*[A-Z])")


@dataclass(frozen=True)
class UnitMention:
    """One place that states action units; ``explicit`` when by number or FACS name.

    ``units`` has several numbers only for phrases such as "raised eyebrows". ``side_letter`` (L, R) and
    ``intensity`` come from FACS notation ("R12C").
    """

    start: int
    end: int
    units: tuple[int, ...]
    explicit: bool
    side_letter: str | None = None
    intensity: Intensity | None = None


def find_unit_numbers(sentence: str) -> list[UnitMention]:
    """Return the mentions of action units by number in one sentence, by position."""
    found = []
    position = 0
    for head in _heads(sentence):
        if head.start() < position:
            continue
        position = head.end()
        number = _first_number(sentence, head)
        start = head.start() if head.re is _HEAD else position
        while number:
            found.append(_mention(number, start))
            position = number.end()
            separator = _SEPARATOR.match(sentence, position)
            number = _NUMBER.match(sentence, separator.end()) if separator else None
            if number and not _AFTER_LISTED.match(sentence, number.end()):
                number = None
            start = number.start() if number else 0
    return found


def _heads(sentence: str) -> list[re.Match[str]]:
    """Return all words behind which a number is an action unit, by their end; the nearest to the number at a tie."""
    heads = [*_HEAD.finditer(sentence), *_ANNOUNCEMENT.finditer(sentence)]
    return sorted(heads, key=lambda head: (head.end(), -head.start()))


def _first_number(sentence: str, head: re.Match[str]) -> re.Match[str] | None:
    """Return the number behind a head, None for an amount ("AUs (20 in all)") or a list mark ("AUs: 1. AU4 - ...")."""
    number = _NUMBER.match(sentence, head.end())
    if number is None or _AMOUNT.match(sentence, number.end()):
        return None
    if head.re is _ANNOUNCEMENT and not _AFTER_LISTED.match(sentence, number.end()):
        return None
    if head.group().rstrip().endswith(":") and _LIST_MARK.match(sentence, head.end()):
        return None
    return number


def _mention(number: re.Match[str], start: int) -> UnitMention:
    """Build the mention of one number with its FACS side and intensity letters."""
    side, digits, letter = number.groups()
    intensity = Intensity(letter) if letter else None
    return UnitMention(start, number.end(), (int(digits),), True, side, intensity)
