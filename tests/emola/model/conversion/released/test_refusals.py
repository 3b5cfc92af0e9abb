"""Whatever would change the numbers in silence is refused, by name, all of it in one error, and nothing is written."""

import pickle

import pytest
import torch

from emola.errors import CheckpointError
from emola.model.conversion.convert import convert_checkpoint

LORA = "base_model.model.model.layers.{}.lora_{}.weight"
Q_A = LORA.format("1.self_attn.q_proj", "A")
DOWN_B = LORA.format("0.mlp.down_proj", "B")
VISUAL = "base_model.model.model.mm_projector.0.weight"
PRIOR = "base_model.model.model.landmark_feature_projector.2.bias"


@pytest.mark.parametrize("part", ["lora", "modules", "prior"])
@pytest.mark.parametrize("merge", [True, False])
def test_every_missing_tensor_is_named(factory, part, merge):
    tensors = getattr(factory.released, part)
    gone = sorted(tensors)[::3]
    for name in gone:
        del tensors[name]
    sentence = factory.refused(merge=merge)
    assert all(f"missing tensor {name} of shape" in sentence for name in gone)
    assert sentence.count("missing tensor") == len(gone)


def test_all_448_missing_lora_tensors_are_listed_at_once(make_factory, llava_type, released_type):
    factory = make_factory(llava_type(layers=32), released_type(layers=32))
    names = list(factory.released.lora)
    factory.released.lora = {"stranger": torch.zeros(1)}
    sentence = factory.refused()
    assert all(name in sentence for name in names)
    assert "for 449 reasons" in sentence and "unexpected tensor stranger" in sentence


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("lora", LORA.format("2.self_attn.q_proj", "A")),  # a layer too many
        ("lora", Q_A.replace(".weight", ".default.weight")),
        ("lora", Q_A.replace("model.layers", "model.language_model.layers")),
        ("lora", "base_model.model.lm_head.lora_A.weight"),
        ("modules", "base_model.model.model.mm_projector.4.weight"),
        ("modules", "base_model.model.model.embed_tokens.weight"),
        ("prior", VISUAL),
    ],
)
def test_an_unexpected_tensor_is_named(factory, part, name):
    getattr(factory.released, part)[name] = torch.zeros(3, 3)
    assert f"unexpected tensor {name}" in factory.refused()


@pytest.mark.parametrize(("part", "name"), [("lora", Q_A), ("lora", DOWN_B), ("modules", VISUAL), ("prior", PRIOR)])
def test_a_misshaped_tensor_is_named_with_both_shapes(factory, part, name):
    tensors = getattr(factory.released, part)
    shape = tuple(tensors[name].shape)
    tensors[name] = torch.zeros(*shape, 2)
    sentence = factory.refused()
    assert name in sentence and f"has shape {(*shape, 2)}, expected {shape}" in sentence


@pytest.mark.parametrize(("part", "name"), [("lora", Q_A), ("lora", DOWN_B), ("modules", VISUAL), ("prior", PRIOR)])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_counted_and_named(factory, part, name, value):
    getattr(factory.released, part)[name].view(-1)[3:5] = value
    assert f"tensor {name} in" in (sentence := factory.refused())
    assert "2 numbers that are NaN or infinite" in sentence


def test_integer_weights_are_refused(factory):
    factory.released.lora[Q_A] = torch.ones_like(factory.released.lora[Q_A], dtype=torch.int8)
    assert f"tensor {Q_A} in adapter_model.bin holds torch.int8" in factory.refused()


def test_two_copies_of_the_prior_projector_must_agree(factory):
    factory.released.prior[PRIOR][7] += 0.25
    sentence = factory.refused()
    assert f"{PRIOR} differ by up to 0.25" in sentence and "reasons" not in sentence


def test_copies_that_differ_only_by_rounding_to_their_dtype_agree(factory):
    factory.released.prior = {name: tensor.bfloat16() for name, tensor in factory.released.prior.items()}
    report = convert_checkpoint(factory.source(), factory.folder / "out", factory.hf_base())
    assert report.projector_tensors == 8


@pytest.mark.parametrize("name", ["config.json", "adapter_config.json", "adapter_model.bin"])
def test_a_missing_file_is_named(factory, name):
    base, source = factory.hf_base(), factory.source()
    (source / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        convert_checkpoint(source, factory.folder / "out", base)


def test_every_missing_file_is_in_one_error(factory):
    base, source = factory.hf_base(), factory.source()
    for file in source.iterdir():
        file.unlink()
    with pytest.raises(CheckpointError) as caught:
        convert_checkpoint(source, factory.folder / "out", base)
    for name in ("config.json", "adapter_config.json", "adapter_model", "non_lora_train", "landmark_feature_projector"):
        assert name in str(caught.value)


def test_an_adapter_in_both_file_kinds_is_refused(factory):
    factory.source(files="safetensors")
    assert "both are there" in factory.refused()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("use_rslora", True),
        ("use_dora", True),
        ("bias", "all"),
        ("bias", "lora_only"),
        ("alpha_pattern", {"q_proj": 4}),
        ("rank_pattern", {"q_proj": 4}),
        ("modules_to_save", ["lm_head"]),
        ("fan_in_fan_out", True),
        ("layers_to_transform", [0]),
        ("layers_to_transform", 0),
        ("exclude_modules", ["v_proj"]),
        ("init_lora_weights", "pissa"),
        ("init_lora_weights", "olora"),
        ("lora_bias", True),
        ("trainable_token_indices", [5]),
        ("layer_replication", [[0, 2]]),
        ("target_parameters", ["weight"]),
        ("peft_type", "LOHA"),
        ("a_field_of_tomorrow", 3),
        ("r", None),
        ("r", 0),
        ("r", 8.0),
        ("r", True),
        ("lora_alpha", None),
        ("lora_alpha", "16"),
        ("lora_alpha", -1),
        ("target_modules", None),
        ("target_modules", "all-linear"),
        ("target_modules", ["q_proj", "lm_head"]),
        ("target_modules", r".*_proj|lm_head"),
        ("target_modules", r"("),
    ],
)
def test_an_adapter_field_that_would_change_the_numbers_is_named(factory, field, value):
    factory.released.adapter[field] = value
    sentence = factory.refused()
    assert f"field {field}" in sentence


