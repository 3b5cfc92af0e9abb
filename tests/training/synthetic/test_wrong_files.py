"""Data sets with planted errors as they are written to disk."""

import json
from pathlib import Path

import pytest

from emola.errors import InputError
from training.synthetic.__main__ import main
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.wrong import WrongPlan
from training.synthetic.wrong.marks import Edit, apply_edits


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wrong")
    correct, planted = folder / "correct", folder / "planted"
    make_dataset(DatasetPlan(correct, 40, 11))
    seen: list[tuple[int, int]] = []
    report = make_dataset(DatasetPlan(planted, 40, 11, WrongPlan(0.4)), 1, lambda *done: seen.append(done))
    assert seen == [(n, 40) for n in range(1, 41)]
    assert sum(report.planted.values()) == round(0.4 * 76) + round(0.4 * 4)
    assert f"H1 {report.planted['H1']}" in report.summary()
    return folder


def answers_of(folder: Path, split: str, task: str) -> dict[str, str]:
    rows = json.loads((folder / split / f"{split}_{task}_anno.json").read_text())
    return {row["image"]: row["gpt4"] if split == "eval" else row["conversations"][1]["value"] for row in rows}


def test_written_errors_explain_every_difference_to_the_correct_set(written: Path) -> None:
    for split in ("eval", "train"):
        lines = (written / "planted" / split / "errors.jsonl").read_text().splitlines()
        errors = {(row["task"], row["image"]): row for row in map(json.loads, lines)}
        assert len(errors) == len(lines)
        for task in ("au", "emotion"):
            right, wrong = (answers_of(written / name, split, task) for name in ("correct", "planted"))
            assert {image for image in right if right[image] != wrong[image]} == {i for t, i in errors if t == task}
            for (kind, image), row in errors.items():
                if kind == task:
                    edits = tuple(Edit(*edit) for edit in row["edits"])
                    assert row["correct_text"] == right[image] == apply_edits(wrong[image], edits)
                    assert row["id"] == Path(image).stem


def test_nothing_but_the_text_gives_a_wrong_row_away(written: Path) -> None:
    for name in ("train/train_au_anno.json", "train/train_emotion_anno.json", "eval/eval_au_anno.json"):
        right, wrong = (json.loads((written / folder / name).read_text()) for folder in ("correct", "planted"))
        for one, other in zip(right, wrong, strict=True):
            turns = [row.pop("conversations", [{}, {}]) for row in (one, other)]
            assert turns[0][0] == turns[1][0]
            assert {**one, "gpt4": ""} == {**other, "gpt4": ""}
    assert not (written / "correct/train/errors.jsonl").exists()
    assert "wrong" in json.loads((written / "planted/dataset.json").read_text())


def test_the_data_set_names_its_prior_recipe(written: Path) -> None:
    assert json.loads((written / "correct/dataset.json").read_text())["prior_recipe"] == "mediapipe-106"


def test_impossible_shares_are_one_sentence(tmp_path: Path, capsys) -> None:
    assert main(["make", "--out", str(tmp_path / "x"), "--n", "2", "--wrong", "1.5"]) == 2
    assert "between 0 and 1" in capsys.readouterr().err
    with pytest.raises(InputError, match="holds 1 to 12 errors, not 0"):
        make_dataset(DatasetPlan(tmp_path / "x", 2, 0, WrongPlan(0.5, 0)))
    assert not (tmp_path / "x").exists()


def test_a_data_set_from_before_habits_is_still_the_same(tmp_path) -> None:
    make_dataset(DatasetPlan(tmp_path, 2, 1, WrongPlan(0.5)), progress=lambda *_: None)
    assert json.loads((tmp_path / "dataset.json").read_text())["wrong"] == {"share": 0.5, "errors": 1}


def test_errors_that_no_face_gives_occasion_for_are_told(tmp_path: Path) -> None:
    report = make_dataset(DatasetPlan(tmp_path / "x", 12, 11, WrongPlan(1.0, 5, habits=True), eval_share=0.0))
    rows = [json.loads(line) for line in (tmp_path / "x/train/errors.jsonl").read_text().splitlines()]
    wrong = len({(row["id"], row["task"]) for row in rows})
    assert 0 < wrong < 24 and report.wrong == wrong and report.asked == 24
    told = f"{wrong} of the 24 descriptions asked for hold errors, {len(rows)} instead of 120: the faces give"
    assert told in report.summary()


def test_a_share_that_is_reached_needs_no_such_words(written: Path) -> None:
    report = make_dataset(DatasetPlan(written / "planted", 40, 11, WrongPlan(0.4)))
    assert report.wrong == report.asked == 32 and "instead of" not in report.summary()
    assert "instead of" not in make_dataset(DatasetPlan(written / "correct", 40, 11)).summary()
