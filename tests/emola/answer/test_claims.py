import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.answer import normalise, split_claims
from emola.answer.claims import action_unit_claims
from emola.taxonomy import Intensity, Side

WORDS = st.sampled_from(
    ["AU12", "AU", "1", "2", ",", ".", "!", "?", ":", ";", "and", "or", "not", "no", "is", "absent", "lips", "are"],
) | st.sampled_from(
    [
        "parted",
        "the",
        "brows",
        "raised",
        "left",
        "slightly",
        "(C)",
        "sad",
        "\n",
        "1.",
        "-",
        "e\u0301",
        "eyes",
        "closed",
    ],
)


def unit_claims(text):
    return [claim for claim in split_claims(text) if claim.kind == "action unit"]


@given(st.one_of(st.text(), st.lists(WORDS, max_size=40).map(" ".join)))
def test_claims_tile_the_nfc_text(text):
    nfc = normalise(text)
    claims = split_claims(text)
    assert "".join(claim.text for claim in claims) == nfc
    assert all(nfc[claim.start : claim.end] == claim.text and claim.text for claim in claims)


def test_an_empty_text_has_no_claims():
    assert split_claims("") == []


def test_offsets_count_code_points_of_the_nfc_form():
    claims = unit_claims("Cafe\u0301 😀. AU12 is visible.")
    assert [(claim.start, claim.end) for claim in claims] == [(8, 24)]


def test_a_sentence_about_several_units_is_cut_into_clauses():
    claims = split_claims("AU1, AU2, and AU4 are strongly active; AU12 is absent. The person is sad. Fine.")
    assert [(c.kind, c.action_unit, c.text, c.negated) for c in claims] == [
        ("action unit", 1, "AU1, ", False),
        ("action unit", 2, "AU2, ", False),
        ("action unit", 4, "and AU4 are strongly active; ", False),
        ("action unit", 12, "AU12 is absent. ", True),
        ("emotion", None, "The person is sad. ", False),
        ("other", None, "Fine.", False),
    ]
    assert [c.intensity for c in claims[:4]] == [Intensity.D, Intensity.D, Intensity.D, None]
    assert claims[4].name == "sadness"


def test_list_items_keep_their_number_and_explanation_together():
    text = "1. AU4 - Brow Lowerer: The brows are drawn together.\n2. AU6 (Cheek Raiser): The cheeks are raised."
    claims = split_claims(text)
    assert [(c.action_unit, c.name) for c in claims] == [(4, "Brow lowerer"), (6, "Cheek raiser")]
    assert claims[1].text.startswith("2. AU6")


def test_the_number_beats_a_name_that_does_not_belong_to_it():
    assert [c.action_unit for c in unit_claims("AU2 - Brow Lowerer: the brow moves.")] == [2]


def test_a_raised_brow_is_one_claim_about_two_units():
    (claim,) = unit_claims("The eyebrows are raised.")
    assert (claim.action_unit, claim.more_units, claim.explicit) == (1, (2,), False)


def test_a_unit_outside_the_taxonomy_is_kept_without_a_name():
    (claim,) = unit_claims("AU45 is active.")
    assert (claim.action_unit, claim.name) == (45, "")


@pytest.mark.parametrize(
    ("text", "side", "stated"),
    [
        ("The left lip corner is pulled up.", Side.LEFT, True),
        ("AU14 is unilateral, on the right side.", Side.RIGHT, True),
        ("AU12, stronger on the left than on the right.", Side.BOTH, True),
        ("AU10 acts bilaterally.", Side.BOTH, True),
        ("AU12 is visible on the right side of the image.", Side.LEFT, True),
        ("AU4 appears right above the nose.", Side.BOTH, False),
        ("AU L14 is visible.", Side.LEFT, True),
        ("AU12 is visible.", Side.BOTH, False),
    ],
)
def test_sides_are_the_subjects_own(text, side, stated):
    (claim,) = unit_claims(text)
    assert (claim.side, claim.side_stated) == (side, stated)


@pytest.mark.parametrize(
    ("text", "intensity", "word"),
    [
        ("There is a trace of AU4.", Intensity.A, "trace of"),
        ("AU4 is slightly active.", Intensity.B, "slightly"),
        ("a marked brow lowerer", Intensity.C, "marked"),
        ("AU4 is pronounced.", Intensity.C, "pronounced"),
        ("AU4 is severe.", Intensity.D, "severe"),
        ("AU4 reaches its maximum.", Intensity.E, "maximum"),
        ("AU4 with intensity D.", Intensity.D, "intensity D"),
        ("AU4 at intensity B (slight).", Intensity.B, "slight"),
        ("AU4C is visible.", Intensity.C, "C"),
        ("AU4 (intensity 3/5) is visible.", Intensity.C, "intensity 3"),
        ("AU4 is not strong.", None, ""),
        ("AU4 is visible.", None, ""),
    ],
)
def test_intensities_are_read_from_letters_numbers_and_words(text, intensity, word):
    (claim,) = unit_claims(text)
    assert (claim.intensity, claim.intensity_word, claim.negated) == (intensity, word, False)


def test_claims_about_units_are_the_same_without_the_others():
    text = "AU12 is active. She looks happy. The lips are parted, and the brows are not raised."
    assert action_unit_claims(text) == [claim for claim in split_claims(text) if claim.kind == "action unit"]
