"""What the README says exists, and its commands answer."""

import json
import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
import yaml
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


GROUPED = ("user", "campaign", "release", "blind-check")
"""Commands of ``python -m review`` that have commands of their own."""


def commands() -> list[str]:
    """Every line of the README's code blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def python_commands() -> list[str]:
    return [line for line in commands() if line.startswith("python ")]


def command_of(words: list[str]) -> list[str]:
    """The words of a command line up to the command whose options follow."""
    module = 2 if words[0] == "-m" else 1
    names = list(takewhile(re.compile("[a-z][a-z-]*").fullmatch, words[module:]))
    return words[:module] + names[: 2 if names and names[0] in GROUPED else 1]


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("make ")])
def test_make_targets_exist(line):
    target = line.split()[1]
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("line", python_commands())
def test_every_option_shown_is_known(line):
    """The options of each command are those of its --help, and --help exits 0."""
    words = shlex.split(line)[1:]
    command = command_of(words)
    run = subprocess.run(
        [sys.executable, *command, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=120
    )
    for word in words[len(command) :]:
        if word.startswith("--"):
            assert word in run.stdout, f"{line}: {word} is not an option"


@pytest.mark.parametrize("line", [line for line in python_commands() if " describe " in line])
def test_describe_commands_run_as_written(line, astronaut, tmp_path):
    Image.fromarray(astronaut).save(tmp_path / "face.jpg", quality=95)
    run = subprocess.run(
        [sys.executable, *shlex.split(line)[1:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "AU" in run.stdout
    if "--json" in line:
        assert json.loads(run.stdout)["text"]["au"]
    if "--overlay" in line:
        assert Image.open(tmp_path / "landmarks.png").size[0] == 512


def test_every_command_of_training_is_shown():
    """A module of training that answers on the command line is in a code block."""
    shown = "\n".join(python_commands())
    folder = REPOSITORY / "training"
    packages = {path.parent for path in folder.glob("*/__main__.py")}
    modules = {path for path in folder.glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    named = sorted(f"training.{path.stem}" for path in packages | modules)
    assert named and not [name for name in named if f"-m {name} " not in shown]


PRIOR_LINES = [line for line in python_commands() if " extract-priors " in line]
TRAIN_LINES = [line for line in python_commands() if " training.train " in line]
SMALL_RUN = (
    f"model.base={REPOSITORY / 'emola/weights/tiny'} model.precision=fp32 model.device=cpu data.workers=0 lora.rank=2 "
    "optimizer.max_steps=1 optimizer.batch_size=2 optimizer.micro_batch_size=2 data.faults=refuse"
)


def test_priors_are_made_by_the_recipe_that_the_configuration_declares():
    (line,) = TRAIN_LINES
    config = next(word for word in shlex.split(line) if word.endswith(".yaml"))
    declared = yaml.safe_load((REPOSITORY / config).read_text())["data"]["prior_recipe"]
    assert PRIOR_LINES and all(f"--recipe {declared}" in prior_line for prior_line in PRIOR_LINES)


@pytest.mark.timeout(280)
def test_priors_and_training_run_one_after_the_other_as_written(astronaut, tmp_path):
    """On a small tree of FABA-Instruct's published shape, with a small base and the recipe that needs no download."""
    turns = [{"from": "human", "value": "What?\n<image>"}, {"from": "gpt", "value": "AU12 raises the lip corners."}]
    for split, count in (("train", 2), ("eval", 1)):
        folder = tmp_path / "data" / "FABAInstruct" / split
        (folder / "images").mkdir(parents=True)
        images = [f"FABAInstruct/{split}/images/{number}.png" for number in range(count)]
        for image in images:
            Image.fromarray(astronaut[:280, 100:360]).save(tmp_path / "data" / image)
        answers = {"conversations": turns} if split == "train" else {"label": "12", "gpt4": "AU12."}
        records = [{"id": image, "image": image, "landmark": "published.npy", **answers} for image in images]
        (folder / f"{split}_au_anno.json").write_text(json.dumps(records))
    for line in [*PRIOR_LINES, *(f"{line} {SMALL_RUN} data.prior_recipe=emola-2024" for line in TRAIN_LINES)]:
        words = shlex.split(line.replace("emola-2024", "mediapipe-106"))[1:]
        words = [str(REPOSITORY / word) if word.startswith("training/configs/") else word for word in words]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "HF_HUB_OFFLINE": "1"}
        run = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"{line}\n{run.stdout}{run.stderr}"
    assert "2 samples to train on, 1 held out" in run.stdout
    assert (tmp_path / "runs" / "emola_au" / "adapter").is_dir()


def test_files_and_links_exist():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (REPOSITORY / link).exists(), link
    for folder in re.findall(r"^\| `([\w./]+)` \|", README, flags=re.MULTILINE):
        assert (REPOSITORY / folder).exists(), folder


def test_front_matter_is_that_of_a_space():
    front = yaml.safe_load(README.split("---")[1])
    assert front["sdk"] == "gradio" and front["app_file"] == "app.py" and front["python_version"] == "3.12"
    pins = (REPOSITORY / "requirements.txt").read_text()
    assert f"gradio[oauth]=={front['sdk_version']}" in pins
    assert len(front["short_description"]) <= 60


def test_requirements_are_pinned():
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in line or "<" in line for line in wanted)
    assert "torch>=2.8,<=2.13.0" in wanted
