"""The numbers of a blind check, worked out by hand."""

import pytest

from review.blind_report import signed
from review.blind_statistics import JudgedFace, TextCounts, compare


def text(claims=2.0, marked=None, **wrong):
    return TextCounts(claims, wrong, marked or {})


def faces(*pairs):
    return [JudgedFace(number, (first,), (second,)) for number, (first, second) in enumerate(pairs)]


def of(found, code):
    return next(kind for kind in found.classes if kind.code == code)


def test_rates_and_differences_by_hand():
    """Ten faces: the first model invents a unit on six of them, the second one on none; both miss one somewhere."""
    clean, invents = text(), text(H1=1.0)
    found = compare(
        faces(
            *[(invents, clean)] * 6,
            (clean, clean),
            (text(marked={"M1": 1.0}), clean),
            (clean, clean),
            (clean, text(1.0)),
        )
    )
    kind = of(found, "H1")
    assert (kind.first, kind.second, kind.difference.value) == (0.6, 0.0, -0.6)
    assert (kind.difference.low, kind.difference.high) == (-0.9, -0.3), "quantiles of a binomial of 10 draws with 0.6"
    assert (kind.first_per_claim, kind.second_per_claim) == (6 / 20, 0.0)
    assert (kind.faces_differing, kind.finding) == (6, "fewer")
    assert (found.faces, found.first_claims, found.second_claims) == (10, 2.0, 1.9)
    assert of(found, "all").difference == kind.difference, "what is missing is no error of fact"
    missing = of(found, "M1")
    assert (missing.first, missing.finding, missing.first_per_claim) == (0.1, "no difference", None)
    assert of(found, "H4").finding == "none"


def test_the_other_way_round_is_more():
    clean, wrong = text(), text(H3=1.0)
    kind = of(compare(faces(*[(clean, wrong)] * 8, (clean, clean))), "H3")
    assert kind.finding == "more" and kind.difference.low > 0


def test_five_faces_in_one_direction_are_too_few_and_what_cancels_is_no_difference():
    clean, wrong = text(), text(H1=1.0)
    assert of(compare(faces(*[(wrong, clean)] * 5)), "H1").finding == "too few"
    assert of(compare(faces(*[(wrong, clean)] * 6)), "H1").finding == "fewer"
    kind = of(compare(faces(*[(wrong, clean), (clean, wrong)] * 6)), "H1")
    assert (kind.difference.value, kind.faces_differing, kind.finding) == (0.0, 12, "no difference")


def test_faces_with_two_texts_count_as_one_face():
    """Rates are per text, intervals over faces: two tasks about one face are not two independent looks."""
    clean, wrong = text(), text(H1=1.0)
    found = compare([JudgedFace(number, (wrong, wrong), (clean, wrong)) for number in range(4)])
    kind = of(found, "H1")
    assert (kind.first, kind.second, kind.faces_differing) == (1.0, 0.5, 4)


def test_nothing_judged_is_no_result_and_texts_without_claims_have_no_rate_per_claim():
    assert compare([]) is None
    empty = text(0.0)
    kind = of(compare(faces((empty, empty))), "H1")
    assert (kind.first, kind.first_per_claim, kind.claim_difference) == (0.0, None, None)


@pytest.mark.parametrize(("value", "words"), [(-0.131, "−0.13"), (-0.001, "0.00"), (0.0, "0.00"), (1.0, "1.00")])
def test_numbers_have_a_true_minus_and_no_minus_zero(value, words):
    assert signed(value) == words
