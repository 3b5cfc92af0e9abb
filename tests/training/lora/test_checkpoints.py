"""Checkpoints are whole or not there; a full disk ends in a sentence and leaves the last one intact."""

import errno
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from emola.errors import ResourceError
from training.lora import state as state_module
from training.lora.checkpoints import Checkpoints, read_state, step_of, write_state
from training.train import main


def write_number(number: int) -> Callable[[Path], None]:
    return lambda folder: write_state(folder, {"number": torch.tensor(number)})


def test_the_last_ones_are_kept_in_order(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=2)
    assert checkpoints.latest() is None
    for step in (9, 10, 200):
        checkpoints.save(step, write_number(step))
    assert [step_of(path) for path in checkpoints.all()] == [10, 200]
    latest = checkpoints.latest()
    assert latest is not None and int(read_state(latest)["number"]) == 200


def test_a_partial_one_is_not_seen_and_is_written_over(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.save(1, write_number(1))
    (tmp_path / ".step-00000002.partial").mkdir()
    (tmp_path / ".step-00000002.partial" / "state.pt").write_bytes(b"half")
    assert [step_of(path) for path in checkpoints.all()] == [1]
    checkpoints.save(2, write_number(2))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["step-00000001", "step-00000002"]


def test_a_failed_write_leaves_the_one_before(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.save(1, write_number(1))

    def full(folder: Path) -> None:
        write_number(2)(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(
        ResourceError, match=r"step 2 could not be written \(No space left on device;.*00000001 is intact"
    ):
        checkpoints.save(2, full)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def test_a_write_that_the_system_cuts_off_is_a_sentence_too(tmp_path: Path) -> None:
    """The system's own limit on file sizes makes torch fail as a full disk does, without faking its error."""
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.save(1, write_number(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(ResourceError, match="is intact: make room") as caught:
            checkpoints.save(2, lambda folder: write_state(folder, {"many": torch.zeros(100_000)}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    folder = Checkpoints(tmp_path, keep=1).save(3, write_number(3))
    (folder / "state.pt").write_bytes((folder / "state.pt").read_bytes()[:100])
    with pytest.raises(ResourceError, match="step-00000003 cannot be read; delete it"):
        read_state(folder)


def test_a_full_disk_ends_the_run_in_one_sentence_and_room_lets_it_go_on(
    settings: dict[str, Any],
    write_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = str(write_config(settings))
    written: list[Path] = []

    def fill_up(folder: Path, state: Any) -> None:
        written.append(folder)
        if len(written) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_state(folder, state)

    with monkeypatch.context() as patch:
        patch.setattr(state_module, "write_state", fill_up)
        assert main(["--config", config]) == 1
    complaint = capsys.readouterr().err
    assert "No space left on device" in complaint and "step-00000004 is intact" in complaint
    assert complaint.count("\n") == 1 and "Traceback" not in complaint
    run = tmp_path / "run"
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-00000002", "step-00000004"]
    assert '"failed"' in (run / "heartbeat.json").read_text()
    assert main(["--config", config]) == 0
    assert "Continuing after step 4" in capsys.readouterr().out
