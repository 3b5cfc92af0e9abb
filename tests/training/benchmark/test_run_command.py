import json
import re
import shutil

import numpy as np
import pytest

from training.benchmark.__main__ import main
from training.benchmark.journal import Journal, read_journal
from training.benchmark.runner import Share

TASKS = ("emotion", "au")


@pytest.fixture
def run(model_folder):
    """Start ``run`` in this process with a short limit; return its exit code."""

    def start(data, out, *more):
        fixed = ["--max-new-tokens", "24", "--device", "cpu", "--dtype", "float32"]
        return main(["run", "--model", str(model_folder), "--data", str(data), "--out", str(out), *fixed, *more])

    return start


def predictions(out):
    return {task: (out / f"predictions_{task}.jsonl").read_bytes() for task in TASKS}


def test_both_tasks_are_answered_in_the_order_of_the_data(run, make_data, tmp_path, read_lines, capsys):
    data = make_data(5)
    assert run(data, tmp_path / "run") == 0
    counts = re.findall(r"(\d+) (answered|cut off)", capsys.readouterr().out)
    assert sum(int(count) for count, _ in counts) == 10
    for task in TASKS:
        rows = read_lines(tmp_path / "run" / f"predictions_{task}.jsonl")
        assert [row["id"] for row in rows] == [f"FABAInstruct/eval/images/{index}.png" for index in range(5)]
        assert all(row["task"] == task and row["prior"] == "file" and row["reason"] is None for row in rows)
        assert [row["status"] == "cut off" for row in rows] == [row["tokens"] == 24 for row in rows]
    assert rows[0]["label"] == "1, 2, 25"
    assert rows[1]["reference"] == "The face shows AU1. The face shows AU1."


def test_the_predictions_can_be_scored(run, make_data, tmp_path):
    run(make_data(4), tmp_path / "run")
    for task in TASKS:
        path = str(tmp_path / "run" / f"predictions_{task}.jsonl")
        arguments = ["score", "--task", task, "--protocol", "strict", "--predictions", path, "--bootstrap", "0"]
        assert main(arguments) == 0


def test_batch_size_does_not_change_the_file(run, make_data, tmp_path):
    data = make_data(7)
    for size in ("1", "3", "8"):
        assert run(data, tmp_path / size, "--batch-size", size) == 0
    assert predictions(tmp_path / "1") == predictions(tmp_path / "3") == predictions(tmp_path / "8")


@pytest.mark.parametrize("processes", [2, 3])
def test_shards_make_the_file_of_one_process(run, make_data, tmp_path, monkeypatch, processes, capsys):
    data = make_data(7)
    run(data, tmp_path / "one")
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    for index in range(processes):
        assert not (tmp_path / "many" / "predictions_au.jsonl").exists()
        monkeypatch.setenv("RANK", str(index))
        assert run(data, tmp_path / "many", "--decoding", "greedy") == 0
    assert "left to the other processes" in capsys.readouterr().out
    assert len(list((tmp_path / "many" / "parts").iterdir())) == processes
    assert predictions(tmp_path / "many") == predictions(tmp_path / "one")


def test_sampled_shards_make_the_file_of_one_process(run, make_data, tmp_path, monkeypatch):
    data = make_data(4)
    run(data, tmp_path / "one", "--decoding", "paper", "--seed", "5")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for index in "10":
        monkeypatch.setenv("RANK", index)
        run(data, tmp_path / "two", "--decoding", "paper", "--seed", "5", "--batch-size", "3")
    assert predictions(tmp_path / "two") == predictions(tmp_path / "one")


