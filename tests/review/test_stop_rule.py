"""Whether more review would change the order of the models."""

from itertools import pairwise

import numpy as np
import pytest

from emola.taxonomy import EMOTIONS, SCORED_ACTION_UNITS
from review.rank_stability import AnswerTable, WeightedScores, rank_runs
from review.score_tables import stop_sentence
from review.scores import Tally, recognition, tally
from review.statistics import rate
from review.stop_rule import advise, reviews_needed


def answers(said, old, now, *, reviewed, sampled=None, task="emotion", rouge=(None, None)) -> AnswerTable:
    said = np.array(said, dtype=np.int64)
    filled = [np.full(said.shape, np.nan if value is None else value) for value in rouge]
    flags = [np.array(flag, dtype=bool) for flag in (reviewed, reviewed if sampled is None else sampled)]
    return AnswerTable(
        task,
        np.arange(said.shape[1]),
        said,
        np.ones(said.shape, bool),
        np.array(old, dtype=np.int64),
        np.array(now, dtype=np.int64),
        *flags,
        *filled,
        np.zeros(len(old), np.int64),
    )


def test_how_many_reviews_are_needed():
    # Wilson, none of n changed: the interval is z^2 / (n + z^2) wide, below 0.2 from 16 on; but 30 is the least
    assert reviews_needed(rate(0, 0)) == 93  # half of n changed, the widest there is: 93 give 0.1995
    assert reviews_needed(rate(0, 10)) == 30
    assert reviews_needed(rate(5, 10)) == 93
    assert reviews_needed(rate(0, 200)) == 200


def test_too_few_reviews_give_no_statement():
    table = answers([[0, 1]] * 20, [0] * 20, [0] * 20, reviewed=[True] * 10 + [False] * 10)
    found = advise(table)
    assert (found.sampled, found.more_needed, found.stays, found.may_stop) == (10, 20, None, False)
    said = stop_sentence("emotion", found)
    assert "20 more are needed" in said and "at least 30" in said


def test_nobody_is_asked_for_more_reviews_than_there_are():
    table = answers([[0, 1]] * 15, [0] * 15, [0] * 15, reviewed=[True] * 10 + [False] * 5)
    assert "Only 5 items are left: reviewing them all settles the order." in stop_sentence("emotion", advise(table))


def test_few_changes_and_a_wide_lead_let_people_stop():
    # 40 reviewed, none changed; run 0 is right on all 100 items, run 1 on none
    table = answers([[0, 1]] * 100, [0] * 100, [0] * 100, reviewed=[True] * 40 + [False] * 60)
    found = advise(table)
    assert (found.unreviewed, found.stays, found.may_stop) == (60, 1.0, True)
    assert "would not change the order of the models: in 100 % of" in stop_sentence("emotion", found)


def test_many_changes_and_a_narrow_lead_ask_for_more():
    # half of 120 reviewed labels changed from 0 to 1; what is left may go to either run
    said = [[0, 1]] * 241
    now = [1] * 60 + [0] * 61 + [0] * 120
    table = answers(said, [0] * 241, now, reviewed=[True] * 121 + [False] * 120)
    found = advise(table)
    # run 0 leads by 1 + 120 labels left; about half of them change, which leaves it about 1 ahead
    assert 0.3 < found.stays < 0.7
    assert "may still change the order of the models: in only" in stop_sentence("emotion", found)
    assert advise(table) == found


def test_units_are_completed_as_in_the_stratum():
    # in all 40 reviewed faces AU12 was wrong and AU6 missing; run 0 says AU12 everywhere, run 1 AU6
    brow, cheek, smile = 1 << 4, 1 << 6, 1 << 12
    now = [brow | cheek] * 40 + [brow | smile] * 60
    reviewed = [True] * 40 + [False] * 60
    table = answers([[brow | smile, brow | cheek]] * 100, [brow | smile] * 100, now, reviewed=reviewed, task="au")
    # today run 0 leads with F1 0.75 on AU12 against 0.57 on AU6; complete, AU6 is nearly everywhere
    assert rank_runs(table, repeats=10).runs[0].run == 0
    found = advise(table)
    assert (found.changed.k, found.stays, found.may_stop) == (40, 0.0, False)


