import json

import pytest

from emola.errors import InputError
from training.benchmark.__main__ import main
from training.benchmark.data_source import open_source
from training.benchmark.release import is_release

HAPPY, SAD = "The face shows happiness.", "The face shows sadness."


def row(image, label, reference, **more):
    return {"id": image, "image": image, "label": label, "reference": reference, **more}


def test_a_release_is_asked_like_the_data_it_came_from(make_data, make_release):
    root = make_data(3).parent
    picture = "FABAInstruct/eval/images/1.png"
    folder = make_release(
        au=[row(picture, [1, 12], "AU1 and AU12 are seen.", landmark="FABAInstruct/eval/landmarks/1.npy", units={})],
        emotion=[row(picture, "Sadness", SAD)],
    )
    source = open_source(str(folder), "both", root)
    emotion, au = source.questions
    assert (emotion.task, emotion.label, emotion.reference, emotion.prior) == ("emotion", "Sadness", SAD, None)
    assert (au.task, au.label, au.reference) == ("au", [1, 12], "AU1 and AU12 are seen.")
    assert au.image == (root / picture).resolve() and au.prior is not None
    assert source.version == f"release spring, events {'ab' * 8}"
    assert [question.task for question in open_source(str(folder), "au", root).questions] == ["au"]


def test_the_root_is_found_above_a_release(make_data, make_release, tmp_path):
    make_data(1, root=tmp_path)
    folder = make_release(au=[row("FABAInstruct/eval/images/0.png", [1], "AU1.")])
    assert open_source(str(folder), "both").root == tmp_path


def test_a_changed_file_is_refused(make_release, make_data):
    folder = make_release(au=[row("a.png", [1], "AU1.")])
    path = folder / "benchmark" / "au.jsonl"
    path.write_text(path.read_text().replace("[1]", "[2]"))
    with pytest.raises(InputError, match="not the file that manifest"):
        open_source(str(folder), "au")


def test_a_release_without_anything_to_ask_is_refused(make_release):
    with pytest.raises(InputError, match="no labels"):
        open_source(str(make_release()), "both")


def test_other_folders_are_no_release(make_data, tmp_path):
    assert not is_release(make_data(1))
    (tmp_path / "manifest.json").write_text('{"format": "something else"}')
    assert not is_release(tmp_path)


def test_what_reviewers_have_not_settled_is_not_scored(make_run, make_release):
    run = make_run("run", au=[("AU4 and AU25 are seen.", "25"), ("AU4.", "4")])
    answers = run / "predictions_au.jsonl"
    first, second = answers.read_text().splitlines()
    answers.write_text(f"{first}\n{second.replace('faces/0', 'faces/1')}\n")
    reviewed = [
        row("faces/0.png", [25], "AU25 is seen.", old_label=[25], old_reference="AU4 is seen.", contested=[4]),
        row("faces/1.png", [4], "AU4.", old_label=[4], old_reference="AU4."),
    ]
    assert main(["report", str(run), "--release", str(make_release(au=reviewed)), "--bootstrap", "0"]) == 0
    lines = [line for line in (run / "report.md").read_text().splitlines() if line.startswith("| run | strict |")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    scores = {tuple(cell[2:4]): cell[4] for cell in cells}
    assert scores["old", "old"] == "83.33"  # AU25 right, AU4 right once and false once: (1 + 2/3) / 2
    assert scores["new", "new"] == "100.00"


def test_the_report_compares_what_was_with_what_is(make_run, make_release, capsys):
    run = make_run("run", [(HAPPY, "3")], [("AU4 is seen.", "25")])
    folder = make_release(
        emotion=[row("faces/0.png", "Sadness", SAD, old_label="Happiness", old_reference=HAPPY)],
        au=[row("faces/0.png", [4], "AU4 is seen.", old_label=None, old_reference="AU25 is seen.")],
    )
    assert main(["report", str(run), "--release", str(folder), "--bootstrap", "0"]) == 0
    lines = [line for line in (run / "report.md").read_text().splitlines() if line.startswith("| run | strict |")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    emotion, au = ({tuple(cell[2:4]): cell[4:6] for cell in part} for part in (cells[:4], cells[4:]))
    assert emotion["old", "old"] == ["100.00", "100.00"]  # the label before the review, not the run's own
    assert emotion["new", "old"] == ["0.00", "100.00"]
    assert emotion["old", "new"][0] == "100.00" and emotion["old", "new"][1] == "75.00"  # 3 of 4 words
    assert au["new", "new"] == ["100.00", "100.00"]
    assert au["old", "new"][0] == "0.00"  # where the release names none, the run's own label is the old one
    capsys.readouterr()
    assert main(["report", str(run), "--release", str(run)]) == 2
    assert "no review release" in capsys.readouterr().err
    (folder / "manifest.json").write_text(json.dumps({"format": "emola-review-release"}))
    assert main(["report", str(run), "--release", str(folder)]) == 2
