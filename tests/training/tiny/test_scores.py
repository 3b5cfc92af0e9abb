from itertools import pairwise

import pytest

from training.tiny.schedule import rate_at
from training.tiny.scores import score, trivial


def test_scores_by_hand() -> None:
    true = [{1, 12}, {12}, set(), {25}]
    said = [{12}, {12, 25}, set(), {25}]
    result = score(said, true, ["happiness", None, "neutral", "fear"], ["happiness", "anger", "neutral", "surprise"])
    assert result.per_unit[12] == 1.0 and result.per_unit[1] == 0.0
    assert result.per_unit[25] == pytest.approx(2 / 3)
    assert result.macro_f1 == pytest.approx((1 + 2 / 3) / 20)
    assert result.micro_f1 == pytest.approx(2 * 3 / (4 + 4))
    assert result.emotion == 0.5


def test_best_fixed_answer_by_hand() -> None:
    result = trivial([{12, 25}, {12}, {4}, {12}], ["happiness", "happiness", "anger", "neutral"])
    assert result.micro_f1 == pytest.approx(2 * 3 / (4 + 5))  # always AU12: three hits of four said and five true
    assert result.macro_f1 == pytest.approx((2 * 3 / 7 + 2 * 1 / 5 + 2 * 1 / 5) / 20)  # always every unit
    assert result.emotion == 0.5


def test_learning_rate_rises_then_falls() -> None:
    rates = [rate_at(step, 1000, 1.0) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01) and rates.index(max(rates)) in range(95, 105)
    assert all(earlier >= later for earlier, later in pairwise(rates[100:]))
    assert rates[-1] == pytest.approx(0.02, abs=1e-3)
