"""Texts split into the claims that reviewers judge."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.claims import parse_claims
from review.records import CLAIM_KINDS

PHRASES = [
    "1. AU4 - Brow Lowerer: the brows are lowered.\n",
    "The person looks happy. ",
    "No AU12 is visible, ",
    "Please note that this is subjective. ",
    "R12C and the left lip corner is pulled up",
    "e\u0301motion ",
    "\u1112\u1161\u11ab",
]
texts = st.one_of(st.text(), st.lists(st.sampled_from(PHRASES) | st.text(max_size=8)).map("".join))


@given(texts, st.sampled_from(["au", "emotion"]))
def test_claims_of_any_text_are_the_whole_text(text, task):
    text = unicodedata.normalize("NFC", text)
    claims = parse_claims(text, task)
    assert "".join(text[claim.start : claim.end] for claim in claims) == text
    assert all(claim.start < claim.end for claim in claims)
    assert [claim.ord for claim in claims] == list(range(len(claims)))
    assert {claim.kind for claim in claims} <= set(CLAIM_KINDS)


def test_kinds_units_sides_and_intensities_of_a_description():
    text = (
        "The face shows these action units:\n"
        "1. AU12 - Lip corner puller: The left lip corner is pulled up, with marked intensity (C).\n"
        "2. AU4 - Brow lowerer: The brows are lowered.\n"
        "The picture is sharp.\n"
        "Please note that reading action units is subjective."
    )
    claims = parse_claims(text, "au")
    assert [claim.kind for claim in claims] == ["intro", "au", "au", "detail", "boiler"]
    assert [(c.action_unit, c.side, c.intensity) for c in claims[1:3]] == [(12, "L", "C"), (4, "N", None)]


def test_a_denied_unit_is_a_negated_claim():
    (claim,) = parse_claims("There is no AU12.", "au")
    assert (claim.kind, claim.action_unit, claim.negated) == ("au", 12, True)


def test_a_phrase_about_several_units_is_one_claim():
    (claim,) = parse_claims("The eyebrows are raised.", "au")
    assert claim.units == (1, 2)


@pytest.mark.parametrize(
    ("text", "task", "kinds"),
    [
        ("The eyes and their lids stay relaxed.", "au", ["intro"]),
        ("The person looks relaxed.", "emotion", ["emotion"]),
        ("The main emotion is anger. The lids stay relaxed.", "emotion", ["emotion", "detail"]),
    ],
)
def test_a_mere_hint_is_a_claim_only_where_nothing_names_a_feeling(text, task, kinds):
    assert [claim.kind for claim in parse_claims(text, task)] == kinds
