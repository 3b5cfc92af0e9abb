"""Sums of scores: by hand, and against the benchmark's own scores of the same answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.scores import Tally, answer_code, generation, label_code, recognition, tally, unit_bits
from training.benchmark.item_scores import ItemScores
from training.benchmark.outcomes import Outcome

units = st.sets(st.sampled_from(sorted(ACTION_UNITS)))
emotion = st.none() | st.sampled_from(EMOTIONS)


def total(items) -> Tally:
    return sum(items, Tally())


def benchmark_scores(task, items):
    """S_re and S_ge of (said, label, rouge) as the benchmark computes them."""
    outcomes = [
        Outcome(n, said, label, "read", dict.fromkeys(("pltrdy_l", "google_l", "google_lsum"), rouge))
        for n, (said, label, rouge) in enumerate(items)
    ]
    found = ItemScores(outcomes, task, "strict").totals()
    return found["s_re"], found["s_ge"]


@given(st.lists(st.tuples(units, st.none() | units, st.none() | st.integers(0, 1000)), min_size=1, max_size=12))
@settings(max_examples=60)
def test_action_units_score_as_in_the_benchmark(items):
    ours = total(
        tally(
            "au",
            said=unit_bits(said),
            label=None if label is None else unit_bits(label),
            rouge=None if rouge is None else rouge * 1_000_000,
        )
        for said, label, rouge in items
    )
    theirs = [
        (tuple(sorted(a)), None if b is None else tuple(sorted(b)), None if c is None else c / 1000)
        for a, b, c in items
    ]
    s_re, s_ge = benchmark_scores("au", theirs)
    assert recognition("au", ours) == pytest.approx(s_re)
    assert generation(ours) == pytest.approx(s_ge)


@given(st.lists(st.tuples(emotion, emotion), min_size=1, max_size=12))
@settings(max_examples=60)
def test_emotions_score_as_in_the_benchmark(items):
    ours = total(
        tally("emotion", said=answer_code("emotion", {"emotion": a}), label=label_code("emotion", b), rouge=None)
        for a, b in items
    )
    s_re, _ = benchmark_scores("emotion", [(a, b, None) for a, b in items])
    assert recognition("emotion", ours) == pytest.approx(s_re)


def test_items_are_put_in_and_taken_out():
    one = tally("au", said=unit_bits([4, 12]), label=unit_bits([4, 6]), rouge=5)
    two = tally("au", said=unit_bits([12]), label=unit_bits([12]), rouge=None)
    assert one == Tally(1, 1, 0, {4: (1, 0, 0), 6: (0, 0, 1), 12: (0, 1, 0)}, 1, 5)
    assert one + two == Tally(2, 2, 0, {4: (1, 0, 0), 6: (0, 0, 1), 12: (1, 1, 0)}, 1, 5)
    assert one + two - one == two
    assert one - one == Tally()


@pytest.mark.parametrize(
    ("task", "raw", "expected"),
    [
        ("au", "4, 12", 1 << 4 | 1 << 12),
        ("au", [43], 1 << 43),
        ("au", [], 0),
        ("au", "smile", None),
        ("au", None, None),
        ("emotion", "0", 0),
        ("emotion", "Fear", 6),
        ("emotion", "joy", None),
    ],
)
def test_labels_become_numbers(task, raw, expected):
    assert label_code(task, raw) == expected
    assert expected is None or np.int64(expected) == expected
