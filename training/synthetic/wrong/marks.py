"""Where wrong words stand in a text: marks that travel through the grammar, and the edits that take them back.

Marks are pairs of private-use characters, one pair an error. They stand around the wrong words in the parts of a
description; once it is written out they are taken away and their places are the offsets.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_FIRST_MARK = 0xE000
_MARKS = re.compile("[\ue000-\uf8ff]")
_SENTENCES = re.compile(r"[^.\n]*[.\n]\s*|[^.\n]+")
_WORDS = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


@dataclass(frozen=True)
class Edit:
    """A stretch of a wrong text, code points ``start`` to ``end``, and the words that belong there."""

    start: int
    end: int
    text: str


def mark(words: str, error: int) -> str:
    """Return ``words`` between the marks of the error with this number; empty words mark a place."""
    return chr(_FIRST_MARK + 2 * error) + words + chr(_FIRST_MARK + 2 * error + 1)


def count_marked(text: str) -> int:
    """Return how many errors are marked in a text."""
    return len(_MARKS.findall(text)) // 2


def take_marks(text: str, errors: int) -> tuple[str, list[tuple[int, int]]]:
    """Return the text without marks, and the span of each error in code points of that text.

    Args:
        text: a text written out of marked parts.
        errors: how many errors were marked, each exactly once.
    """
    places = {match.group(): match.start() - index for index, match in enumerate(_MARKS.finditer(text))}
    spans = [(places[chr(_FIRST_MARK + 2 * n)], places[chr(_FIRST_MARK + 2 * n + 1)]) for n in range(errors)]
    return _MARKS.sub("", text), spans


def edits_to(correct: str, wrong: str) -> tuple[Edit, ...]:
    """Return what has to be replaced in ``wrong`` to get ``correct``, in order.

    Whole sentences are compared first and then the words of those that differ, so that an edit does not straddle a
    sentence that is only on one side.
    """
    edits: list[Edit] = []
    for start, end, text in _differences(_SENTENCES.findall(wrong), _SENTENCES.findall(correct)):
        if start == end or not text:
            edits.append(Edit(start, end, text))
            continue
        words = _differences(_WORDS.findall(wrong[start:end]), _WORDS.findall(text))
        edits += [Edit(start + first, start + last, inner) for first, last, inner in words]
    return tuple(edits)


def _differences(old: list[str], new: list[str]) -> list[tuple[int, int, str]]:
    """Return the characters of ``old`` to be replaced, and by what."""
    starts = [0]
    for piece in old:
        starts.append(starts[-1] + len(piece))
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(starts[a], starts[b], "".join(new[c:d])) for tag, a, b, c, d in codes if tag != "equal"]


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    """Return ``text`` with every edit made."""
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
