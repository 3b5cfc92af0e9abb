"""A tiny random EmoLA on disk, a few faces of noise with answers, and settings that train on them in seconds."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor
from training.data.samples import Sample, read_faba
from training.lora.collator import Collator

PRIOR_DIM = 6
WORDS = [
    "a wide smile",
    "raised brows and an open mouth",
    "AU4",
    "the lip corners go up a little",
    "no movement at all",
]


@pytest.fixture(autouse=True)
def leave_accelerate_fresh(fresh_accelerate: None) -> None:
    """Every test here trains in this process."""


def tiny_config() -> EmolaConfig:
    return EmolaConfig(
        vision_config=CLIPVisionConfig(
            image_size=28, patch_size=14, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
            num_attention_heads=2,
        ),
        text_config=LlamaConfig(
            vocab_size=264, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
            initializer_range=0.2, pad_token_id=0, bos_token_id=1, eos_token_id=2, max_position_embeddings=1024,
        ),
        image_token_index=260, prior_dim=PRIOR_DIM, real_vocab_size=260, conversation="plain", display_name="test",
    )  # fmt: skip


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory, make_byte_tokenizer: Callable[[], Any]) -> Path:
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    config = tiny_config()
    model = EmolaForConditionalGeneration(config)
    with torch.no_grad():
        for parameter in model.prior_projector.parameters():
            parameter.normal_(0, 0.5)
    model.save_pretrained(folder)
    EmolaProcessor.from_config(config, make_byte_tokenizer()).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen training faces and four held-out ones, FABA-shaped."""
    root = tmp_path_factory.mktemp("faba")
    rng = np.random.default_rng(0)
    records: list[dict[str, Any]] = []
    for number in range(18):
        Image.fromarray(rng.integers(0, 256, (30, 28, 3), dtype=np.uint8)).save(root / f"{number}.png")
        np.save(root / f"{number}.npy", rng.normal(size=PRIOR_DIM).astype(np.float32))
        turns = [
            {"from": "human", "value": "What do you see?\n<image>"},
            {"from": "gpt", "value": f"I see {WORDS[number % 5]}" + " and more" * (number % 3) + "."},
        ]
        record = {"id": str(number), "source": "noise", "image": f"{number}.png", "landmark": f"{number}.npy"}
        records.append({**record, "conversations": turns})
    (root / "train.json").write_text(json.dumps(records[:14]))
    (root / "eval.json").write_text(json.dumps(records[14:]))
    return root


@pytest.fixture
def settings(base_folder: Path, data_folder: Path, tmp_path: Path) -> dict[str, Any]:
    """A run of twelve steps of four samples: fp32, no dropout, checkpoints every two steps."""
    return {
        "model": {"base": str(base_folder), "precision": "fp32", "device": "cpu", "gradient_checkpointing": False},
        "lora": {"rank": 4, "alpha": 8, "dropout": 0.0},
        "data": {
            "root": str(data_folder),
            "train_au": str(data_folder / "train.json"),
            "eval_au": str(data_folder / "eval.json"),
            "workers": 0,
        },
        "optimizer": {
            "batch_size": 4, "micro_batch_size": 4, "epochs": 3, "learning_rate": 1e-2, "visual_projector_rate": 2e-3,
        },
        "run": {"out": str(tmp_path / "run"), "checkpoint_every": 2},
    }  # fmt: skip


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    def write(content: dict[str, Any], name: str = "config.yaml") -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def start(repository: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start the command in a process of its own."""

    def start_process(*arguments: str, launcher: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        places = os.pathsep.join([str(repository), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": places}
        return subprocess.Popen(
            [sys.executable, "-m", *launcher, *(("-m",) if launcher else ()), "training.train", *arguments],
            cwd=repository, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return start_process


@pytest.fixture
def make_model() -> Callable[[], EmolaForConditionalGeneration]:
    def make() -> EmolaForConditionalGeneration:
        torch.manual_seed(0)
        return EmolaForConditionalGeneration(tiny_config())

    return make


@pytest.fixture
def processor(byte_tokenizer: Any) -> EmolaProcessor:
    return EmolaProcessor.from_config(tiny_config(), byte_tokenizer)


@pytest.fixture
def llava_folder(processor: EmolaProcessor, tmp_path: Path) -> Path:
    """A plain LLaVA with a vision tower of its own weights."""
    folder, emola = tmp_path / "llava", tiny_config()
    torch.manual_seed(5)
    model = LlavaForConditionalGeneration(
        LlavaConfig(vision_config=emola.vision_config, text_config=emola.text_config, image_token_index=260)
    )
    model.save_pretrained(folder)
    processor.tokenizer.save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    return folder


@pytest.fixture
def samples(data_folder: Path) -> list[Sample]:
    return read_faba(data_folder / "train.json", data_folder, "au", prior_dim=PRIOR_DIM)[0]


@pytest.fixture
def make_batch(processor: EmolaProcessor, samples: list[Sample]) -> Callable[..., dict[str, torch.Tensor]]:
    def make(*places: int) -> dict[str, torch.Tensor]:
        return Collator(processor, 2048)([samples[place] for place in places or (0, 1, 2)])

    return make
