"""Agreement of people and on free spans, with numbers worked out by hand."""

import numpy as np
import pytest

from review.agreement import cohen_kappa, estimate_cohen, estimate_ratio
from review.agreement_coding import Coding, cross, meetings, presence, shared
from review.agreement_people import agree_in_pairs, agree_with_others
from review.agreement_spans import agree_on_spans

LOGINS = {1: "ann", 2: "bob", 3: "cem"}


def coding(description, person, *present, spans=(), length=10, verdicts=None):
    units = {unit: ("present" if unit in present else "absent", None) for unit in (4, 12)}
    return Coding(description, person, verdicts or {}, units, None, frozenset(spans), length)


def test_cohen_of_summed_tables_is_that_of_the_whole_and_lies_in_its_interval():
    tables = np.array([[[1, 0], [0, 1]], [[0, 1], [0, 2]], [[3, 0], [1, 0]]])
    found = estimate_cohen(tables, repeats=500)
    # 9 items; on the diagonal 7; margins 5 and 4 against 5 and 4: chance (25 + 16) / 81
    assert found.value == pytest.approx((7 / 9 - 41 / 81) / (1 - 41 / 81)) == pytest.approx(cohen_kappa(tables.sum(0)))
    assert found.n == 9 and found.low <= found.value <= found.high and found.low < found.high


def test_cohen_without_chance_to_differ_is_not_defined():
    assert estimate_cohen(np.array([[[5, 0], [0, 0]]])).value is None
    assert estimate_cohen(np.zeros((2, 2, 2), dtype=int)).value is None


def test_ratio_of_sums_and_its_interval():
    found = estimate_ratio([2, 0, 4], [4, 4, 4], repeats=500)
    assert found.value == 0.5 and found.n == 12 and 0 <= found.low < 0.5 < found.high <= 1
    assert estimate_ratio([0], [0]).value is None


def test_each_pair_and_each_person_with_all_others():
    """ann and bob agree on both pictures; cem sees the opposite of both on the first."""
    codings = [coding(1, 1, 4), coding(1, 2, 4), coding(1, 3, 12), coding(2, 1, 12), coding(2, 2, 12)]
    groups = shared(codings)
    pairs = {(pair.first, pair.second): pair.likeness for pair in agree_in_pairs(groups, LOGINS, 50)}
    assert pairs["ann", "bob"].presence_kappa.value == 1 and pairs["ann", "bob"].facs.value == 1
    assert pairs["ann", "cem"].presence_kappa.value == pytest.approx(-1) and pairs["ann", "cem"].facs.value == 0
    people = {one.person: one for one in agree_with_others(groups, LOGINS, 50)}
    assert (people["ann"].others, people["ann"].likeness.descriptions) == (2, 2)
    # ann against bob: 4 cells agree; against cem: 2 differ; margins 3 and 3 of 6: chance 1/2
    assert people["ann"].likeness.presence_kappa.value == pytest.approx((4 / 6 - 0.5) / 0.5)
    assert people["ann"].likeness.facs.value == pytest.approx((0.5 + 1) / 2), "first picture: 1 with bob, 0 with cem"
    assert people["cem"].likeness.presence_kappa.value == pytest.approx(-1)


def test_meetings_keep_the_order_of_people():
    (pairs,) = meetings(shared([coding(1, 2, 4), coding(1, 1)]))
    assert [(first.reviewer_id, second.reviewer_id) for first, second in pairs] == [(1, 2)]
    (table,) = cross([pairs], lambda one: presence(one, [4]), ("absent", "present"))
    assert table.tolist() == [[0, 1], [0, 0]], "person 1 said absent, person 2 present"


def test_spans_same_ends_overlap_and_characters():
    """ann marks 0-4 and 6-8, bob 0-4 and 7-10: one of two is the same, both overlap, 3 characters differ of 10."""
    groups = shared([coding(1, 1, spans=[(0, 4), (6, 8)]), coding(1, 2, spans=[(0, 4), (7, 10)])])
    found = agree_on_spans(groups, 50)
    assert found.descriptions == 1
    assert (found.exact.value, found.partial.value) == (0.5, 1.0)
    # marked by both: 0-3 and 7; by nobody: 4, 5; by one: 6, 8, 9. 20 judgements, 13 marked, 7 not
    observed, expected = 2 * 3 / 20, 2 * 13 * 7 / (20 * 19)
    assert found.alpha.value == pytest.approx(1 - observed / expected)


def test_descriptions_without_a_span_are_left_out_and_one_side_alone_counts_against():
    groups = shared([coding(1, 1), coding(1, 2), coding(2, 1, spans=[(0, 3)]), coding(2, 2)])
    found = agree_on_spans(groups, 50)
    assert (found.descriptions, found.exact.value, found.partial.value) == (1, 0, 0)
    assert found.alpha.value < 0
    nothing = agree_on_spans(shared([coding(1, 1), coding(1, 2)]), 50)
    assert (nothing.descriptions, nothing.exact.value, nothing.alpha.value) == (0, None, None)


def test_touching_spans_do_not_overlap():
    groups = shared([coding(1, 1, spans=[(0, 3)]), coding(1, 2, spans=[(3, 6)])])
    assert agree_on_spans(groups, 20).partial.value == 0
