"""Rates with intervals, and the classes of pose and gates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.statistics import gate_classes, pose_class, rate


def test_wilson_on_a_published_example():
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 up to 0.1611."""
    found = rate(81, 263)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    found = rate(0, 20)
    assert (found.value, found.low, found.high) == (0, 0, pytest.approx(0.1611, abs=5e-5))
    found = rate(1, 29)
    assert (found.low, found.high) == (pytest.approx(0.0061, abs=5e-5), pytest.approx(0.1718, abs=5e-5))


def test_nothing_counted_has_no_rate():
    assert rate(0, 0).value is None
    with pytest.raises(ValueError, match="no share"):
        rate(3, 2)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_rate(k, n):
    found = rate(min(k, n), n)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_classes():
    assert pose_class(None) == pose_class({}) == "unknown"
    assert pose_class({"yaw": -14, "pitch": 3, "roll": 80}) == "frontal"
    assert pose_class({"yaw": 3, "pitch": -20, "roll": 0}) == "turned"
    assert pose_class({"yaw": 36, "pitch": 0, "roll": 0}) == "strongly turned"
    assert gate_classes(None) == ("not measured",)
    assert gate_classes({"gates": []}) == ("no gate",)
    assert gate_classes({"gates": [{"name": "profile"}, {"name": "blur"}, {"name": "blur"}]}) == ["blur", "profile"]
