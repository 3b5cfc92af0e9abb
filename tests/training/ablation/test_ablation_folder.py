"""What an ablation refuses to start with, and what its folder holds it to."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from emola.errors import InputError
from emola.model import EmolaConfig
from training.ablate import main
from training.ablation.material import cut_material
from training.ablation.plan import AblationPlan
from training.data.prior_recipe import recipe_of_file
from training.synthetic.dataset import DatasetPlan, make_dataset


def ablate(model: Path, data: Path, out: Path) -> int:
    return main(["--model", str(model), "--data", str(data), "--out", str(out), "--seeds", "1"])


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("emola/weights", "config.json is missing from "),
        ("README.md", "README.md is a file; give the folder that holds it."),
    ],
)
def test_what_is_no_model_is_said_before_the_folder_is_taken(
    model: str, told: str, repository: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ablate(repository / model, faces, tmp_path / "out") == 2
    complaint = capsys.readouterr().err
    assert told in complaint and complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_model_without_one_of_its_files_is_one_sentence(
    name: str, shallow_model: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(shallow_model, copy)
    (copy / name).unlink()
    assert ablate(copy, faces, tmp_path / "out") == 2
    complaint = capsys.readouterr().err
    assert name.split(".")[0] in complaint and complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_set_without_training_faces_is_one_sentence(
    shallow_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_dataset(DatasetPlan(tmp_path / "held-out", 2, 5, eval_share=1.0), progress=lambda *_: None)
    assert ablate(shallow_model, tmp_path / "held-out", tmp_path / "out") == 2
    complaint = capsys.readouterr().err
    assert "holds no train pictures" in complaint and "--eval-share" in complaint and complaint.count("\n") == 1


@pytest.mark.parametrize(("content", "told"), [('{"model": "/mod', "plan.json is damaged"), ("[]", "other settings")])
def test_a_damaged_plan_is_one_sentence(
    content: str, told: str, shallow_model: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_text(content)
    assert ablate(shallow_model, faces, tmp_path) == 2
    complaint = capsys.readouterr().err
    assert told in complaint and complaint.count("\n") == 1


def make_plan(settings: Path, faces: Path, out: Path) -> AblationPlan:
    return AblationPlan(settings, faces, out, ("both",), ("all",), (1,))


def test_a_configuration_that_was_edited_is_another_ablation(faces: Path, tmp_path: Path) -> None:
    sections = {"model": {"base": "a/b"}, "data": {"root": "d", "train_au": "a.json"}, "run": {"out": "r"}}
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(sections))
    make_plan(path, faces, tmp_path / "out").claim()
    path.write_text("# a remark\n" + yaml.safe_dump({**sections, "run": {"out": "elsewhere"}}))
    make_plan(path, faces, tmp_path / "out").claim()
    path.write_text(yaml.safe_dump({**sections, "optimizer": {"learning_rate": 1.0e-3}}))
    with pytest.raises(InputError, match=r"other settings \(settings\.optimizer\.learning_rate\)"):
        make_plan(path, faces, tmp_path / "out").claim()
    path.write_text("optimiser: {}\n")
    with pytest.raises(InputError, match="did you mean optimizer"):
        make_plan(path, faces, tmp_path / "new").claim()
    assert not (tmp_path / "new").exists()


def test_copied_priors_keep_their_recipe(shallow_model: Path, faces: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(faces, data)
    config = EmolaConfig.from_pretrained(shallow_model)
    for split in ("train", "eval"):
        (data / split / "landmarks" / "priors.json").write_text(json.dumps({"recipe": "insightface-106"}))
    with pytest.raises(InputError, match="were made by insightface-106, and the model reads mediapipe-106"):
        cut_material(data, tmp_path / "refused", config, {"train": 1, "eval": 1})
    config.prior_recipe = "insightface-106"
    material = cut_material(data, tmp_path / "cut", config, {"train": 1, "eval": 1})
    (record,) = json.loads(material.file("train", "au").read_text())
    assert recipe_of_file(material.root / record["landmark"], material.root) == "insightface-106"


def test_priors_of_one_name_in_two_folders_stay_apart(shallow_model: Path, faces: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(faces, data)
    for task in ("au", "emotion"):
        path = data / "train" / f"train_{task}_anno.json"
        rows = json.loads(path.read_text())[:2]
        for number, row in enumerate(rows):
            row["landmark"] = f"train/landmarks/{number}/face.npy"
            (data / row["landmark"]).parent.mkdir(exist_ok=True)
            np.save(data / row["landmark"], np.full(212, number, np.float32))
        path.write_text(json.dumps(rows))
    config = EmolaConfig.from_pretrained(shallow_model)
    material = cut_material(data, tmp_path / "cut", config, {"train": 2, "eval": 1})
    rows = json.loads(material.file("train", "au").read_text())
    assert [np.load(material.root / row["landmark"])[0] for row in rows] == [0, 1]
    assert {recipe_of_file(material.root / row["landmark"], material.root) for row in rows} == {config.prior_recipe}
