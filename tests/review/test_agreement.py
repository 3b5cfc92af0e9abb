"""Coefficients of agreement against the worked examples of the papers they come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.agreement import (
    AC1,
    ALPHA,
    FLEISS,
    OBSERVED,
    ORDINAL_ALPHA,
    POSITIVE,
    cohen_kappa,
    estimate,
    estimate_mean,
    facs_index,
)

FOUR_PEOPLE = np.array(
    [
        [1, 1, 0, 1],
        [2, 2, 3, 2],
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
        [1, 1, 2, 1],
        [2, 2, 2, 2],
        [0, 5, 5, 5],
        [0, 0, 1, 1],
        [0, 0, 3, 0],
    ]
)
"""Krippendorff (2011), example C: twelve units, four observers, 0 for missing; Gwet (2014) uses it too."""


def counts_of(ratings, categories=(1, 2, 3, 4, 5)):
    return np.stack([(ratings == category).sum(1) for category in categories], 1)


ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
"""Gwet (2014): two abstractors, ectopic, abnormal and normal pregnancies."""

FOURTEEN_RATERS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
"""Ten subjects, fourteen raters: the example that texts on Fleiss' kappa work through (0.210)."""


def units_of(table):
    """The counts of a table of two people: one unit for each judgement."""
    rows = []
    for (first, second), times in np.ndenumerate(table):
        row = np.zeros(len(table), int)
        row[first] += 1
        row[second] += 1
        rows += [row] * times
    return np.array(rows)


def test_cohen_on_fifty_grants():
    assert cohen_kappa(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)


def test_cohen_on_the_abstractors():
    assert cohen_kappa(ABSTRACTORS) == pytest.approx(0.79641, abs=5e-6)


def test_cohen_with_quadratic_weights_on_the_abstractors():
    assert cohen_kappa(ABSTRACTORS, weights="quadratic") == pytest.approx(0.89216, abs=5e-6)


def test_cohen_weighted_lets_near_misses_count():
    near, far = np.array([[5, 5, 0], [0, 5, 0], [0, 0, 5]]), np.array([[5, 0, 5], [0, 5, 0], [0, 0, 5]])
    assert cohen_kappa(near, weights="quadratic") > cohen_kappa(far, weights="quadratic")
    # by hand for `near`: observed 5, expected (10*10*1 + 10*5*4 + 5*5*1 + 5*5*1 + 5*5*4 + 5*10*1) / 20 = 25
    assert cohen_kappa(near, weights="quadratic") == pytest.approx(1 - 5 / 25)


def test_fleiss_on_fourteen_raters():
    assert FLEISS(FOURTEEN_RATERS) == pytest.approx(0.210, abs=5e-4)


def test_fleiss_with_people_missing():
    assert FLEISS(counts_of(FOUR_PEOPLE)) == pytest.approx(0.76117, abs=5e-6)


@pytest.mark.parametrize(("alpha", "expected"), [(ALPHA, 0.743), (ORDINAL_ALPHA, 0.815)])
def test_krippendorff_on_example_c(alpha, expected):
    assert alpha(counts_of(FOUR_PEOPLE)) == pytest.approx(expected, abs=5e-4)


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=2, max_size=20))
def test_the_sums_of_the_bootstrap_give_the_alpha_of_the_library(rows):
    counts = np.array(rows)
    for alpha in (ALPHA, ORDINAL_ALPHA):
        exact = alpha(counts)
        if exact is not None:
            assert float(alpha.of_sums(alpha.features(counts).sum(0))) == pytest.approx(exact)


def test_krippendorff_does_not_mind_categories_that_nobody_used():
    used = counts_of(FOUR_PEOPLE, [1, 2, 3, 4, 5])
    assert ALPHA(counts_of(FOUR_PEOPLE, [1, 2, 3, 4, 5, 6, 7])) == pytest.approx(ALPHA(used))


