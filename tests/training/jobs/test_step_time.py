"""The time of a step is that of a run that took the same steps: same base however written, adapter, length, device."""

import json
import os
from pathlib import Path

import pytest
import yaml

from training.config import TrainConfig
from training.jobs.step_time import measured_step

CONFIG = {
    "model": {"base": "x", "precision": "fp32", "device": "cpu"},
    "lora": {"rank": 4},
    "data": {"root": "x", "train_au": ["a"], "max_length": 512},
    "optimizer": {"batch_size": 8, "micro_batch_size": 8},
    "run": {"out": "x"},
}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(CONFIG))
    return TrainConfig.from_yaml(path)


@pytest.fixture
def make_run(tmp_path, config):
    def make(name, seconds, device="cpu", **changes):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        settings = config.to_dict()
        for place, value in changes.items():
            section, key = place.split("__")
            settings[section][key] = value
        (folder / "config.yaml").write_text(yaml.safe_dump(settings))
        (folder / "run.json").write_text(json.dumps({"device": device}))
        lines = [{"step": 0, "eval_loss": 1.0}, *({"step": 1, "loss": 1.0, "seconds": s} for s in seconds)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return tmp_path / "runs"

    return make


def test_it_is_the_median_of_the_newest_run(make_run, config):
    runs = make_run("job/old", (3.0,))
    os.utime(runs / "job" / "old" / "metrics.jsonl", (1, 1))
    make_run("job/new", (0.5, 0.7, 9.0))
    assert measured_step(config, runs) == (0.7, "job/new")


@pytest.mark.parametrize(
    "other",
    [
        {"optimizer__batch_size": 4, "optimizer__micro_batch_size": 4},
        {"lora__rank": 16},
        {"data__max_length": 2048},
        {"data__train_emotion": ["b"]},
        {"model__base": "y"},
        {"device": "NVIDIA H100 80GB HBM3"},
    ],
)
def test_a_run_of_other_steps_does_not_count(make_run, config, other):
    assert measured_step(config, make_run("job", (0.5,), **other)) == (None, "")


def test_what_does_not_change_a_step_does_not_count(make_run, config):
    changes = {"run__seed": 7, "optimizer__max_steps": 3, "data__root": "elsewhere", "data__train_au": ["b"]}
    assert measured_step(config, make_run("job", (0.5,), **changes)) == (0.5, "job")


def test_a_base_is_the_same_however_it_is_written(make_run, config, tmp_path, monkeypatch):
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path)
    assert config.model.base == "x"
    assert measured_step(config, make_run("job", (0.5,), model__base=str(Path("x").resolve()))) == (0.5, "job")
