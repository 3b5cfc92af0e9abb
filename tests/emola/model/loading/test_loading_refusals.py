"""Every folder that load_model refuses, by name and in one sentence, instead of guessing."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from emola.errors import CheckpointError, InputError, ResourceError
from emola.model import loading
from emola.model.loading import load_model


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model_type": "gpt2"}, "of type 'gpt2'"),
        ({"model_type": "gone"}, "of type None"),
        ({"prior_dim": "many"}, "config.json"),
        ({"text_config": {"model_type": "llama", "hidden_size": 30, "num_attention_heads": 4}}, ""),
        ({"conversation": "nonsense"}, "nonsense"),
        ({"quantization_config": {"load_in_8bit": True}}, "quantised"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_sentence(make_emola, fields, words, refused, change_json):
    folder, _ = make_emola()
    change_json(folder / "config.json", **fields)
    assert words in refused(folder)


def test_files_that_are_missing_are_named(make_emola, refused):
    folder, _ = make_emola()
    (folder / "tokenizer.json").unlink()
    assert "tokenizer.json or tokenizer.model" in refused(folder)
    (folder / "model.safetensors").unlink()
    assert "holds no weights" in refused(folder)
    (folder / "config.json").unlink()
    assert "config.json is missing" in refused(folder)
    (folder / "config.json").write_text("{broken")
    assert "cannot be read as JSON" in refused(folder)


def test_no_tensor_is_ever_left_at_random(make_emola, refused, change_weights):
    folder, _ = make_emola()
    gone = ["prior_projector.linear_1.weight", "language_model.lm_head.weight", "multi_modal_projector.linear_2.bias"]
    change_weights(folder, lambda tensors: [tensors.pop(name) for name in gone])
    sentence = refused(folder)
    assert all(f"missing tensor {name}" in sentence for name in gone) and "for 3 reasons" in sentence


def test_unexpected_and_misshaped_tensors_are_named(make_emola, refused, change_weights):
    folder, _ = make_emola()

    def change(tensors):
        tensors["stranger.weight"] = torch.zeros(2)
        tensors["prior_projector.linear_1.bias"] = torch.zeros(31)

    change_weights(folder, change)
    sentence = refused(folder)
    assert "unexpected tensor stranger.weight" in sentence and "has shape (31,), expected (32,)" in sentence


def test_a_prior_of_another_length_does_not_fit(make_emola, refused, change_json):
    folder, _ = make_emola()
    change_json(folder / "config.json", prior_dim=212)
    assert "has shape (32, 10), expected (32, 212)" in refused(folder)


def test_truncated_weights_are_named(make_emola, refused):
    folder, _ = make_emola()
    whole = (folder / "model.safetensors").read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 20, 0):
        (folder / "model.safetensors").write_bytes(whole[:length])
        assert "model.safetensors cannot be read" in refused(folder)


def test_weights_that_are_not_finite_are_named(make_emola, refused, change_weights):
    folder, _ = make_emola()

    def change(tensors):
        tensors["prior_projector.linear_1.bias"][3] = float("nan")
        tensors["language_model.lm_head.weight"][0, :2] = 1e30

    change_weights(folder, change)
    sentence = refused(folder, dtype="float16")
    assert "prior_projector.linear_1.bias holds 1 numbers" in sentence and "lm_head.weight holds 2" in sentence


def test_damaged_adapters_are_refused_with_all_that_is_wrong(make_emola, make_adapter, refused):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    file = adapter / "adapter_model.safetensors"
    tensors = load_file(file)
    names = sorted(tensors)
    lost = names[0]
    del tensors[lost]
    tensors[names[1]] = torch.zeros(3, 3)
    tensors[names[2]][0, 0] = float("nan")
    tensors["stranger"] = torch.zeros(1)
    save_file(tensors, file)
    sentence = refused(adapter)
    for words in (
        f"missing tensor {lost}",
        f"tensor {names[1]} in",
        "1 numbers that are NaN",
        "unexpected tensor stran",
    ):
        assert words in sentence
    file.write_bytes(file.read_bytes()[:-5])
    assert "adapter_model.safetensors cannot be read" in refused(adapter)
    file.unlink()
    assert "no adapter in it" in refused(adapter)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lora_alpha", "gone"),
        ("r", "gone"),
        ("peft_type", "LOHA"),
        ("init_lora_weights", "pissa"),
        ("bias", "all"),
        ("alora_invocation_tokens", [1]),
        ("target_modules", "nothing_of_the_kind"),
    ],
)
def test_adapter_fields_that_change_the_numbers_are_refused(
    make_emola, make_adapter, field, value, refused, change_json
):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    change_json(adapter / "adapter_config.json", **{field: value})
    sentence = refused(adapter)
    assert field in sentence or value in sentence


def test_sources_that_are_nothing_are_refused(tmp_path, refused):
    assert "neither a folder nor a hub id" in refused(tmp_path / "nowhere")
    assert "neither a folder nor a hub id" in refused("nowhere")
    (tmp_path / "file").write_text("")
    assert "is a file" in refused(tmp_path / "file")


def test_offline_a_hub_id_is_one_sentence(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ResourceError, match="HF_HUB_OFFLINE") as caught:
        load_model("someone/some-emola", device="cpu")
    assert "\n" not in str(caught.value)


def test_a_model_in_the_hubs_cache_loads_offline(make_emola, monkeypatch):
    folder, _ = make_emola()
    monkeypatch.setattr("emola.model.storage.source.snapshot_download", lambda *a, **k: str(folder))
    loaded = load_model("someone/some-emola", device="cpu")
    assert loaded.source == "someone/some-emola"


def test_a_model_that_cannot_fit_is_refused_before_it_is_read(make_emola, monkeypatch):
    folder, _ = make_emola()
    monkeypatch.setattr("emola.model.memory.available_bytes", lambda device: 100_000)
    monkeypatch.setattr(loading, "_load_weights", lambda *_: pytest.fail("weights were read"))
    with pytest.raises(ResourceError, match=r"needs about .* but only 0\.1 MB are free"):
        load_model(folder, device="cpu")


def test_quantisation_without_a_gpu_is_one_sentence(make_emola):
    folder, _ = make_emola()
    with pytest.raises(ResourceError, match="4bit quantisation needs a CUDA GPU"):
        load_model(folder, device="cpu", quantization="4bit")
    with pytest.raises(InputError, match="no quantisation called"):
        load_model(folder, device="cpu", quantization="2bit")


def test_code_in_a_checkpoint_is_never_run(make_emola, tmp_path, change_json):
    folder, _ = make_emola()
    mark = tmp_path / "ran"
    code = f"open({str(mark)!r}, 'w').close()\nclass Config: pass\nclass Model: pass\n"
    (folder / "evil.py").write_text(code)
    change_json(folder / "config.json", auto_map={"AutoConfig": "evil.Config", "AutoModel": "evil.Model"})
    change_json(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.Tokenizer", None]})
    try:
        load_model(folder, device="cpu")
    except CheckpointError as error:
        assert "\n" not in str(error).strip() or "tokenizer" in str(error)
    assert not mark.exists()
