"""LoRA teaches the shipped EmoLA-tiny another form of answer from 200 examples, and the adapter loads and speaks it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from emola.faces.priors.prior import Prior
from emola.imaging import open_image
from emola.model.loading import LoadedModel, load_model
from emola.prompt import QUESTIONS
from training.data.samples import load_prior
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.train import main

FORM = r"AU\d+( left| right)? \([A-E]\)[,.]|No action unit\."


@pytest.fixture
def tiny(repository: Path) -> Path:
    folder = repository / "emola" / "weights" / "tiny"
    if not (folder / "model.safetensors").is_file():
        pytest.skip("the weights of EmoLA-tiny are not in this checkout")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_examples_teach_another_form(tiny: Path, repository: Path, tmp_path: Path) -> None:
    """The commands at the head of the shipped configuration, with their folders moved."""
    faces, run = tmp_path / "brief", tmp_path / "run"
    make_dataset(DatasetPlan(faces, 120, 4242, eval_share=0.15, form="brief"))
    files = [f"{split}/{split}_{task}_anno.json" for split in ("train", "eval") for task in ("au", "emotion")]
    moved = [f"data.{Path(file).stem.removesuffix('_anno')}={faces / file}" for file in files]
    config = repository / "training" / "configs" / "tiny_lora.yaml"
    assert main(["--config", str(config), f"model.base={tiny}", f"data.root={faces}", f"run.out={run}", *moved]) == 0
    samples = [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]
    assert 190 <= sum(sample["split"] == "train" for sample in samples) <= 200
    entries = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    before, after = (entry["eval_loss"] for entry in entries if "eval_loss" in entry)
    assert after < 0.5 * before

    loaded = load_model(tiny, adapter=run / "adapter", device="cpu")
    held_out = [sample for sample in samples if sample["split"] == "eval" and sample["task"] == "au"][:6]
    answers = [_answer(loaded, sample) for sample in held_out]
    assert sum(re.match(FORM, answer) is not None for answer in answers) >= 4, answers


def _answer(loaded: LoadedModel, sample: dict[str, Any]) -> str:
    """Return the first words about a sample's action units."""
    prior = Prior(load_prior(Path(sample["prior"]), loaded.config.prior_dim), loaded.config.prior_recipe)
    prompt = loaded.processor.build_prompt(QUESTIONS["au"])
    inputs = loaded.processor([prompt], [open_image(sample["image"])], [prior])
    with torch.no_grad():
        generated = loaded.model.generate(**inputs, max_new_tokens=24, do_sample=False)
    return loaded.processor.batch_decode(generated, inputs["input_ids"].shape[1])[0]
