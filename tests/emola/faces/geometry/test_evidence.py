"""Evidence: verdicts on moved vertices, words and numbers, points, sides, gates, and a person's own neutral face."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.faces.face import Gate
from emola.faces.geometry import evidence, live_values, measurable_action_units
from emola.faces.geometry_table import geometry_table
from emola.taxonomy import ACTION_UNITS, Side

SMILE = {61: (-0.04, 0.06), 291: (0.04, 0.06)}
OPEN_MOUTH = {14: (0.0, -0.30), 152: (0.0, -0.14)}
LOWER_LIDS = (144, 145, 153, 373, 374, 380)
UPPER_LIDS = (160, 159, 158, 387, 386, 385)
CLOSED_RIGHT = dict.fromkeys(UPPER_LIDS[:3], (0.0, -0.09))
CLOSED = dict.fromkeys(UPPER_LIDS, (0.0, -0.09))
WIDE_EYES = dict.fromkeys(UPPER_LIDS, (0.0, 0.04))

MOVES = {
    1: dict.fromkeys((107, 55, 336, 285), (0.0, 0.05)),
    2: dict.fromkeys((70, 63, 300, 293), (0.0, 0.06)),
    5: WIDE_EYES,
    6: SMILE | {145: (0.0, 0.03), 374: (0.0, 0.03)},
    7: dict.fromkeys(LOWER_LIDS, (0.0, 0.035)),
    12: SMILE,
    15: {61: (0.0, -0.07), 291: (0.0, -0.07)},
    20: {61: (-0.06, -0.01), 291: (0.06, -0.01)},
    25: {14: (0.0, -0.06)},
    26: {14: (0.0, -0.18), 152: (0.0, -0.10)},
    27: OPEN_MOUTH,
    43: CLOSED,
}
"""A movement that each judgeable action unit should be read from, in outer-canthus distances."""


@pytest.mark.parametrize("number", sorted(MOVES))
def test_the_movement_of_an_action_unit_supports_it(moved, face_of, number):
    found = evidence(face_of(moved(MOVES[number])), number)
    assert found.verdict == "supports", found.reason
    assert ("weakly supports" in found.reason) == (found.strength == "weak")


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("number", sorted(ACTION_UNITS))
def test_the_neutral_base_mesh_supports_nothing(vertices, face_of, number, side):
    assert evidence(face_of(vertices), number, side).verdict != "supports"


def test_raised_corners_alone_are_enough_when_they_are_high(moved, face_of):
    raised = evidence(face_of(moved({61: (0.0, 0.06), 291: (0.0, 0.06)})), 12)
    slightly = evidence(face_of(moved({61: (0.0, 0.03), 291: (0.0, 0.03)})), 12)
    assert (raised.verdict, slightly.verdict) == ("supports", "unclear")


@pytest.mark.parametrize(
    ("number", "offsets"),
    [
        (5, {}),
        (12, {61: (0.0, -0.03), 291: (0.0, -0.03)}),
        (25, {}),
        (26, {}),
        (27, {14: (0.0, -0.05)}),
        (43, {}),
    ],
)
def test_measurable_units_are_contradicted_by_their_opposite(moved, face_of, number, offsets):
    lifted = dict.fromkeys(UPPER_LIDS, (0.0, -0.01)) if number == 5 else offsets
    found = evidence(face_of(moved(lifted)), number)
    assert found.verdict == "contradicts", found.reason
    assert f"contradicts AU{number}" in found.reason


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), spread=st.floats(0.0, 1.5), side=st.sampled_from(Side))
def test_weak_units_never_contradict_and_unmeasurable_ones_say_nothing(vertices, face_of, seed, spread, side):
    shaken = vertices + np.random.default_rng(seed).normal(0, spread, vertices.shape)
    for number, rule in geometry_table().rules.items():
        found = evidence(face_of(shaken), number, side)
        if rule.measure_class == "W":
            assert found.verdict != "contradicts" and found.contradicts_when is None
        if rule.measure_class == "N":
            assert found.verdict == "not measurable" and found.value is None and found.points is None


def test_the_reason_says_value_band_limit_and_comparison(moved, face_of):
    found = evidence(face_of(moved(SMILE)), 12)
    assert found.reason == (
        "The lip corners are 0.07 above the lip centre (neutral -0.03 to 0.02) and the mouth is 0.66 wide "
        "(neutral 0.54 to 0.63): supports AU12 Lip corner puller (above 0.03 and above 0.64); compared with an "
        "average neutral face, lengths in distances between the outer eye corners."
    )
    assert found.value == pytest.approx(0.0739, abs=1e-3)
    assert (found.neutral_mean, found.neutral_sd) == (-0.0009, 0.0258)
    expected = "lip-corner height above 0.03 and mouth width above 0.64, or lip-corner height above 0.06"
    assert found.supports_when == expected
    assert found.contradicts_when == "lip-corner height below 0.00 and mouth width below 0.60"
    assert found.table_version == "geometry-v1"


def test_values_below_zero_are_told_in_words(moved, face_of):
    assert "0.06 below the lip centre" in evidence(face_of(moved(MOVES[15])), 15).reason


@pytest.mark.parametrize("number", sorted(MOVES))
def test_every_verdict_says_what_it_was_compared_with(moved, face_of, number):
    for offsets in ({}, MOVES[number]):
        assert "compared with an average neutral face" in evidence(face_of(moved(offsets)), number).reason


def test_points_are_the_measured_vertices_in_the_picture(moved, face_of):
    face = face_of(moved(SMILE))
    found = evidence(face, 12, Side.LEFT)
    assert found.points == (tuple(face.mesh[291, :2].tolist()), tuple(face.mesh[13, :2].tolist()))
    assert found.segments[0] == found.points
    assert found.points[0][0] > face.mesh[13, 0], "the subject's left is on the right of the picture"
    assert len(evidence(face, 43).segments) == 2


def test_a_smile_of_one_side_supports_that_side_alone(moved, face_of):
    face = face_of(moved({291: (0.03, 0.07)}))
    assert evidence(face, 12, Side.LEFT).verdict == "supports"
    assert evidence(face, 12, Side.RIGHT).verdict != "supports"
    assert "the subject's left lip corner" in evidence(face, 12, Side.LEFT).reason.lower()


def test_a_measure_without_sides_is_used_whole(moved, face_of):
    face = face_of(moved(MOVES[25]))
    assert evidence(face, 25, Side.LEFT).value == evidence(face, 25).value


def test_a_wink_is_unclear_for_eyes_closed_and_named(moved, face_of):
    face = face_of(moved(CLOSED_RIGHT))
    found = evidence(face, 43)
    assert found.verdict == "unclear"
    assert "wink (AU46)" in found.reason and "subject's right eye" in found.reason
    assert evidence(face, 43, Side.RIGHT).verdict == "supports"
    assert evidence(face, 43, Side.LEFT).verdict == "contradicts"


def test_closed_eyes_may_be_looking_down(moved, face_of):
    assert "look down" in evidence(face_of(moved(CLOSED)), 43).reason


def test_the_upper_lid_needs_size_and_an_iris_in_sight(moved, vertices, face_of):
    small = evidence(face_of(vertices, size_px=110.0), 5)
    assert small.verdict == "not measurable" and "110 px, it needs 120 px" in small.reason
    hidden = evidence(face_of(moved(CLOSED)), 5)
    assert hidden.verdict == "not measurable" and "iris is hidden" in hidden.reason
    bare = evidence(face_of(vertices[:468]), 5)
    assert bare.verdict == "not measurable" and "upper-lid height" in bare.reason


MOUTH_GATE = Gate("profile", "The head is turned by 41 degrees, the limit is 35.", ("mouth",))


def test_a_gate_silences_what_it_blocks_and_nothing_else(moved, face_of):
    face = face_of(moved(SMILE), gates=(MOUTH_GATE,))
    for number in (6, 12, 15, 20, 25, 26, 27):
        found = evidence(face, number)
        assert found.verdict == "not measurable", number
        assert found.reason.endswith(MOUTH_GATE.reason) and found.points is None
    assert evidence(face, 43).verdict == "contradicts"
    assert set(live_values(face)) == {5, 43}


def test_a_gate_on_the_jaw_blocks_the_jaw_drop_only(moved, face_of):
    face = face_of(moved(OPEN_MOUTH), gates=(Gate("pitch", "The head is tilted.", ("jaw",)),))
    assert evidence(face, 26).verdict == "not measurable"
    assert evidence(face, 25).verdict == "supports"


def test_a_refusing_gate_silences_everything(moved, face_of):
    face = face_of(moved(SMILE), gates=(Gate("tiny", "The face is 20 px.", (), refuses=True),))
    assert {evidence(face, number).verdict for number in ACTION_UNITS} == {"not measurable"}
    assert live_values(face) == {}


def test_without_a_usable_mesh_nothing_is_measurable(vertices, face_of):
    broken = vertices.copy()
    broken[0, 0] = np.inf
    for mesh in (None, broken, np.zeros((478, 3))):
        face = face_of(mesh)
        assert {evidence(face, number).verdict for number in ACTION_UNITS} == {"not measurable"}
        assert live_values(face) == {}


@pytest.mark.parametrize("number", [11, 46, 0, -3])
def test_numbers_outside_the_table_are_not_measurable(vertices, face_of, number):
    found = evidence(face_of(vertices), number)
    assert found.verdict == "not measurable" and f"AU{number}" in found.reason


def test_a_persons_own_neutral_face_moves_the_limits(moved, to_picture, face_of):
    upturned = {61: (-0.02, 0.05), 291: (0.02, 0.05)}
    own = to_picture(moved(upturned))
    at_rest = face_of(moved(upturned))
    assert evidence(at_rest, 12).verdict == "supports"
    rested = evidence(at_rest, 12, neutral=own)
    assert rested.verdict == "contradicts" and "this person's own neutral picture" in rested.reason
    assert rested.neutral_mean == pytest.approx(rested.value, abs=1e-6)
    smiling = {61: (-0.06, 0.10), 291: (0.06, 0.10)}
    assert evidence(face_of(moved(smiling)), 12, neutral=own).verdict == "supports"


def test_a_neutral_mesh_of_another_shape_is_refused(vertices, face_of):
    with pytest.raises(ValueError, match="expected 468 or 478"):
        evidence(face_of(vertices), 12, neutral=np.zeros((106, 2)))


@pytest.mark.parametrize("number", sorted(ACTION_UNITS))
def test_evidence_is_plain_data(moved, face_of, number):
    found = evidence(face_of(moved(SMILE)), number, Side.LEFT)
    assert json.loads(json.dumps(asdict(found)))["action_unit"] == number


def test_live_values_are_zero_at_rest_and_half_at_the_limit(moved, vertices, to_picture, face_of):
    own = to_picture(vertices)
    assert live_values(face_of(vertices), neutral=own) == pytest.approx(
        dict.fromkeys(measurable_action_units(), 0), abs=1e-4
    )
    for offsets in (SMILE, OPEN_MOUTH, CLOSED, WIDE_EYES, CLOSED_RIGHT, {14: (0.0, -0.03)}):
        face = face_of(moved(offsets))
        for number, value in live_values(face).items():
            assert -1.0 <= value <= 1.0
            assert (value > 0.5) == (evidence(face, number).verdict == "supports"), (offsets, number, value)


def test_live_values_rise_with_the_movement(moved, face_of):
    heights = [0.0, 0.01, 0.02, 0.03, 0.05, 0.07]
    smiles = [live_values(face_of(moved({61: (-h, h), 291: (h, h)})))[12] for h in heights]
    assert smiles == sorted(smiles) and len(set(smiles)) == len(smiles)


def test_measurable_action_units_are_those_of_class_m():
    assert measurable_action_units() == (5, 12, 25, 26, 27, 43)
