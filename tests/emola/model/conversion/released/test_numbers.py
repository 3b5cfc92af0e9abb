"""A converted folder computes what the published model computes, whatever the base looks like."""

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors import safe_open

from emola.model import EmolaForConditionalGeneration
from emola.model.conversion.config_checks import check_fit, check_released_config
from emola.model.conversion.convert import convert_checkpoint, emola_config
from emola.model.loading import load_model
from emola.model.storage.checkpoint import _config_of_original, read_config
from emola.model.storage.problems import Problems
from emola.model.storage.skeleton import Skeleton

TOKENS, ROWS = 97, 128
BASES = {
    "old hub names": {"layout": "old"},
    "names transformers 5 writes": {"layout": "middle"},
    "live names, one file": {"layout": "new", "shards": 1},
    "bin shards": {"layout": "old", "files": "bin"},
    "one legacy bin": {"layout": "old", "files": "legacy", "shards": 1},
}


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "adapter"])
@pytest.mark.parametrize("options", BASES.values(), ids=BASES.keys())
def test_over_a_transformers_base_the_logits_are_the_published_ones(factory, inputs, ask, options, merge):
    base = factory.with_processor(factory.hf_base(**options))
    convert_checkpoint(factory.source(), factory.folder / "out", base, merge=merge)
    loaded = load_model(factory.folder / "out", device="cpu")
    got, expected = ask(loaded.model, *inputs), factory.expected(*inputs)
    assert expected.abs().max() > 1
    torch.testing.assert_close(got[:, :TOKENS], expected[:, :TOKENS], atol=1e-4, rtol=0)
    assert torch.isneginf(got[:, TOKENS:]).all() and got.shape[1] == ROWS


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "adapter"])
@pytest.mark.parametrize("files", ["bin", "safetensors"])
def test_over_an_original_base_the_logits_are_the_published_ones(factory, inputs, ask, files, merge):
    base, clip = factory.original_base(files=files)
    factory.with_processor(base)
    convert_checkpoint(factory.source(), factory.folder / "out", base, merge=merge, vision=clip)
    loaded = load_model(factory.folder / "out", device="cpu")
    got, expected = ask(loaded.model, *inputs), factory.expected(*inputs)
    torch.testing.assert_close(got, expected[:, :TOKENS], atol=1e-4, rtol=0)


def test_every_part_of_the_release_matters_to_the_reference(factory, inputs):
    """Guards the tests above: a part that was left out would show."""
    expected = factory.expected(*inputs)
    for tensors in (factory.released.lora, factory.released.modules):
        for name in tensors:
            kept, tensors[name] = tensors[name], torch.zeros_like(tensors[name])
            assert (factory.expected(*inputs) - expected).abs().max() > 1e-3, name
            tensors[name] = kept


@pytest.mark.parametrize(
    ("base_dtype", "lora_dtype", "tolerance"),
    [
        (torch.float32, torch.bfloat16, 1e-4),
        (torch.float32, torch.float16, 1e-4),
        (torch.float16, torch.bfloat16, 0.02),
        (torch.float16, torch.float32, 0.02),
        (torch.bfloat16, torch.bfloat16, 0.1),
    ],
)
def test_published_dtypes_are_merged_in_float32_and_written_in_the_bases(
    make_factory, llava_type, released_type, inputs, ask, base_dtype, lora_dtype, tolerance
):
    factory = make_factory(llava_type(dtype=base_dtype), released_type(dtype=lora_dtype))
    base = factory.with_processor(factory.hf_base(layout="middle"))
    report = convert_checkpoint(factory.source(), factory.folder / "out", base, merge=True)
    assert report.dtype == base_dtype
    with safe_open(str(factory.folder / "out" / "model.safetensors"), framework="pt") as file:
        q_proj = file.get_tensor("language_model.model.layers.0.self_attn.q_proj.weight")
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    a, b = (factory.released.lora[name.format(half)].double() for half in "AB")
    exact = factory.llava.weights["model.language_model.layers.0.self_attn.q_proj.weight"].double() + 2.0 * b @ a
    assert q_proj.dtype == base_dtype
    torch.testing.assert_close(q_proj, exact.float().to(base_dtype), atol=1e-6, rtol=torch.finfo(base_dtype).eps)
    loaded = load_model(factory.folder / "out", device="cpu", dtype="float32")
    got, expected = ask(loaded.model, *inputs), factory.expected(*inputs)
    torch.testing.assert_close(got[:, :TOKENS], expected[:, :TOKENS], atol=tolerance, rtol=0)


@pytest.mark.parametrize("scale", [(8, 8), (8, 32), (4, 6)])
def test_rank_and_alpha_are_taken_as_given(make_factory, llava_type, released_type, inputs, ask, scale):
    factory = make_factory(llava_type(), released_type(rank=scale[0], alpha=scale[1]))
    base = factory.with_processor(factory.hf_base())
    convert_checkpoint(factory.source(), factory.folder / "out", base, merge=True)
    got = ask(load_model(factory.folder / "out", device="cpu").model, *inputs)
    torch.testing.assert_close(got[:, :TOKENS], factory.expected(*inputs)[:, :TOKENS], atol=1e-4, rtol=0)


