"""Warnings about what seldom goes together."""

from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.soft_rules import emotion_mismatch, part_units, prototypes, rules, soft_warnings


def test_every_rule_names_known_units_and_a_source():
    sources = set(rules()["sources"])
    for row in [*rules()["pairs"], *rules()["prototypes"]]:
        assert set(row["units"]) <= set(ACTION_UNITS)
        assert row["source"] in sources
    for row in rules()["needs"]:
        assert {row["unit"], *row["any_of"]} <= set(ACTION_UNITS)
        assert row["source"] in sources
    assert {prototype.emotion for prototype in prototypes()} == set(EMOTIONS) - {"neutral"}
    assert set(part_units()) == {"brows", "eyes", "nose", "mouth"}


def test_a_pair_is_warned_of_once_and_in_words():
    (warning,) = soft_warnings({5, 43, 12})
    assert (warning.kind, warning.units) == ("contradictory_pair", (5, 43))
    assert "AU5 and AU43" in warning.message


def test_a_partner_that_is_there_is_not_missed():
    assert [warning.kind for warning in soft_warnings({27})] == ["missing_partner"]
    assert soft_warnings({25, 27}) == ()


def test_units_of_another_emotion_are_a_reason_to_look():
    warning = emotion_mismatch({6, 12}, "anger")
    assert warning is not None and "happiness" in warning.message
    assert emotion_mismatch({6, 12}, "happiness") is None
    assert emotion_mismatch({12}, "anger") is None, "one unit alone says too little"
