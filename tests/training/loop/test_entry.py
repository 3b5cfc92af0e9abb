"""A turn of the shell among the jobs: one at a time with those of the page, listed, stopped, found again."""

import subprocess
import sys
import threading
import time
from functools import partial

import psutil
import pytest

from emola.errors import EmolaError, InputError
from training.jobs.__main__ import main
from training.jobs.board import Jobs
from training.jobs.job import Stage
from training.jobs.turns import turn
from training.loop.entry import JobEntry
from training.loop.plan import Arm, LoopPlan
from training.loop.steps import LOG, Step, run_steps


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path / "runs" / "jobs")


@pytest.fixture
def plan(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("model: {}\n")
    arm = Arm("corrected", tmp_path / "b.json", None, {"release": "spring"})
    return LoopPlan(tmp_path / "runs" / "loop-spring", "base", config, tmp_path, (arm,), "unseen")


@pytest.fixture
def steps(plan):
    return [Step(name, ("json.tool", "--help"), plan.out / name) for name in ("first", "second")]


@pytest.fixture
def until():
    def wait(holds):
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.05)

    return wait


def test_a_turn_is_one_job_however_often_it_is_started(jobs, plan, steps, capsys):
    for attempt in (1, 2):
        entry = JobEntry(jobs, plan, steps, print)
        with entry.at_work() as lock:
            run_steps(plan, steps, print, (lock,), entry)
            (working,) = jobs.find()
            assert (working.state, working.attempt, working.kind) == ("running", attempt, "loop")
            assert working.stage == (1 if attempt == 1 else 0)  # nothing is left for the second
    (job,) = jobs.find()
    assert job.state == "done" and job.title == f"Loop on release spring in {plan.out}"
    assert [stage.title for stage in job.stages] == ["first", "second"]
    assert job.watched(0) == plan.out / "first"
    assert jobs.log_tail(job.id) == (plan.out / LOG).read_text().lstrip("\n") != ""
    capsys.readouterr()
    assert main(["list", "--folder", str(jobs.folder)]) == 0
    assert f"done  {job.title}" in capsys.readouterr().out


def test_a_job_of_the_page_waits_for_the_turn(jobs, plan, steps, until):
    with JobEntry(jobs, plan, steps, print).at_work():
        job = jobs.start("train", "Of the page", [Stage("Help", "json.tool", ("--help",))])
        until(lambda: "waiting" in jobs.get(job.id).progress.message)
        assert jobs.get(job.id).started is None
    until(lambda: jobs.get(job.id).state == "done")


def test_the_turn_waits_for_a_job_of_the_page_and_says_so_once(jobs, plan, steps, until):
    said, worked = [], []
    jobs.folder.mkdir(parents=True)

    def work():
        with JobEntry(jobs, plan, steps, said.append).at_work():
            worked.append(time.monotonic())

    with turn(jobs.folder, lambda: True, partial(time.sleep, 0.05)):
        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: said)
        time.sleep(0.5)
        assert [job.state for job in jobs.find()] == ["queued"] and not worked
    thread.join(30)
    assert worked and len(said) == 1 and said[0].startswith("One job at a time: waiting for")


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [(InputError("No faces."), "failed", "No faces."), (KeyboardInterrupt(), "cancelled", "the same command")],
)
def test_how_a_turn_ended_is_noted(jobs, plan, steps, error, state, reason):
    with pytest.raises(type(error)), JobEntry(jobs, plan, steps, print).at_work():
        raise error
    (job,) = jobs.find()
    assert job.state == state and reason in job.reason and job.ended is not None
    with pytest.raises(InputError, match="the same command there"):
        jobs.resume(job.id)


WORKING = """
import sys, time
from pathlib import Path
from training.jobs.board import Jobs
from training.loop.entry import JobEntry
from training.loop.plan import Arm, LoopPlan
from training.loop.steps import Step
jobs, out = Path(sys.argv[1]), Path(sys.argv[2])
plan = LoopPlan(out, "base", Path(sys.argv[3]), out, (Arm("a", out, None),), "unseen")
with JobEntry(Jobs(jobs), plan, [Step("first", ("json.tool",), out)], print).at_work():
    time.sleep(60)
"""


def test_a_turn_is_stopped_from_the_page_and_a_killed_one_is_recognised(jobs, plan, until, repository):
    for stop, state in ((lambda job, _: jobs.cancel(job.id), "cancelled"), (lambda _, process: process.kill(), "dead")):
        command = [sys.executable, "-c", WORKING, str(jobs.folder), str(plan.out), str(plan.config)]
        process = subprocess.Popen(command, cwd=repository)
        try:
            until(lambda: [job.state for job in jobs.find()] == ["running"])
            stop(jobs.find()[0], process)
            process.wait(30)
            (job,) = jobs.find()
            assert job.state == state
        finally:
            process.kill()
            process.wait()


def test_a_step_ends_when_the_job_file_cannot_be_written(plan):
    """What watches the step fails while it runs: the step must not go on unwatched."""

    class Failing:
        def begin(self, number):
            pass

        def beat(self):
            raise EmolaError("The disk is full.")

    step = Step("slow", ("timeit", "-n1", "-r1", "import time; time.sleep(30)"), plan.out / "x")
    with pytest.raises(EmolaError, match="disk is full"):
        run_steps(plan, [step], print, (), Failing())
    children = psutil.Process().children()
    assert not [child for child in children if "time.sleep(30)" in " ".join(child.cmdline())]
