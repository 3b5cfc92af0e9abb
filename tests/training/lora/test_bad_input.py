"""What a person gets wrong is told in sentences, all at once where it is a list, before anything heavy is loaded."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.lora import prepare
from training.train import main

Settings = dict[str, Any]
Write = Callable[..., Path]


def test_three_mistakes_are_told_together(
    settings: Settings, write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    settings["optimizer"]["batch_size"] = "four"
    settings["lora"]["rnak"] = 8
    settings["data"]["max_length"] = 1
    assert main(["--config", str(write_config(settings))]) == 2
    complaint = capsys.readouterr().err
    assert "has 3 mistakes" in complaint
    assert "no setting lora.rnak; did you mean lora.rank?" in complaint
    assert "optimizer.batch_size must be a whole number, not 'four'" in complaint
    assert "data.max_length must be at least 8, not 1" in complaint


@pytest.mark.parametrize(
    ("change", "end"),
    [("lora.rnak=8", "did you mean lora.rank?\n"), ("data.max_length=1", "must be at least 8, not 1.\n")],
)
def test_one_mistake_ends_like_a_sentence(
    change: str, end: str, settings: Settings, write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(write_config(settings)), change]) == 2
    assert capsys.readouterr().err.endswith(end)


def test_no_usable_row_fails_before_the_model_is_loaded(
    settings: Settings,
    write_config: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def loading_is_wrong(*_: Any) -> None:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(prepare, "load_base", loading_is_wrong)
    path = tmp_path / "none.json"
    path.write_text(json.dumps([{"id": "1", "image": "gone.png"}, {"id": "2"}]))
    settings["data"]["train_au"] = str(path)
    assert main(["--config", str(write_config(settings))]) == 2
    printed = capsys.readouterr()
    assert "0 of 2 records can be used" in printed.out
    assert printed.err.startswith("Not one record can be trained on")
    assert not (tmp_path / "run").exists()


def test_priors_of_another_recipe_are_not_trained_on(
    settings: Settings, write_config: Write, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data_folder, copy)
    (copy / "priors.json").write_text('{"recipe": "mediapipe-106"}')
    settings["data"] |= {"root": str(copy), "train_au": str(copy / "train.json"), "eval_au": []}
    assert main(["--config", str(write_config(settings))]) == 2
    printed = capsys.readouterr()
    assert "14 x wrong prior" in printed.out
    assert "0.npy was made by mediapipe-106, and emola-2024 is asked for" in printed.out
    assert printed.err.startswith("Not one record can be trained on")


def test_an_empty_file_lists_no_faults_and_points_to_none(
    settings: Settings, write_config: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.json"
    path.write_text("[]")
    settings["data"] |= {"train_au": str(path)}
    assert main(["--config", str(write_config(settings))]) == 2
    assert capsys.readouterr().err == (
        f"There is not one record in {path}, so there is nothing to train on; give other files.\n"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("optimizer.learning_rate=0.5", "optimizer.learning_rate was 0.01 and is now 0.5"),
        ("lora.rank=2", "lora.rank was 4 and is now 2"),
    ],
)
def test_changed_settings_are_refused_in_one_sentence(
    change: str, told: str, settings: Settings, write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(write_config(settings))
    assert main(["--config", config, "optimizer.max_steps=1"]) == 0
    capsys.readouterr()
    assert main(["--config", config, "optimizer.max_steps=1", change]) == 2
    complaint = capsys.readouterr().err
    assert told in complaint and complaint.count("\n") == 1


def test_changed_data_are_refused(
    settings: Settings, write_config: Write, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data_folder, copy)
    settings["data"] |= {"root": str(copy), "train_au": str(copy / "train.json"), "eval_au": []}
    config = str(write_config(settings))
    assert main(["--config", config, "optimizer.max_steps=1"]) == 0
    np.save(copy / "3.npy", np.zeros(6, dtype=np.float32))
    assert main(["--config", config, "optimizer.max_steps=1"]) == 2
    assert "the data of 1 au train.json are not the same" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["model.base=nowhere/at/all"], "neither a folder nor a hub id"),
        (["data.prior_recipe=mediapipe-106"], "made by emola-2024, but data.prior_recipe is mediapipe-106"),
        (["data.prior_dim=212"], "reads 6 prior numbers"),
        (["data.max_length=9"], "Not one sample fits data.max_length 9"),
        (["data.max_length=60", "data.too_long=refuse"], "samples are longer than data.max_length 60"),
        (["data.faults=refuse", "data.train_au=[missing.json]"], "There is no data file missing.json"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(
    changes: list[str], told: str, settings: Settings, write_config: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(write_config(settings)), *changes]) == 2
    assert told in capsys.readouterr().err


def test_a_foreign_folder_is_not_taken(
    settings: Settings, write_config: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("precious")
    assert main(["--config", str(write_config(settings))]) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.tex"]


def test_a_picture_that_vanishes_while_training_is_named(
    settings: Settings, write_config: Write, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data_folder, copy)
    settings["data"] |= {"root": str(copy), "train_au": str(copy / "train.json"), "eval_au": []}
    claim = prepare.RunFolder.claim

    def claim_and_delete(self: Any, *arguments: Any) -> None:
        claim(self, *arguments)
        (copy / "5.png").unlink()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare.RunFolder, "claim", claim_and_delete)
        assert main(["--config", str(write_config(settings))]) == 2
    assert "5.png" in capsys.readouterr().err


def test_help_needs_no_torch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "section.key=value" in capsys.readouterr().out
