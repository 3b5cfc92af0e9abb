"""A start that failed before its first answer, and runs in which nothing was answered."""

import json

import pytest

from training.benchmark.__main__ import main
from training.benchmark.journal import Journal


@pytest.fixture
def run(model_folder, make_data, tmp_path):
    """Ask the tiny model both tasks about two pictures; return the exit code."""
    data = make_data(2)

    def start(*more):
        fixed = ["--model", str(model_folder), "--data", str(data), "--out", str(tmp_path / "run")]
        return main(["run", *fixed, "--max-new-tokens", "4", "--device", "cpu", *more])

    return start


def test_a_start_whose_model_could_not_be_loaded_leaves_the_folder_free(run, tmp_path, capsys):
    assert run("--quantization", "4bit") == 1
    assert "needs a CUDA GPU" in capsys.readouterr().err
    assert run() == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["identity"]["numbers"] == "float32"


def test_one_answer_claims_the_folder_before_a_model_is_loaded(run, tmp_path, capsys, monkeypatch):
    run()
    for path in (tmp_path / "run").glob("predictions_*.jsonl"):
        path.unlink()
    journal = tmp_path / "run" / "parts" / "journal-00000.jsonl"
    journal.write_bytes(journal.read_bytes().split(b"\n")[0] + b"\n")
    monkeypatch.setattr("training.benchmark.models.open_model", None)
    assert run("--seed", "3") == 2
    assert "the decoding changed" in capsys.readouterr().err


def test_merged_predictions_claim_the_folder_without_a_journal(run, tmp_path):
    run()
    (tmp_path / "run" / "parts" / "journal-00000.jsonl").unlink()
    assert run("--seed", "3") == 2


def test_a_process_that_is_still_loading_keeps_its_claim(run, tmp_path, capsys):
    assert run("--quantization", "4bit") == 1
    capsys.readouterr()
    with Journal(tmp_path / "run" / "parts" / "journal-00001.jsonl"):
        assert run() == 2
    assert "holds a run with other settings" in capsys.readouterr().err


@pytest.mark.parametrize(("broken", "code"), [(2, 1), (1, 0)])
def test_a_run_in_which_nothing_was_answered_exits_1_and_says_why(run, tmp_path, broken, code, capsys):
    for index in range(broken):
        (tmp_path / "data" / "FABAInstruct" / "eval" / "images" / f"{index}.png").write_bytes(b"no picture")
    assert run() == code
    printed = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("  2 failed: ") and "not a picture" in line for line in printed) == broken
