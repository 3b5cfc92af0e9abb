"""LoRA teaches the shipped EmoLA-tiny a new wording from 200 rendered faces, and the adapter loads and speaks it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from emola.faces.priors.prior import Prior
from emola.imaging import open_image
from emola.model.loading import load_model
from training.data.samples import load_prior
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.train import main

FACES, HELD_OUT, SEED = 220, 20, 4242
QUESTION = "What do you see in this face?"


@pytest.fixture
def tiny(repository: Path) -> Path:
    folder = repository / "emola" / "weights" / "tiny"
    if not (folder / "model.safetensors").is_file():
        pytest.skip("the weights of EmoLA-tiny are not in this checkout")
    return folder


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """Rendered faces with answers in a wording that EmoLA-tiny was not trained on."""
    root = tmp_path / "rendered"
    plan = DatasetPlan(root, FACES, SEED)
    make_dataset(plan)
    truths = [
        json.loads(line)
        for split in ("train", "eval")
        for line in (root / split / "truth.jsonl").read_text().splitlines()
    ]
    records = [_record(plan, number, truth) for number, truth in enumerate(sorted(truths, key=lambda row: row["id"]))]
    (root / "learned.json").write_text(json.dumps(records[HELD_OUT:]))
    (root / "held_out.json").write_text(json.dumps(records[:HELD_OUT]))
    return root


def _record(plan: DatasetPlan, number: int, truth: dict[str, Any]) -> dict[str, Any]:
    named = ", ".join(f"AU{unit['number']}" for unit in truth["action_units"] if unit["named"])
    answer = f"{named or 'no AU'}: {truth['emotion']}."
    turns = [{"from": "human", "value": f"{QUESTION}\n<image>"}, {"from": "gpt", "value": answer}]
    paths = {"image": plan.image(number).as_posix(), "landmark": plan.prior(number).as_posix()}
    return {"id": truth["id"], "source": "rendered", "conversations": turns, **paths}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_examples_teach_a_new_wording(
    tiny: Path, rendered: Path, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    config = {
        "model": {"base": str(tiny), "precision": "fp32", "device": "cpu", "gradient_checkpointing": False},
        "lora": {"rank": 16, "alpha": 32},
        "data": {
            "root": str(rendered), "train_emotion": str(rendered / "learned.json"), "workers": 0,
            "eval_emotion": str(rendered / "held_out.json"), "prior_recipe": "mediapipe-106", "crop": "detect",
        },
        "optimizer": {
            "batch_size": 8, "micro_batch_size": 8, "epochs": 3, "learning_rate": 3e-3, "visual_projector_rate": 6e-4,
        },
        "run": {"out": str(run)},
    }  # fmt: skip
    assert main(["--config", str(write_config(config))]) == 0
    entries = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    before, after = (entry["eval_loss"] for entry in entries if "eval_loss" in entry)
    assert after < 0.5 * before

    loaded = load_model(tiny, adapter=run / "adapter", device="cpu")
    sample = json.loads((run / "samples.jsonl").read_text().splitlines()[-1])
    prior = Prior(load_prior(Path(sample["prior"]), loaded.config.prior_dim), loaded.config.prior_recipe)
    prompt = loaded.processor.build_prompt(QUESTION)
    inputs = loaded.processor([prompt], [open_image(sample["image"])], [prior])
    with torch.no_grad():
        generated = loaded.model.generate(**inputs, max_new_tokens=60, do_sample=False)
    text = loaded.processor.batch_decode(generated, inputs["input_ids"].shape[1])[0]
    assert re.fullmatch(r"(AU\d+(, AU\d+)*|no AU): \w+\.", text)
