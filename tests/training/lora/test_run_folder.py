"""What a reader of a run folder meets: whole files, honest heartbeats, metrics without a torn line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emola.errors import InputError
from training.config import TrainConfig
from training.lora.plot import plot_metrics
from training.lora.run_folder import RunFolder


def state_of(folder: RunFolder) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder.folder / "heartbeat.json").read_text())
    return content


def test_the_heartbeat_tells_how_a_run_ended(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.heartbeat():
        assert state_of(folder)["state"] == "preparing"
        folder._last_beat = 0
        folder.beat(3, 10, "loss 1")
        assert [state_of(folder)[name] for name in ("state", "step", "steps", "message")] == [
            "running",
            3,
            10,
            "loss 1",
        ]
    assert state_of(folder)["state"] == "finished"
    with pytest.raises(ValueError, match="broken"), folder.heartbeat():
        raise ValueError("broken")
    assert [state_of(folder)[name] for name in ("state", "message")] == ["failed", "broken"]
    with pytest.raises(KeyboardInterrupt), folder.heartbeat():
        raise KeyboardInterrupt
    assert state_of(folder)["state"] == "stopped"


def test_only_the_main_process_writes_it(tmp_path: Path) -> None:
    with RunFolder(tmp_path, is_main=False).heartbeat():
        pass
    assert not any(tmp_path.iterdir())


def test_rewinding_drops_later_steps_and_a_torn_line(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for entry in ({"step": 0, "eval_loss": 9.0}, *({"step": step, "loss": 1.0} for step in (1, 2, 3, 4))):
        folder.log(entry)
    with folder.metrics.open("a") as stream:
        stream.write('{"step": 5, "lo')
    assert [entry["step"] for entry in folder.read_metrics()] == [0, 1, 2, 3, 4]
    folder.rewind(2)
    assert [entry["step"] for entry in folder.read_metrics()] == [0, 1, 2]
    assert folder.metrics.read_text().endswith("}\n")
    folder.rewind(0)
    assert folder.read_metrics() == []


def test_the_plot_is_a_picture_of_the_curves(tmp_path: Path) -> None:
    from PIL import Image

    plot_metrics([], tmp_path / "loss.png")
    assert not (tmp_path / "loss.png").exists()
    metrics = [{"step": step, "loss": 3.0 / step, "rates": {"lora": 1e-4}} for step in range(1, 30)]
    plot_metrics([{"step": 0, "eval_loss": 3.0}, *metrics, {"step": 29, "eval_loss": 0.2}], tmp_path / "loss.png")
    with Image.open(tmp_path / "loss.png") as picture:
        assert picture.size == (960, 720)
        assert len(picture.convert("RGB").getcolors(100_000) or []) > 20
    assert [path.name for path in tmp_path.iterdir()] == ["loss.png"]


@pytest.mark.parametrize(
    "left",
    [[".run.json.partial"], ["run.json", ".data.json.partial"], ["run.json", "data.json", ".config.yaml.partial"]],
)
def test_a_run_that_was_killed_while_it_took_its_folder_can_start_again(
    settings: dict[str, Any], write_config: Callable[..., Path], tmp_path: Path, left: list[str]
) -> None:
    config = TrainConfig.from_yaml(write_config(settings))
    folder = tmp_path / "run"
    folder.mkdir()
    for name in left:
        (folder / name).write_text('{"half')
    RunFolder(folder).claim(config, [], {"version": 1})
    assert json.loads((folder / "run.json").read_text()) == {"version": 1}
    (folder / "config.yaml").unlink()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        RunFolder(folder).claim(config, [], {})
