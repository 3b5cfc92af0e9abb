"""Action units stated by number: "AU12", "AU-12", "AUs 1 and 2", "AU1+2", "The visible AUs are 5 and 25", "AU R12C"."""

import re
from dataclasses import dataclass

from emola.taxonomy import ACTION_UNITS, Intensity

_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_WORDED = rf"(?i:{'|'.join(_WORDS)})(?![\w-]|\s+(?:of|different|can|could|may|might|has|would|will|should)\b)"
_HEAD = re.compile(
    r"\b(?:(?:facial\s+)?action[\s_-]+units?|A\.U\.|AU(?:['’]?s)?)"
    r"(?:[\s\"'*_]{0,4}[#:=(\[{][\s\"'(\[{*_]{0,4}|[\s_‐‑-]*)"
    rf"(?=[LR]?\d|{_WORDED})",
    re.IGNORECASE,
)
_OTHER_WORD = r"(?!AUs?\b|action\b)[a-z]+"
_ANNOUNCEMENT = re.compile(
    r"\b(?:action[\s-]+units?|AUs?),?\s+"
    rf"(?:(?:units?|numbers?|codes?)|(?:{_OTHER_WORD}\s+){{0,5}}?(?:are|include|includes|including|such\s+as|like|namely)"
    rf"|(?:{_OTHER_WORD}\s+){{0,5}}{_OTHER_WORD}\s*:)\s*(?=\d)"
    r"|\b(?:FACS(?:\s+(?:codes?|coding|units?))?\s*[:=]|coded\s+as)\s*(?=[LR]?\d{1,2}[A-E]?[LR]?\s*[+,]\s*[LR]?\d)"
    r"|\A[\W_]*(?:(?:in|non-?)?active|activated|(?:not\s+)?(?:present|visible|observed|detected)|absent)[*_]*\s*[:=]"
    r"[*_]*\s*(?=\d{1,2}[A-E]?(?:\s*[,+&]\s*\d{1,2}[A-E]?)+\s*(?:$|[.;\n]))",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"([LR])?0*([1-9]\d{{0,2}}|{_WORDED})(?!\d|\.\d|\s*%)([A-Ea-e])?([LR])?(?![A-Za-z])")
_SEPARATOR = re.compile(
    r"""[*_"']*\s*(?:,?\s*(?:and|or|nor|but|without)\b|[,+/&])"""
    r"""(?:\s*\b(?:and|but|or|not|no|nor|neither|without|only|just|possibly|perhaps|maybe|probably|also)\b){0,3}[\s*_"']*"""
    r"""|\s*\((?:and|but|or|not|no|possibly|perhaps|maybe|probably)(?:\s+(?:and|not|no|possibly|perhaps|maybe))?\s+""",
    re.IGNORECASE,
)
_SPACED = re.compile(r"[ \t]+(?=\d{1,2}(?:[ \t]+\d{1,2}){0,30}\s*(?:$|[.;,\]}\n]))")
_RANGE = re.compile(r"(?:[–-]|\s+(to|through)\s+(?:AU[\s_-]?)?)(?=\d)", re.IGNORECASE)
_PLURAL = re.compile(r"units|AU['’]?s|A\.U\.s", re.IGNORECASE)
_AFTER_LISTED = re.compile(
    r"[\"']?\s*(?:$|[,;:.!?)\]}+/&(\n|—–*_-]|(?:and|or|nor|but|while|whereas|which|that|as|is|are|was|were|have|has|can|could|may"
    r"|might|will|would|do|does|not|seem|appear|suggest|indicate|show|contribute|combine|work|act|with|in|on|at|to|also"
    r"|both|together)(?:s|ed|ing)?\b)"
)
_AMOUNT = re.compile(r"\s+(?:in\s+(?:number|total|all)|of\s+(?:them|these|which)|different|out\s+of)\b", re.IGNORECASE)
_VALUED_LINE = re.compile(r"\s*[\"']?AU[ _-]?\d+[\"']?\s*,\s*[01](?:\.\d+)?\s*", re.IGNORECASE)
"""A line of a file of values: "AU12,1"; no list of units ends with a 1."""
_LIST_MARK = re.compile(r"0*1[.)](?:\s+$|\s*[*_]*[A-Z])")


