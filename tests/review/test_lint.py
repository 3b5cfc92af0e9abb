"""Faults that a text shows by itself."""

import pytest

from review.claims import parse_claims
from review.lint import lint

GOOD = (
    "The face shows these action units:\n"
    "1. AU1 - Inner brow raiser: The inner ends of the brows are pulled up.\n"
    "2. AU4 - Brow lowerer: The brows are drawn together.\n"
    "3. AU15 - Lip corner depressor: The corners of the mouth are pulled down.\n"
    "The nose stays smooth."
)


def kinds(text, task="au"):
    return {finding.kind for finding in lint(text, parse_claims(text, task), task)}


def test_a_sound_description_has_no_fault():
    assert kinds(GOOD) == set()
    assert (
        kinds("The person looks sad, as the inner brows are raised and the lip corners are pulled down.", "emotion")
        == set()
    )


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("AU4 - Brow lowerer", "AU2 - Brow lowerer", "name_number"),
        ("AU4 - Brow lowerer", "AU17 - Chin raiser", "number_words"),
        ("AU4 - Brow lowerer", "AU99 - Brow lowerer", "unknown_unit"),
        ("AU4 - Brow lowerer", "AU1 - Inner brow raiser", "repeated_unit"),
        ("AU4", "AU 4", "missing_code"),
        ("The nose stays smooth.", "AU4 is not present.", "affirmed_and_denied"),
        ("The nose stays smooth.", "AU12 is not present.", "denied_code"),
        ("The nose stays smooth.", "The brows are at rest.", "rest_and_unit"),
        ("The nose stays smooth.", "The mouth cannot be seen in this picture.", "hidden_and_unit"),
        ("The nose stays smooth.", "Please note that reading faces is subjective.", "boilerplate"),
        ("The nose stays smooth.", "The man sits in an office.", "invention"),
        ("The nose stays smooth.", "The person is thinking about a loss.", "overinference"),
        ("The nose stays smooth.", "The the nose stays smooth.", "style"),
        ("The nose stays smooth.", "the nose stays smooth.", "style"),
    ],
)
def test_one_fault_is_found_by_its_name(old, new, kind):
    assert old in GOOD
    assert kind in kinds(GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("units", "kind"),
    [("AU5 and AU43", "contradictory_pair"), ("AU24 and AU25", "contradictory_pair"), ("AU27", "missing_partner")],
)
def test_units_that_seldom_go_together(units, kind):
    assert kind in kinds(f"The face shows {units}.")


def test_a_gaze_needs_open_eyes():
    text = "AU43 - Eyes closed: The eyelids are closed. The gaze is directed to the left."
    assert "gaze_eyes_closed" in kinds(text)
    assert "gaze_eyes_closed" not in kinds(
        text.replace("AU43 - Eyes closed: The eyelids are closed", "AU12 is visible")
    )


def test_an_emotion_is_held_against_the_units_of_its_text():
    smile = "The face shows {}: the cheeks are raised and the lip corners are pulled up."
    assert kinds(smile.format("happiness"), "emotion") == set()
    assert kinds(smile.format("anger"), "emotion") == {"emotion_units"}
    assert kinds("The face shows fear. The picture is sharp.", "emotion") == {"emotion_without_cue"}


def test_findings_point_at_their_words():
    text = "The lips are parted (AU25). The man smiles."
    (found,) = [f for f in lint(text, parse_claims(text, "au"), "au") if f.kind == "invention"]
    assert text[found.start : found.end] == "man"
    assert found.code == "H5"


def test_a_summary_that_names_the_units_again_repeats_nothing():
    assert kinds(GOOD + " In short, AU1, AU4 and AU15 make up this expression.") == set()