@pytest.mark.parametrize("cut", [1, 30, 2000])
def test_a_cut_journal_is_continued_to_the_same_file(run, make_data, tmp_path, cut):
    data = make_data(5)
    run(data, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    journal = tmp_path / "cut" / "parts" / "journal-00000.jsonl"
    journal.write_bytes(journal.read_bytes()[:-cut])
    for task in TASKS:
        (tmp_path / "cut" / f"predictions_{task}.jsonl").unlink()
    assert run(data, tmp_path / "cut") == 0
    assert predictions(tmp_path / "cut") == predictions(tmp_path / "whole")
    keys = [(row["task"], row["id"]) for row in read_journal(journal)]
    assert len(keys) == len(set(keys)) == 10


def test_a_finished_run_does_not_load_the_model_again(run, make_data, tmp_path, monkeypatch):
    data = make_data(2)
    run(data, tmp_path / "run")
    before = predictions(tmp_path / "run")
    monkeypatch.setattr("training.benchmark.models.open_model", None)
    assert run(data, tmp_path / "run") == 0
    assert predictions(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--decoding", "paper"], "the decoding"),
        (["--image", "crop"], "--image"),
        (["--inputs", "prior"], "what the model is given"),
        (["--limit", "1"], "the number of questions"),
        (["--conversation", "vicuna_v1"], "the prompt"),
        (["--dtype", "bfloat16"], "dtype"),
    ],
)
def test_other_settings_under_the_same_folder_are_refused(run, make_data, tmp_path, capsys, more, named):
    data = make_data(2)
    run(data, tmp_path / "run")
    before = predictions(tmp_path / "run")
    capsys.readouterr()
    assert run(data, tmp_path / "run", *more) == 2
    message = capsys.readouterr().err.strip()
    assert named in message and message.count("\n") == 0
    assert predictions(tmp_path / "run") == before


