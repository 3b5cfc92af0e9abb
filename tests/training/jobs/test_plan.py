import json
import math
from dataclasses import replace

import pytest
import yaml
from safetensors.numpy import load_file

from emola.errors import InputError
from training.config import TrainConfig
from training.jobs.choices import data_set, review_release
from training.jobs.lineage import main as note_lineage
from training.jobs.plan import TrainRequest, changes, measuring_stages, plan_training, train_stages
from training.loop.turn import find_adapters
from training.page_train_html import plan_html

CONFIG = {
    "model": {"base": "x", "precision": "fp32", "device": "cpu"},
    "lora": {"rank": 4, "parts": ["lora", "prior_projector"]},
    "data": {"root": "x"},
    "optimizer": {"batch_size": 8, "micro_batch_size": 8, "epochs": 2},
    "run": {"out": "x"},
}


@pytest.fixture
def request_of(tmp_path, make_set, small_base):
    """A request on 10 + 9 rows of a rendered set, measured on its two held-out faces."""
    data = data_set(make_set("faces", train=10, held_out=2))
    rows = json.loads(data.train_emotion[0].read_text())
    data.train_emotion[0].write_text(json.dumps(rows[:9]))
    config = tmp_path / "small.yaml"
    config.write_text(yaml.safe_dump(CONFIG))
    return TrainRequest(data, config, str(small_base), measure=data)


def numbers_in(folder):
    """How many numbers the weights of a model hold, counted in its file."""
    return sum(weight.size for weight in load_file(folder / "model.safetensors").values())


def test_the_plan_is_counted_by_hand(request_of, tmp_path, small_base):
    plan = plan_training(request_of, tmp_path / "runs")
    assert (plan.rows, plan.batch_size) == (19, 8)
    assert plan.steps == 2 * math.ceil(19 / 8) == 6
    layer = 4 * (64 + 64) + 3 * (64 + 96)  # q, k, v, o; gate, up, down
    projector = 212 * 64 + 64 + 64 * 64 + 64
    assert plan.trained == 4 * 2 * layer + projector
    assert plan.parameters == numbers_in(small_base)
    assert plan.memory_bytes == plan.parameters * 4 + plan.trained * 16
    assert plan.step_s is None and plan.measured_in == ""


def test_the_plan_says_what_will_be_asked(request_of, tmp_path):
    assert plan_training(request_of, tmp_path).asked == {"au": 2, "emotion": 2}
    assert plan_training(replace(request_of, held_out=1), tmp_path).asked == {"au": 1, "emotion": 1}
    assert plan_training(replace(request_of, held_out=0), tmp_path).asked == {}
    assert plan_training(replace(request_of, measure=None), tmp_path).asked == {}


def test_a_release_of_training_corrections_is_measured_on_another_set_or_not_at_all(request_of, make_release, tmp_path):
    release = review_release(make_release("corrected", train=3, held_out=0), request_of.data.root)
    asked = replace(request_of, data=release)
    plan = plan_training(asked, tmp_path)
    assert (plan.rows, plan.asked) == (6, {"au": 2, "emotion": 2})
    before = train_stages(asked)[2].arguments
    assert before[before.index("--data") + 1] == str(request_of.data.root)
    with pytest.raises(InputError, match="Release corrected holds no items to ask about"):
        plan_training(replace(asked, measure=release), tmp_path)


def test_the_evaluated_rows_of_a_release_are_counted(request_of, make_release, tmp_path):
    release = review_release(make_release("both", train=3, held_out=5), request_of.data.root)
    assert plan_training(replace(request_of, data=release, measure=release), tmp_path).asked == {"au": 5, "emotion": 5}


def test_pictures_that_are_learned_from_are_not_asked_about(request_of, tmp_path):
    root = request_of.data.root
    rows = json.loads((root / "train" / "train_au_anno.json").read_text())
    (root / "eval" / "eval_au_anno.json").write_text(json.dumps(rows[:3]))
    with pytest.raises(InputError, match="3 of the pictures to be asked about in faces are learned from"):
        plan_training(request_of, tmp_path)


def test_the_changes_make_a_configuration_that_training_accepts(request_of):
    config = TrainConfig.from_yaml(request_of.config, changes(replace(request_of, max_steps=3, seed=9)))
    data = request_of.data
    assert config.model.base == request_of.base and config.data.root == str(data.root)
    assert config.data.train_au == (str(data.train_au[0]),) and config.data.eval_emotion
    assert (config.optimizer.max_steps, config.run.seed, config.run.out) == (3, 9, "{job}/training")


@pytest.mark.parametrize("recipe", ["emola-2024", "insightface-106"])
def test_recipe_and_crop_are_the_configurations_unless_the_data_say_their_recipe(
    request_of, make_set, tmp_path, recipe
):
    content = CONFIG | {"data": {"root": "x", "prior_recipe": recipe, "crop": "whole"}}
    request_of.config.write_text(yaml.safe_dump(content))
    silent = replace(request_of, data=data_set(make_set("silent", train=2, rendered=False)))
    found = TrainConfig.from_yaml(silent.config, changes(silent)).data
    assert (found.prior_recipe, found.crop) == (recipe, "whole")
    with pytest.raises(InputError, match=rf"reads priors made by mediapipe-106, but .* is {recipe}"):
        plan_training(silent, tmp_path)
    plan = plan_training(request_of, tmp_path)
    assert (plan.prior_recipe, plan.data_say_recipe, plan.crop) == ("mediapipe-106", True, "whole")


