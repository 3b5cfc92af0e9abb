"""The order of models and how often it holds, on answers small enough to count."""

import numpy as np
import pytest

from review.rank_stability import NONE, AnswerTable, WeightedScores, common_items, rank_runs
from review.scores import Tally, generation, recognition, tally


def table(said, old, now=None, *, task="emotion", rouge=None, **more) -> AnswerTable:
    """Answers (I, R), all reviewed, with one ROUGE-L for everything."""
    said = np.array(said, dtype=np.int64)
    old = np.array(old, dtype=np.int64)
    values = np.full(said.shape, np.nan if rouge is None else rouge)
    given = {
        "answered": np.ones(said.shape, bool),
        "reviewed": np.ones(len(old), bool),
        "sampled": np.zeros(len(old), bool),
        "left_open": np.zeros(len(old), np.int64),
    } | more
    now = old if now is None else np.array(now, dtype=np.int64)
    return AnswerTable(
        task, np.arange(1, said.shape[1] + 1), said, old=old, now=now, rouge_old=values, rouge_now=values, **given
    )


def test_the_order_turns_with_the_labels():
    # run 1 is right on two of four old labels, run 2 on one; the last two labels become what run 2 says
    found = rank_runs(table([[0, 1], [0, 1], [2, 3], [2, 3]], [0, 0, 1, 3], [0, 3, 3, 3]), repeats=200)
    assert found.measure == "S_re" and found.items == 4
    first, second = found.runs
    assert (first.run, first.score_old, first.score_now) == (2, 25.0, 50.0)
    assert (second.run, second.score_old, second.score_now) == (1, 50.0, 25.0)
    assert (first.rank_old, first.rank_now, second.rank_old, second.rank_now) == (2, 1, 1, 2)
    assert second.above_next is None and first.above_next == found.held_now < 1


def test_units_left_open_are_not_scored():
    """Run 1 says AU4 of both, run 2 AU4 and AU12; AU12 is only left open on the second, so that it is no mistake."""
    both, brow = 1 << 4 | 1 << 12, 1 << 4
    said, old = [[brow, both], [brow, both]], [both, brow]
    first, second = rank_runs(table(said, old, task="au", left_open=np.array([0, 1 << 12])), repeats=20).runs
    assert (first.run, first.score_old, first.score_now) == (2, pytest.approx(100 * (1 + 2 / 3) / 2), 100.0)
    assert (second.run, second.score_old, second.score_now) == (1, 50.0, 50.0)


def test_a_better_run_on_every_item_is_always_first():
    found = rank_runs(table([[0, 1, 0]] * 5, [0] * 5), repeats=100)
    assert [(run.run, run.rank_now) for run in found.runs] == [(1, 1), (3, 1), (2, 3)]
    assert (found.held_now, found.held_old, found.runs[-1].low, found.runs[-1].high) == (1.0, 1.0, 3, 3)


def test_how_often_the_order_holds_is_the_share_of_samples():
    # two items, one for each run: of four equally likely samples (1,1), (1,2), (2,1), (2,2) run 2 leads in one
    found = rank_runs(table([[0, 1], [1, 0]], [0, 0]), repeats=4000)
    assert found.runs[0].above_next == pytest.approx(3 / 4, abs=0.03)
    assert rank_runs(table([[0, 1], [1, 0]], [0, 0]), repeats=4000) == found