def test_ac1_on_example_c():
    assert AC1(counts_of(FOUR_PEOPLE)) == pytest.approx(0.77544, abs=5e-6)


def test_ac1_on_the_abstractors():
    assert AC1(units_of(ABSTRACTORS)) == pytest.approx(0.84933, abs=5e-6)


def test_ac1_does_not_collapse_where_kappa_does():
    """Feinstein and Cicchetti (1990): 118 and 2 agreed, 5 and 0 not; kappa is below zero, agreement is high."""
    table = np.array([[118, 5], [2, 0]])
    assert cohen_kappa(table) == pytest.approx(-0.0234, abs=5e-4)
    assert AC1(units_of(table)) == pytest.approx(0.9408, abs=5e-4)


def test_positive_agreement_of_two_people():
    table = np.array([[80, 5], [10, 5]])
    assert POSITIVE(units_of(table)) == pytest.approx(2 * 5 / (2 * 5 + 5 + 10))


def test_facs_index_of_the_manual():
    assert facs_index([{1, 2, 5, 6, 12}, {5, 6, 12}]) == pytest.approx(0.75)
    assert facs_index([{4}, {4}]) == 1
    assert facs_index([set(), {4}]) == 0
    assert facs_index([set(), set()]) is None
    assert facs_index([{4}, {4}, {12}]) == pytest.approx(1 / 3)


def test_undefined_without_pairs_or_without_variation():
    alone, same = np.array([[1, 0], [0, 1]]), np.array([[2, 0], [2, 0]])
    for coefficient in (OBSERVED, FLEISS, AC1, ALPHA, POSITIVE):
        assert coefficient(alone) is None
    for coefficient in (FLEISS, ALPHA, POSITIVE):
        assert coefficient(same) is None
    assert AC1(same) == OBSERVED(same) == 1
    assert cohen_kappa(np.array([[4, 0], [0, 0]])) is None
    assert cohen_kappa(np.zeros((2, 2), int)) is None


@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=30))
def test_coefficients_never_exceed_one(rows):
    for coefficient in (OBSERVED, FLEISS, AC1, ALPHA, ORDINAL_ALPHA, POSITIVE):
        value = coefficient(np.array(rows))
        assert value is None or value <= 1 + 1e-9


def test_bootstrap_interval_covers_a_known_share():
    random = np.random.default_rng(3)
    covered = 0
    for trial in range(100):
        found = estimate_mean((random.random(80) < 0.3).astype(float), repeats=400, seed=trial)
        covered += found.low <= 0.3 <= found.high
    assert covered >= 87  # 95 are expected; fewer than 87 come by chance less than once in a thousand


def test_bootstrap_draws_whole_pictures():
    """Claims of one picture that agree or disagree together tell less than as many pictures would."""
    counts = np.array(([[2, 0]] * 10 + [[1, 1]] * 10 + [[0, 2]] * 10) * 4)
    clusters = np.arange(len(counts)) // 10
    alone, together = estimate(ALPHA, counts), estimate(ALPHA, counts, clusters=clusters)
    assert alone.value == together.value
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_bootstrap_is_the_same_for_the_same_seed_and_for_parts_of_any_size(monkeypatch):
    counts = counts_of(FOUR_PEOPLE)
    first = estimate(ALPHA, counts, repeats=100, seed=1)
    assert first == estimate(ALPHA, counts, repeats=100, seed=1) != estimate(ALPHA, counts, repeats=100, seed=2)
    assert first.low < first.value <= first.high <= 1
    assert first.n == 11  # the last unit was judged once
    monkeypatch.setattr("review.agreement._CELLS", 30)
    assert estimate(ALPHA, counts, repeats=100, seed=1) == first


def test_nothing_judged_twice_has_no_estimate():
    assert estimate(ALPHA, np.zeros((0, 2), int)).value is None
    assert estimate(ALPHA, np.array([[1, 0], [0, 1]])).n == 0
    assert estimate_mean([]).value is None
