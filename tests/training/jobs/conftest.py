"""A command for jobs that is small enough to run and kill many times."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.jobs.board import Jobs
from training.jobs.job import Job, Stage

COUNT = '''
"""Count into a file, a line a step; continue where it was; 'fail' ends with a sentence, 'deaf' ignores Ctrl+C."""
import signal, sys, time
from pathlib import Path
path, steps, seconds, manner = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
if manner == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
done = len(path.read_text().split()) if path.exists() else 0
for step in range(done, steps):
    time.sleep(seconds)
    with path.open("a") as file:
        file.write(f"{step}\\n")
if manner == "fail":
    sys.exit("The number 7 is missing; give it.")
print("counted")
'''


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stage]:
    """Return a stage that counts into ``count.txt`` of its job."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "count_steps.py").write_text(COUNT)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))

    def stage(steps: int = 3, seconds: float = 0.01, manner: str = "", file: str = "count.txt") -> Stage:
        return Stage("Counting", "count_steps", (f"{{job}}/{file}", str(steps), str(seconds), manner))

    return stage


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """Jobs in an empty folder."""
    return Jobs(tmp_path / "jobs")


@pytest.fixture
def wait_for() -> Callable[..., Job]:
    """Wait until a job is in one of some states, or does something; fail with its log after a minute."""

    def wait(jobs: Jobs, name: str, *states: str, until: Callable[[Job], bool] | None = None) -> Job:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            job = jobs.get(name)
            if job.state in states or (until is not None and until(job)):
                return job
            assert not (job.is_over and states), f"{job.state}: {job.reason}\n{jobs.log_tail(name)}"
            time.sleep(0.05)
        pytest.fail(f"{job}\n{jobs.log_tail(name)}")

    return wait


@pytest.fixture
def small_base(tmp_path: Path, make_byte_tokenizer: Callable[[], Any]) -> Path:
    """A random EmoLA that learns thirty steps in a second."""
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig

    from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor

    torch.manual_seed(0)
    vision = {"image_size": 28, "patch_size": 14, "hidden_size": 32, "intermediate_size": 48}
    text = {"vocab_size": 264, "hidden_size": 64, "intermediate_size": 96, "max_position_embeddings": 1024}
    layers = {"num_hidden_layers": 2, "num_attention_heads": 2}
    config = EmolaConfig(
        vision_config=CLIPVisionConfig(**vision, **layers),
        text_config=LlamaConfig(**text, **layers, pad_token_id=0, bos_token_id=1, eos_token_id=2),
        image_token_index=260,
        real_vocab_size=260,
        prior_recipe="mediapipe-106",
        conversation="plain",
        display_name="small",
    )
    folder = tmp_path / "base"
    EmolaForConditionalGeneration(config).save_pretrained(folder)
    EmolaProcessor.from_config(config, make_byte_tokenizer()).save_pretrained(folder)
    return folder


@pytest.fixture
def make_set(tmp_path: Path) -> Callable[..., Path]:
    """Write a data set of FABA's shape with so many records of both tasks in each split; the pictures are empty."""

    def make(name: str, train: int = 0, held_out: int = 0, rendered: bool = True, inside: str = "") -> Path:
        folder = tmp_path / name
        for split, count in (("train", train), ("eval", held_out)):
            (folder / split).mkdir(parents=True)
            names = [f"{inside}{split}/{number}" for number in range(count)]
            for number in range(count):
                (folder / split / f"{number}.png").touch()
            for task, label in (("au", "12"), ("emotion", "0")):
                rows = [{"image": f"{n}.png", "landmark": f"{n}.npy", "label": label, "gpt4": "AU12."} for n in names]
                (folder / split / f"{split}_{task}_anno.json").write_text(json.dumps(rows))
        if rendered:
            (folder / "dataset.json").write_text(json.dumps({"source": "emola-synthetic"}))
        return folder

    return make


@pytest.fixture
def make_release(tmp_path: Path) -> Callable[..., Path]:
    """Write a review release with so many corrected answers and evaluated pictures of each task."""

    def make(name: str, train: int, held_out: int) -> Path:
        folder = tmp_path / "releases" / name
        rows = [{"image": f"train/{number}.png", "landmark": f"train/{number}.npy"} for number in range(train)]
        items = [{"id": str(n), "image": f"eval/{n}.png", "label": "12", "reference": "AU12."} for n in range(held_out)]
        contents = {f"sft/train_{task}_anno.json": json.dumps(rows) for task in ("au", "emotion")}
        lines = "".join(json.dumps(item) + "\n" for item in items)
        contents |= {f"benchmark/{task}.jsonl": lines for task in ("au", "emotion")}
        for path, text in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        hashes = {path: {"sha256": hashlib.sha256(text.encode()).hexdigest()} for path, text in contents.items()}
        manifest = {"format": "emola-review-release", "name": name, "git_revision": "abc", "files": hashes}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make
