"""Device, dtype, quantisation and memory are chosen by rules that can be stated."""

from types import SimpleNamespace

import pytest
import torch
from transformers import LlamaConfig, LlavaConfig

from emola.errors import InputError, ResourceError
from emola.model import memory, placement
from emola.model.memory import available_bytes, check_memory, container_free_bytes, is_quantizable, needed_bytes
from emola.model.placement import choose_device, choose_dtype, quantization_config

CUDA, CPU, MPS = torch.device("cuda"), torch.device("cpu"), torch.device("mps")


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be a machine with these devices."""

    def pretend(cuda: int = 0, mps: bool = False, bfloat16: bool = True) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bfloat16)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


def test_the_first_device_there_is(machine):
    machine(cuda=1, mps=True)
    assert choose_device() == CUDA
    machine(mps=True)
    assert choose_device("auto") == MPS
    machine()
    assert choose_device("auto") == CPU


def test_a_device_that_is_not_there_is_one_sentence(machine):
    machine(cuda=1)
    assert choose_device("cuda:0") == torch.device("cuda:0") and choose_device("cpu") == CPU
    for name in ("cuda:1", "mps"):
        with pytest.raises(ResourceError, match=name):
            choose_device(name)
    machine()
    with pytest.raises(ResourceError, match="cuda"):
        choose_device("cuda")
    for name in ("gpu", "", "meta", "cuda:x"):
        with pytest.raises(InputError):
            choose_device(name)


@pytest.mark.parametrize(
    ("device", "bfloat16", "expected"),
    [
        (CUDA, True, torch.bfloat16),
        (CUDA, False, torch.float16),
        (MPS, True, torch.float16),
        (CPU, True, torch.float32),
    ],
)
def test_the_best_dtype_of_each_device(machine, device, bfloat16, expected):
    machine(cuda=1, bfloat16=bfloat16)
    assert choose_dtype("auto", device) == expected
    assert choose_dtype("fp16", device) == choose_dtype(torch.float16, device) == torch.float16


@pytest.mark.parametrize("name", ["int8", "double", "", torch.int8])
def test_a_dtype_that_means_nothing_is_one_sentence(name):
    with pytest.raises(InputError, match="no dtype called"):
        choose_dtype(name, CPU)


def test_quantisation_says_what_it_lacks(monkeypatch):
    assert quantization_config(None, CPU, torch.float32) is None
    monkeypatch.setattr(placement, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install bitsandbytes"):
        quantization_config("4bit", CUDA, torch.float16)


def test_projectors_head_and_vision_tower_are_not_quantised(monkeypatch):
    monkeypatch.setattr(placement, "find_spec", lambda name: True)
    monkeypatch.setattr("transformers.BitsAndBytesConfig", lambda **options: SimpleNamespace(**options))
    four, eight = (quantization_config(name, CUDA, torch.bfloat16) for name in ("4bit", "8bit"))
    assert four.load_in_4bit and four.bnb_4bit_quant_type == "nf4" and four.bnb_4bit_compute_dtype == torch.bfloat16
    assert eight.load_in_8bit
    for options in (four, eight):
        assert {"prior_projector", "multi_modal_projector", "vision_tower", "lm_head"} <= set(
            options.llm_int8_skip_modules
        )


SMALL = LlavaConfig(
    text_config=LlamaConfig(
        hidden_size=8, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=16
    )
)
SHAPES = {
    "lm_head.weight": (10, 8),
    "model.language_model.layers.0.mlp.up_proj.weight": (16, 8),
    "model.language_model.norm.weight": (8,),
}


def test_the_bytes_needed_by_hand():
    # weights 80 + 128 + 8 numbers; cache: key and value, 3 layers, 2 heads of 2, 1024 tokens
    cache = 2 * 3 * 4 * 1024
    assert needed_bytes(SHAPES, SMALL, torch.float32) == 4 * (216 + cache)
    assert needed_bytes(SHAPES, SMALL, torch.bfloat16) == 2 * (216 + cache)
    assert needed_bytes(SHAPES, SMALL, torch.bfloat16, "8bit") == 2 * (88 + cache) + 128
    assert needed_bytes(SHAPES, SMALL, torch.bfloat16, "4bit") == 2 * (88 + cache) + int(128 * 0.57)
    assert needed_bytes(SHAPES, SMALL, torch.bfloat16, adapter_numbers=10) == 2 * (216 + cache) + 40


def test_only_linears_inside_the_language_model_shrink():
    assert is_quantizable("model.language_model.layers.0.mlp.up_proj.weight", (4, 4))
    assert not is_quantizable("model.language_model.layers.0.input_layernorm.weight", (4,))
    assert not is_quantizable("model.language_model.embed_tokens.weight", (4, 4))
    assert not is_quantizable("model.multi_modal_projector.linear_1.weight", (4, 4))


def test_the_sentence_has_both_numbers(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 9_800_000_000)
    check_memory(9_700_000_000, CPU, "EmoLA")
    with pytest.raises(ResourceError, match=r"EmoLA needs about 14\.1 GB on cpu, but only 9\.8 GB are free"):
        check_memory(14_100_000_000, CPU, "EmoLA")


def test_a_containers_limit_counts(tmp_path, monkeypatch):
    assert container_free_bytes(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 400\nactive_file 100\ninactive_file 150\nslab 50\n")
    assert container_free_bytes(tmp_path) is None
    (tmp_path / "memory.max").write_text("1000\n")
    assert container_free_bytes(tmp_path) == 1000 - 700 + 250
    monkeypatch.setattr(memory, "container_free_bytes", lambda: 77)
    assert available_bytes(CPU) == 77


def test_a_gpu_counts_what_pytorch_has_reserved_but_not_used(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 1000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 60)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 45)
    assert available_bytes(CUDA) == 115
