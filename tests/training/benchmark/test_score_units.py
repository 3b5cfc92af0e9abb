"""Which action units are scored: those of the data set, and nothing that its labels do not speak of."""

import json

import pytest

from training.benchmark.__main__ import main
from training.benchmark.items import Item
from training.benchmark.score import ScoringSettings, judge_all, score
from training.data.unit_lists import read_unit_list, unit_list


def scored(protocol, rows, units):
    items = [Item(i, text, None, label) for i, (text, label) in enumerate(rows)]
    chosen = ScoringSettings("au", protocol, repeats=20, units=units)
    return score(judge_all(items, chosen), chosen)


ROWS = [("AU1, AU9 and AU5.", "1, 9"), ("AU1 and AU43.", "9")]
"""DISFA codes AU1 and AU9, and neither AU5 nor AU43; FABA-Bench scores AU1, AU5 and AU43, not AU9."""


def test_units_of_the_data_set_make_the_scores():
    found = scored("strict", ROWS, unit_list("disfa"))
    assert found["s_re"] == pytest.approx(100 * 2 / 3)  # AU1 was not labelled twice: F1 2/3; AU9 missed once: 2/3
    assert found["macro_f1_all"] == found["micro_f1_all"] == found["micro_f1_scored"] == pytest.approx(2 / 3)
    assert found["accuracy"] == pytest.approx((1 + 1 + 6 * 2) / (8 * 2))
    assert list(found["action_units"]) == ["1", "2", "4", "6", "9", "12", "25", "26"]
    assert set(found["intervals_95"]) == {"s_re", "s_ge", "s_rege"}
    assert found["counts"]["uncoded_units"] == {"count": 2, "ids": [0, 1]}
    numbers = [1, 2, 4, 6, 9, 12, 25, 26]
    assert found["units"] == {"list": "disfa", "version": 1, "scored": numbers, "coded": numbers}


def test_paper_means_are_over_the_units_of_the_data_set():
    found = scored("paper", ROWS, unit_list("disfa"))
    assert (found["s_re"], found["accuracy"]) == (pytest.approx(100 * 2 / 3), pytest.approx(0.5))


def test_faba_stays_the_default_and_names_no_uncoded_unit():
    found = scored("strict", ROWS, unit_list(None))
    assert found["s_re"] == pytest.approx(100 * 2 / 3)  # AU1 alone has labels among the twelve
    assert found["micro_f1_scored"] == pytest.approx(2 * 1 / (2 * 1 + 1 + 2))
    assert found["counts"]["uncoded_units"]["ids"] == [] and len(found["action_units"]) == 20


def test_labels_of_units_outside_a_list_are_named_as_not_used():
    found = scored("strict", ROWS, read_unit_list("1, 5"))
    assert found["counts"]["label_parts_dropped"] == {"count": 2, "ids": [0, 1]}
    assert found["counts"]["label_parts"] == {"9": 2}
    assert found["units"]["version"] is None


@pytest.fixture
def predictions(tmp_path):
    rows = [{"id": i, "prediction": text, "label": label} for i, (text, label) in enumerate(ROWS)]
    path = tmp_path / "predictions_au.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run_score(path, *more, task="au"):
    out = path.with_name("OUT.json")
    fixed = ["--protocol", "strict", "--predictions", str(path), "--json", str(out), "--bootstrap", "0"]
    code = main(["score", "--task", task, *fixed, *more])
    return code, json.loads(out.read_text()) if code == 0 else None


def test_the_command_takes_a_list(predictions, capsys):
    assert run_score(predictions, "--units", "disfa")[1]["units"]["list"] == "disfa"
    assert "action units: disfa, version 1" in capsys.readouterr().out
    assert run_score(predictions, "--units", "1,9")[1]["units"]["scored"] == [1, 9]
    assert "action units: 1, 9" in capsys.readouterr().out
    assert run_score(predictions)[1]["units"]["list"] == "faba"


def test_predictions_in_a_run_take_the_list_of_its_data_set(predictions, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"format": 1, "identity": {}, "data_set": "disfa"}))
    assert run_score(predictions)[1]["units"]["list"] == "disfa"
    assert run_score(predictions, "--units", "faba")[1]["units"]["list"] == "faba"
    copied = predictions.rename(tmp_path / "mine.jsonl")
    assert run_score(copied)[1]["units"]["list"] == "faba"


@pytest.mark.parametrize(
    ("units", "task", "message"), [("3", "au", "no list of action units"), ("faba", "emotion", "--units is about")]
)
def test_lists_that_do_not_fit_are_refused(predictions, capsys, units, task, message):
    assert run_score(predictions, "--units", units, task=task)[0] == 2
    assert message in capsys.readouterr().err
