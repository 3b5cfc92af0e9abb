"""A prior made by another recipe than the model's has the right shape, and is a fault all the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from emola.errors import InputError
from training.data.prior_recipe import recipe_of_file
from training.data.registry import DataSpec, open_data
from training.data.samples import read_faba
from training.lora.pairs import read_pairs
from training.synthetic.dataset import DatasetPlan, make_dataset

TURNS = [{"from": "human", "value": "What now?\n<image>"}, {"from": "gpt", "value": "A smile."}]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with one picture and a prior of each origin: two recipes, a damaged manifest, and none."""
    folder = tmp_path / "data"
    folder.mkdir()
    Image.new("RGB", (8, 8), (200, 150, 120)).save(folder / "face.png")
    for name, manifest in (
        ("emola", '{"recipe": "emola-2024"}'),
        ("mesh", '{"recipe": "mediapipe-106"}'),
        ("torn", '{"recipe"'),
        ("bare", None),
    ):
        (folder / name / "train").mkdir(parents=True)
        np.save(folder / name / "train" / "face.npy", np.zeros(212, dtype=np.float32))
        if manifest is not None:
            (folder / name / "priors.json").write_text(manifest)
    return folder


def records(**more: Any) -> list[dict[str, Any]]:
    return [
        {"id": name, "image": "face.png", "landmark": f"{name}/train/face.npy", **more}
        for name in ("emola", "mesh", "torn", "bare")
    ]


EXPECTED = [
    ("mesh", "wrong prior", "face.npy was made by mediapipe-106, and emola-2024 is asked for"),
    ("torn", "wrong prior", "priors.json is damaged and cannot be read"),
]


def check(found: list[Any], faults: tuple[Any, ...]) -> None:
    assert [one.id for one in found] == ["emola", "bare"]
    for fault, (name, kind, words) in zip(faults, EXPECTED, strict=True):
        assert (fault.id, fault.kind) == (name, kind)
        assert words in fault.detail


def test_answers_with_a_prior_of_another_recipe_are_counted(root: Path) -> None:
    path = root / "train.json"
    path.write_text(json.dumps(records(conversations=TURNS)))
    found, report = read_faba(path, root, "au", prior_recipe="emola-2024")
    check(found, report.faults)
    assert "2 x wrong prior" in report.summary()
    assert len(read_faba(path, root, "au")[0]) == 4, "no recipe is asked for"
    assert len(read_faba(path, root, "au", prior_dim=None, prior_recipe="emola-2024")[0]) == 4, "no prior is read"


def test_pairs_with_a_prior_of_another_recipe_are_counted(root: Path) -> None:
    path = root / "pairs.json"
    path.write_text(json.dumps(records(prompt="What?", chosen="AU12.", rejected="AU4.")))
    found, report = read_pairs(path, root, 212, "emola-2024")
    check(found, report.faults)
    assert len(read_pairs(path, root, 212)[0]) == 4


@pytest.mark.parametrize(("wanted", "used"), [("mediapipe-106", 1), ("emola-2024", 0), (None, 1)])
def test_a_rendered_set_is_of_its_recipe(tmp_path: Path, wanted: str | None, used: int) -> None:
    folder = tmp_path / "rendered"
    make_dataset(DatasetPlan(folder, 1, seed=1, eval_share=0))
    spec = DataSpec(
        "faba", folder, file="train/train_au_anno.json", task="au", prior_recipe=wanted, decode=False, workers=1
    )
    assert open_data(spec)[1].used == used


def test_priors_of_a_classic_set_are_checked(raf_db: Path, text: Callable[[Path, str], None]) -> None:
    text(raf_db / "mesh/priors.json", '{"recipe": "mediapipe-106"}')
    for number in (1, 2):
        place = raf_db / f"mesh/Image/aligned/train_0000{number}_aligned.jpg.npy"
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, np.zeros(212, dtype=np.float32))
    spec = DataSpec("raf-db", raf_db, priors="mesh", prior_recipe="mediapipe-106")
    assert open_data(spec)[1].counts == {"broken image": 1}
    text(raf_db / "mesh/priors.json", '{"recipe": "insightface-106"}')
    with pytest.raises(InputError, match="made by insightface-106"):
        open_data(spec)


def test_nothing_above_the_data_root_is_asked(root: Path) -> None:
    (root.parent / "priors.json").write_text('{"recipe": "insightface-106"}')
    assert recipe_of_file(root / "bare/train/face.npy", root) is None
    assert recipe_of_file(root / "mesh/train/face.npy", root) == "mediapipe-106"
