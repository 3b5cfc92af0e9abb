import json
from pathlib import Path

import pytest

from emola.errors import InputError
from training.benchmark.__main__ import main
from training.benchmark.items import read_items

ROWS = [
    ("AU1 and AU12 are visible.", "AU1 and AU12 are visible.", "1, 12"),
    ("AU12 is absent. AU 4 is active.", None, "4"),
    ("No action unit is active.", "none", ""),
    ("AU25 is visible.", "AU25 is visible.", "25, 26"),
]
GOOD = {"id": "good", "prediction": "A happy face.", "reference": "A happy face.", "label": 0}


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "P.jsonl"
    rows = [{"id": f"x{i}", "prediction": t, "reference": r, "label": n} for i, (t, r, n) in enumerate(ROWS)]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def test_the_command_writes_report_and_items(predictions, tmp_path, capsys):
    out, items = tmp_path / "OUT.json", tmp_path / "deep" / "ITEMS.jsonl"
    arguments = ["score", "--task", "au", "--protocol", "paper", "--predictions", str(predictions)]
    assert main([*arguments, "--json", str(out), "--items", str(items), "--bootstrap", "20"]) == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["s_re"] == pytest.approx(100 * (1 + 2 / 3 + 1) / 5)
    assert written["protocol"] == {"name": "paper", "vocabularies": "faba_lists faba-2024"}
    lines = [json.loads(line) for line in items.read_text(encoding="utf-8").splitlines()]
    assert lines[1] == {"id": "x1", "predicted": [12], "label": [4], "rouge_l": None, "status": "read"}
    assert lines[0]["rouge_l"] == pytest.approx(1.0)
    assert "S_re" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "hold no item"),
        ("{", "line 1: no JSON"),
        ("[1]", "line 1: no JSON object"),
        ('{"id": 1, "label": 0}', "line 1: without prediction"),
        (
            '{"id": 1, "prediction": "a", "label": 0}\n{"id": 1, "prediction": "a", "label": 0}',
            "line 2: the id 1 occurs",
        ),
        ('{"id": 1, "prediction": 3, "label": 0}', "the prediction is neither text nor null"),
        ('{"id": null, "prediction": "a", "label": 0}', "the id is neither"),
        ('{"id": 1, "prediction": "a", "label": 0, "contested": ["4"]}', "contested is no list of action-unit numbers"),
    ],
)
def test_unusable_predictions_exit_2_with_one_sentence(content, message, tmp_path, capsys):
    path = tmp_path / "P.jsonl"
    path.write_text(content, encoding="utf-8")
    assert main(["score", "--task", "emotion", "--protocol", "strict", "--predictions", str(path)]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_items(tmp_path / "none.jsonl")


def score_emotions(folder: Path, content: bytes, protocol: str) -> tuple[int, Path]:
    (folder / "P.jsonl").write_bytes(content)
    out = folder / "OUT.json"
    arguments = ["score", "--task", "emotion", "--protocol", protocol, "--predictions", str(folder / "P.jsonl")]
    return main([*arguments, "--json", str(out), "--items", str(folder / "I.jsonl"), "--bootstrap", "5"]), out


def line(**changes) -> bytes:
    return json.dumps({**GOOD, **changes}).encode() + b"\n"


@pytest.mark.parametrize("protocol", ["paper", "strict"])
@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + line(), line().replace(b"\n", b"\r\n"), b"\n\n" + line() + b" \n", line().rstrip()],
    ids=["bom", "crlf", "blank lines", "no last newline"],
)
def test_every_way_to_write_lines_is_read(content, protocol, tmp_path):
    code, out = score_emotions(tmp_path, content, protocol)
    assert (code, json.loads(out.read_text())["s_re"]) == (0, 100.0)


@pytest.mark.parametrize("protocol", ["paper", "strict"])
@pytest.mark.parametrize(
    "label", [None, float("nan"), float("-inf"), "1, 2", [1, 2], {"a": 1}, "1" * 5000, "joyful", ""], ids=repr
)
def test_a_label_without_meaning_is_named_and_left_out(label, protocol, tmp_path):
    code, out = score_emotions(tmp_path, line() + line(id="odd", label=label), protocol)
    report = json.loads(out.read_text())
    assert code == 0
    assert (report["n"], report["n_labelled"], report["s_re"]) == (2, 1, 100.0)
    assert report["counts"]["skipped_label"] == {"count": 1, "ids": ["odd"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id": "a\\ud800", "prediction": "", "label": 0}', "surrogate"),
        (line(id=1).replace(b"1,", b"1" * 5000 + b",", 1), "line 1"),
        (json.dumps(GOOD).encode("utf-16"), "UTF-8"),
        (line(reference=float("nan")), "the reference is neither"),
        (line(label=0).replace(b"0}", b"9" * 5000 + b"}"), "thousands of digits"),
        (line(label=0).replace(b', "label": 0', b""), "without label"),
    ],
    ids=["deep", "surrogate", "endless id", "utf-16", "reference", "endless label", "no label"],
)
def test_hostile_files_exit_2_without_a_traceback(content, message, tmp_path, capsys):
    assert score_emotions(tmp_path, content, "strict")[0] == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_group_may_be_the_number_of_a_subject(tmp_path):
    code, out = score_emotions(tmp_path, line(group=7), "strict")
    assert (code, list(json.loads(out.read_text())["groups"])) == (0, ["7"])


def test_pairs_of_surrogates_are_a_character(tmp_path):
    code, _ = score_emotions(tmp_path, line(prediction="A happy face. \U0001f642"), "strict")
    assert code == 0


def test_outputs_are_checked_before_any_work(tmp_path, capsys):
    predictions = tmp_path / "P.jsonl"
    predictions.write_bytes(line())
    arguments = ["score", "--task", "emotion", "--protocol", "strict", "--predictions", str(predictions)]
    assert main([*arguments, "--items", str(predictions)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert predictions.read_bytes() == line()
    (tmp_path / "file").touch()
    assert main([*arguments, "--json", str(tmp_path / "file" / "OUT.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(("task", "code"), [("au", 2), ("emotion", 0), (None, 0)])
def test_predictions_of_another_task_are_refused_and_not_read_as_action_units(task, code, tmp_path, capsys):
    path = tmp_path / "P.jsonl"
    path.write_bytes(line(label=1, **({"task": task} if task else {})))
    assert main(["score", "--task", "emotion", "--protocol", "strict", "--predictions", str(path)]) == code
    assert ("of the task 'au' (the first is good), not of 'emotion'" in capsys.readouterr().err) == (code == 2)


def test_unreadable_labels_are_explained_on_the_terminal(tmp_path, capsys):
    score_emotions(tmp_path, line(label="Happiness") + line(id="low", label="happiness"), "paper")
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("S_re is over 1 of 2 items; of the others: ") and "happiness" in told
    score_emotions(tmp_path, line(), "paper")
    assert "S_re is over" not in capsys.readouterr().out
