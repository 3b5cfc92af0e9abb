"""Training on kept vision features is training with the vision tower, at fp32 to rounding, and never with another's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.utils import DistributedType
from safetensors.torch import load_file
from transformers import LlavaForConditionalGeneration

from emola.errors import InputError
from emola.model import EmolaForConditionalGeneration
from training.features.__main__ import main as keep_features
from training.features.loading import load_vision
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


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_plain_llava_is_trained_on_the_features_of_its_own_tower(
    settings: dict[str, Any],
    write_config: WriteConfig,
    tmp_path: Path,
    data_folder: Path,
    llava_folder: Path,
    dtype: str,
) -> None:
    folder = tmp_path / "features"
    wanted = [str(data_folder), "--model", str(llava_folder), "--out", str(folder), "--device", "cpu"]
    assert keep_features([*wanted, "--dtype", dtype]) == 0
    settings["model"] |= {"base": str(llava_folder), "precision": {"float32": "fp32", "bfloat16": "bf16"}[dtype]}
    settings["data"] |= {"prior_dim": 6, "max_length": 400, "features": str(folder)}
    kept = run(settings, write_config, tmp_path, "kept")
    settings["data"]["features"] = None
    assert losses(kept) == pytest.approx(losses(run(settings, write_config, tmp_path, "tower")), abs=0.05)


def test_a_llava_with_the_tower_of_an_emola_has_the_same_key(
    llava_folder: Path, base_folder: Path, tmp_path: Path
) -> None:
    emola = load_vision(str(base_folder), device="cpu")
    llava = LlavaForConditionalGeneration.from_pretrained(llava_folder)
    assert load_vision(str(llava_folder), device="cpu").open_store(tmp_path).key != emola.open_store(tmp_path).key
    tower = EmolaForConditionalGeneration.from_pretrained(base_folder).model.vision_tower
    llava.model.vision_tower.load_state_dict(tower.state_dict())
    llava.save_pretrained(llava_folder)
    assert load_vision(str(llava_folder), device="cpu").open_store(tmp_path).key == emola.open_store(tmp_path).key


def test_features_of_a_llava_in_a_dtype_it_is_never_trained_in_are_refused(
    data_folder: Path, llava_folder: Path, tmp_path: Path, capsys
) -> None:
    wanted = [str(data_folder), "--model", str(llava_folder), "--out", str(tmp_path / "features"), "--device", "cpu"]
    assert keep_features([*wanted, "--dtype", "float16"]) == 2
    assert "give one as --dtype" in capsys.readouterr().err
    assert keep_features([*wanted, "--vision", str(data_folder)]) == 2
    assert "has its own vision tower; leave the vision folder (--vision) out" in capsys.readouterr().err


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
