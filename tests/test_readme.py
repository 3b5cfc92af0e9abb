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
