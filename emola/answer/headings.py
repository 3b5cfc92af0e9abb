"""Lists under a heading that denies them: "Not present:" on a line of its own, and the units below it."""

import re
from collections.abc import Iterator

from emola.answer.lexicon import negation_patterns
from emola.answer.sentences import sentence_spans

_HEADING = re.compile(r"#+.*|[*_]{2}.*[*_]{2}:?|.*:[*_]*")
_LIST_LINE = re.compile(
    r"[\s>]*(?:[-*•+–]\s|\||\(?\d{1,2}(?:[.)]|\s*$)|[*_]*(?:AU|action unit)s?\b|[*_]*AU\d)", re.IGNORECASE
)


def spans_under_headings(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each sentence of an NFC text, and whether it stands in a list under a denying heading.

    The list ends at the next heading, or at a line that is no list line.
    """
    denied, line_starts = False, True
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        if line_starts and not _LIST_LINE.match(sentence):
            denied = _HEADING.fullmatch(sentence.strip()) is not None and _denies(sentence)
        yield start, end, denied
        line_starts = "\n" in sentence[len(sentence.rstrip()) :]


def _denies(heading: str) -> bool:
    """Say whether a heading announces what is not there."""
    return negation_patterns().heading.search(heading.strip(" \t\n#*_:")) is not None
