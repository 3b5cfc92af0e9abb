"""Offered sentences and word diffs."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.answer import split_claims
from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from review.rewriting import propose_addition, propose_rewrite, word_diff

SIDES = {"L": "left", "R": "right", "B": "both"}
CLAIM = "2. AU2 - Outer Brow Raiser: The outer ends of the brows move up on the left side, slightly.\n"


def test_another_unit_gets_its_own_description():
    assert propose_rewrite(CLAIM, 2, 4) == "AU4 - Brow Lowerer: The brows move down and together."


def test_a_right_description_under_a_wrong_head_stays():
    claim = "1. AU2 - Brow Lowerer: The eyebrows are lowered and drawn together.\n"
    assert propose_rewrite(claim, 2, 4) == "AU4 - Brow Lowerer: The eyebrows are lowered and drawn together."


def test_only_the_side_is_exchanged():
    offer = propose_rewrite(CLAIM, 2, 2, side="R")
    assert offer == "AU2 - Outer Brow Raiser: The outer ends of the brows move up on the right side, slightly."


def test_a_side_and_an_intensity_are_added():
    offer = propose_rewrite("AU12 - Lip Corner Puller: The lip corners rise.", 12, 12, intensity="C", side="L")
    assert offer == "AU12 - Lip Corner Puller: The lip corners rise, markedly (C), on the subject's left side."


def test_a_description_that_states_something_else_is_not_kept():
    offer = propose_rewrite("AU12 - Lip Corner Puller: The lip corners rise slightly.", 12, 12, intensity="E")
    assert "slightly" not in offer
    assert "(E)" in offer


def test_an_unknown_unit_is_refused():
    with pytest.raises(InputError, match="AU99"):
        propose_rewrite(CLAIM, 2, 99)


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_offers_are_read_back_as_what_they_state(unit):
    for intensity, side in product([None, *"ABCDE"], ["N", *SIDES]):
        for offer in (
            propose_addition(unit, intensity=intensity, side=side),
            propose_rewrite(CLAIM, 2, unit, intensity=intensity, side=side),
        ):
            (claim,) = split_claims(offer)
            assert (claim.action_unit, claim.negated) == (unit, False)
            assert intensity is None or claim.intensity == intensity
            assert side == "N" or (claim.side_stated and claim.side == SIDES[side])


def test_a_word_diff_shows_what_changed():
    assert word_diff("The brow is low.", "The left brow is low.") == [
        ("keep", "The "),
        ("insert", "left "),
        ("keep", "brow is low."),
    ]


@given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30))
def test_a_word_diff_holds_both_texts(old, new):
    steps = word_diff(old, new)
    assert "".join(words for op, words in steps if op != "insert") == old
    assert "".join(words for op, words in steps if op != "delete") == new
