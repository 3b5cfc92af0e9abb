"""Bases that the converter refuses, each with a sentence that names what is wrong."""

import json
from pathlib import Path

import pytest
import torch

from emola.errors import CheckpointError, InputError, ResourceError
from emola.model.conversion import convert as convert_module
from emola.model.conversion.convert import convert_checkpoint

Q_A = "base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight"


@pytest.mark.parametrize("merge", [True, False])
def test_a_base_that_is_not_finite_is_refused_with_every_tensor(factory, merge):
    factory.llava.weights["lm_head.weight"][5, 5] = float("nan")
    factory.llava.weights["model.language_model.layers.1.mlp.up_proj.weight"][0] = float("inf")
    sentence = factory.refused(merge=merge)
    assert "language_model.lm_head.weight" in sentence and "layers.1.mlp.up_proj.weight" in sentence


def test_a_merged_weight_that_overflows_the_bases_dtype_is_refused(make_factory, llava_type, released_type):
    factory = make_factory(llava_type(dtype=torch.float16), released_type())
    factory.released.lora[Q_A] *= 1e6
    sentence = factory.refused(merge=True)
    assert "layers.1.self_attn.q_proj.weight, merged, in torch.float16" in sentence


def test_missing_unexpected_and_misshaped_tensors_of_the_base_are_named(factory):
    weights = factory.llava.weights
    del weights["model.language_model.norm.weight"]
    weights["model.language_model.layers.0.mlp.gate_proj.weight"] = torch.zeros(4, 4)
    weights["model.language_model.layers.0.mlp.gate_proj.bias"] = torch.zeros(4)
    sentence = factory.refused()
    assert "missing tensor language_model.model.norm.weight" in sentence
    assert "gate_proj.weight in model" in sentence and "has shape (4, 4), expected (48, 32)" in sentence
    assert "unexpected tensor language_model.model.layers.0.mlp.gate_proj.bias" in sentence


def test_missing_tensors_of_an_original_base_are_named_as_it_names_them(factory):
    del factory.llava.weights["model.language_model.norm.weight"]
    del factory.llava.weights["model.multi_modal_projector.linear_2.bias"]
    del factory.llava.weights["model.vision_tower.pre_layrnorm.weight"]
    base, clip = factory.original_base()
    sentence = factory.refused(base, vision=clip)
    for name in ("model.norm.weight", "model.mm_projector.2.bias", "vision_model.pre_layrnorm.weight"):
        assert f"missing tensor {name} of shape" in sentence


def test_a_shard_that_is_not_there_is_named(factory):
    base = factory.hf_base()
    (base / "model-00002-of-00003.safetensors").unlink()
    assert "model-00002-of-00003.safetensors" in refused_over(factory, base)


def test_shards_without_an_index_and_an_index_that_lies_are_refused(factory):
    base = factory.hf_base()
    index = base / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    index.unlink()
    assert "model.safetensors.index.json is missing" in refused_over(factory, base)
    content["weight_map"]["ghost.weight"] = "model-00001-of-00003.safetensors"
    del content["weight_map"]["language_model.lm_head.weight"]
    index.write_text(json.dumps(content))
    sentence = refused_over(factory, base)
    assert "missing tensor ghost.weight" in sentence and "unexpected tensor language_model.lm_head.weight" in sentence
    content["weight_map"]["ghost.weight"] = "../elsewhere.safetensors"
    index.write_text(json.dumps(content))
    assert "outside its folder: ../elsewhere.safetensors" in refused_over(factory, base)


def refused_over(factory, base: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        convert_checkpoint(factory.source(), factory.folder / "out", base)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "gpt2"}, "'gpt2'"),
        ({"model_type": "emola"}, "finished training command with run.merged=true"),
        ({"model_type": "emollava"}, "python -m emola convert"),
        ({"quantization_config": {"load_in_4bit": True}}, "quantised"),
        ({"text_config": {"model_type": "mistral"}}, "expected clip_vision_model and llama"),
    ],
)
def test_a_base_of_another_kind_is_refused(factory, change, words):
    base = factory.hf_base()
    fields = json.loads((base / "config.json").read_text()) | change
    (base / "config.json").write_text(json.dumps(fields))
    assert words in refused_over(factory, base)


def test_an_original_base_needs_its_clip_and_says_so(factory, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    base, _clip = factory.original_base()
    with pytest.raises(ResourceError, match="openai/clip-vit-large-patch14-336"):
        convert_checkpoint(factory.source(), factory.folder / "out", base)
    with pytest.raises(InputError, match="no-such-clip"):
        convert_checkpoint(factory.source(), factory.folder / "out", base, vision=factory.folder / "no-such-clip")


def test_a_vision_folder_for_a_base_that_has_one_is_refused(factory):
    _base, clip = factory.original_base()
    assert "--vision" in factory.refused(vision=clip)


def test_a_clip_of_another_size_is_refused(factory):
    base, clip = factory.original_base()
    fields = json.loads((clip / "config.json").read_text())
    fields["vision_config"]["hidden_size"] = 24
    (clip / "config.json").write_text(json.dumps(fields))
    with pytest.raises(CheckpointError, match="mm_hidden_size is 16, but the base has 24"):
        convert_checkpoint(factory.source(), factory.folder / "out", base, vision=clip)


def test_a_full_disk_is_foreseen(factory, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("emola.model.storage.destination.shutil.disk_usage", lambda _: usage)
    assert "GB free" in factory.refused(merge=True)


def test_a_folder_that_is_no_folder_is_refused(factory):
    with pytest.raises(InputError, match="neither a folder nor a hub id"):
        convert_checkpoint(factory.folder / "nowhere", factory.folder / "out", factory.hf_base())
    assert convert_module.ORIGIN_FILE == "origin.json"
