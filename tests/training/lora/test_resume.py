"""A run that is killed at any moment and started again ends with the very same weights."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from emola.model import EmolaForConditionalGeneration, EmolaProcessor
from training.train import main

SLOW_SAVES = """
import runpy, sys, time
import training.lora.state as state

write = state.write_state


def write_slowly(folder, content):
    time.sleep(0.5)
    write(folder, content)


state.write_state = write_slowly
sys.argv = sys.argv[2:]
runpy.run_module("training.train", run_name="__main__", alter_sys=True)
"""
"""Training whose checkpoints take half a second: long enough to be killed at any of them on any machine."""

Settings = dict[str, Any]
Write = Callable[..., Path]


def adapter_of(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "adapter" / "adapter_model.safetensors")


def steps_logged(run: Path) -> int:
    path = run / "metrics.jsonl"
    return path.read_text().count('"loss"') if path.is_file() else 0


def kill(process: Any, due: Callable[[], bool]) -> None:
    """SIGKILL a running process as soon as ``due``."""
    while not due():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_runs_end_with_the_same_weights(
    settings: Settings,
    write_config: Write,
    start: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings["lora"]["dropout"] = 0.2
    settings["optimizer"] |= {"epochs": 5, "micro_batch_size": 2}
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    config = str(write_config(settings))
    steady = start("--config", config, f"run.out={undisturbed}")
    assert steady.wait() == 0, steady.communicate()[1]

    (tmp_path / "slow_saves.py").write_text(SLOW_SAVES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    moments: list[Callable[[], bool]] = [
        lambda: steps_logged(killed) >= 3,
        lambda: any(killed.glob("checkpoints/.*.partial")) and steps_logged(killed) > 7,
        lambda: steps_logged(killed) >= 13,
    ]
    for due in moments:
        kill(start("--config", config, f"run.out={killed}", launcher=("slow_saves",)), due)
    assert not (killed / "adapter").exists()
    last = start("--config", config, f"run.out={killed}")
    printed, complaints = last.communicate()
    assert last.returncode == 0, complaints
    assert "Continuing after step" in printed

    expected, found = adapter_of(undisturbed), adapter_of(killed)
    assert expected.keys() == found.keys()
    differing = [name for name in expected if not torch.equal(expected[name], found[name])]
    assert not differing
    steps = [json.loads(line)["step"] for line in (killed / "metrics.jsonl").read_text().splitlines()]
    assert steps == [0, *range(1, 21), 20]


def with_tied_embeddings(base: Path, folder: Path) -> Path:
    """Write the same model with one matrix for words in and words out, as EmoLA-tiny has."""
    model = EmolaForConditionalGeneration.from_pretrained(base)
    model.config.tie_word_embeddings = model.config.text_config.tie_word_embeddings = True
    model.tie_weights()
    model.save_pretrained(folder)
    EmolaProcessor.from_pretrained(base).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("tied", [False, True])
def test_stopping_by_hand_and_going_on_changes_nothing(
    settings: Settings, write_config: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tied: bool
) -> None:
    settings["lora"]["dropout"] = 0.2
    if tied:
        settings["model"]["base"] = str(with_tied_embeddings(Path(settings["model"]["base"]), tmp_path / "tied"))
    config = str(write_config(settings))
    assert main(["--config", config, f"run.out={tmp_path / 'steady'}"]) == 0
    from training.lora import loop

    take = loop._take_step

    def stop_at_seven(session: Any, loader: Any, number: int, *rest: Any) -> Any:
        if number == 7:
            raise KeyboardInterrupt
        return take(session, loader, number, *rest)

    run = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        patch.setattr(loop, "_take_step", stop_at_seven)
        assert main(["--config", config, f"run.out={run}"]) == 1
    assert json.loads((run / "heartbeat.json").read_text())["state"] == "stopped"
    assert main(["--config", config, f"run.out={run}"]) == 0
    expected, found = adapter_of(tmp_path / "steady"), adapter_of(run)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    before = (run / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns
    assert main(["--config", config, f"run.out={run}"]) == 0
    assert (run / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns == before
