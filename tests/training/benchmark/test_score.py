import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.taxonomy import EMOTIONS, SCORED_ACTION_UNITS
from training.benchmark.items import Item
from training.benchmark.outcomes import judge
from training.benchmark.score import ScoringSettings, judge_all, score
from training.synthetic.text import describe_action_units, describe_emotion
from training.synthetic.truth import sample_truth


def report(task, protocol, rows, **options):
    items = [Item(i, text, reference, label) for i, (text, reference, label) in enumerate(rows)]
    chosen = ScoringSettings(task, protocol, **{"repeats": 0, **options})
    return score(judge_all(items, chosen), chosen)


EMOTION_ROWS = [
    ("The face shows joy.", "The face shows joy.", 0),
    ("She looks sad.", "She looks sad.", 1),  # paper: no word, so happiness
    ("He is not angry but afraid.", "He is not angry but afraid.", 6),  # paper: no word, so happiness
    ("Happiness", "Happiness", 0),  # paper: crash
    ("It is anger.", "Quite other words here", 4),
    ("neither joy nor fear.", None, 5),  # paper: happiness, strict: unknown
]


def test_paper_emotion_by_hand():
    result = report("emotion", "paper", EMOTION_ROWS)
    assert result["s_re"] == pytest.approx(100 * 1 / 6)
    # right: the first; four references are repeated word for word (F = 1 to 1e-8) and one shares no word
    assert result["s_ge"] == pytest.approx(100 * 4 / 5, abs=1e-5)
    assert result["s_rege"] == pytest.approx(result["s_re"] + result["s_ge"])
    assert result["counts"]["unparsed"] == {"count": 1, "ids": [3]}
    assert result["counts"]["skipped_rouge"]["ids"] == [5]
    happiness = result["classes"]["happiness"]
    assert (happiness["precision"], happiness["recall"], happiness["support"]) == (1 / 4, 1 / 2, 2)
    assert happiness["f1"] == pytest.approx(1 / 3)
    assert (
        result["confusion"]["counts"][EMOTIONS.index("happiness")][result["confusion"]["columns"].index("crash")] == 1
    )


def test_strict_emotion_by_hand():
    result = report("emotion", "strict", EMOTION_ROWS)
    assert result["s_re"] == pytest.approx(100 * 4 / 6)
    assert result["s_ge"] == pytest.approx(100 * 4 / 5)
    assert result["counts"]["unknown"] == {"count": 1, "ids": [5]}
    # rows happiness 2 (2 hits), sadness 1 (1), neutral 1 (said anger), disgust 1 (unknown), fear 1 (1)
    assert result["balanced_accuracy"] == pytest.approx((1 + 1 + 0 + 0 + 1) / 5)
    # expected agreement: labels (2, 1, 0, 0, 1, 1, 1), predictions (2, 1, 0, 1, 0, 0, 1) of 6, squares 4 + 1 + 1
    assert result["kappa"] == pytest.approx((4 * 6 - 6) / (36 - 6))


UNIT_ROWS = [
    ("AU1 and AU12 are visible.", "AU1 and AU12 are visible.", "1, 12"),
    ("AU12 is absent. AU 4 is active.", None, "4"),  # paper: 12; strict: 4
    ("No action unit is active.", "none", ""),
    ("AU25 is visible.", "AU25 is visible.", "25, 26"),
]


def test_paper_action_units_by_hand():
    result = report("au", "paper", UNIT_ROWS)
    # AU1 F1 1; AU12 2/3; AU4 0 (missed); AU25 1; AU26 0; the other seven scored units are left out
    assert result["s_re"] == pytest.approx(100 * (1 + 2 / 3 + 0 + 1 + 0) / 5)
    assert result["accuracy"] == pytest.approx((4 + 3 + 3 + 4 + 3) / 4 / 5)
    table = result["action_units"]
    left_out = [int(n) for n, row in table.items() if row["left_out"] and row["scored"]]
    assert left_out == [2, 5, 6, 10, 17, 24, 43]
    assert (table["43"]["f1"], table["43"]["support"]) == (None, 0)
    assert (table["4"]["f1"], table["26"]["f1"]) == (0.0, 0.0)


