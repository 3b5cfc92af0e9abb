"""When an action unit passes, fails, or cannot be told."""

import pytest

from review.agreement_gates import pass_gates


@pytest.mark.parametrize(
    ("judged", "alpha", "low", "index", "gate"),
    [
        (10, 0.9, 0.667, 0.8, "passes"),
        (10, 0.9, 0.66, 0.9, "contested"),
        (10, 0.9, 0.7, 0.79, "contested"),
        (10, -0.2, -0.5, 0.0, "contested"),
        (9, -0.2, -0.5, 0.0, "not measured"),
        (30, None, None, None, "not measured"),
        (30, 0.9, None, 0.9, "not measured"),
        (0, None, None, None, "not measured"),
    ],
)
def test_the_whole_interval_and_the_index_must_pass(judged, alpha, low, index, gate):
    found, reason = pass_gates(judged, alpha, low, index)
    assert found == gate
    assert reason.endswith(".")
