"""Checkpoints of one recipe are never continued with another; what decides no weights may change."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from emola.errors import InputError
from training.tiny.__main__ import main
from training.tiny.config import TinyConfig
from training.tiny.recipe import BOUND, RECIPE, claim_cache


@pytest.fixture
def config(tmp_path: Path) -> TinyConfig:
    return TinyConfig(cache=tmp_path / "cache", out=tmp_path / "model", vision_steps=300)


def begin(config: TinyConfig, *stages: str, step: int = 100) -> None:
    claim_cache(config)
    for stage in stages:
        torch.save({"step": step}, config.cache / f"{stage}.pt")


def test_every_setting_is_bound_or_decides_no_weights() -> None:
    free = {"cache", "out", "workers", "threads", "checkpoint_seconds", "eval_faces", "eval_seed", "settle_steps"}
    assert BOUND["settle"] == {field.name for field in fields(TinyConfig)} - free


def test_every_setting_that_differs_is_named(config: TinyConfig) -> None:
    begin(config, "vision")
    with pytest.raises(InputError) as caught:
        claim_cache(replace(config, seed=2, train_faces=500, threads=1))
    told = str(caught.value)
    assert "were made with seed 1 (now 2), train_faces 24000 (now 500); set that back" in told
    assert "threads" not in told and json.loads((config.cache / RECIPE).read_text())["seed"] == 1


def test_what_decides_no_weights_may_change(config: TinyConfig) -> None:
    begin(config, *BOUND)
    claim_cache(replace(config, threads=1, workers=1, checkpoint_seconds=5.0, eval_faces=250, settle_steps=9999))
    assert json.loads((config.cache / RECIPE).read_text())["settle_steps"] == 9999


def test_a_stage_that_has_not_begun_may_change(config: TinyConfig) -> None:
    begin(config, "vision")
    claim_cache(replace(config, joint_rate=0.5, vocabulary=700))
    torch.save({"step": 1}, config.cache / "prior.pt")
    with pytest.raises(InputError, match=r"vocabulary 700 \(now 800\)"):
        claim_cache(replace(config, joint_rate=0.5, vocabulary=800))


def test_steps_grow_until_a_later_stage_builds_on_them(config: TinyConfig) -> None:
    begin(config, "vision")
    claim_cache(replace(config, vision_steps=400))
    claim_cache(replace(config, vision_steps=100))
    with pytest.raises(InputError, match=r"vision_steps is 99, but the checkpoint .* has taken 100 steps already"):
        claim_cache(replace(config, vision_steps=99))
    begin(replace(config, vision_steps=100), "bridge")
    with pytest.raises(InputError, match=r"made with vision_steps 100 \(now 400\)"):
        claim_cache(replace(config, vision_steps=400))


def test_checkpoints_of_unknown_origin_are_refused(config: TinyConfig) -> None:
    begin(config, "vision")
    (config.cache / RECIPE).unlink()
    with pytest.raises(InputError, match=r"no recipe\.json says what they were made with; delete its \*\.pt files"):
        claim_cache(config)
    (config.cache / "vision.pt").unlink()
    claim_cache(config)


def test_the_command_says_it_before_any_work(config: TinyConfig, repository: Path, capsys) -> None:
    recipe, places = repository / "training/configs/tiny.yaml", [f"cache={config.cache}", f"out={config.out}"]
    begin(TinyConfig.read(recipe, places), "vision")
    assert main(["--config", str(recipe), *places, "text_width=64", "vision_width=64"]) == 2
    assert "were made with vision_width 160 (now 64); set that back" in capsys.readouterr().err
    assert sorted(path.name for path in config.cache.iterdir()) == [RECIPE, "vision.pt"]
