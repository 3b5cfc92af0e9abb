"""Versions and the revision are found, and their absence is no failure."""

import subprocess
from pathlib import Path

import torch

from training.lora.provenance import describe_software, git_revision


def test_versions_of_the_libraries_are_named() -> None:
    found = describe_software()["versions"]
    assert found["torch"] == torch.__version__
    assert {"emola", "python", "transformers", "peft", "accelerate"} <= set(found)
    assert "deepspeed" not in found or found["deepspeed"]


def test_the_revision_says_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert git_revision(tmp_path) is None

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    (tmp_path / "code.py").write_text("a = 1\n")
    git("add", ".")
    git("commit", "-m", "Start")
    revision = git("rev-parse", "HEAD")
    assert git_revision(tmp_path) == revision
    (tmp_path / "code.py").write_text("a = 2\n")
    assert git_revision(tmp_path) == f"{revision}+changes"
