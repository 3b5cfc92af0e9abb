import json
import os

import pytest

from emola.errors import InputError
from training.benchmark.run_listing import RunLibrary, count_failed

HAPPY, SAD = "The face shows happiness.", "The face shows sadness."


def test_runs_of_every_kind_are_listed_with_their_sentence(make_run, tmp_path):
    make_run("runs/done", [(HAPPY, "0")])
    half = make_run("runs/deep/half", [(HAPPY, "0")])
    (half / "predictions_emotion.jsonl").unlink()
    (half / "parts").mkdir()
    (half / "parts" / "journal-00000.jsonl").write_text("{}\n{}\n")
    broken = tmp_path / "runs" / "broken"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    training = tmp_path / "runs" / "training"
    training.mkdir()
    for name in ("run.json", "config.yaml"):
        (training / name).write_text("{}")
    os.utime(half / "run.json", (1, 1))
    found = {run.key: run for run in RunLibrary(tmp_path / "runs").runs()}
    assert {key: run.status for key, run in found.items()} == {
        "done": "finished",
        "deep/half": "unfinished",
        "broken": "broken",
    }
    assert "damaged" in found["broken"].sentence
    assert found["deep/half"].sentence.startswith("2 of an unknown number of questions")
    assert list(found)[-1] == "deep/half"  # the newest first


def test_no_folder_is_no_run(tmp_path):
    library = RunLibrary(tmp_path / "nothing")
    assert library.runs() == []
    with pytest.raises(InputError, match="no run x"):
        library.result("x")


def test_links_out_of_the_folder_are_not_followed(make_run, tmp_path):
    outside = make_run("outside", [(HAPPY, "0")])
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(outside, target_is_directory=True)
    assert RunLibrary(tmp_path / "runs").runs() == []


def test_scores_are_kept_until_the_files_change(make_run, tmp_path):
    run = make_run("runs/one", [(HAPPY, "0"), (None, "1")])
    library = RunLibrary(tmp_path / "runs", repeats=20)
    assert library.scored("one") is None
    result = library.result("one")
    assert library.result("one") is result is library.scored("one")
    assert result.name == "one" and count_failed(result) == {"emotion": (2, 1)}
    assert result.tasks["emotion"].judged["strict"].scores["s_re"] == 50
    rows = [json.loads(line) for line in (run / "predictions_emotion.jsonl").read_text().splitlines()]
    rows[1] |= {"prediction": SAD, "status": "answered"}
    (run / "predictions_emotion.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert library.result("one").tasks["emotion"].judged["strict"].scores["s_re"] == 100


def test_an_unfinished_run_says_so_when_it_is_looked_at(make_run, tmp_path):
    run = make_run("runs/one", [(HAPPY, "0")])
    (run / "predictions_emotion.jsonl").unlink()
    with pytest.raises(InputError, match="same command continues"):
        RunLibrary(tmp_path / "runs").result("one")
