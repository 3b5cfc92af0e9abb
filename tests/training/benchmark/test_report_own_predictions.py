"""Predictions that no run wrote: reported, and compared with a run and with each other."""

import json

import pytest

from training.benchmark.__main__ import main

HAPPY, SAD = "The face shows happiness.", "The face shows sadness."


@pytest.fixture
def own(tmp_path):
    """Write a file of own emotion predictions with what ``score`` requires and nothing more."""

    def write(name, texts, **more):
        lines = [{"id": f"emotion-{i}", "prediction": t, "label": "0", **more} for i, t in enumerate(texts)]
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    return write


def test_own_predictions_are_reported_beside_the_file_and_compared(own, capsys):
    first, second = own("mine_emotion.jsonl", [HAPPY, SAD, None, HAPPY]), own("new.jsonl", [HAPPY] * 4, task="emotion")
    assert main(["report", str(first), str(second), "--bootstrap", "20"]) == 0
    text = first.with_suffix(".md").read_text()
    assert "new minus mine_emotion on 4 items" in text and "+50.00" in text
    page = first.with_suffix(".html").read_text()
    assert "data:image" not in page and "failed: no reason given" in page
    assert "mine_emotion" in capsys.readouterr().out


def test_a_folder_of_own_predictions_is_compared_with_a_run(own, make_run):
    folder = own("others/predictions_emotion.jsonl", [HAPPY, SAD], group=7).parent
    run = make_run("run", [(HAPPY, "0"), (HAPPY, "0")])
    assert main(["report", str(run), str(folder), "--bootstrap", "0"]) == 0
    assert "others minus run on 2 items" in (run / "report.md").read_text()


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("mine.jsonl", {}, "does not say which task"),
        ("others/predictions_emotion.jsonl", {"task": "au"}, "another task than emotion"),
    ],
)
def test_predictions_of_an_unknown_or_wrong_task_are_refused(own, name, more, message, capsys):
    path = own(name, [HAPPY], **more)
    assert main(["report", str(path if name == "mine.jsonl" else path.parent)]) == 2
    assert message in capsys.readouterr().err


def test_score_prints_the_groups(own, capsys):
    path = own("mine.jsonl", [HAPPY, SAD], group="SN001")
    fixed = ["--task", "emotion", "--protocol", "strict", "--bootstrap", "0"]
    assert main(["score", *fixed, "--predictions", str(path)]) == 0
    assert "group SN001" in (out := capsys.readouterr().out)
    assert "S_re 50.00, S_ge -, S_rege -   2 items" in out
