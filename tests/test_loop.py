"""The whole loop on a few rendered faces: planted errors, a scripted reviewer, a release, two adapters, a report."""

import json
import os
import subprocess
import sys

import pytest

from training.jobs.board import Jobs
from training.loop.turn import find_adapters


@pytest.fixture
def run_loop(repository, tmp_path):
    """Run the loop with runs of its own."""
    environment = os.environ | {"EMOLA_RUNS": str(tmp_path / "runs")}

    def run(*options):
        command = [sys.executable, "app.py", "loop", *options]
        return subprocess.run(command, cwd=repository, capture_output=True, text=True, env=environment)

    return run


@pytest.mark.slow
@pytest.mark.timeout(900)  # six commands, each of which loads the libraries
def test_the_loop_closes_and_its_adapters_are_found(run_loop, tmp_path):
    out = tmp_path / "runs" / "loop"
    done = run_loop("--sample", "10", "--limit", "2")
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

    again = run_loop("--sample", "10", "--limit", "2")
    assert again.returncode == 0 and "Step" not in again.stderr and again.stdout == done.stdout


CONFIG = """\
model: {precision: fp32, gradient_checkpointing: false, device: cpu}
lora: {rank: 2, alpha: 4, dropout: 0.0, parts: [lora]}
data: {root: data, prior_recipe: mediapipe-106, crop: detect, faults: skip, max_length: 1024, workers: 0}
optimizer: {learning_rate: 1.0e-3, warmup: 0.05, max_steps: 2, batch_size: 2, micro_batch_size: 2}
run: {out: runs/loop, seed: 1, checkpoint_every: 2, keep: 1}
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)  # ten commands, each of which loads the libraries
def test_the_two_commands_of_the_readme_do_not_disturb_each_other(run_loop, tmp_path):
    """Rendered faces first, then a release: each in a folder of its own, and both among the jobs."""
    runs, config = tmp_path / "runs", tmp_path / "mini.yaml"
    config.write_text(CONFIG)
    mini = ("--limit", "1", "--config", str(config))
    shown = run_loop("--sample", "6", *mini)
    assert shown.returncode == 0, shown.stderr
    named = ("--db", str(runs / "loop" / "review.db"), "--release", "corrected", *mini)
    unlabelled = run_loop(*named)
    assert unlabelled.returncode == 2 and "holds no benchmark labels" in unlabelled.stderr
    assert (
        "--data" in unlabelled.stderr and unlabelled.stderr.count("\n") == 1 and not (runs / "loop-corrected").exists()
    )

    labels = runs / "loop" / "unseen" / "eval" / "eval_au_anno.json"
    real = run_loop(*named, "--data", str(labels), "--task", "au")
    assert real.returncode == 0, real.stderr
    assert "| on faces never seen | base | corrected |" in real.stdout and "blind-check ask" in real.stderr
    assert (runs / "loop-corrected" / "report.html").is_file()
    taken = run_loop(*named, "--data", str(labels), "--task", "au", "--out", str(runs / "loop"))
    assert taken.returncode == 2 and "holds another turn" in taken.stderr
    assert run_loop("--sample", "6", *mini).stdout == shown.stdout
    jobs = {job.title: job.state for job in Jobs(runs / "jobs").find()}
    assert jobs == {
        f"Loop on rendered faces in {runs / 'loop'}": "done",
        f"Loop on release corrected in {runs / 'loop-corrected'}": "done",
    }


def test_a_database_that_is_not_there_is_not_made(run_loop, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    for named in (("--release", "none"), ()):
        refused = run_loop("--db", str(tmp_path / "typo.db"), *named)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1, refused.stderr
        assert "There is no review database" in refused.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_refusal_is_one_sentence_that_names_the_option(run_loop, tmp_path):
    refused = run_loop("--limit", "-3")
    assert (refused.returncode, refused.stderr) == (2, "--limit must be at least 1, not -3.\n")
    assert not any(tmp_path.iterdir())
