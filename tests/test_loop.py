"""The whole loop on a few rendered faces: planted errors, a scripted reviewer, a release, two adapters, a report."""

import json
import os
import subprocess
import sys

import pytest

from training.loop.turn import find_adapters


def run_loop(repository, *options):
    return subprocess.run(
        [sys.executable, "app.py", "loop", *options], cwd=repository, capture_output=True, text=True, env=os.environ
    )


@pytest.mark.slow
@pytest.mark.timeout(900)  # six commands, each of which loads the libraries
def test_the_loop_closes_and_its_adapters_are_found(repository, tmp_path):
    out = tmp_path / "loop"
    done = run_loop(repository, "--sample", "10", "--limit", "2", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "| on faces never seen | base | uncorrected | corrected | corrected minus uncorrected |" in done.stdout
    assert "planted mistakes" in done.stdout and "S_rege, emotion" in done.stdout
    lineage = json.loads((out / "corrected-seed1" / "adapter" / "lineage.json").read_text())
    manifest = json.loads((out / "releases" / "corrected" / "manifest.json").read_text())
    assert lineage["release"] == "corrected" and lineage["git_revision"] == manifest["git_revision"]
    assert (out / "report.html").is_file()
    assert set(find_adapters(tmp_path).values()) == {
        "uncorrected, seed 1 (loop)",
        "corrected, release corrected, seed 1 (loop)",
    }

    again = run_loop(repository, "--sample", "10", "--limit", "2", "--out", str(out))
    assert again.returncode == 0 and "Step" not in again.stderr and again.stdout == done.stdout


def test_what_cannot_be_used_is_said_in_one_sentence(repository, tmp_path):
    for options, words in (
        (("--db", str(tmp_path / "r.db"), "--release", "none"), "There is no complete release 'none'"),
        (("--db", str(tmp_path / "r.db")), "nothing to release"),
        (("--sample", "0.5"), "invalid int"),
    ):
        refused = run_loop(repository, "--out", str(tmp_path / "out"), *options)
        assert refused.returncode == 2 and words in refused.stderr and "Traceback" not in refused.stderr
