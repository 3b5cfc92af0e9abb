"""Training on kept vision features is training with the vision tower, at fp32 to rounding, and never with another's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.utils import DistributedType
from safetensors.torch import load_file

from emola.errors import InputError
from emola.model import EmolaForConditionalGeneration
from training.features.__main__ import main as keep_features
from training.lora.kept_features import find_features
from training.train import main

WriteConfig = Callable[..., Path]


@pytest.fixture
def features(base_folder: Path, data_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "features"
    wanted = [str(data_folder), "--model", str(base_folder), "--out", str(folder), "--device", "cpu"]
    assert keep_features([*wanted, "--dtype", "float32", "--kept-dtype", "float32"]) == 0
    return folder


def run(settings: dict[str, Any], write_config: WriteConfig, tmp_path: Path, name: str, **data: Any) -> Path:
    out = tmp_path / name
    content = {**settings, "data": {**settings["data"], **data}, "run": {**settings["run"], "out": str(out)}}
    content["optimizer"] = {**settings["optimizer"], "epochs": 1}
    assert main(["--config", str(write_config(content, f"{name}.yaml"))]) == 0
    return out


def losses(run_folder: Path) -> list[float]:
    entries = map(json.loads, (run_folder / "metrics.jsonl").read_text().splitlines())
    return [entry.get("loss", entry.get("eval_loss")) for entry in entries]


def test_a_run_on_kept_features_ends_where_the_run_with_the_tower_ends(
    settings: dict[str, Any], write_config: WriteConfig, tmp_path: Path, features: Path, monkeypatch
) -> None:
    with_tower = run(settings, write_config, tmp_path, "tower")
    monkeypatch.setattr("training.lora.collator.open_image", lambda path: pytest.fail(f"{path} was opened"))
    kept = run(settings, write_config, tmp_path, "kept", features=str(features))
    assert losses(kept) == pytest.approx(losses(with_tower), abs=1e-5)
    one, other = (load_file(folder / "adapter" / "adapter_model.safetensors") for folder in (with_tower, kept))
    assert one.keys() == other.keys() and any("multi_modal_projector" in name for name in one)
    for name, tensor in one.items():
        torch.testing.assert_close(other[name], tensor, atol=1e-5, rtol=1e-4)


def test_features_of_other_weights_are_refused(
    settings: dict[str, Any], write_config: WriteConfig, tmp_path: Path, features: Path, base_folder: Path, capsys
) -> None:
    (manifest,) = features.glob("*/manifest.json")
    manifest.parent.rename(features / "0123456789abcdef")
    settings["data"]["features"] = str(features)
    assert main(["--config", str(write_config(settings))]) == 2
    error = capsys.readouterr().err
    assert "features of 1 other models or precisions, and none of this one" in error and "--dtype float32" in error


def test_pictures_without_features_are_counted_before_the_first_step(
    settings: dict[str, Any], write_config: WriteConfig, features: Path, capsys
) -> None:
    for path in sorted(features.rglob("*.safetensors"))[:2]:
        path.unlink()
    settings["data"]["features"] = str(features)
    assert main(["--config", str(write_config(settings))]) == 2
    assert "lacks the features of 2 of 18 pictures" in capsys.readouterr().err
    assert not (Path(settings["run"]["out"]) / "checkpoints").exists()


def test_contradictions_are_told_with_the_others(settings: dict[str, Any], write_config: WriteConfig, capsys) -> None:
    settings["data"] |= {"features": "somewhere", "crop": "detect"}
    settings["model"]["inputs"] = "prior"
    settings["lora"]["parts"] = ["lora", "prior_projector"]
    assert main(["--config", str(write_config(settings))]) == 2
    error = capsys.readouterr().err
    assert "2 mistakes" in error and "inputs prior gives the model none" in error and "crop detect trains" in error


def test_a_model_cut_in_pieces_is_refused(
    make_model: Callable[[], EmolaForConditionalGeneration], processor: Any, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="under DDP"):
        find_features(tmp_path, make_model(), processor, {}, DistributedType.FSDP)