def test_the_adapter_is_one_that_peft_itself_loads(factory, inputs, ask):
    base = factory.with_processor(factory.hf_base())
    convert_checkpoint(factory.source(files="safetensors"), factory.folder / "out", base)
    config = load_model(factory.folder / "out", device="cpu").config
    model = EmolaForConditionalGeneration.from_pretrained(base, config=config, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, factory.folder / "out").eval()
    got, expected = ask(model, *inputs), factory.expected(*inputs)
    torch.testing.assert_close(got[:, :TOKENS], expected[:, :TOKENS], atol=1e-4, rtol=0)


def test_tensor_names_are_those_save_pretrained_writes(factory):
    base = factory.with_processor(factory.hf_base())
    convert_checkpoint(factory.source(), factory.folder / "out", base, merge=True)
    model = EmolaForConditionalGeneration.from_pretrained(factory.folder / "out")
    model.save_pretrained(factory.folder / "saved")
    names = []
    for folder in ("out", "saved"):
        with safe_open(str(factory.folder / folder / "model.safetensors"), framework="pt") as file:
            names.append(sorted(file.keys()))
    assert names[0] == names[1]
    assert "language_model.model.layers.0.self_attn.q_proj.weight" in names[0]
    config = json.loads((factory.folder / "out" / "config.json").read_text())
    assert config["prior_recipe"] == "emola-2024" and config["crop_recipe"] == "square-pad"
    assert config["real_vocab_size"] == TOKENS and config["text_config"]["vocab_size"] == ROWS


def test_a_release_of_full_depth_has_448_lora_tensors(make_factory, llava_type, released_type, inputs, ask):
    factory = make_factory(llava_type(layers=32), released_type(layers=32))
    assert len(factory.released.lora) == 448
    base = factory.with_processor(factory.hf_base())
    steps = []
    report = convert_checkpoint(
        factory.source(), factory.folder / "out", base, merge=True, progress=lambda *step: steps.append(step)
    )
    assert (report.lora_tensors, report.projector_tensors) == (448, 8)
    assert [step[0] for step in steps] == list(range(1, steps[-1][1] + 1))
    got, expected = ask(load_model(factory.folder / "out", device="cpu").model, *inputs), factory.expected(*inputs)
    torch.testing.assert_close(got[:, :TOKENS], expected[:, :TOKENS], atol=1e-4, rtol=0)


def test_the_published_7b_configurations_fit():
    """As liuhaotian/llava-v1.5-7b, llava-hf/llava-1.5-7b-hf and the release write them; defaults are left out there."""
    released = {
        "model_type": "emollava",
        "hidden_act": "silu",
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_attention_heads": 32,
        "num_hidden_layers": 32,
        "num_key_value_heads": 32,
        "rms_norm_eps": 1e-05,
        "rope_scaling": None,
        "tie_word_embeddings": False,
        "vocab_size": 32000,
        "mm_hidden_size": 1024,
        "mm_projector_type": "mlp2x_gelu",
        "mm_use_im_patch_token": False,
        "mm_use_im_start_end": False,
        "mm_vision_select_feature": "patch",
        "mm_vision_select_layer": -2,
        "landmark_feature_hidden_size": 212,
        "image_aspect_ratio": "pad",
    }
    vision = {
        "hidden_size": 1024,
        "image_size": 336,
        "intermediate_size": 4096,
        "model_type": "clip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "patch_size": 14,
        "projection_dim": 768,
    }
    hub = {
        "model_type": "llava",
        "image_token_index": 32000,
        "pad_token_id": 32001,
        "projector_hidden_act": "gelu",
        "text_config": {
            "model_type": "llama",
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-05,
            "torch_dtype": "float16",
            "vocab_size": 32064,
        },
        "torch_dtype": "float16",
        "vision_config": vision,
        "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default",
    }
    bases = [
        read_config(Path("hub"), "llava-hf", hub),
        _config_of_original(
            {**released, "model_type": "llava"}, {"model_type": "clip", "vision_config": vision}, Path()
        ),
    ]
    for base in bases:
        problems = Problems()
        check_released_config(released, problems)
        check_fit(released, base, problems)
        problems.raise_if_any("the published configurations do not fit")
        config = emola_config(base, real_vocab_size=32000)
        assert (config.image_seq_length, config.image_token_index) == (576, 32000)
        shapes = Skeleton(config).shapes
        without_prior = {name: shape for name, shape in shapes.items() if not name.startswith("prior_projector.")}
        padding = 2 * 64 * 4096 if base is bases[0] else 0
        assert len(without_prior) == 686
        assert sum(torch.Size(shape).numel() for shape in without_prior.values()) == 7_062_902_784 + padding
