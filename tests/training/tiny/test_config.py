from pathlib import Path

import pytest

from emola.errors import InputError
from training.tiny.__main__ import main
from training.tiny.config import TinyConfig


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(text)
    return path


def test_shipped_configuration_reads(repository: Path) -> None:
    config = TinyConfig.read(repository / "training/configs/tiny.yaml", ["seed=5", "vision_rate=1e-3"])
    assert config.seed == 5 and config.vision_rate == 1e-3 and config.out == Path("runs/tiny/model")


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "cache: x\nvison_steps: 3\nthreads: many\nprior_rate: -1\n")
    with pytest.raises(InputError) as caught:
        TinyConfig.read(path, ["oops"])
    message = str(caught.value)
    for part in ("did you mean 'vision_steps'", "threads must be a int", "out is missing", "not of the form", "-1.0"):
        assert part in message


def test_command_says_what_is_wrong_without_a_traceback(tmp_path: Path, capsys) -> None:
    assert main(["--config", str(tmp_path / "none.yaml")]) == 2
    assert main(["evaluate", "--model", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "no configuration file" in error and "holds no model" in error and "Traceback" not in error
