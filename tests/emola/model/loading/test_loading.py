"""load_model: what comes back, and every way in which it refuses instead of guessing."""

import json
import shutil

import pytest
import torch
from peft import LoraConfig, PeftModel
from safetensors.torch import load_file, save_file

from emola.errors import CheckpointError, EmolaError, InputError, ResourceError
from emola.model import EmolaConfig, EmolaForConditionalGeneration, loading
from emola.model.loading import load_model
from emola.model.lora import LORA_TARGET_MODULES


def refused(*arguments, **options) -> str:
    """Load, expect a refusal, return its sentence."""
    with pytest.raises(EmolaError) as caught:
        load_model(*arguments, device="cpu", **options)
    return str(caught.value)


def change_weights(folder, change) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def change_json(path, **fields) -> None:
    content = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({name: value for name, value in content.items() if value != "gone"}))


def test_a_saved_model_comes_back_as_it_was(make_emola, ask):
    folder, model = make_emola(display_name="EmoLA-small", prior_recipe="mediapipe-106")
    loaded = load_model(folder, device="cpu")
    assert torch.equal(ask(loaded.model), ask(model))
    assert (loaded.name, loaded.source, loaded.adapter) == ("EmoLA-small", str(folder), None)
    assert (loaded.device, loaded.dtype) == (torch.device("cpu"), torch.float32)
    assert not loaded.model.training and not any(weight.requires_grad for weight in loaded.model.parameters())
    assert loaded.processor.prior_recipe == "mediapipe-106" and loaded.processor.image_token_index == 62
    millions = sum(weight.numel() for weight in model.parameters()) / 1e6
    assert loaded.summary == (
        f"EmoLA-small: {millions:.1f} million parameters on cpu in float32, prior recipe mediapipe-106."
    )


def test_it_generates(make_emola):
    folder, _ = make_emola()
    loaded = load_model(folder, device="cpu")
    inputs = loaded.processor(loaded.processor.build_prompt("w5 w9"), images=None, priors=[Prior()])
    out = loaded.model.generate(**inputs, max_new_tokens=6, min_new_tokens=6, do_sample=False)
    assert out.shape[1] == inputs["input_ids"].shape[1] + 6 and int(out.max()) < 63


class Prior:
    values = [0.5] * 10
    recipe = "emola-2024"


@pytest.mark.parametrize("dtype", ["bfloat16", "bf16", torch.bfloat16])
def test_the_dtype_asked_for_is_used(make_emola, dtype):
    loaded = load_model(make_emola()[0], device="cpu", dtype=dtype)
    assert loaded.dtype == torch.bfloat16
    assert {weight.dtype for weight in loaded.model.parameters()} == {torch.bfloat16}
    assert "in bfloat16" in loaded.summary


def test_a_name_falls_back_on_the_folder(make_emola):
    assert load_model(make_emola(name="my-emola")[0], device="cpu").name == "my-emola"


def test_an_adapter_names_its_base(make_emola, make_adapter, ask):
    folder, model = make_emola()
    plain = ask(model)
    adapter, adapted = make_adapter(model, folder)
    loaded = load_model(adapter, device="cpu")
    torch.testing.assert_close(ask(loaded.model), ask(adapted), atol=1e-4, rtol=0)
    assert (ask(loaded.model) - plain).abs().max() > 0.1
    assert not any("lora" in name for name, _ in loaded.model.named_modules())
    assert loaded.name == "small + adapter"


def test_an_adapter_goes_on_the_base_given(make_emola, make_adapter, ask):
    folder, model = make_emola()
    adapter, adapted = make_adapter(model, None)
    loaded = load_model(folder, adapter=adapter, device="cpu")
    torch.testing.assert_close(ask(loaded.model), ask(adapted), atol=1e-4, rtol=0)
    assert loaded.adapter == str(adapter)
    assert "does not say what it was trained on" in refused(adapter)


@pytest.mark.parametrize(
    "options",
    [
        {"use_rslora": True},
        {"use_dora": True},
        {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 5}},
        {"modules_to_save": None},
    ],
    ids=["rslora", "dora", "patterns", "lora only"],
)
def test_what_peft_can_do_is_honoured(make_emola, make_adapter, ask, options):
    folder, model = make_emola()
    settings = {"r": 4, "lora_alpha": 8, "target_modules": LORA_TARGET_MODULES, "modules_to_save": ["prior_projector"]}
    adapter, adapted = make_adapter(model, folder, LoraConfig(**{**settings, **options}))
    torch.testing.assert_close(ask(load_model(adapter, device="cpu").model), ask(adapted), atol=1e-4, rtol=0)


