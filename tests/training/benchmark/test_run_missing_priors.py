"""Records that name a prior file which is not there, and other faults of records."""

import json

import pytest
from PIL import Image

from training.benchmark.__main__ import main
from training.benchmark.report_results import read_runs
from training.benchmark.report_tables import runs_table


@pytest.fixture
def run(model_folder, tmp_path, read_lines):
    """Ask the tiny model about action units; return the exit code and the rows."""

    def start(data, *more, out="run"):
        fixed = ["--task", "au", "--max-new-tokens", "4", "--device", "cpu", "--dtype", "float32"]
        folder = tmp_path / out
        code = main(["run", "--model", str(model_folder), "--data", str(data), "--out", str(folder), *fixed, *more])
        path = folder / "predictions_au.jsonl"
        return code, read_lines(path) if path.is_file() else []

    return start


@pytest.fixture
def data(make_data, astronaut):
    """Two faces; the prior file of the first is missing."""
    folder = make_data(2)
    for index in range(2):
        Image.fromarray(astronaut).save(folder / "eval" / "images" / f"{index}.png")
    (folder / "eval" / "landmarks" / "0.npy").unlink()
    return folder


def change(data, place, **values):
    path = data / "eval" / "eval_au_anno.json"
    records = json.loads(path.read_text())
    records[place] = {key: value for key, value in {**records[place], **values}.items() if value is not None}
    path.write_text(json.dumps(records))


def test_an_item_whose_prior_file_is_missing_fails(run, data):
    code, rows = run(data)
    assert code == 0
    assert [row["status"] == "failed" for row in rows] == [True, False]
    assert "0.npy, which is not there" in rows[0]["reason"]
    assert [row["prior"] for row in rows] == [None, "file"]


def test_a_missing_prior_can_be_computed_and_the_report_says_so(run, data, tmp_path, capsys):
    _, rows = run(data, "--missing-prior", "compute")
    assert [row["prior"] for row in rows] == ["computed instead", "file"]
    assert "1 prior files that the data name are not there" in capsys.readouterr().out
    assert (
        "1 computed instead of missing files, 1 from files" in runs_table(read_runs([tmp_path / "run"], 0, 0)).rows[0]
    )


def test_a_record_that_names_no_prior_has_one_computed(run, data):
    change(data, 0, landmark=None)
    assert [row["prior"] for row in run(data)[1]] == ["computed", "file"]


def test_data_without_any_of_their_prior_files_have_them_computed_unless_asked_otherwise(run, data):
    (data / "eval" / "landmarks" / "1.npy").unlink()
    assert [row["prior"] for row in run(data)[1]] == ["computed instead"] * 2
    rows = run(data, "--missing-prior", "fail", out="strict")[1]
    assert all("which is not there" in row["reason"] for row in rows)


def test_a_model_that_reads_no_prior_needs_no_file(run, data):
    assert [row["reason"] for row in run(data, "--inputs", "image")[1]] == [None, None]


def test_a_run_is_not_continued_with_the_other_choice(run, data, capsys):
    run(data)
    assert run(data, "--missing-prior", "compute")[0] == 2
    assert "--missing-prior" in capsys.readouterr().err


@pytest.mark.parametrize("contested", [5, "AU4", ["4"], [True], {"4": 1}])
def test_contested_units_that_are_no_list_of_numbers_are_a_fault_of_the_record(run, data, contested):
    change(data, 1, contested=contested)
    code, rows = run(data)
    assert code == 0 and rows[1]["status"] == "failed"
    assert "contested must be a list of action-unit numbers" in rows[1]["reason"]
    assert rows[1]["id"].endswith("1.png") and rows[1]["contested"] == []


def test_contested_units_are_kept(run, data):
    change(data, 1, contested=[4, 26])
    assert run(data)[1][1]["contested"] == [4, 26]


def test_a_negative_seed_is_refused(run, data, capsys):
    assert run(data, "--seed", "-1")[0] == 2
    assert "--seed must be 0 or more" in capsys.readouterr().err


def test_an_empty_list_is_called_empty(run, data, capsys):
    (data / "eval" / "eval_au_anno.json").write_text("[]")
    assert run(data)[0] == 2
    assert "holds an empty list" in capsys.readouterr().err
