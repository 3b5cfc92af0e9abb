import subprocess
from pathlib import Path

import pytest

from emola.errors import InputError
from training.tiny.config import TinyConfig

MINIMAL = "cache: runs/x\nout: runs/x/model\n"


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(MINIMAL)
    return path


def mistakes(path: Path, *changes: str) -> str:
    with pytest.raises(InputError) as caught:
        TinyConfig.read(path, changes)
    return str(caught.value)


def test_shipped_configuration_reads(repository: Path) -> None:
    config = TinyConfig.read(repository / "training/configs/tiny.yaml", ["seed=5", "vision_rate=1e-3"])
    assert config.seed == 5 and config.vision_rate == 1e-3
    assert config.cache == Path("runs/tiny") and config.out == Path("runs/tiny/model")


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text("cache: x\nvison_steps: 3\nthreads: many\nprior_rate: -1\nvision_width: 33\n")
    message = mistakes(path, "oops")
    for part in (
        "6 mistakes",
        "did you mean vision_steps?",
        "threads must be a whole number, not 'many'",
        "out is missing",
        "not of the form",
        "prior_rate must be above 0, not -1",
        "vision_width must be a multiple of 32, not 33",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("train_faces=2.5", "train_faces must be a whole number, not 2.5"),
        ("train_faces=0", "train_faces must be at least 1, not 0"),
        ("train_faces=4100", "train_faces must be a multiple of 250, or less than 250, not 4100"),
        ("eval_faces=251", "eval_faces must be a multiple of 250"),
        ("bank_faces=24001", "they cannot be more"),
        ("seed=9001", "eval_seed and seed are both 9001"),
        ("seed=-1", "seed must be at least 0, not -1"),
        ("workers=0", "workers must be at least 1, not 0"),
        ("threads=true", "threads must be a whole number, not True"),
        ("text_width=48", "text_width must be a multiple of 32, not 48"),
        ("text_width=0", "text_width must be at least 32, not 0"),
        ("vocabulary=259", "vocabulary must be at least 260, not 259"),
        ("checkpoint_seconds=.nan", "checkpoint_seconds must be a number, not nan"),
        ("joint_rate=.inf", "joint_rate must be a number, not inf"),
        ("share_both=3", "share_both must be at least 0 and at most 1, not 3"),
        ("share_both=0.8", "share_both (0.8) and share_image (0.25) are more than 1 together"),
        ("unfreeze_at=1.5", "unfreeze_at must be at least 0 and at most 1"),
        ("joint_batch=0", "joint_batch must be at least 1"),
        ("out=runs/x", "is or holds the cache"),
        ("out=runs", "is or holds the cache"),
        ("out=", "out must be a path, not None"),
    ],
)
def test_values_that_cannot_work_are_refused(minimal: Path, change: str, told: str) -> None:
    message = mistakes(minimal, change)
    assert "has a mistake:" in message and told in message


def test_values_at_the_limits_are_accepted(minimal: Path) -> None:
    changes = ["share_both=0.35", "share_image=0.65", "train_faces=250", "bank_faces=250", "eval_faces=1"]
    config = TinyConfig.read(minimal, [*changes, "checkpoint_seconds=0", "bridge_steps=0", "vision_width=32"])
    assert config.share_image == 0.65 and config.train_faces == config.bank_faces == 250 and config.eval_faces == 1


@pytest.mark.parametrize(("given", "ending"), [([], "tiny.yaml "), (["SMOKE=1"], "tiny.yaml --smoke")])
def test_make_tiny_runs_the_shipped_recipe(given: list[str], ending: str, repository: Path) -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "tiny", *given],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert shown[-1].endswith(f"-m training.tiny --config training/configs/{ending}")