def test_a_plan_whose_configuration_says_the_recipe_tells_so(request_of, make_set, tmp_path):
    request_of.config.write_text(yaml.safe_dump(CONFIG | {"data": {"root": "x", "prior_recipe": "mediapipe-106"}}))
    silent = replace(request_of, data=data_set(make_set("silent", train=2, rendered=False)))
    plan = plan_training(silent, tmp_path)
    assert (plan.prior_recipe, plan.data_say_recipe) == ("mediapipe-106", False)
    assert "mediapipe-106, as configured" in plan_html(plan)


def test_a_crop_that_the_base_was_not_made_for_is_told(request_of, tmp_path, small_base):
    plan = plan_training(request_of, tmp_path)
    assert (plan.crop, plan.base_crop) == ("whole", "whole") and "was made for" not in plan_html(plan)
    config = json.loads((small_base / "config.json").read_text())
    (small_base / "config.json").write_text(json.dumps(config | {"crop_recipe": "aligned-112"}))
    plan = plan_training(request_of, tmp_path)
    assert plan.base_crop == "detect"
    assert "whole, as configured; the base was made for pictures cut to the face" in plan_html(plan)


def test_data_of_another_recipe_than_the_bases_are_refused(request_of, tmp_path):
    (request_of.data.root / "train" / "priors.json").write_text(json.dumps({"recipe": "emola-2024"}))
    (request_of.data.root / "eval" / "priors.json").write_text(json.dumps({"recipe": "emola-2024"}))
    with pytest.raises(InputError, match=r"reads priors made by mediapipe-106, but .* is emola-2024"):
        plan_training(request_of, tmp_path)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("nope", "nope is neither a folder nor a hub id like owner/name"),
        ("/nowhere/at/all", "neither a folder nor a hub id"),
        ("{folder}", "config.json is missing"),
        ("{folder}/file", "is a file"),
    ],
)
def test_a_base_that_is_none_is_refused(request_of, tmp_path, base, words):
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "file").touch()
    with pytest.raises(InputError, match=words):
        plan_training(replace(request_of, base=base.format(folder=folder)), tmp_path)


def test_a_base_of_the_hub_has_no_size_and_is_not_asked_for(request_of, tmp_path, monkeypatch):
    def asked(*_, **__):
        raise AssertionError("the hub was asked")

    monkeypatch.setattr("emola.model.storage.source.snapshot_download", asked)
    plan = plan_training(replace(request_of, base="someone/model"), tmp_path)
    assert plan.parameters is plan.trained is plan.memory_bytes is None


def test_a_job_trains_then_asks_both_models_then_reports(request_of):
    stages = train_stages(request_of)
    assert [stage.module for stage in stages[:2]] == ["training.train", "training.jobs.lineage"]
    assert [stage.module for stage in stages[2:]] == ["training.benchmark"] * 3
    assert [stage.watches for stage in stages] == ["training", None, "before", "after", None]
    assert f"{request_of.base}+{{job}}/training/adapter" in stages[3].arguments
    assert len(train_stages(replace(request_of, held_out=0))) == 2
    assert len(train_stages(replace(request_of, measure=None))) == 2


def test_measuring_takes_a_few_steps_on_as_many_rows_and_leaves_no_adapter_for_the_demo(request_of):
    (stage,) = measuring_stages(replace(request_of, max_steps=500))
    config = TrainConfig.from_yaml(request_of.config, stage.arguments[2:])
    assert (config.optimizer.max_steps, config.data.limit, config.data.eval_au) == (3, 24, ())
    assert config.run.out == "{job}/measuring" and stage.watches == "measuring"


def test_the_lineage_lies_beside_the_adapter_and_is_found(request_of, tmp_path):
    adapter = tmp_path / "runs" / "job" / "training" / "adapter"
    adapter.mkdir(parents=True)
    stage = train_stages(replace(request_of, data=replace(request_of.data, lineage={"release": "spring"})))[1]
    assert note_lineage([str(adapter), stage.arguments[1]]) == 0
    (source,) = find_adapters(tmp_path / "runs")
    assert source == f"{request_of.base}+{adapter}"
    assert json.loads((adapter / "lineage.json").read_text())["release"] == "spring"
    assert note_lineage([str(tmp_path / "none"), "{}"]) == 2


def test_mistakes_are_told_before_anything_starts(request_of, tmp_path):
    empty = replace(request_of, data=replace(request_of.data, train_au=(), train_emotion=()))
    with pytest.raises(InputError, match="no descriptions to learn from"):
        plan_training(empty, tmp_path)
    request_of.data.train_au[0].write_text("{")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        plan_training(request_of, tmp_path)
