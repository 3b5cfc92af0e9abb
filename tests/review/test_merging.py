"""How the judgements of several people become one."""

import pytest

from review.merging import Outcome, Vote, merge_votes


def claim(verdict="correct", code=None, severity=None, action_unit=None, replacement=None):
    found = {"verdict": verdict, "code": code, "severity": severity}
    return found | {"action_unit": action_unit, "replacement": replacement}


def unit(state="present", intensity=None, side="N"):
    return {"state": state, "intensity": intensity, "side": side}


def emotion(label, second=None, confidence=2):
    return {"label": label, "second": second, "confidence": confidence}


def merged(target, *values):
    return merge_votes(target, [Vote(10 + place, 1, value) for place, value in enumerate(values)])


def test_one_voice_is_single():
    assert merged("claim", claim()) == Outcome("single", claim(), ((10, 1),))


def test_nothing_said_is_nothing():
    assert merged("unit", unit("not_judged")) is None
    assert merge_votes("claim", []) is None


def test_who_did_not_judge_a_unit_does_not_count():
    assert merged("unit", unit("not_judged"), unit("absent")) == Outcome("single", unit("absent"), ((11, 1),))


@pytest.mark.parametrize(
    ("target", "values", "expected"),
    [
        ("claim", [claim(), claim()], claim()),
        (
            "claim",
            [claim("wrong", "H2", 1, None, "AU17 - Chin raiser."), claim("wrong", "H2", 3, 17, "AU17 -  chin raiser.")],
            claim("wrong", "H2", 3, 17, "AU17 - Chin raiser."),
        ),
        ("claim", [claim("wrong", "H1"), claim("wrong", "H1", replacement="")], claim("wrong", "H1", replacement="")),
        ("unit", [unit("present", "B", "N"), unit("present", "C", "L")], unit("present", "B", "L")),
        ("unit", [unit("present", "D"), unit("present")], unit("present", "D")),
        ("unit", [unit("absent"), unit("absent")], unit("absent")),
        ("emotion", [emotion("fear", "surprise", 3), emotion("fear", "surprise", 1)], emotion("fear", "surprise", 1)),
        ("emotion", [emotion("fear", "surprise"), emotion("fear")], emotion("fear")),
        ("text", [{"marks": []}, {"marks": []}], {"marks": []}),
    ],
)
def test_agreed(target, values, expected):
    assert merged(target, *values) == Outcome("agreed", expected, ((10, 1), (11, 1)))


MARK = {"start": 3, "end": 9, "code": "H5", "severity": 1, "replacement": "", "action_unit": None}


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("claim", [claim(), claim("wrong", "H1")]),
        ("claim", [claim(), claim("unsure")]),
        ("claim", [claim("wrong", "H1"), claim("wrong", "H5")]),
        ("claim", [claim("wrong", "H2", action_unit=17), claim("wrong", "H2", action_unit=15)]),
        ("claim", [claim("wrong", "H1", replacement=""), claim("wrong", "H1", replacement="AU6 is absent.")]),
        ("unit", [unit("present"), unit("absent")]),
        ("unit", [unit("absent"), unit("not_visible")]),
        ("unit", [unit("present", "A"), unit("present", "C")]),
        ("unit", [unit("present", side="L"), unit("present", side="R")]),
        ("emotion", [emotion("fear"), emotion("surprise")]),
        ("text", [{"marks": [MARK]}, {"marks": []}]),
        ("claim", [claim(), claim(), claim("wrong", "H1")]),
    ],
)
def test_contested(target, values):
    found = merged(target, *values)
    assert (found.basis, found.value, len(found.reviews)) == ("contested", None, len(values))


def test_marks_agree_whatever_their_order_and_severity():
    other = MARK | {"start": 20, "end": 25}
    found = merged("text", {"marks": [MARK, other]}, {"marks": [other, MARK | {"severity": 3}]})
    assert found.basis == "agreed"
