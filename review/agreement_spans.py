"""How well people agree on free spans of text, which have no fixed units that a kappa could count. Pure.

F1 of spans: Hripcsak and Rothschild (2005), https://doi.org/10.1197/jamia.M1733. Alpha of what is marked, character by
character, is the binary case of unitizing a text: Krippendorff, Mathet, Bouvry and Widlöcher (2016),
https://doi.org/10.1007/s11135-015-0266-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from review.agreement import ALPHA, Counts, Estimate, estimate, estimate_ratio
from review.agreement_coding import Coding, Groups, Meeting, meetings

Span = tuple[int, int]


@dataclass(frozen=True)
class SpanAgreement:
    """Agreement on the free spans of the descriptions on which somebody marked one.

    Attributes:
        descriptions: how many these are.
        exact: F1 of spans with the same ends.
        partial: F1 of spans that overlap by a character at least.
        alpha: Krippendorff's alpha of marked or not, over characters.
    """

    descriptions: int
    exact: Estimate
    partial: Estimate
    alpha: Estimate


def agree_on_spans(groups: Groups, repeats: int) -> SpanAgreement:
    """Return the agreement on free spans; intervals are drawn over descriptions."""
    marked = {number: group for number, group in groups.items() if any(coding.spans for coding in group)}
    met = meetings(marked)
    everything = [_spans(pairs) for pairs in met]
    counts, clusters = _characters(list(marked.values()))
    return SpanAgreement(
        len(marked),
        estimate_ratio([_exact(pairs) for pairs in met], everything, repeats=repeats),
        estimate_ratio([_partial(pairs) for pairs in met], everything, repeats=repeats),
        estimate(ALPHA, counts, clusters=clusters, repeats=repeats),
    )


def _spans(pairs: Meeting) -> int:
    return sum(len(first.spans) + len(second.spans) for first, second in pairs)


def _exact(pairs: Meeting) -> int:
    return sum(2 * len(first.spans & second.spans) for first, second in pairs)


def _partial(pairs: Meeting) -> int:
    """Return how many spans of either of two people meet one of the other's."""
    return sum(
        sum(any(_overlap(span, other) for other in theirs) for span in ours)
        for first, second in pairs
        for ours, theirs in ((first.spans, second.spans), (second.spans, first.spans))
    )


def _overlap(one: Span, two: Span) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _characters(marked: Sequence[Sequence[Coding]]) -> tuple[Counts, Counts]:
    """Return (U, 2) how many people left out or marked each character, and (U,) the place of its description."""
    counts, clusters = [np.zeros((0, 2), dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for place, group in enumerate(marked):
        marks = np.zeros(max(coding.length for coding in group), dtype=np.int64)
        for coding in group:
            inside = np.zeros(len(marks), dtype=bool)
            for start, end in coding.spans:
                inside[start:end] = True
            marks += inside
        counts.append(np.stack([len(group) - marks, marks], axis=1))
        clusters.append(np.full(len(marks), place, dtype=np.int64))
    return np.concatenate(counts), np.concatenate(clusters)
