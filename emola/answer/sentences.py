"""NFC form and sentences of a text; the sentences of a text tile it without gaps."""

import re
import unicodedata

from emola.answer.lexicon import name_patterns, negation_patterns

_END = re.compile(r"""(?<![.!?])[.!?]+["'”’)\]*_]*\s+|\n\s*""")
_LIST_MARK = re.compile(r"\s*[(\[*_]*\d{1,2}[.)\]*_]*\s*")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|fig|mr|mrs|ms|dr|st|resp|a\.u)\.\s+$", re.IGNORECASE)
_LONGEST_ABBREVIATION = 8
_UNIT = re.compile(r"""\b(?:AU|action[\s_-]units?)["']?[\s_:-]*["']?[LR]?\d""", re.IGNORECASE)
_LONGEST_ENTRY = 400
_ANSWER = re.compile(
    r"[*_]*(?:yes|no|not|none|perhaps|probably|maybe|certainly|definitely|absolutely|likely|absent|inactive|hardly|nope|I|there|it)\b",
    re.IGNORECASE,
)


def normalise(text: str) -> str:
    """Return the NFC form of ``text``, the form that all offsets of this package refer to."""
    return unicodedata.normalize("NFC", text)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences of ``text``, in order and without gaps; [] for an empty text.

    A sentence ends at ``.``, ``!`` or ``?`` before white space and at every line break; white space belongs to the
    sentence before it. List marks ("1.", "2)") stay with what they number, a question with its answer ("AU4? No."),
    the name of a unit with the status below it ("- Present: no"), a unit with the
    denial that refers to it ("This AU is not active."), and common abbreviations end nothing.
    """
    spans = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        sentence = text[start:end]
        if not sentence.strip():
            continue
        if _goes_on(text, start, match):
            continue
        spans.append((start, end))
        start = end
    if start < len(text):
        if spans and not text[start:].strip():
            spans[-1] = (spans[-1][0], len(text))
        else:
            spans.append((start, len(text)))
    return spans


def _goes_on(text: str, start: int, mark: re.Match[str]) -> bool:
    """Say whether the sentence from ``start`` goes on behind an end mark."""
    if "\n" in mark.group():
        return _status_below(text, start, mark)
    if "?" in mark.group() or "..." in mark.group():
        return _ANSWER.match(text, mark.end()) is not None
    if negation_patterns().conclusion.match(text, mark.end()):
        return _UNIT.search(text, start, mark.start()) is not None
    near = max(start, mark.start() - _LONGEST_ABBREVIATION)
    return (
        _LIST_MARK.fullmatch(text, start, mark.end()) is not None
        or _ABBREVIATION.search(text, near, mark.end()) is not None
    )


def _status_below(text: str, start: int, mark: re.Match[str]) -> bool:
    """Say whether the line below says whether the unit of this line is there, or is the next field of its object."""
    rules = negation_patterns()
    if text[mark.start() - 1] == "," and rules.field_below.match(text, mark.end()):
        return True
    if mark.start() - start > _LONGEST_ENTRY or not rules.status_below.match(text, mark.end()):
        return False
    line = text[start : mark.start()]
    return _UNIT.search(line) is not None or any(name.search(line) for name in name_patterns().values())