def test_changed_data_and_changed_weights_are_refused(run, make_data, tmp_path, capsys, model_folder):
    data = make_data(2)
    model = tmp_path / "model"
    shutil.copytree(model_folder, model)
    arguments = ["run", "--model", str(model), "--data", str(data), "--out", str(tmp_path / "run"), "--device", "cpu"]
    arguments += ["--max-new-tokens", "4"]
    assert main(arguments) == 0
    prior = data / "eval" / "landmarks" / "1.npy"
    kept = prior.read_bytes()
    np.save(prior, np.zeros(212, np.float32))
    assert main(arguments) == 2
    assert "the data changed" in capsys.readouterr().err
    prior.write_bytes(kept)
    assert main(arguments) == 0
    weights = next(model.glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    assert main(arguments) == 2
    assert "the model's files changed" in capsys.readouterr().err


def test_a_folder_with_something_else_is_refused(run, make_data, tmp_path, capsys):
    data = make_data(1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    assert run(data, tmp_path / "mine") == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_items_that_fail_are_recorded_and_the_run_goes_on(run, make_data, tmp_path, read_lines):
    data = make_data(8)
    path = data / "eval" / "eval_au_anno.json"
    records = json.loads(path.read_text())
    (data.parent / records[1]["image"]).write_bytes(b"no picture")
    (data.parent / records[2]["image"]).unlink()
    np.save(data.parent / records[3]["landmark"], np.full(212, np.nan, np.float32))
    np.save(data.parent / records[4]["landmark"], np.zeros(7, np.float32))
    (data.parent / records[5]["landmark"]).unlink()
    records[6]["image"] = "../../secret.png"
    records[7] = "not an object"
    path.write_text(json.dumps(records))
    assert run(data, tmp_path / "run") == 0
    rows = read_lines(tmp_path / "run" / "predictions_au.jsonl")
    assert [row["status"] == "failed" for row in rows] == [False, *[True] * 7]
    assert all(row["prediction"] is None for row in rows[1:])
    words = ("not a picture", "no file", "NaN", "shape (7,)", "not there", "climbs", "must be an object")
    for row, word in zip(rows[1:], words, strict=True):
        assert word in row["reason"], row["reason"]
    assert rows[1]["label"] == "1, 2, 25"
    emotion = read_lines(tmp_path / "run" / "predictions_emotion.jsonl")
    assert [row["status"] == "failed" for row in emotion] == [i in (1, 2, 3, 4, 5) for i in range(8)]


def test_an_over_long_prompt_is_recorded_as_failed(run, make_data, tmp_path, read_lines, monkeypatch):
    data = make_data(2)
    monkeypatch.setattr("training.benchmark.questions.QUESTIONS", {"emotion": "Why? " * 60, "au": "What?"})
    assert run(data, tmp_path / "run") == 0
    rows = read_lines(tmp_path / "run" / "predictions_emotion.jsonl")
    assert all(row["status"] == "failed" and "the model reads at most 192" in row["reason"] for row in rows)
    assert all(row["status"] != "failed" for row in read_lines(tmp_path / "run" / "predictions_au.jsonl"))


def test_priors_of_unknown_making_are_refused_until_their_recipe_is_named(run, make_data, tmp_path, read_lines):
    data = make_data(2, recipe=None)
    assert run(data, tmp_path / "run", "--prior-recipe", "mediapipe-106") == 0
    assert read_lines(tmp_path / "run" / "predictions_au.jsonl")[0]["prior"] == "file"


def test_priors_of_another_recipe_are_computed_from_the_picture(run, make_data, tmp_path, read_lines, astronaut):
    from PIL import Image

    data = make_data(2, recipe="emola-2024")
    Image.fromarray(astronaut).save(data / "eval" / "images" / "0.png")
    assert run(data, tmp_path / "run", "--task", "au") == 0
    first, second = read_lines(tmp_path / "run" / "predictions_au.jsonl")
    assert first["prior"] == "computed" and first["status"] != "failed"
    assert second["status"] == "failed" and "no face" in second["reason"]


@pytest.mark.parametrize("inputs", ["prior", "image"])
def test_a_model_can_be_asked_with_one_input_alone(run, make_data, tmp_path, read_lines, inputs):
    data = make_data(3)
    run(data, tmp_path / "both")
    assert run(data, tmp_path / inputs, "--inputs", inputs) == 0
    rows = read_lines(tmp_path / inputs / "predictions_au.jsonl")
    assert [row["prior"] for row in rows] == [None if inputs == "image" else "file"] * 3
    assert predictions(tmp_path / inputs) != predictions(tmp_path / "both")


def test_pad_and_crop_differ_on_pictures_that_are_not_square(run, make_data, tmp_path):
    data = make_data(3)
    run(data, tmp_path / "pad")
    run(data, tmp_path / "crop", "--image", "crop")
    assert predictions(tmp_path / "pad") != predictions(tmp_path / "crop")


def test_a_second_process_on_the_same_share_is_refused(run, make_data, tmp_path, capsys):
    data = make_data(2)
    run(data, tmp_path / "run")
    with Journal(tmp_path / "run" / "parts" / "journal-00000.jsonl"):
        assert run(data, tmp_path / "run") == 2
    assert "Another process is working" in capsys.readouterr().err


def test_a_damaged_journal_line_is_refused_by_number(run, make_data, tmp_path, capsys):
    data = make_data(2)
    run(data, tmp_path / "run")
    journal = tmp_path / "run" / "parts" / "journal-00000.jsonl"
    lines = journal.read_bytes().split(b"\n")
    lines[1] = b"{broken"
    journal.write_bytes(b"\n".join(lines))
    assert run(data, tmp_path / "run") == 2
    assert "Line 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--data", "/nowhere"], "no file or folder"),
        (["--data", "raf-db:/nowhere"], "no folder"),
        (["--data", "JSON"], "--task emotion or --task au"),
        (["--model", "/nowhere"], "neither a folder nor a hub id"),
        (["--faces", "detect", "--image", "crop"], "--image crop"),
        (["--max-new-tokens", "9999"], "max_new_tokens"),
    ],
)
def test_user_mistakes_are_one_sentence(model_folder, make_data, tmp_path, capsys, arguments, named):
    data = make_data(1)
    arguments = [str(data / "eval" / "eval_au_anno.json") if word == "JSON" else word for word in arguments]
    fixed = ["run", "--model", str(model_folder), "--data", str(data), "--out", str(tmp_path / "run")]
    assert main([*fixed, *arguments]) == 2
    message = capsys.readouterr().err.strip()
    assert named in message and "Traceback" not in message


def test_a_share_is_read_from_the_environment(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert Share.from_environment() == Share(0, 1, 0)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert Share.from_environment() == Share(3, 4, 1)
