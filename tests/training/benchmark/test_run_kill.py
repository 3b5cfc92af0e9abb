"""SIGKILL during ``run``: nothing is lost and nothing is doubled."""

import json
import subprocess
import sys
import textwrap

import pytest

KILLER = textwrap.dedent(
    """
    # Loads the libraries once, then starts the run as a child ten times and kills it when it has written more.
    import os, signal, sys, time
    from pathlib import Path
    import training.benchmark.data_source, training.benchmark.models, training.benchmark.runner
    from training.benchmark import slots
    from training.benchmark.__main__ import main

    def slow(step):
        def slower(*arguments):
            time.sleep(0.01)
            return step(*arguments)
        return slower

    slots.SlotDecoder._step = slow(slots.SlotDecoder._step)
    out, arguments = Path(sys.argv[1]), sys.argv[2:]
    journal = out / "parts" / "journal-00000.jsonl"
    size = lambda: journal.stat().st_size if journal.exists() else 0
    killed = 0
    for attempt in range(10):
        before, child = size(), os.fork()
        if not child:
            os._exit(main(arguments))
        while size() < before + 1 + 37 * attempt:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                break
            time.sleep(0.001)
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            killed += 1
            with journal.open("ab") as file:  # what a kill in the middle of a line leaves
                file.write(b'{"id": "torn' if attempt % 2 else b"")
    print("killed", killed)
    sys.exit(main(arguments))
    """
)


@pytest.mark.slow
def test_ten_kills_lose_and_double_nothing(model_folder, make_data, tmp_path, repository):
    data = make_data(30)

    def command(out):
        fixed = ["--max-new-tokens", "24", "--device", "cpu", "--dtype", "float32", "--batch-size", "4"]
        return ["run", "--model", str(model_folder), "--data", str(data), "--out", str(out), *fixed]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    start = [sys.executable, "-m", "training.benchmark", *command(whole)]
    subprocess.run(start, cwd=repository, check=True, capture_output=True)
    script = [sys.executable, "-c", KILLER, str(killed), *command(killed)]
    done = subprocess.run(script, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "killed 10" in done.stdout
    for task in ("emotion", "au"):
        name = f"predictions_{task}.jsonl"
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    lines = (killed / "parts" / "journal-00000.jsonl").read_text().splitlines()
    keys = [(row["task"], row["id"]) for row in map(json.loads, lines)]
    assert len(keys) == len(set(keys)) == 60


@pytest.mark.slow
def test_accelerate_launch_makes_the_file_of_one_process(model_folder, make_data, tmp_path, repository):
    data = make_data(40)
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--mixed_precision", "no"]
    launch += ["-m", "training.benchmark"]
    for out, prefix in ((tmp_path / "two", launch), (tmp_path / "one", ["-m", "training.benchmark"])):
        arguments = ["run", "--model", str(model_folder), "--data", str(data), "--out", str(out), "--device", "cpu"]
        arguments += ["--max-new-tokens", "12"]
        done = subprocess.run([sys.executable, *prefix, *arguments], cwd=repository, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    assert len(list((tmp_path / "two" / "parts").iterdir())) == 2
    for task in ("emotion", "au"):
        name = f"predictions_{task}.jsonl"
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