@pytest.mark.parametrize("field", ["r", "lora_alpha", "target_modules", "peft_type"])
def test_a_field_that_peft_would_fill_in_must_be_there(factory, field):
    del factory.released.adapter[field]
    assert f"field {field}" in factory.refused()


def test_a_rank_that_is_not_the_tensors_is_refused(factory):
    factory.released.adapter["r"] = 4
    assert "has shape (8, 32), expected (4, 32)" in factory.refused()


def test_targets_as_a_pattern_are_understood(factory):
    factory.released.adapter["target_modules"] = r".*layers\.\d+\.(self_attn|mlp)\.\w+_proj"
    assert convert_checkpoint(factory.source(), factory.folder / "out", factory.hf_base()).lora_tensors == 28


def test_fewer_targets_need_fewer_tensors(factory):
    factory.released.adapter["target_modules"] = ["q_proj", "v_proj"]
    kept = {name: tensor for name, tensor in factory.released.lora.items() if "q_proj" in name or "v_proj" in name}
    extra = set(factory.released.lora) - set(kept)
    sentence = factory.refused()
    assert all(f"unexpected tensor {name}" in sentence for name in extra)
    factory.released.lora = kept
    assert convert_checkpoint(factory.source(), factory.folder / "out", factory.hf_base()).lora_tensors == 8


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden_size", 64),
        ("num_hidden_layers", 3),
        ("intermediate_size", 64),
        ("num_attention_heads", 8),
        ("num_key_value_heads", 2),
        ("rms_norm_eps", 1e-6),
        ("rope_theta", 1e6),
        ("rope_scaling", {"type": "linear", "factor": 2.0}),
        ("vocab_size", 129),
        ("vocab_size", None),
        ("hidden_act", "gelu"),
        ("mm_hidden_size", 1024),
        ("mm_projector_type", "linear"),
        ("mm_vision_select_layer", -1),
        ("mm_vision_select_feature", "cls_patch"),
        ("mm_use_im_start_end", True),
        ("mm_use_im_patch_token", True),
        ("landmark_feature_hidden_size", 136),
        ("image_aspect_ratio", "anyres"),
        ("tie_word_embeddings", True),
        ("model_type", "llava_llama"),
    ],
)
def test_a_config_that_does_not_fit_is_named(factory, field, value):
    factory.released.config[field] = value
    sentence = factory.refused()
    assert f"released config {field} is {value!r}" in sentence


def test_faults_of_every_kind_come_in_one_error(factory):
    factory.released.config["hidden_size"] = 64
    factory.released.adapter["use_dora"] = True
    factory.released.modules[VISUAL][0, 0] = float("nan")
    del factory.released.prior[PRIOR]
    sentence = factory.refused()
    for fault in ("hidden_size", "use_dora", "NaN", f"missing tensor {PRIOR}"):
        assert fault in sentence


class Payload:
    """Would run code if it were unpickled."""

    def __reduce__(self):
        return (print, ("code from a pickle ran",))


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", ["adapter_model.bin", "non_lora_trainables.bin", "landmark_feature_projector.bin"])
def test_a_pickle_with_code_is_refused_and_not_run(factory, capsys, name, is_zip):
    base, source = factory.hf_base(), factory.source()
    torch.save({"a": Payload()}, source / name, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(CheckpointError, match="Python objects or code") as caught:
        convert_checkpoint(source, factory.folder / "out", base)
    assert name in str(caught.value) and "\n" not in str(caught.value).split("reasons:")[0]
    assert "ran" not in capsys.readouterr().out


def test_a_bare_pickle_and_a_text_file_are_refused(factory):
    base, source = factory.hf_base(), factory.source()
    for content in (pickle.dumps({"a": 1}), b"no weights at all", b""):
        (source / "adapter_model.bin").write_bytes(content)
        with pytest.raises(CheckpointError, match=r"adapter_model\.bin"):
            convert_checkpoint(source, factory.folder / "out", base)


def test_truncated_files_are_named(factory):
    base, source = factory.hf_base(), factory.source()
    for name, folder in (("adapter_model.bin", source), ("model-00002-of-00003.safetensors", base)):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(CheckpointError, match=name):
            convert_checkpoint(source, factory.folder / "out", base)
        (folder / name).write_bytes(whole)
