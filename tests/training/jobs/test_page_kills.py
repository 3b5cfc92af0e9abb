"""Page jobs when the app, the job or both are killed: one entry each, and the adapter of an undisturbed job."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from threading import Barrier, Thread

import numpy as np
import psutil
import pytest
import yaml
from PIL import Image

from emola.errors import InputError
from training.jobs.job import UNSTARTED_S
from training.jobs.plan import ADAPTER

APP = """
import sys
from pathlib import Path
from threading import Thread
from time import sleep
import gradio as gr
from training import page_train, page_train_form
from training.jobs.board import Jobs
from training.jobs.choices import data_set

jobs, data, base, configs = sys.argv[1:]
page_train_form.CONFIGS = Path(configs)
choices = lambda: [data_set(Path(data))]
with gr.Blocks(), gr.Tabs(), gr.Tab("Train") as tab:
    page = page_train.TrainPage(Jobs(Path(jobs)), choices, lambda: [base], Path(jobs), None, lambda _: True, None, tab)

def look():
    while True:
        page.show(None, None)
        sleep(0.5)

Thread(target=look, daemon=True).start()
for pressed in sys.stdin:
    word, *name = pressed.split()
    start = [data.rpartition("/")[2], "small", base, None, 0, 1, 0]
    print(page.start(None, *start) if word == "start" else page.resume(None, *name), flush=True)
"""
CONFIG = {
    "model": {"base": "x", "precision": "fp32", "device": "cpu", "gradient_checkpointing": False},
    "lora": {"rank": 2, "alpha": 4, "dropout": 0.1},
    "data": {"root": "x", "workers": 0, "prior_recipe": "mediapipe-106"},
    "optimizer": {"batch_size": 2, "micro_batch_size": 2, "epochs": 15, "learning_rate": 1e-2},
    "run": {"out": "x", "checkpoint_every": 10},
}
FACES = 12


@pytest.fixture
def faces(tmp_path):
    """Pictures of noise with one sentence each, in the form of a rendered set."""
    random = np.random.default_rng(0)
    train = tmp_path / "faces" / "train"
    train.mkdir(parents=True)
    for number in range(FACES):
        Image.fromarray(random.integers(0, 256, (28, 28, 3), dtype=np.uint8)).save(train / f"{number}.png")
        np.save(train / f"{number}.npy", random.normal(size=212).astype(np.float32))
    named = [{"image": f"train/{n}.png", "landmark": f"train/{n}.npy"} for n in range(FACES)]
    rows = [{**name, "label": "12", "gpt4": f"AU12 is seen {n} times."} for n, name in enumerate(named)]
    (train / "train_au_anno.json").write_text(json.dumps(rows))
    return tmp_path / "faces"


class App:
    """A process with the Train page, of which buttons are pressed over its input."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-c", APP, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def press(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


@pytest.fixture
def open_app(jobs, faces, small_base, tmp_path):
    configs = tmp_path / "configs"
    configs.mkdir()
    (configs / "small.yaml").write_text(yaml.safe_dump(CONFIG))
    opened = []

    def open_one():
        opened.append(App(jobs.folder, faces, small_base, configs))
        return opened[-1]

    yield open_one
    for app in opened:
        app.kill()


def kill(job, *, with_command):
    """SIGKILL the worker of a job and, as when the machine goes down, its command; return what it had started."""
    commands = psutil.Process(job.process.pid).children(recursive=True)
    for process in [psutil.Process(job.process.pid), *(commands if with_command else ())]:
        process.kill()
    return commands


def adapter_of(job):
    """Return the hash of each file that makes the adapter what it is."""
    names = ("adapter_model.safetensors", "adapter_config.json", "lineage.json")
    return {name: hashlib.sha256((job.folder / ADAPTER / name).read_bytes()).hexdigest() for name in names}


def there_are(pattern):
    return lambda job: any((job.folder / "training").glob(pattern))


@pytest.mark.slow
@pytest.mark.timeout(600)  # five commands, each of which loads the libraries
def test_killing_app_and_job_at_any_moment_ends_with_the_same_adapter(open_app, jobs, wait_for):
    app = open_app()
    whole = wait_for(jobs, app.press("start"), "done")

    name = app.press("start")
    wait_for(jobs, name, until=lambda job: job.process)
    app.kill()  # the app alone: the job goes on
    job = wait_for(jobs, name, until=there_are("checkpoints/step-*"))
    assert job.state == "running" and {job.id for job in jobs.find()} == {whole.id, name}

    commands = kill(job, with_command=False)  # the job alone: its command ends by itself
    assert wait_for(jobs, name, "dead").stage == 0
    psutil.wait_procs(commands, timeout=20)
    assert not any(command.is_running() for command in commands)

    app = open_app()
    app.press("resume", name)
    job = wait_for(jobs, name, until=there_are("checkpoints/step-00000060"))
    app.kill()  # everything, as when the machine goes down
    kill(job, with_command=True)
    assert wait_for(jobs, name, "dead").attempt == 2

    jobs.resume(name)
    job = wait_for(jobs, name, until=there_are("adapter"))
    kill(job, with_command=True)
    wait_for(jobs, name, "dead")
    jobs.resume(name)

    done = wait_for(jobs, name, "done")
    assert done.attempt == 4 and adapter_of(done) == adapter_of(whole)
    assert jobs.log_tail(name).count("Continuing after step") >= 2
    assert sorted(job.id for job in jobs.find()) == sorted([whole.id, name])
    steps = [json.loads(line)["step"] for line in (done.folder / "training/metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 1 + 15 * FACES // 2))


def test_an_app_killed_while_it_starts_a_job_leaves_one_entry_that_can_be_started(
    jobs, counting, wait_for, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", killed)
        with pytest.raises(Killed):
            jobs.start("train", "Begun", [counting(2)])
    (job,) = jobs.find()
    assert job.state == "queued"
    replace(job, heartbeat=time.time() - UNSTARTED_S - 1).write()  # a minute later
    assert jobs.get(job.id).state == "dead"
    jobs.resume(job.id)
    wait_for(jobs, job.id, "done")
    assert len(jobs.find()) == 1 and (job.folder / "count.txt").read_text().split() == ["0", "1"]


def test_two_people_who_continue_a_job_at_once_start_it_once(jobs, counting, wait_for):
    job = jobs.start("train", "Fails", [counting(2, manner="fail")])
    wait_for(jobs, job.id, "failed")
    together, refused = Barrier(4), []

    def press():
        together.wait()
        try:
            jobs.resume(job.id)
        except InputError as error:
            refused.append(str(error))

    people = [Thread(target=press) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(refused) == 3 and all("only a job" in words for words in refused)
    assert wait_for(jobs, job.id, "failed").attempt == 2
    assert jobs.log_tail(job.id).count("== Counting") == 2