def test_an_adapter_that_brings_the_projector_makes_an_emola_of_a_llava(llava_folder, make_emola, make_adapter, ask):
    own, model = make_emola(display_name="EmoLA on LLaVA")
    adapter, _ = make_adapter(model, llava_folder)
    shutil.copy(own / "config.json", adapter / "config.json")
    config = EmolaConfig.from_pretrained(own)
    by_peft = EmolaForConditionalGeneration.from_pretrained(
        llava_folder, config=config
    )  # its prior projector is random
    by_peft = PeftModel.from_pretrained(by_peft, adapter).eval()  # until the adapter brings one
    loaded = load_model(adapter, device="cpu")
    torch.testing.assert_close(ask(loaded.model), ask(by_peft), atol=1e-4, rtol=0)
    assert loaded.name == "EmoLA on LLaVA"
    again = load_model(llava_folder, adapter=adapter, device="cpu")
    assert torch.equal(ask(again.model), ask(loaded.model))


def test_without_the_projector_a_llava_stays_a_llava(llava_folder, make_emola, make_adapter):
    own, model = make_emola()
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=LORA_TARGET_MODULES)
    adapter, _ = make_adapter(model, llava_folder, lora)
    assert "no config.json of an EmoLA" in refused(adapter)
    shutil.copy(own / "config.json", adapter / "config.json")
    sentence = refused(adapter)
    assert sentence.count("missing tensor base_model.model.prior_projector") == 4


def test_a_llava_alone_is_called_a_base(llava_folder):
    sentence = refused(llava_folder)
    assert "is a LLaVA base, not an EmoLA" in sentence and "adapter" in sentence


def test_a_released_folder_is_sent_to_convert(make_emola, tmp_path):
    folder = tmp_path / "released"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "emollava"}))
    assert "python -m emola convert" in refused(folder)
    (folder / "adapter_config.json").write_text("{}")
    assert "python -m emola convert" in refused(folder)
    assert "python -m emola convert" in refused(make_emola()[0], adapter=folder)


def test_an_adapter_on_an_adapter_is_refused(make_emola, make_adapter):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    assert "is an adapter itself" in refused(adapter, adapter=adapter)


def test_a_base_that_has_moved_is_named(make_emola, make_adapter, tmp_path):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    folder.rename(tmp_path / "moved")
    sentence = refused(adapter)
    assert str(folder) in sentence and "BASE+ADAPTER" in sentence
    assert load_model(tmp_path / "moved", adapter=adapter, device="cpu").adapter == str(adapter)


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
def test_a_configuration_that_cannot_be_used_is_one_sentence(make_emola, fields, words):
    folder, _ = make_emola()
    change_json(folder / "config.json", **fields)
    assert words in refused(folder)


def test_files_that_are_missing_are_named(make_emola):
    folder, _ = make_emola()
    (folder / "tokenizer.json").unlink()
    assert "tokenizer.json or tokenizer.model" in refused(folder)
    (folder / "model.safetensors").unlink()
    assert "holds no weights" in refused(folder)
    (folder / "config.json").unlink()
    assert "config.json is missing" in refused(folder)
    (folder / "config.json").write_text("{broken")
    assert "cannot be read as JSON" in refused(folder)


def test_no_tensor_is_ever_left_at_random(make_emola):
    folder, _ = make_emola()
    gone = ["prior_projector.linear_1.weight", "language_model.lm_head.weight", "multi_modal_projector.linear_2.bias"]
    change_weights(folder, lambda tensors: [tensors.pop(name) for name in gone])
    sentence = refused(folder)
    assert all(f"missing tensor {name}" in sentence for name in gone) and "for 3 reasons" in sentence


def test_unexpected_and_misshaped_tensors_are_named(make_emola):
    folder, _ = make_emola()

    def change(tensors):
        tensors["stranger.weight"] = torch.zeros(2)
        tensors["prior_projector.linear_1.bias"] = torch.zeros(31)

    change_weights(folder, change)
    sentence = refused(folder)
    assert "unexpected tensor stranger.weight" in sentence and "has shape (31,), expected (32,)" in sentence


def test_a_prior_of_another_length_does_not_fit(make_emola):
    folder, _ = make_emola()
    change_json(folder / "config.json", prior_dim=212)
    assert "has shape (32, 10), expected (32, 212)" in refused(folder)


def test_truncated_weights_are_named(make_emola):
    folder, _ = make_emola()
    whole = (folder / "model.safetensors").read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 20, 0):
        (folder / "model.safetensors").write_bytes(whole[:length])
        assert "model.safetensors cannot be read" in refused(folder)


def test_weights_that_are_not_finite_are_named(make_emola):
    folder, _ = make_emola()

    def change(tensors):
        tensors["prior_projector.linear_1.bias"][3] = float("nan")
        tensors["language_model.lm_head.weight"][0, :2] = 1e30

    change_weights(folder, change)
    sentence = refused(folder, dtype="float16")
    assert "prior_projector.linear_1.bias holds 1 numbers" in sentence and "lm_head.weight holds 2" in sentence


def test_damaged_adapters_are_refused_with_all_that_is_wrong(make_emola, make_adapter):
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
def test_adapter_fields_that_change_the_numbers_are_refused(make_emola, make_adapter, field, value):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    change_json(adapter / "adapter_config.json", **{field: value})
    sentence = refused(adapter)
    assert field in sentence or value in sentence


def test_sources_that_are_nothing_are_refused(tmp_path):
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


def test_code_in_a_checkpoint_is_never_run(make_emola, tmp_path):
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