@dataclass(frozen=True)
class UnitMention:
    """One place that states action units; ``explicit`` when by number or FACS name.

    ``units`` has several numbers only for phrases such as "raised eyebrows" and for ranges. ``side_letter`` (L, R)
    and ``intensity`` come from FACS notation ("R12C", "12L").
    """

    start: int
    end: int
    units: tuple[int, ...]
    explicit: bool
    side_letter: str | None = None
    intensity: Intensity | None = None


def find_unit_numbers(sentence: str) -> list[UnitMention]:
    """Return the mentions of action units by number in one sentence, by position."""
    if _VALUED_LINE.fullmatch(sentence):
        sentence = sentence[: sentence.index(",")]
    found = []
    position = 0
    for head in _heads(sentence):
        if head.start() < position:
            continue
        position = head.end()
        number = _first_number(sentence, head)
        start = head.start() if head.re is _HEAD else position
        while number:
            last = _range_end(sentence, number)
            found.append(_mention(number, start, last, _counts_between(head, sentence, number.end())))
            position = (last or number).end()
            number = _next_number(sentence, position, head)
            start = number.start() if number else 0
    return found


def _range_end(sentence: str, number: re.Match[str]) -> re.Match[str] | None:
    """Return the higher number that a dash, "to" or "through" joins to a number, or None."""
    joined = _RANGE.match(sentence, number.end())
    last = _NUMBER.match(sentence, joined.end()) if joined else None
    if last is None or _value(last) <= _value(number) or not _AFTER_LISTED.match(sentence, last.end()):
        return None
    return last


def _counts_between(head: re.Match[str], sentence: str, end: int) -> bool:
    """Say whether a range takes in the units between ("AUs 23-26", "AU1 through AU5"); "AU6-12" names only two."""
    joined = _RANGE.match(sentence, end)
    through = joined is not None and (joined.group(1) or "").lower() == "through"
    return through or head.re is _ANNOUNCEMENT or _PLURAL.search(head.group()) is not None


def _next_number(sentence: str, position: int, head: re.Match[str]) -> re.Match[str] | None:
    """Return the next number of a list of units, None at its end; spaces join numbers only behind ":", "=" or "["."""
    if head.group().rstrip()[-1:] in (":", "=", "[") and (space := _SPACED.match(sentence, position)):
        return _NUMBER.match(sentence, space.end())
    separator = _SEPARATOR.match(sentence, position)
    number = _NUMBER.match(sentence, separator.end()) if separator else None
    if number is None or not _AFTER_LISTED.match(sentence, number.end()):
        return None
    return number if number.group(2).isdigit() or sentence[head.end()].isalpha() else None


def _value(number: re.Match[str]) -> int:
    """Return the unit of a number in figures or words."""
    figures: str = number.group(2)
    return int(figures) if figures.isdigit() else _WORDS.index(figures.lower()) + 1


def _heads(sentence: str) -> list[re.Match[str]]:
    """Return all words behind which a number is an action unit, by their end; the nearest to the number at a tie."""
    heads = [*_HEAD.finditer(sentence), *_ANNOUNCEMENT.finditer(sentence)]
    return sorted(heads, key=lambda head: (head.end(), -head.start()))


def _first_number(sentence: str, head: re.Match[str]) -> re.Match[str] | None:
    """Return the number behind a head, None for an amount ("AUs (20 in all)") or a list mark ("AUs: 1. AU4 - ...")."""
    number = _NUMBER.match(sentence, head.end())
    if number is None or _AMOUNT.match(sentence, number.end()):
        return None
    if (head.re is _ANNOUNCEMENT or not number.group(2).isdigit()) and not _AFTER_LISTED.match(sentence, number.end()):
        return None
    if head.group().rstrip().endswith(":") and _LIST_MARK.match(sentence, head.end()):
        return None
    return number


def _mention(number: re.Match[str], start: int, last: re.Match[str] | None, between: bool) -> UnitMention:
    """Build the mention of one number, with its FACS side and intensity letters, or of a range up to ``last``."""
    side, _, letter, side_behind = number.groups()
    first = _value(number)
    units: tuple[int, ...] = (first,)
    if last:
        end = _value(last)
        units = (first, *(n for n in ACTION_UNITS if between and first < n < end), end)
    intensity = Intensity(letter.upper()) if letter else None
    return UnitMention(start, (last or number).end(), units, True, side or side_behind, intensity)
