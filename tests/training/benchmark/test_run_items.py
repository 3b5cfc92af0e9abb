import pytest

from training.benchmark.report_results import read_runs
from training.benchmark.run_items import missed_and_invented, select_items

HAPPY, SAD = "The face shows happiness.", "The face shows sadness."


@pytest.fixture
def emotions(make_run):
    first = make_run("a", emotion=[(HAPPY, "0"), (SAD, "0"), (None, "1"), ("The face.", "1")])
    second = make_run("b", emotion=[(SAD, "0"), (HAPPY, "0"), (SAD, "1"), ("The face.", "1")])
    return [run.tasks["emotion"] for run in read_runs([first, second], 0, 0)]


@pytest.fixture
def units(make_run):
    lines = [("AU4 is present.", "4, 12"), ("AU4 and AU12.", "4, 12"), ("AU4 and AU1.", "1"), ("AU25.", "12")]
    return read_runs([make_run("c", au=lines)], 0, 0)[0].tasks["au"]


def places(items):
    return [int(item.row["id"].split("-")[1]) for item in items]


@pytest.mark.parametrize(
    ("show", "about", "expected"),
    [
        ("all", None, [0, 1, 2, 3]),
        ("wrong", None, [1, 2, 3]),
        ("failed", None, [2]),
        ("flipped", None, [0, 1, 2]),
        ("all", "sadness", [1, 2, 3]),
        ("wrong", "happiness", [1]),
        ("flipped", "happiness", [0, 1]),
    ],
)
def test_filters_of_emotions_by_hand(emotions, show, about, expected):
    first, second = emotions
    assert places(select_items(first, "strict", show, about, second)) == expected


def test_nothing_flips_without_a_second_run(emotions):
    assert select_items(emotions[0], "strict", "flipped", None) == []


@pytest.mark.parametrize(
    ("show", "about", "expected"),
    [("wrong", None, [0, 2, 3]), ("all", "12", [0, 1, 3]), ("wrong", "12", [0, 3]), ("wrong", "4", [2])],
)
def test_an_action_unit_is_judged_by_itself(units, show, about, expected):
    assert places(select_items(units, "strict", show, about)) == expected


def test_missed_and_invented_units(units):
    found = [missed_and_invented(item.outcome) for item in select_items(units, "strict", "all", None)]
    assert found == [([12], []), ([], []), ([], [4]), ([12], [25])]
