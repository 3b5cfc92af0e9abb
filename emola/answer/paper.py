"""The published FABA-Bench reading rules, bug for bug (facts from EmoLA's eval_FABA.py, commit 0cd4a12).

Kept quirks: negation by substring ("nose" holds "no"), an all-negative answer is read as a whole, the first word of
the first sentence found in any list decides, classes are tried in list order, no word at all means the first class
(happiness), and an answer without ``.``, ``!`` or ``?`` on its first line crashes. Action units are every
``AU<number>``, denied or not, of the 20 of the taxonomy.
"""

import re
from dataclasses import dataclass

from emola.answer.lexicon import vocabulary
from emola.taxonomy import ACTION_UNITS, EMOTIONS

_SENTENCE_GAP = re.compile(r"(?<!\w\.\w.)(?<![A-Z][a-z]\.)(?<=[.?])\s")
_FIRST_SENTENCE = re.compile(r"^(.*?)[.!?]")
_WORD = re.compile(r"\b\w+\b")
_UNIT = re.compile(r"AU(\d+)")


@dataclass(frozen=True)
class PaperEmotion:
    """The class the published code returns, or None with ``reason`` "crash" where it stops with an error."""

    label: str | None
    reason: str


def without_negative_sentences(text: str) -> str:
    """Return the sentences of ``text`` in which no negative substring occurs, joined by single spaces."""
    substrings = vocabulary("faba_lists")["negative_substrings"]
    kept = [s for s in _SENTENCE_GAP.split(text) if not any(part in s.lower() for part in substrings)]
    return " ".join(kept)


def paper_emotion(text: str) -> PaperEmotion:
    """Return the class of an emotion description as the published code decides it."""
    kept = without_negative_sentences(text) or text
    first = _FIRST_SENTENCE.match(kept)
    if first is None:
        return PaperEmotion(None, "crash")
    lists: dict[str, list[str]] = vocabulary("faba_lists")["synonyms"]
    for word in _WORD.findall(first.group(1).lower()):
        for emotion in EMOTIONS:
            if word in lists[emotion]:
                return PaperEmotion(emotion, "first sentence")
    rest = _WORD.findall(_FIRST_SENTENCE.sub("", kept).lower())
    counts = {emotion: sum(word in lists[emotion] for word in rest) for emotion in EMOTIONS}
    best = max(EMOTIONS, key=lambda emotion: counts[emotion])
    return PaperEmotion(best, "word counts" if counts[best] else "no word found")


def paper_action_units(text: str) -> tuple[int, ...]:
    """Return the units of the taxonomy whose ``AU<number>`` occurs in ``text``, ascending."""
    written = set(_UNIT.findall(text))
    return tuple(number for number in ACTION_UNITS if str(number) in written)