def test_references_change_as_in_the_stratum():
    # labels never change and both runs are equal on them; run 1 gains by every reviewed reference
    count, half = 100, 50
    table = answers(
        [[0, 0]] * count, [0] * count, [0] * count, reviewed=[True] * half + [False] * half, rouge=(0.5, 0.5)
    )
    ahead = np.array([0.03, 0.0])
    old = table.rouge_old + ahead
    now = old.copy()
    now[:half] += np.array([0.0, 0.05])
    moved = AnswerTable(**{**vars(table), "rouge_old": old, "rouge_now": now})
    # means now 0.53 and 0.525; complete 0.53 and 0.55, in every simulation
    assert advise(moved).stays == 0.0


def test_nothing_left_is_final():
    table = answers([[0, 1]] * 3, [0] * 3, [0] * 3, reviewed=[True] * 3)
    found = advise(table)
    assert (found.unreviewed, found.stays, found.may_stop) == (0, 1.0, True)
    assert "is final" in stop_sentence("emotion", found)
    assert advise(answers([[0]], [0], [0], reviewed=[True])) is None


@pytest.mark.parametrize("task", ["emotion", "au"])
def test_labels_that_nobody_could_read_do_no_harm(task):
    table = answers([[4, 2]] * 100, [-1] * 50 + [4] * 50, [4] * 100, reviewed=[True] * 50 + [False] * 50, task=task)
    found = advise(table)
    assert found is None or 0 <= found.stays <= 1


def drawn_item_by_item(table, random) -> bool:
    """Complete the review once, label by label, and say whether the order of today stays."""
    sampled, left = np.flatnonzero(table.sampled), np.flatnonzero(~table.reviewed)
    now = table.now.copy()
    if table.task == "emotion":
        pairs = [(table.old[item], table.now[item]) for item in sampled]
        became = [new for old, new in pairs if old != new]
        share = random.beta(len(became) + 0.5, len(pairs) - len(became) + 0.5)
        weights = random.dirichlet(np.ones(len(became)))
        for item in left:
            if random.random() < share:
                drawn = became[random.choice(len(became), p=weights)]
                others = [label for label in range(len(EMOTIONS)) if label != now[item]]
                now[item] = random.choice(others) if drawn == now[item] else drawn
    else:
        for unit in SCORED_ACTION_UNITS:
            bit = 1 << unit
            had = [item for item in sampled if table.old[item] & bit]
            lacked = [item for item in sampled if not table.old[item] & bit]
            lost = sum(not table.now[item] & bit for item in had)
            gained = sum(bool(table.now[item] & bit) for item in lacked)
            wrong = random.beta(lost + 0.5, len(had) - lost + 0.5)
            missing = random.beta(gained + 0.5, len(lacked) - gained + 0.5)
            for item in left:
                if random.random() < (wrong if table.old[item] & bit else missing):
                    now[item] ^= bit
    scores = []
    for run in range(len(table.runs)):
        sums = Tally()
        for item, label in enumerate(now):
            sums += tally(table.task, said=int(table.said[item, run]), label=int(label), rouge=None)
        scores.append(recognition(table.task, sums))
    today = WeightedScores(table, "now")(np.ones((1, len(now)), np.float32))[0]
    order = np.argsort(-today, kind="stable")
    return all(scores[a] >= scores[b] for a, b in pairwise(order))


@pytest.mark.parametrize("task", ["emotion", "au"])
def test_the_simulation_is_that_of_a_plain_restatement(task):
    chance = np.random.default_rng(8)
    codes = [1 << 4, 1 << 12, 1 << 4 | 1 << 6] if task == "au" else [0, 1, 2]
    old = chance.choice(codes, 155)
    reviewed = np.arange(155) < 95
    changed = (chance.random(155) < 0.4) & reviewed
    now = np.where(changed, chance.choice(codes, 155), old)
    wrong = chance.random((155, 3)) < [0.30, 0.33, 0.36]
    said = np.where(wrong, chance.choice(codes, (155, 3)), old[:, None])
    table = answers(said, old, now, reviewed=reviewed, task=task)
    found = advise(table, simulations=4000)
    plain = np.mean([drawn_item_by_item(table, chance) for _ in range(200)])
    assert 0.05 < plain < 0.95, "an order that always or never stays shows nothing"
    assert found.stays == pytest.approx(plain, abs=4 * np.sqrt(plain * (1 - plain) / 200))