def test_strict_action_units_by_hand():
    result = report("au", "strict", UNIT_ROWS)
    assert result["s_re"] == pytest.approx(100 * (1 + 1 + 1 + 1 + 0) / 5)
    assert result["micro_f1_all"] == pytest.approx(2 * 4 / (2 * 4 + 0 + 1))
    assert result["action_units"]["26"] == {
        "name": "Jaw drop", "scored": True, "tp": 0, "fp": 0, "fn": 1, "tn": 3, "unknown": 0, "support": 1,
        "precision": None, "recall": 0.0, "f1": 0.0, "f1_interval_95": None, "accuracy": 0.75,
        "balanced_accuracy": 0.5, "kappa": 0.0, "mcc": None,
    }  # fmt: skip
    assert result["counts"]["unknown"]["count"] == 0


def test_rare_units_leave_the_strict_mean_when_asked():
    rows = [("AU1", None, "1")] * 3 + [("AU4", None, "12")]
    assert report("au", "strict", rows, min_positives=3)["s_re"] == 100.0
    assert report("au", "strict", rows)["s_re"] == 50.0


def test_a_unit_that_is_always_there_is_left_out_by_the_published_code():
    result = report("au", "paper", [("AU1 AU4", None, "1, 4"), ("AU1", None, "1, 4")])
    assert result["action_units"]["1"]["left_out"]
    assert result["s_re"] == pytest.approx(100 * 2 / 3)


def test_a_text_without_any_unit_is_unknown_under_strict_only():
    rows = [("I cannot help with that.", None, "1"), ("AU1", None, "1")]
    assert report("au", "strict", rows)["counts"]["unknown"]["ids"] == [0]
    assert report("au", "paper", rows)["counts"]["unknown"]["ids"] == []


def test_contested_units_are_left_out_of_their_item_under_strict_only():
    items = [Item(0, "AU1, AU4 and AU12", None, "1", contested=(4, 26)), Item(1, "AU4.", None, "12", contested=(12,))]
    chosen = ScoringSettings("au", "strict", repeats=0)
    result = score(judge_all(items, chosen), chosen)
    of_unit = {
        number: [row[kind] for kind in ("tp", "fp", "fn", "tn")] for number, row in result["action_units"].items()
    }
    assert of_unit["1"] == [1, 0, 0, 1]
    assert of_unit["4"] == [0, 1, 0, 0]  # false in the second item, contested in the first
    assert of_unit["12"] == [0, 1, 0, 0]  # false in the first, contested in the second
    assert of_unit["26"] == [0, 0, 0, 1]
    assert result["counts"]["contested_units"] == {"count": 2, "ids": [0, 1]}
    published = ScoringSettings("au", "paper", repeats=0)
    assert score(judge_all(items, published), published)["action_units"]["4"]["fp"] == 2


def test_a_unit_contested_everywhere_has_no_figures():
    chosen = ScoringSettings("au", "strict", repeats=0)
    row = score(judge_all([Item(0, "AU1", None, "1", contested=(4,))], chosen), chosen)["action_units"]["4"]
    assert (row["support"], row["f1"], row["accuracy"]) == (0, None, None)


def test_failed_items_stay_in_the_denominator():
    rows = [(None, "joy.", 0), ("joy.", "joy.", 0)]
    assert report("emotion", "strict", rows)["s_re"] == 50.0
    assert report("emotion", "strict", rows)["s_ge"] == 50.0
    assert report("emotion", "paper", rows)["counts"]["failed"]["ids"] == [0]


def test_unreadable_labels_are_named_and_not_scored():
    result = report("emotion", "paper", [("joy.", None, "happiness"), ("joy.", None, "Happiness")])
    assert (result["n"], result["n_labelled"], result["s_re"]) == (2, 1, 100.0)
    assert result["counts"]["skipped_label"]["ids"] == [0]


@pytest.mark.parametrize("protocol", ["paper", "strict"])
def test_predictions_that_repeat_true_references_score_everything(protocol):
    rng = np.random.default_rng(11)
    truths = [sample_truth(rng) for _ in range(60)]
    texts = [describe_emotion(truth, rng) for truth in truths]
    rows = [(text, text, EMOTIONS.index(truth.emotion)) for text, truth in zip(texts, truths, strict=True)]
    result = report("emotion", protocol, rows)
    assert (result["s_re"], result["s_ge"]) == (100.0, pytest.approx(100, abs=1e-5))
    texts = [describe_action_units(truth, rng) for truth in truths]
    rows = [(text, text, ", ".join(map(str, truth.visible()))) for text, truth in zip(texts, truths, strict=True)]
    result = report("au", protocol, rows)
    assert (result["s_re"], result["s_ge"]) == (100.0, pytest.approx(100, abs=1e-5))