def test_runs_are_compared_on_items_that_all_answered():
    answered = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0]], dtype=bool)
    given = table([[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], [0] * 4, answered=answered)
    assert [list(part) for part in (common_items(given).runs, common_items(given).said)] == [
        [1, 2],
        [pytest.approx([0, 0]), pytest.approx([1, 0]), pytest.approx([0, 0])],
    ]
    found = rank_runs(given, repeats=10)
    assert (found.items, found.left_out) == (3, (3,))
    assert [(run.run, round(run.score_now, 2)) for run in found.runs] == [(2, 100.0), (1, 66.67)]


def test_rouge_is_added_where_it_is_complete():
    found = rank_runs(table([[0, 1]], [0], rouge=0.25), repeats=10)
    assert found.measure == "S_rege"
    assert [run.score_now for run in found.runs] == [125.0, 25.0]


def test_there_is_no_order_of_one_run_or_without_labels():
    assert rank_runs(table([[0], [0]], [0, 0])) is None
    assert rank_runs(table([[0, 0]], [NONE])) is None
    assert rank_runs(table(np.empty((0, 2)), [])) is None


def test_scores_of_weighted_items_are_those_of_the_sums():
    chance = np.random.default_rng(3)
    numbers = (1, 2, 4, 9, 12, 25, 43)
    bits = lambda *shape: sum((chance.random(shape) < 0.3).astype(np.int64) << n for n in numbers)  # noqa: E731
    labels = bits(9)
    labels[4] = NONE
    given = table(bits(9, 3), labels, task="au")
    weights = chance.integers(0, 3, (5, 9)).astype(np.float32)
    scores = WeightedScores(given, "old")(weights)
    for sample, counts in enumerate(weights):
        for run in range(3):
            sums = Tally()
            for item, times in enumerate(counts):
                label = None if labels[item] == NONE else int(labels[item])
                for _ in range(int(times)):
                    sums += tally("au", said=int(given.said[item, run]), label=label, rouge=None)
            assert scores[sample, run] == pytest.approx(recognition("au", sums))


def plain_order(given, measured, weights) -> list[int]:
    """Rank runs by S_rege (or S_re) of items counted so often, from the definitions and nothing else."""
    scores = []
    for place in range(len(given.runs)):
        sums = Tally()
        for item, times in enumerate(weights):
            label = None if measured[0][item] == NONE else int(measured[0][item])
            said = None if given.said[item, place] == NONE else int(given.said[item, place])
            rouge = round(measured[1][item, place] * 10**9)
            for _ in range(int(times)):
                sums += tally(given.task, said=said, label=label, rouge=rouge)
        scores.append(round(recognition(given.task, sums) + generation(sums), 6))
    return scores


@pytest.mark.parametrize("task", ["emotion", "au"])
def test_the_ranking_is_that_of_a_plain_restatement(task):
    """Scores, ranks and how often the order holds, against samples drawn and scored item by item."""
    chance = np.random.default_rng(5)
    codes = [1 << 4, 1 << 12, 1 << 4 | 1 << 12, 1 << 6, 0] if task == "au" else [0, 1, 2, 3, NONE]
    old = chance.choice(codes, 40)
    now = np.where(chance.random(40) < 0.3, chance.choice(codes, 40), old)
    wrong = chance.random((40, 3)) < [0.35, 0.4, 0.6]
    said = np.where(wrong, chance.choice(codes, (40, 3)), old[:, None])
    given = table(said, old, now, task=task, rouge=0.0)
    rouge = [chance.random((40, 3)) / 3 for _ in range(2)]
    given = AnswerTable(**{**vars(given), "rouge_old": rouge[0], "rouge_now": rouge[1]})
    found = rank_runs(given, repeats=2000)
    whole = plain_order(given, (now, rouge[1]), np.ones(40))
    assert {run.run - 1: run.score_now for run in found.runs} == pytest.approx(dict(enumerate(whole)), abs=1e-5)
    order = [run.run - 1 for run in found.runs]
    assert order == sorted(range(3), key=lambda place: -whole[place])

    samples = [np.bincount(chance.integers(0, 40, 40), minlength=40) for _ in range(400)]
    holds = [plain_order(given, (now, rouge[1]), sample) for sample in samples]
    share = np.mean([scores[order[0]] >= scores[order[1]] >= scores[order[2]] for scores in holds])
    assert found.held_now == pytest.approx(share, abs=4 * np.sqrt(0.25 / 400))
    ahead = np.mean([scores[order[0]] >= scores[order[1]] for scores in holds])
    assert found.runs[0].above_next == pytest.approx(ahead, abs=4 * np.sqrt(0.25 / 400))
