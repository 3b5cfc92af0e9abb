"""What verdicts say about action units and emotions."""

from dataclasses import dataclass, replace

import pytest

from review.records import EmotionState, MarkState, ReviewState, UnitState, VerdictState
from review.unit_labels import complete_emotion, complete_units


@dataclass(frozen=True)
class Said:
    """A claim."""

    id: int
    action_unit: int | None = None
    more_units: tuple[int, ...] = ()
    negated: bool = False
    side: str = "N"
    intensity: str | None = None
    emotion: str | None = None


def units(*claims, **state):
    return complete_units(claims, ReviewState(**state))


def verdict(code, action_unit=None):
    return {1: VerdictState("wrong", code, action_unit=action_unit)}


@pytest.mark.parametrize(
    ("claim", "verdicts", "expected"),
    [
        (Said(1, 6, intensity="C", side="L"), {1: VerdictState("correct")}, {6: UnitState("present", "C", "L")}),
        (Said(1, 1, (2,)), {1: VerdictState("correct")}, {1: UnitState("present"), 2: UnitState("present")}),
        (Said(1, 6, negated=True), {1: VerdictState("correct")}, {6: UnitState("absent")}),
        (Said(1, 6), verdict("S1"), {6: UnitState("present")}),
        (Said(1, 6), verdict("H1"), {6: UnitState("absent")}),
        (Said(1, 6, negated=True), verdict("H1"), {6: UnitState("present")}),
        (Said(1, 15), verdict("H2", 17), {15: UnitState("absent"), 17: UnitState("present")}),
        (Said(1, 15), verdict("H2"), {15: UnitState("absent")}),
        (Said(1, 4, side="L", intensity="B"), verdict("H3"), {4: UnitState("present", "B")}),
        (Said(1, 4, side="L", intensity="B"), verdict("H4"), {4: UnitState("present")}),
        (Said(1, 43), verdict("H7"), {43: UnitState("not_visible")}),
        (Said(1, 6), verdict("M1", 25), {25: UnitState("present")}),
        (Said(1, 6), verdict("H9"), {}),
        (Said(1, 6), {1: VerdictState("unsure")}, {6: UnitState("not_judged")}),
        (Said(1, 6), {}, {}),
    ],
)
def test_one_claim(claim, verdicts, expected):
    assert units(claim, verdicts=verdicts) == expected


def test_the_grid_beats_the_verdicts():
    seen = UnitState("present", "E")
    assert units(Said(1, 6), verdicts=verdict("H1"), units={6: seen}) == {6: seen}


def test_a_confirmed_claim_beats_a_refuted_one_about_the_same_unit():
    verdicts = {1: VerdictState("wrong", "H1"), 2: VerdictState("correct")}
    assert units(Said(1, 12), Said(2, 12), verdicts=verdicts) == {12: UnitState("present")}


def test_regions_out_of_sight_hide_their_units_unless_somebody_saw_them():
    found = units(Said(1, 1), verdicts={1: VerdictState("correct")}, visibility=(70,))
    assert found == {1: UnitState("present"), 2: UnitState("not_visible"), 4: UnitState("not_visible")}


def test_what_was_added_is_there():
    assert units(marks=(MarkState(3, 3, "M1", action_unit=25),)) == {25: UnitState("present")}


def test_emotion_set_by_hand_beats_the_text():
    claim = Said(1, emotion="sadness")
    right = ReviewState(verdicts={1: VerdictState("correct")})
    assert complete_emotion([claim], right, task="emotion") == EmotionState("sadness")
    assert complete_emotion([claim], right, task="au") is None, "'goes with sadness' can be right on any face"
    seen = EmotionState("fear", "surprise", 3)
    for task in ("au", "emotion"):
        assert complete_emotion([claim], replace(right, emotion=seen), task=task) == seen
    assert complete_emotion([claim], ReviewState(verdicts=verdict("H6")), task="emotion") is None
    denied = Said(1, emotion="sadness", negated=True)
    assert complete_emotion([denied], ReviewState(verdicts=verdict("S1")), task="emotion") is None
