"""Whole runs of the command on a tiny model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from emola.model.loading import load_model
from training.train import main

Settings = dict[str, Any]
Write = Callable[..., Path]


def metrics_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_run_lowers_the_loss_and_leaves_everything_behind(
    settings: Settings, write_config: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--config", str(write_config(settings))]) == 0
    run = tmp_path / "run"
    entries = metrics_of(run)
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    held_out = [entry["eval_loss"] for entry in entries if "eval_loss" in entry]
    assert len(losses) == 12
    assert held_out[-1] < 0.8 * held_out[0]
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-00000010", "step-00000012"]
    assert (run / "loss.png").read_bytes()[:4] == b"\x89PNG"
    assert json.loads((run / "heartbeat.json").read_text())["state"] == "finished"
    printed = capsys.readouterr().out
    assert "14 samples to train on, 4 held out" in printed
    assert "lora:" in printed and "q_proj.lora_A.weight: 2 x" in printed


def test_the_adapter_loads_and_speaks_as_it_was_trained(
    settings: Settings, write_config: Write, tmp_path: Path, base_folder: Path
) -> None:
    settings["run"]["merged"] = True
    assert main(["--config", str(write_config(settings))]) == 0
    loaded = load_model(base_folder, adapter=tmp_path / "run" / "adapter", device="cpu")
    merged = load_model(tmp_path / "run" / "merged", device="cpu")
    for (name, one), (_, other) in zip(loaded.model.named_parameters(), merged.model.named_parameters(), strict=True):
        assert torch.equal(one, other), name
    state = torch.load(tmp_path / "run" / "checkpoints" / "step-00000012" / "state.pt", weights_only=True)
    stored = load_file(tmp_path / "run" / "adapter" / "adapter_model.safetensors")
    assert len(stored) == len(state["model"]) == 2 * 7 * 2 + 8
    for name, tensor in state["model"].items():
        short = name.replace(".default", "").replace("modules_to_save.", "")
        assert torch.equal(stored[short], tensor), name
    card = (tmp_path / "run" / "adapter" / "README.md").read_text()
    assert "Held-out loss after step 12" in card


def test_bfloat16_with_checkpointing_and_workers_trains_too(
    settings: Settings, write_config: Write, tmp_path: Path
) -> None:
    changes = ["model.precision=bf16", "model.gradient_checkpointing=true", "data.workers=1"]
    changes += ["optimizer.micro_batch_size=2", "lora.dropout=0.05"]
    assert main(["--config", str(write_config(settings)), *changes]) == 0
    held_out = [entry["eval_loss"] for entry in metrics_of(tmp_path / "run") if "eval_loss" in entry]
    assert held_out[-1] < 0.8 * held_out[0]
    stored = load_file(tmp_path / "run" / "adapter" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float32}


@pytest.mark.parametrize("inputs", ["prior", "image"])
def test_a_model_can_be_given_one_input_only(
    inputs: str, settings: Settings, write_config: Write, tmp_path: Path, base_folder: Path
) -> None:
    part = "prior_projector" if inputs == "prior" else "visual_projector"
    changes = [f"model.inputs={inputs}", f"lora.parts=[lora, {part}]", "optimizer.max_steps=3"]
    assert main(["--config", str(write_config(settings)), *changes]) == 0
    adapter = tmp_path / "run" / "adapter"
    assert load_model(base_folder, adapter=adapter, device="cpu").config.inputs == inputs
    stored, base = load_file(adapter / "adapter_model.safetensors"), load_file(base_folder / "model.safetensors")
    untouched = "multi_modal_projector" if inputs == "prior" else "prior_projector"
    found = next(tensor for name, tensor in stored.items() if f"{untouched}.linear_1.weight" in name)
    kept = next(tensor for name, tensor in base.items() if f"{untouched}.linear_1.weight" in name)
    assert torch.equal(found, kept)
