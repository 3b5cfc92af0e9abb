"""Settings are read from YAML, changed on the command line, and every mistake is told at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from accelerate.commands.config.config_args import load_config_from_file
from hypothesis import given
from hypothesis import strategies as st

from emola.errors import InputError
from training.config import TrainConfig

Write = Callable[..., Path]
SHIPPED = ("emola_au", "emola_emotion", "emola_joint", "qlora_24gb")


@pytest.fixture
def minimal() -> dict[str, Any]:
    return {"model": {"base": "b"}, "data": {"root": "d", "train_au": "a.json"}, "run": {"out": "r"}}


def mistakes(path: Path, *changes: str) -> str:
    with pytest.raises(InputError) as caught:
        TrainConfig.from_yaml(path, changes)
    return str(caught.value)


def test_what_is_left_out_is_as_published(minimal: dict[str, Any], write_config: Write) -> None:
    config = TrainConfig.from_yaml(write_config(minimal))
    assert (config.lora.rank, config.lora.alpha, config.lora.dropout) == (128, 256, 0.05)
    optimizer = config.optimizer
    assert (optimizer.learning_rate, optimizer.visual_projector_rate) == (1e-4, 2e-5)
    assert (optimizer.warmup, optimizer.weight_decay, optimizer.epochs, optimizer.batch_size) == (0.03, 0, 1, 64)
    assert config.model.precision == "bf16"
    assert config.data.train_au == ("a.json",)


def test_changes_replace_settings(minimal: dict[str, Any], write_config: Write) -> None:
    changes = ["optimizer.learning_rate=3e-4", "data.train_emotion=[x.json, y.json]", "model.quantization=null"]
    config = TrainConfig.from_yaml(write_config(minimal), changes)
    assert config.optimizer.learning_rate == 3e-4
    assert config.data.train_emotion == ("x.json", "y.json")


def test_what_is_written_reads_back(minimal: dict[str, Any], write_config: Write, tmp_path: Path) -> None:
    config = TrainConfig.from_yaml(write_config(minimal), ["lora.parts=[lora]", "optimizer.max_steps=7"])
    (tmp_path / "again.yaml").write_text(config.to_yaml())
    assert TrainConfig.from_yaml(tmp_path / "again.yaml") == config


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("optimizer.learnin_rate=1", "no setting optimizer.learnin_rate; did you mean optimizer.learning_rate?"),
        ("modle.base=x", "no setting modle; did you mean model?"),
        ("run.seed=one", "run.seed must be a whole number, not 'one'"),
        ("run.seed=true", "run.seed must be a whole number, not True"),
        ("run.seed=-1", "run.seed must be at least 0, not -1"),
        ("optimizer.warmup=1.5", "optimizer.warmup must be at least 0 and at most 1, not 1.5"),
        ("optimizer.learning_rate=0", "optimizer.learning_rate must be above 0, not 0"),
        ("optimizer.learning_rate=.inf", "optimizer.learning_rate must be a number, not inf"),
        ("model.inputs=all", "model.inputs must be one of both, prior, image, not 'all'"),
        ("data.train_au=[1]", "data.train_au must be a list of texts, not [1]"),
        ("run.merged=yess", "run.merged must be true or false, not 'yess'"),
        ("optimizer.max_steps=soon", "optimizer.max_steps must be a whole number, or null, not 'soon'"),
        ("run=5", "run must hold 'key: value' lines, not 5"),
        ("nonsense", "'nonsense' is not of the form section.key=value"),
        ("model.base.x=1", "goes into base, which is no section"),
        ("run.out={", "cannot be read"),
        ("optimizer.micro_batch_size=65", "micro_batch_size (65) is larger than the whole step"),
        ("lora.parts=[]", "lora.parts is empty"),
        ("lora.parts=[lora, head]", "lora.parts names head"),
        ("model.inputs=prior", "model.inputs is prior, so lora.parts cannot train visual_projector"),
        ("model.inputs=image", "model.inputs is image, so lora.parts cannot train prior_projector"),
        ("data.train_au=[]", "both empty, so there is nothing to learn from"),
        ("data.eval_au=a.json", "data.train_au and data.eval_au share a.json"),
        ("model={base: b, quantization: 4bit, device: cpu}", "model.quantization 4bit needs a CUDA GPU"),
        ("model={base: b, attention: flash_attention_2, precision: fp32}", "flash_attention_2 needs a CUDA GPU"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once(change: str, told: str, minimal: dict[str, Any], write_config: Write) -> None:
    text = mistakes(write_config(minimal), change)
    assert told in text
    assert "has a mistake: " in text


def test_all_mistakes_are_told_together(minimal: dict[str, Any], write_config: Write) -> None:
    del minimal["model"]["base"]
    text = mistakes(write_config(minimal), "run.sed=1", "lora.rank=0", "data.eval_au=a.json")
    assert "has 4 mistakes" in text
    for told in ("model.base is missing", "did you mean run.seed?", "lora.rank must be at least 1", "share a.json"):
        assert told in text


def test_a_wrong_value_makes_no_second_mistake(minimal: dict[str, Any], write_config: Write) -> None:
    assert "has a mistake: data.train_au" in mistakes(write_config(minimal), "data.train_au=7")


@pytest.mark.parametrize("content", ["[1, 2]", "model: {", "\t"])
def test_a_file_that_is_no_settings_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(content)
    text = mistakes(tmp_path / "bad.yaml")
    assert "bad.yaml" in text and "\n" not in text
    assert "no configuration file" in mistakes(tmp_path / "none.yaml")


@given(st.text(max_size=40))
def test_no_change_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, change: str) -> None:
    path = tmp_path_factory.getbasetemp() / "open.yaml"
    path.write_text("model: {base: b}\ndata: {root: d, train_au: a.json}\nrun: {out: r}\n")
    for text in (change, f"run.seed={change}", f"model.{change}=1"):
        try:
            TrainConfig.from_yaml(path, [text])
        except InputError:
            continue


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_settings_are_the_published_ones(name: str, repository: Path) -> None:
    path = repository / "training" / "configs" / f"{name}.yaml"
    config = TrainConfig.from_yaml(path)
    assert (config.lora.rank, config.lora.alpha, config.lora.dropout) == (128, 256, 0.05)
    assert (config.optimizer.learning_rate, config.optimizer.visual_projector_rate) == (1e-4, 2e-5)
    assert (config.optimizer.batch_size, config.optimizer.warmup, config.optimizer.epochs) == (64, 0.03, 1)
    assert (config.model.precision, config.model.quantization) == ("bf16", "4bit" if name == "qlora_24gb" else None)
    assert bool(config.data.train_au) == (name != "emola_emotion")
    assert bool(config.data.train_emotion) == (name != "emola_au")
    lines = path.read_text().splitlines()
    assert lines[0] == f"#   python -m training.train --config training/configs/{name}.yaml"
    keys = [line for line in lines if line.startswith("  ")]
    assert all("  # " in line for line in keys)
    given_keys = {section: set(values) for section, values in yaml.safe_load(path.read_text()).items()}
    assert given_keys == {section: set(values) for section, values in config.to_dict().items()}


@pytest.mark.parametrize("name", ["accelerate_ddp", "accelerate_fsdp"])
def test_accelerate_reads_the_launch_files(name: str, repository: Path) -> None:
    path = repository / "training" / "configs" / f"{name}.yaml"
    found = load_config_from_file(str(path))
    assert found.num_processes == 4 and found.mixed_precision == "bf16"
    if name == "accelerate_fsdp":
        assert found.fsdp_config["fsdp_version"] == 2
        from transformers.models.llama import modeling_llama

        assert hasattr(modeling_llama, found.fsdp_config["fsdp_transformer_layer_cls_to_wrap"])


def test_deepspeed_settings_leave_the_run_to_decide(repository: Path) -> None:
    found = json.loads((repository / "training" / "configs" / "deepspeed_zero2.json").read_text())
    assert found["zero_optimization"]["stage"] == 2
    for name in ("train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "gradient_clipping"):
        assert found[name] == "auto"
