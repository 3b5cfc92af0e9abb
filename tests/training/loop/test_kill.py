"""The loop killed at any moment: the same command ends with the same release, the same adapters, the same numbers."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from training.jobs.board import Jobs

CONFIG = """\
model: {precision: fp32, gradient_checkpointing: false, device: cpu}
lora: {rank: 2, alpha: 4, dropout: 0.0, parts: [lora]}
data: {root: data, prior_recipe: mediapipe-106, crop: detect, faults: skip, max_length: 1024, workers: 0}
optimizer: {learning_rate: 1.0e-3, warmup: 0.05, max_steps: 6, batch_size: 2, micro_batch_size: 2}
run: {out: runs/loop, seed: 1, checkpoint_every: 2, keep: 1}
"""


@pytest.fixture
def start(repository, tmp_path):
    """Start the miniature loop into a folder, in a process of its own."""
    config = tmp_path / "mini.yaml"
    config.write_text(CONFIG)
    running = []

    def begin(out):
        command = [sys.executable, "app.py", "loop", "--sample", "6", "--limit", "1", "--config", str(config)]
        with (tmp_path / f"{out.name}.log").open("ab") as log:
            environment = os.environ | {"EMOLA_RUNS": str(tmp_path / "runs")}
            process = subprocess.Popen(
                [*command, "--out", str(out)], cwd=repository, env=environment, stdout=log, stderr=log
            )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


def there_is(out, pattern):
    return any(path.stat().st_size for path in out.glob(pattern))


MOMENTS = {
    "while faces are rendered": "sample/train/images/*.jpg",
    "while the review goes on": "review.db",
    "while the first adapter is trained": "uncorrected-seed1/checkpoints/*/*",
    "while the first adapter is asked": "uncorrected-seed1-answers/run.json",
    "while the second adapter is trained": "corrected-seed1/metrics.jsonl",
    "while the report is due": "corrected-seed1-answers/predictions_au.jsonl",
}


def kill_at(process, out, pattern, log):
    """Kill the loop alone, as the system does, once a file is there; its command must end by itself."""
    end = time.monotonic() + 900
    while not there_is(out, pattern):
        assert process.poll() is None, f"it ended before {pattern} was there: {log.read_text()}"
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def left_behind(out):
    """Return the processes that still work in the folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(out) in word for word in process.info["cmdline"] or ()):
            found.append(process)
    return found


def ended_with(out):
    """Return what must be the same however the loop got there: data of the release, adapters, numbers."""
    manifest = json.loads((out / "releases" / "corrected" / "manifest.json").read_text())
    learnt = {name: entry for name, entry in manifest["files"].items() if name.startswith("sft/")}
    assert learnt
    for name, entry in learnt.items():
        content = (out / "releases" / "corrected" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    weights = sorted(out.glob("*-seed1/adapter/adapter_model.safetensors"))
    adapters = {path.parts[-3]: hashlib.sha256(path.read_bytes()).hexdigest() for path in weights}
    assert set(adapters) == {"uncorrected-seed1", "corrected-seed1"}
    summary = json.loads((out / "summary.json").read_text())
    del summary["evaluation"]  # names the folder
    return learnt, adapters, summary


@pytest.mark.slow
@pytest.mark.timeout(3600)  # two miniature loops, one of them started seven times
def test_killed_at_every_stage_the_loop_ends_as_if_nothing_had_happened(start, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole).wait(timeout=900) == 0, (tmp_path / "whole.log").read_text()
    log = tmp_path / "killed.log"
    for pattern in MOMENTS.values():
        kill_at(start(killed), killed, pattern, log)
    assert start(killed).wait(timeout=900) == 0, log.read_text()

    assert ended_with(killed) == ended_with(whole)
    steps = json.loads((killed / "loop.json").read_text())
    assert len(steps["done"]) == steps["steps"] == 6 and steps["doing"] is None
    assert [folder.name for folder in (killed / "releases").iterdir() if folder.is_dir()] == ["corrected"]
    assert left_behind(killed) == []
    states = {job.title: (job.state, job.attempt) for job in Jobs(tmp_path / "runs" / "jobs").find()}
    assert states == {
        f"Loop on rendered faces in {whole}": ("done", 1),
        f"Loop on rendered faces in {killed}": ("done", 5),  # those killed before it has its steps are no attempts
    }
