"""The parts under the converter: reading and writing shards, names, adapter fields."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig
from safetensors.torch import load_file

from emola.errors import CheckpointError
from emola.model.adapter_fields import HONOURED, IRRELEVANT, MUST_BE_DEFAULT, LoraFields, check_fields
from emola.model.conversion.converted_files import merge_lora
from emola.model.storage.key_mapping import (
    canonical_from_clip,
    canonical_from_hf,
    canonical_from_original,
    canonical_from_released,
    lora_target,
    original_name,
    released_name,
)
from emola.model.storage.problems import Problems
from emola.model.storage.released import count_non_finite
from emola.model.storage.safe_pickle import read_pickled_tensors
from emola.model.storage.shard_writer import PlannedTensor, write_model
from emola.model.storage.shards import WeightFiles, open_weights

DTYPES = [torch.float32, torch.float16, torch.bfloat16]
SHAPES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 7)), min_size=1, max_size=9)


@settings(max_examples=40)
@given(shapes=SHAPES, max_bytes=st.integers(4, 400), seed=st.integers(0, 9))
def test_what_is_streamed_is_what_the_library_reads(tmp_path_factory, shapes, max_bytes, seed):
    folder = tmp_path_factory.mktemp("stream")
    torch.manual_seed(seed)
    tensors = {f"layer.{i}": torch.randn(shape).to(DTYPES[i % 3]) for i, shape in enumerate(shapes)}
    planned = [PlannedTensor(name, tuple(tensor.shape), tensor.dtype) for name, tensor in tensors.items()]
    write_model(folder, planned, iter(tensors.values()), max_bytes)
    files = sorted(folder.glob("*.safetensors"))
    by_library = {name: tensor for file in files for name, tensor in load_file(file).items()}
    weights = open_weights(folder)
    assert by_library.keys() == tensors.keys() == weights.infos.keys()
    for name, tensor in tensors.items():
        assert torch.equal(by_library[name], tensor) and by_library[name].dtype == tensor.dtype
        assert torch.equal(weights.read(name), tensor)
        assert torch.equal(weights.lazily()[name][...], tensor)
    for file in files:
        held = load_file(file)
        assert len(held) == 1 or sum(tensor.nbytes for tensor in held.values()) <= max_bytes
    if len(files) > 1:
        index = json.loads((folder / "model.safetensors.index.json").read_text())
        assert index["weight_map"].keys() == tensors.keys()


def test_a_tensor_that_was_not_planned_is_a_mistake(tmp_path):
    planned = [PlannedTensor("a", (2, 2), torch.float32)]
    for wrong in (torch.zeros(4), torch.zeros(2, 2, dtype=torch.float16)):
        with pytest.raises(ValueError, match="was planned as"):
            write_model(tmp_path, planned, iter([wrong]))


def test_views_and_transposed_tensors_are_written_by_value(tmp_path):
    tensor = torch.arange(6.0).reshape(2, 3).T
    write_model(tmp_path, [PlannedTensor("a", (3, 2), torch.float32)], iter([tensor]))
    assert torch.equal(load_file(tmp_path / "model.safetensors")["a"], torch.tensor([[0.0, 3], [1, 4], [2, 5]]))


def test_the_same_name_in_two_files_is_refused(tmp_path):
    for name in ("a.bin", "b.bin"):
        torch.save({"w": torch.zeros(2)}, tmp_path / name)
    with pytest.raises(CheckpointError, match=r"both a\.bin and b\.bin"):
        WeightFiles([tmp_path / "a.bin", tmp_path / "b.bin"])


@pytest.mark.parametrize("content", [[torch.zeros(2)], {"w": 3}, {"w": {"x": torch.zeros(1)}}, {3: torch.zeros(1)}, 5])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "w.bin")
    with pytest.raises(CheckpointError, match="tensors by name and nothing else"):
        read_pickled_tensors(tmp_path / "w.bin")


def test_a_merge_by_hand():
    weight, a, b = torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[1.0, -1]]), torch.tensor([[2.0], [0.5]])
    merged = merge_lora(weight, a, b, 2.0)
    assert torch.equal(merged, torch.tensor([[5.0, -2], [4, 3]]))
    assert torch.equal(weight, torch.tensor([[1.0, 2], [3, 4]]))


def test_a_small_update_survives_in_half_precision_where_the_weight_can_hold_it():
    weight = torch.full((300, 4), 0.001, dtype=torch.float16)
    a, b = torch.full((8, 4), 1e-4, dtype=torch.float16), torch.full((300, 8), 1e-3, dtype=torch.float16)
    merged = merge_lora(weight, a, b, 2.0)  # the update of 1.6e-6 is below float16's own product precision
    exact = weight.double() + 2.0 * b.double() @ a.double()
    assert torch.equal(merged, exact.to(torch.float16)) and not torch.equal(merged, weight)


@given(size=st.integers(0, 40), bad=st.sets(st.integers(0, 39)), dtype=st.sampled_from(DTYPES))
def test_numbers_that_are_not_finite_are_counted(size, bad, dtype):
    tensor = torch.zeros(size, dtype=dtype)
    hits = [place for place in bad if place < size]
    for place in hits:
        tensor[place] = (float("nan"), float("inf"), float("-inf"))[place % 3]
    assert count_non_finite(tensor) == len(hits)


@pytest.mark.parametrize(
    ("stored", "canonical"),
    [
        ("language_model.lm_head.weight", "lm_head.weight"),
        ("lm_head.weight", "lm_head.weight"),
        ("language_model.model.layers.3.mlp.up_proj.weight", "model.language_model.layers.3.mlp.up_proj.weight"),
        ("model.language_model.layers.3.mlp.up_proj.weight", "model.language_model.layers.3.mlp.up_proj.weight"),
        ("language_model.model.norm.weight", "model.language_model.norm.weight"),
        ("vision_tower.vision_model.pre_layrnorm.bias", "model.vision_tower.pre_layrnorm.bias"),
        ("model.vision_tower.pre_layrnorm.bias", "model.vision_tower.pre_layrnorm.bias"),
        ("multi_modal_projector.linear_1.bias", "model.multi_modal_projector.linear_1.bias"),
        ("prior_projector.linear_2.weight", "prior_projector.linear_2.weight"),
        ("vision_tower.vision_model.embeddings.position_ids", None),
        ("language_model.model.layers.0.self_attn.rotary_emb.inv_freq", None),
    ],
)
def test_names_in_transformers_layouts(stored, canonical):
    assert canonical_from_hf(stored) == canonical


@pytest.mark.parametrize(
    ("stored", "canonical"),
    [
        ("model.embed_tokens.weight", "model.language_model.embed_tokens.weight"),
        ("model.layers.31.self_attn.o_proj.weight", "model.language_model.layers.31.self_attn.o_proj.weight"),
        ("model.mm_projector.0.weight", "model.multi_modal_projector.linear_1.weight"),
        ("model.mm_projector.2.bias", "model.multi_modal_projector.linear_2.bias"),
        ("lm_head.weight", "lm_head.weight"),
    ],
)
def test_names_in_the_original_layout_and_back(stored, canonical):
    assert canonical_from_original(stored) == canonical
    assert original_name(canonical) == stored


def test_names_of_clip_and_of_the_release():
    assert canonical_from_clip("vision_model.post_layernorm.bias") == "model.vision_tower.post_layernorm.bias"
    assert canonical_from_clip("text_model.embeddings.token_embedding.weight") is None
    assert canonical_from_clip("logit_scale") is None
    prior = "base_model.model.model.landmark_feature_projector.0.weight"
    assert canonical_from_released(prior) == "prior_projector.linear_1.weight"
    assert released_name("prior_projector.linear_1.weight") == prior
    visual = "base_model.model.model.mm_projector.2.bias"
    assert canonical_from_released(visual) == "model.multi_modal_projector.linear_2.bias"
    assert released_name("model.multi_modal_projector.linear_2.bias") == visual
    assert canonical_from_released("base_model.model.model.mm_projector.1.weight") is None
    lora = "base_model.model.model.layers.7.mlp.down_proj.lora_B.weight"
    assert lora_target(lora) == ("model.language_model.layers.7.mlp.down_proj.weight", "B")
    assert lora_target("base_model.model.model.layers.7.mlp.down_proj.lora_C.weight") is None


def test_every_field_of_peft_has_been_judged():
    """A newer peft may bring fields that change the numbers: each must be put into one of the three groups."""
    fields = LoraConfig().to_dict()
    assert not fields.keys() - HONOURED - IRRELEVANT - MUST_BE_DEFAULT.keys()
    assert not HONOURED & IRRELEVANT and not (HONOURED | IRRELEVANT) & MUST_BE_DEFAULT.keys()


def test_pefts_own_defaults_pass():
    problems = Problems()
    fields = json.loads(json.dumps({**LoraConfig(r=4, lora_alpha=8).to_dict(), "peft_type": "LORA"}))
    check_fields(fields, problems)
    assert len(problems) == 0


@pytest.mark.parametrize("value", [0, 1, "False", "", 0.0])
def test_a_value_of_another_type_is_not_taken_for_the_default(value):
    problems = Problems()
    check_fields({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "use_rslora": value}, problems)
    assert len(problems) == 1


def test_the_scale_is_alpha_over_rank():
    assert LoraFields(rank=128, alpha=256, paths=()).scale == 2.0
