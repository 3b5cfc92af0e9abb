"""load_model: what comes back."""

import json
import shutil

import pytest
import torch
from peft import LoraConfig, PeftModel

from emola.model import EmolaConfig, EmolaForConditionalGeneration
from emola.model.loading import load_model
from emola.model.lora import LORA_TARGET_MODULES


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


def test_an_adapter_goes_on_the_base_given(make_emola, make_adapter, ask, refused):
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


def test_without_the_projector_a_llava_stays_a_llava(llava_folder, make_emola, make_adapter, refused):
    own, model = make_emola()
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=LORA_TARGET_MODULES)
    adapter, _ = make_adapter(model, llava_folder, lora)
    assert "no config.json of an EmoLA" in refused(adapter)
    shutil.copy(own / "config.json", adapter / "config.json")
    sentence = refused(adapter)
    assert sentence.count("missing tensor base_model.model.prior_projector") == 4


def test_a_llava_alone_is_called_a_base(llava_folder, refused):
    sentence = refused(llava_folder)
    assert "is a LLaVA base, not an EmoLA" in sentence and "adapter" in sentence


def test_a_released_folder_is_sent_to_convert(make_emola, tmp_path, refused):
    folder = tmp_path / "released"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "emollava"}))
    assert "python -m emola convert" in refused(folder)
    (folder / "adapter_config.json").write_text("{}")
    assert "python -m emola convert" in refused(folder)
    assert "python -m emola convert" in refused(make_emola()[0], adapter=folder)


def test_an_adapter_on_an_adapter_is_refused(make_emola, make_adapter, refused):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    assert "is an adapter itself" in refused(adapter, adapter=adapter)


def test_a_base_that_has_moved_is_named(make_emola, make_adapter, tmp_path, refused):
    folder, model = make_emola()
    adapter, _ = make_adapter(model, folder)
    folder.rename(tmp_path / "moved")
    sentence = refused(adapter)
    assert str(folder) in sentence and "BASE+ADAPTER" in sentence
    assert load_model(tmp_path / "moved", adapter=adapter, device="cpu").adapter == str(adapter)
