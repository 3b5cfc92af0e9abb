"""ROUGE-L by the two packages that publications use, which must never be mixed.

``pltrdy_rouge_l`` equals the ``rouge`` package 1.0.1 (the published FABA-Bench evaluation): sentences end at every
".", words are split at spaces with case and marks kept, and the words of all longest common subsequences are counted
once each. ``google_rouge_l`` and ``google_rouge_lsum`` equal the ``rouge-score`` package 0.1.2 without stemming.

Our own code, because both packages fill their tables cell by cell in pure Python, and one of them recurses. Here a row
of the table of longest common subsequences (LCS) is one whole number: neighbouring cells differ by 0 or 1, so a bit a
cell is enough, and a row follows from the one before by an addition (Hyyrö, Bit-parallel LCS-length computation
revisited, 2004). All sentences of one text share that number, with a bit between them that stops the carry.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

ROUGE_PACKAGES: Mapping[str, str] = MappingProxyType({"rouge (pltrdy)": "1.0.1", "rouge-score (Google)": "0.1.2"})
"""The packages whose numbers this module gives, and their versions."""

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


class _LcsTables:
    """The LCS tables of some sentences (columns, side by side in one number) against one more sentence (rows)."""

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        self.offsets: list[int] = []
        self._places: dict[str, list[int]] = {}
        self._masks: dict[str, int] = {}
        end = 0
        for words in sentences:
            self.offsets.append(end)
            for place, word in enumerate(words, start=end):
                self._places.setdefault(word, []).append(place)
            end += len(words) + 1
        self._width = end
        self._all = int("0".join("1" * len(words) for words in reversed(sentences)) or "0", 2)

    def rows(self, words: Sequence[str]) -> list[int]:
        """Return len(words) + 1 rows; a bit says that the LCS is longer with this column's word than without it."""
        flat, rows = self._all, [0]
        for word in words:
            if word in self._places and (matches := flat & self._mask(word)):
                flat = ((flat + matches) | (flat - matches)) & self._all
            rows.append(flat ^ self._all)
        return rows

    def _mask(self, word: str) -> int:
        """Return the columns of a word; made when it is first asked for, in time linear in the number of columns."""
        if word not in self._masks:
            bits = bytearray(self._width // 8 + 1)
            for place in self._places[word]:
                bits[place >> 3] |= 1 << (place & 7)
            self._masks[word] = int.from_bytes(bits, "little")
        return self._masks[word]


def _walk(
    rows: Sequence[int], down: Sequence[str], across: Sequence[str], offset: int
) -> tuple[list[tuple[int, int]], int]:
    """Walk one LCS back from its end, as both packages do.

    Args:
        rows: of :meth:`_LcsTables.rows` for ``down``.
        down: words of the rows.
        across: words of the columns that start at ``offset``.
        offset: where they start.

    Returns:
        Positions in ``down`` and ``across`` of each word in common, and the number of steps.
    """
    i, j, steps, found = len(down), len(across), 0, []
    while i and j:
        if down[i - 1] == across[j - 1]:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif rows[i] >> (offset + j - 1) & 1:
            i -= 1
        else:
            j -= 1
        steps += 1
    return found, steps


def pltrdy_rouge_l(prediction: str, reference: str) -> Rouge:
    """Return what ``rouge.Rouge().get_scores(prediction, reference, avg=True)["rouge-l"]`` returns.

    Raises:
        RougeUndefined: where that package raises (no text but full stops, or a sentence too long for its recursion).
    """
    said, meant = _pltrdy_sentences(prediction), _pltrdy_sentences(reference)
    if not said or not meant:
        raise RougeUndefined("empty text")
    different = [list(words) for words in dict.fromkeys(map(tuple, said))]
    tables = _LcsTables(different)
    common: set[str] = set()
    for sentence in meant:
        rows = tables.rows(sentence)
        for words, offset in zip(different, tables.offsets, strict=True):
            common.update(_pltrdy_common(rows, sentence, words, offset))
    precision = len(common) / len(set(chain.from_iterable(said)))
    recall = len(common) / len(set(chain.from_iterable(meant)))
    return Rouge(precision, recall, 2.0 * ((precision * recall) / (precision + recall + 1e-8)))


def _pltrdy_sentences(text: str) -> list[list[str]]:
    """Split at every full stop, then at single spaces; a blank sentence holds one empty word."""
    return [" ".join(part.split()).split(" ") for part in text.split(".") if part]


def _pltrdy_common(rows: Sequence[int], sentence: Sequence[str], words: Sequence[str], offset: int) -> list[str]:
    """Return the words of one LCS of a reference's sentence and a prediction's."""
    found: list[tuple[int, int]] = []
    steps = len(words)
    if rows[-1] >> offset & ((1 << len(words)) - 1):
        found, steps = _walk(rows, sentence, words, offset)
    if steps > _DEEPEST_WALK:
        raise RougeUndefined("sentence too long")
    return [sentence[row] for row, _ in found]


def google_words(text: str) -> list[str]:
    """Return the lower-case words of letters a to z and digits."""
    return _GOOGLE_WORD.findall(text.lower())


def google_rouge_l(prediction: str, reference: str) -> Rouge:
    """Return rougeL: one longest common subsequence over both whole texts; 0 where a text has no word."""
    said, meant = google_words(prediction), google_words(reference)
    return _google_score(_LcsTables([meant]).rows(said)[-1].bit_count(), len(said), len(meant))


def rouge_f(prediction: str, reference: str) -> float:
    """Return F of :func:`google_rouge_l`, which makes S_ge under the ``strict`` protocol."""
    return google_rouge_l(prediction, reference).f


def google_rouge_lsum(prediction: str, reference: str) -> Rouge:
    """Return rougeLsum: union of longest common subsequences over lines, each word counted as often as it occurs."""
    said = [google_words(line) for line in prediction.split("\n") if line]
    meant = [google_words(line) for line in reference.split("\n") if line]
    left_said, left_meant = Counter(chain.from_iterable(said)), Counter(chain.from_iterable(meant))
    n_said, n_meant = left_said.total(), left_meant.total()
    tables = _LcsTables(meant)
    rows_of = [tables.rows(words) for words in said]
    hits = 0
    for line, offset in zip(meant, tables.offsets, strict=True):
        walks = (_walk(rows, words, line, offset)[0] for rows, words in zip(rows_of, said, strict=True))
        places = {column for walk in walks for _, column in walk}
        for word in (line[place] for place in sorted(places)):
            if left_said[word] > 0 and left_meant[word] > 0:
                hits += 1
                left_said[word] -= 1
                left_meant[word] -= 1
    return _google_score(hits, n_said, n_meant)


def _google_score(common: int, n_said: int, n_meant: int) -> Rouge:
    """Return precision, recall and F from counts; 0 without words or without overlap."""
    if not n_said or not n_meant or not common:
        return Rouge(0.0, 0.0, 0.0)
    precision, recall = common / n_said, common / n_meant
    return Rouge(precision, recall, 2 * precision * recall / (precision + recall))
