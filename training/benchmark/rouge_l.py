"""ROUGE-L by the two packages that publications use, which must never be mixed.

``pltrdy_rouge_l`` equals the ``rouge`` package 1.0.1 (the published FABA-Bench evaluation): sentences end at every
".", words are split at spaces with case and marks kept, and the words of all longest common subsequences are counted
once each. ``google_rouge_l`` and ``google_rouge_lsum`` equal the ``rouge-score`` package 0.1.2 without stemming.
Our own code, because both packages walk in pure Python over dictionaries and one of them recursively.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

_DEEPEST_WALK = 989
"""Steps through one pair of sentences after which the ``rouge`` package ends in a RecursionError."""

_GOOGLE_WORD = re.compile(r"[a-z0-9]+")


class RougeUndefined(ValueError):
    """The ``rouge`` package raises an error on this pair; the published evaluation then leaves the pair out."""


@dataclass(frozen=True)
class Rouge:
    """Precision, recall and F of one pair, 0 to 1."""

    precision: float
    recall: float
    f: float


def pltrdy_rouge_l(prediction: str, reference: str) -> Rouge:
    """Return what ``rouge.Rouge().get_scores(prediction, reference, avg=True)["rouge-l"]`` returns.

    Raises:
        RougeUndefined: where that package raises (no text but full stops, or a sentence too long for its recursion).
    """
    said, meant = _pltrdy_sentences(prediction), _pltrdy_sentences(reference)
    if not said or not meant:
        raise RougeUndefined("empty text")
    common: set[str] = set()
    for reference_words in meant:
        for words in said:
            common.update(reference_words[i] for i in _pltrdy_walk(reference_words, words))
    precision = len(common) / len(set(chain.from_iterable(said)))
    recall = len(common) / len(set(chain.from_iterable(meant)))
    return Rouge(precision, recall, 2.0 * ((precision * recall) / (precision + recall + 1e-8)))


def _pltrdy_sentences(text: str) -> list[list[str]]:
    """Split at every full stop, then at single spaces; a blank sentence holds one empty word."""
    return [" ".join(part.split()).split(" ") for part in text.split(".") if part]


def _pltrdy_walk(reference: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return the positions in ``reference`` of the subsequence that the package finds."""
    if not set(reference) & set(words):
        if len(words) > _DEEPEST_WALK:
            raise RougeUndefined("sentence too long")
        return []
    table = _lcs_table(reference, words)
    i, j, steps, found = len(reference), len(words), 0, []
    while i and j:
        if reference[i - 1] == words[j - 1]:
            i, j = i - 1, j - 1
            found.append(i)
        elif table[i - 1][j] > table[i][j - 1]:
            i -= 1
        else:
            j -= 1
        steps += 1
    if steps > _DEEPEST_WALK:
        raise RougeUndefined("sentence too long")
    return found


def _lcs_table(a: Sequence[str], b: Sequence[str]) -> list[list[int]]:
    """Return the table of longest common subsequence lengths, (len(a) + 1) rows of len(b) + 1."""
    table = [[0] * (len(b) + 1)]
    for word in a:
        above, row, left = table[-1], [0], 0
        for j, other in enumerate(b, 1):
            left = above[j - 1] + 1 if word == other else max(above[j], left)
            row.append(left)
        table.append(row)
    return table


def google_words(text: str) -> list[str]:
    """Return the lower-case words of letters a to z and digits."""
    return _GOOGLE_WORD.findall(text.lower())


def google_rouge_l(prediction: str, reference: str) -> Rouge:
    """Return rougeL: one longest common subsequence over both whole texts; 0 where a text has no word."""
    said, meant = google_words(prediction), google_words(reference)
    return _google_score(_lcs_table(meant, said)[-1][-1], len(said), len(meant))


def google_rouge_lsum(prediction: str, reference: str) -> Rouge:
    """Return rougeLsum: union of longest common subsequences over lines, each word counted as often as it occurs."""
    said = [google_words(line) for line in prediction.split("\n") if line]
    meant = [google_words(line) for line in reference.split("\n") if line]
    left_said, left_meant = Counter(chain.from_iterable(said)), Counter(chain.from_iterable(meant))
    n_said, n_meant = left_said.total(), left_meant.total()
    hits = 0
    for line in meant:
        positions = set(chain.from_iterable(_google_walk(line, words) for words in said))
        for word in (line[i] for i in sorted(positions)):
            if left_said[word] > 0 and left_meant[word] > 0:
                hits += 1
                left_said[word] -= 1
                left_meant[word] -= 1
    return _google_score(hits, n_said, n_meant)


def _google_walk(reference: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return the positions in ``reference`` of the subsequence that the package finds."""
    table = _lcs_table(reference, words)
    i, j, found = len(reference), len(words), []
    while i and j:
        if reference[i - 1] == words[j - 1]:
            i, j = i - 1, j - 1
            found.append(i)
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return found


def _google_score(common: int, n_said: int, n_meant: int) -> Rouge:
    """Return precision, recall and F from counts; 0 without words or without overlap."""
    if not n_said or not n_meant or not common:
        return Rouge(0.0, 0.0, 0.0)
    precision, recall = common / n_said, common / n_meant
    return Rouge(precision, recall, 2 * precision * recall / (precision + recall))
