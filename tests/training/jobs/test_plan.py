import json
import math
from dataclasses import replace

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from emola.errors import InputError
from training.config import TrainConfig
from training.jobs.lineage import main as note_lineage
from training.jobs.plan import (
    TrainRequest,
    changes,
    data_set,
    find_data_sets,
    plan_training,
    review_release,
    train_stages,
)
from training.loop.turn import find_adapters

CONFIG = {
    "model": {"base": "x", "precision": "fp32", "device": "cpu"},
    "lora": {"rank": 4, "parts": ["lora", "prior_projector"]},
    "data": {"root": "x"},
    "optimizer": {"batch_size": 8, "micro_batch_size": 8, "epochs": 2},
    "run": {"out": "x"},
}


@pytest.fixture
def request_of(tmp_path):
    """A request on 10 + 9 rows and a base of three weights."""
    data = tmp_path / "sets" / "faces"
    for split, rows in (("train", (10, 9)), ("eval", (2, 2))):
        for task, count in zip(("au", "emotion"), rows, strict=True):
            path = data / split / f"{split}_{task}_anno.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps([{}] * count))
    (data / "dataset.json").write_text("{}")
    base = tmp_path / "base"
    base.mkdir()
    weights = {
        "model.language_model.layers.0.self_attn.q_proj.weight": np.zeros((6, 5), np.float32),
        "model.prior_projector.linear_1.weight": np.zeros((3, 2), np.float32),
        "model.language_model.embed_tokens.weight": np.zeros((7, 5), np.float32),
    }
    save_file(weights, base / "model.safetensors")
    config = tmp_path / "small.yaml"
    config.write_text(yaml.safe_dump(CONFIG))
    return TrainRequest(data_set(data), config, str(base))


def test_the_plan_is_counted_by_hand(request_of, tmp_path):
    plan = plan_training(request_of, tmp_path / "runs")
    assert (plan.rows, plan.batch_size) == (19, 8)
    assert plan.steps == 2 * math.ceil(19 / 8) == 6
    assert plan.parameters == 30 + 6 + 35
    assert plan.trained == 4 * (6 + 5) + 6
    assert plan.memory_bytes == 71 * 4 + 50 * 16
    assert plan.step_s is None and plan.measured_in == ""


def test_the_time_of_a_step_is_that_of_the_newest_like_run(request_of, tmp_path):
    runs = tmp_path / "runs"
    config = TrainConfig.from_yaml(request_of.config, changes(request_of))
    for name, batch, seconds in (("like", 8, (0.5, 0.7, 9.0)), ("other", 4, (2.0,))):
        folder = runs / "job" / name
        folder.mkdir(parents=True)
        settings = config.to_dict()
        settings["optimizer"] |= {"batch_size": batch, "micro_batch_size": batch}
        (folder / "config.yaml").write_text(yaml.safe_dump(settings))
        lines = [{"step": 0, "eval_loss": 1.0}, *({"step": 1, "loss": 1.0, "seconds": s} for s in seconds)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    plan = plan_training(request_of, runs)
    assert (plan.step_s, plan.measured_in) == (0.7, "job/like")


def test_the_changes_make_a_configuration_that_training_accepts(request_of):
    config = TrainConfig.from_yaml(request_of.config, changes(replace(request_of, max_steps=3, seed=9)))
    data = request_of.data
    assert config.model.base == request_of.base and config.data.root == str(data.root)
    assert config.data.train_au == (str(data.train_au[0]),) and config.data.eval_emotion
    assert (config.optimizer.max_steps, config.run.seed, config.run.out) == (3, 9, "{job}/training")


def test_a_job_trains_then_asks_both_models_then_reports(request_of):
    stages = train_stages(request_of)
    assert [stage.module for stage in stages[:2]] == ["training.train", "training.jobs.lineage"]
    assert [stage.module for stage in stages[2:]] == ["training.benchmark"] * 3
    assert [stage.watches for stage in stages] == ["training", None, "before", "after", None]
    assert f"{request_of.base}+{{job}}/training/adapter" in stages[3].arguments
    assert len(train_stages(replace(request_of, held_out=0))) == 2
    assert len(train_stages(replace(request_of, data=replace(request_of.data, benchmark=None)))) == 2


def test_a_release_gives_its_files_and_its_lineage(tmp_path):
    folder = tmp_path / "releases" / "spring"
    for name in ("sft/train_au_anno.json", "benchmark/au.jsonl"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("[]")
    (folder / "manifest.json").write_text(json.dumps({"name": "spring", "git_revision": "abc"}))
    choice = review_release(folder, tmp_path)
    assert choice.train_au == (folder / "sft" / "train_au_anno.json",) and choice.train_emotion == ()
    assert choice.benchmark == str(folder) and choice.root == tmp_path
    assert (choice.lineage["release"], choice.lineage["git_revision"]) == ("spring", "abc")
    with pytest.raises(InputError, match="no complete review release"):
        review_release(tmp_path, tmp_path)


def test_the_lineage_lies_beside_the_adapter_and_is_found(request_of, tmp_path):
    adapter = tmp_path / "runs" / "job" / "training" / "adapter"
    adapter.mkdir(parents=True)
    stage = train_stages(replace(request_of, data=replace(request_of.data, lineage={"release": "spring"})))[1]
    assert note_lineage([str(adapter), stage.arguments[1]]) == 0
    (source,) = find_adapters(tmp_path / "runs")
    assert source == f"{request_of.base}+{adapter}"
    assert json.loads((adapter / "lineage.json").read_text())["release"] == "spring"
    assert note_lineage([str(tmp_path / "none"), "{}"]) == 2


def test_rendered_sets_are_found_and_missing_files_left_out(request_of, tmp_path):
    (request_of.data.root / "eval" / "eval_au_anno.json").unlink()
    (found,) = find_data_sets(tmp_path / "sets")
    assert found.title == "faces" and found.eval_au == () and found.benchmark is None
    assert find_data_sets(tmp_path / "none") == []


def test_mistakes_are_told_before_anything_starts(request_of, tmp_path):
    empty = replace(request_of, data=replace(request_of.data, train_au=(), train_emotion=()))
    with pytest.raises(InputError, match="nothing to learn from"):
        plan_training(empty, tmp_path)
    request_of.data.train_au[0].write_text("{")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        plan_training(request_of, tmp_path)


def test_a_base_that_is_not_on_this_disk_has_no_size(request_of, tmp_path):
    plan = plan_training(replace(request_of, base="someone/model"), tmp_path)
    assert plan.parameters is plan.trained is plan.memory_bytes is None