UNITS = st.lists(st.sampled_from([1, 2, 4, 9, 12, 43]), unique=True, max_size=4)


@settings(max_examples=60)
@given(st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=12))
def test_paper_f1_equals_a_plain_restatement(pairs):
    rows = [(" ".join(f"AU{n}" for n in said), None, ", ".join(map(str, meant))) for said, meant in pairs]
    f1s = []
    for unit in SCORED_ACTION_UNITS:
        cells = [(unit in meant, unit in said) for said, meant in pairs]
        if len({cell for pair in cells for cell in pair}) == 1:
            continue
        tp, fp, fn = cells.count((True, True)), cells.count((False, True)), cells.count((True, False))
        precision, recall = tp / (tp + fp) if tp else 0, tp / (tp + fn) if tp else 0
        f1s.append(2 * precision * recall / (precision + recall) if tp else 0)
    expected = pytest.approx(100 * sum(f1s) / len(f1s)) if f1s else None
    assert report("au", "paper", rows)["s_re"] == expected


def test_intervals_are_seeded_and_hold_the_score():
    rows = [("joy.", "joy.", 0)] * 30 + [("joy.", "fear.", 6)] * 10
    first, again, other = (report("emotion", "paper", rows, repeats=300, seed=seed) for seed in (1, 1, 2))
    assert first["intervals_95"] == again["intervals_95"] != other["intervals_95"]
    low, high = first["intervals_95"]["s_re"]
    # the standard error of a share of 0.75 over 40 is 6.8 points
    assert 58 < low < 66 and 84 < high < 91


def test_groups_are_scored_on_their_own():
    items = [Item(0, "joy.", None, 0, "a"), Item(1, "joy.", None, 6, "b")]
    chosen = ScoringSettings("emotion", "paper", repeats=0)
    groups = score([judge(item, "emotion", "paper") for item in items], chosen)["groups"]
    assert {name: (group["n"], group["s_re"]) for name, group in groups.items()} == {"a": (1, 100.0), "b": (1, 0.0)}


def test_several_processes_give_the_same_outcomes():
    rng = np.random.default_rng(2)
    items = [Item(i, describe_emotion(sample_truth(rng), rng), None, 0) for i in range(420)]
    one, two = (ScoringSettings("emotion", "strict", workers=workers) for workers in (1, 2))
    assert judge_all(items, one) == judge_all(items, two)


def test_an_answer_that_states_nothing_is_wrong_on_every_unit_and_has_its_own_column():
    rows = [("I cannot help with that.", None, "1"), (None, None, "12"), ("AU1 is visible.", None, "1")]
    table = report("au", "strict", rows)["action_units"]
    kinds = {number: [table[number][key] for key in ("tp", "fp", "fn", "tn", "unknown")] for number in ("1", "12", "4")}
    assert kinds == {"1": [1, 0, 0, 0, 2], "12": [0, 0, 0, 1, 2], "4": [0, 0, 0, 1, 2]}
    assert (table["1"]["support"], table["1"]["recall"], table["1"]["f1"]) == (2, 0.5, pytest.approx(2 / 3))
    assert (table["4"]["accuracy"], table["12"]["accuracy"]) == (1 / 3, 1 / 3)
    # labels 2 present and 1 absent; answers 1 present and 2 nothing; one hit of 3, 2 by chance of 9
    assert table["1"]["kappa"] == pytest.approx((1 * 3 - 2 * 1) / (9 - 2))
    assert table["1"]["mcc"] == pytest.approx((3 - 2) / np.sqrt((9 - 1 - 4) * (9 - 4 - 1)))


def test_every_class_has_an_interval_of_its_own():
    rows = [("AU1.", None, "1")] * 30 + [("AU4.", None, "1")] * 10
    found = report("au", "strict", rows, repeats=300, seed=1)
    low, high = found["action_units"]["1"]["f1_interval_95"]
    # recall 0.75 and precision 1 make F1 = 6/7
    assert low < 6 / 7 < high
    assert found["action_units"]["12"]["f1_interval_95"] is None
    assert set(found["intervals_95"]) == {"s_re", "s_ge", "s_rege"}
