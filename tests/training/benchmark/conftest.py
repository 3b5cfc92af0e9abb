"""A tiny random EmoLA on disk, and small evaluation data for it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPVisionConfig, GenerationConfig, LlamaConfig

from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor

IMAGE_TOKEN_INDEX = 260
ENDS = [2, *range(40, 64)]
"""Ids that end an answer: many, so that the answers of a random model differ in length."""


def _vision() -> CLIPVisionConfig:
    return CLIPVisionConfig(
        image_size=28, patch_size=14, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2
    )


def _text() -> LlamaConfig:
    return LlamaConfig(
        vocab_size=264,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        max_position_embeddings=192,
    )


@pytest.fixture(scope="session")
def tiny_parts() -> Callable[[], dict[str, Any]]:
    """Make the configurations of a small tower and a small language model, new ones for each model."""
    return lambda: {"vision_config": _vision(), "text_config": _text()}


@pytest.fixture(scope="session")
def model_folder(
    tmp_path_factory: pytest.TempPathFactory,
    make_byte_tokenizer: Callable[[], Any],
    tiny_parts: Callable[[], dict[str, Any]],
) -> Path:
    """A random EmoLA (4 patch rows, 212 prior numbers, 192 positions) as ``save_pretrained`` writes it."""
    config = EmolaConfig(
        **tiny_parts(),
        image_token_index=IMAGE_TOKEN_INDEX,
        prior_recipe="mediapipe-106",
        prior_dim=212,
        real_vocab_size=260,
        conversation="plain",
    )
    torch.manual_seed(0)
    model = EmolaForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.prior_projector.parameters():
            parameter.normal_(0, 0.3)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=ENDS, pad_token_id=0)
    folder = tmp_path_factory.mktemp("emola") / "tiny-random"
    model.save_pretrained(folder)
    EmolaProcessor.from_config(config, make_byte_tokenizer()).save_pretrained(folder)
    return folder


def _write_records(root: Path, task: str, count: int) -> list[dict[str, Any]]:
    records = []
    for index in range(count):
        rng = np.random.default_rng(index)
        stem = f"FABAInstruct/eval/images/{index}.png"
        prior = f"FABAInstruct/eval/landmarks/{index}.npy"
        for name in (stem, prior):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (40, 30, 3), dtype=np.uint8)).save(root / stem)
        np.save(root / prior, rng.normal(size=212).astype(np.float32))
        label = str(index % 7) if task == "emotion" else "1, 2, 25"
        words = " ".join(["The face shows AU1."] * (1 + index % 5))
        records.append({"image": stem, "label": label, "gpt4": words, "landmark": prior})
    return records


@pytest.fixture
def make_data(tmp_path: Path) -> Callable[..., Path]:
    """Write a data root with evaluation JSONs of FABA's shape; return the FABAInstruct folder."""

    def make(count: int = 12, recipe: str | None = "mediapipe-106", root: Path | None = None) -> Path:
        root = root or tmp_path / "data"
        for task in ("emotion", "au"):
            records = _write_records(root, task, count)
            path = root / "FABAInstruct" / "eval" / f"eval_{task}_anno.json"
            path.write_text(json.dumps(records))
        if recipe:
            (root / "FABAInstruct" / "eval" / "landmarks" / "priors.json").write_text(json.dumps({"recipe": recipe}))
        return root / "FABAInstruct"

    return make


@pytest.fixture
def read_lines() -> Callable[[Path], list[dict[str, Any]]]:
    """Return the objects of a JSONL file."""
    return lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Write the folder of a finished run from emotion and action-unit predictions.

    ``ids`` stands before every id, ``changes`` in every line, and further names in ``run.json``.
    """

    def make(
        name: str, emotion: Any = (), au: Any = (), ids: str = "", changes: Any = MappingProxyType({}), **more: Any
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (tmp_path / "faces").mkdir(exist_ok=True)
        Image.fromarray(np.full((40, 30, 3), 128, np.uint8)).save(tmp_path / "faces" / "0.png")
        identity = {
            "model": "0",
            "data": "0",
            "decoding": {"name": "greedy", "seed": 0},
            "inputs": "both",
            "image": "pad",
            "numbers": "float32",
            "versions": {"torch": "2"},
        }
        notes = {"model": "M <b>", "data": "D", "root": str(tmp_path), "software": {"git": "abc"}, **more}
        (folder / "run.json").write_text(json.dumps({"format": 1, "identity": identity, **notes}))
        for task, lines in (("emotion", emotion), ("au", au)):
            rows = [
                {
                    "id": f"{ids}{task}-{index}",
                    "task": task,
                    "prediction": said,
                    "reference": "A smile is seen.",
                    "label": label,
                    "group": None,
                    "status": "failed" if said is None else "answered",
                    "reason": "the picture is broken" if said is None else None,
                    "image": "faces/0.png",
                    **changes,
                }
                for index, (said, label) in enumerate(lines)
            ]
            if rows:
                text = "".join(json.dumps(row) + "\n" for row in rows)
                (folder / f"predictions_{task}.jsonl").write_text(text)
        return folder

    return make


@pytest.fixture
def make_release(tmp_path: Path) -> Callable[..., Path]:
    """Write a review release with benchmark rows by task."""

    def make(name: str = "spring", **tasks: list[dict[str, Any]]) -> Path:
        folder = tmp_path / "releases" / name
        (folder / "benchmark").mkdir(parents=True)
        files = {}
        for task, rows in tasks.items():
            content = "".join(json.dumps(row) + "\n" for row in rows).encode()
            (folder / "benchmark" / f"{task}.jsonl").write_bytes(content)
            files[f"benchmark/{task}.jsonl"] = {"sha256": hashlib.sha256(content).hexdigest(), "rows": len(rows)}
        manifest = {"format": "emola-review-release", "name": name, "event_hash": "ab" * 32, "files": files}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make
