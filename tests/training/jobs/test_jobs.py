import json
import os
import signal
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

import app
from emola.errors import InputError
from training.jobs.__main__ import main
from training.jobs.board import Jobs
from training.jobs.job import SILENT_S, UNSTARTED_S, Job, Stage
from training.jobs.processes import ProcessMark


def numbers(job, file="count.txt"):
    path = job.folder / file
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_a_job_runs_its_stages_in_turn_and_is_found_by_others(jobs, counting, wait_for):
    job = jobs.start("train", "Two counts", [counting(3, file="a.txt"), counting(2, file="b.txt")])
    done = wait_for(jobs, job.id, "done")
    assert numbers(done, "a.txt") == [0, 1, 2] and numbers(done, "b.txt") == [0, 1]
    assert done.started >= done.created and done.ended >= done.started and done.attempt == 1
    assert Jobs(jobs.folder).find() == [done]
    log = jobs.log_tail(job.id)
    assert log.count("counted") == 2 and log.count("== Counting: python -m count_steps") == 2


def test_a_failed_command_gives_its_last_sentence_and_ends_the_job(jobs, counting, wait_for):
    job = jobs.start("benchmark", "Fails", [counting(1, manner="fail"), counting(1, file="never.txt")])
    failed = wait_for(jobs, job.id, "failed")
    assert failed.reason == "The number 7 is missing; give it."
    assert numbers(failed, "never.txt") == []


def test_cancel_stops_at_once_and_resume_goes_on(jobs, counting, wait_for):
    job = jobs.start("train", "Long", [counting(200, 0.05)])
    wait_for(jobs, job.id, until=lambda job: len(numbers(job)) >= 2)
    jobs.cancel(job.id)
    stopped = wait_for(jobs, job.id, "cancelled")
    written = numbers(stopped)
    assert "continued" in stopped.reason and len(written) < 200
    with pytest.raises(InputError, match="nothing to stop"):
        jobs.cancel(job.id)
    again = jobs.resume(job.id)
    assert again.attempt == 2 and again.reason == "" and not again.is_cancelled
    wait_for(jobs, job.id, until=lambda job: len(numbers(job)) > len(written))
    assert numbers(again)[: len(written)] == written
    with pytest.raises(InputError, match="only a job"):
        jobs.resume(job.id)
    jobs.cancel(job.id)
    wait_for(jobs, job.id, "cancelled")
    assert [job.id for job in jobs.find()] == [again.id]


@pytest.mark.slow
def test_sigkill_at_any_moment_leaves_one_entry_and_nothing_running(jobs, counting, wait_for):
    job = jobs.start("train", "Killed", [counting(60, 0.05)])
    for attempt in range(5):
        reached = len(numbers(job))
        working = wait_for(jobs, job.id, until=lambda job, n=reached: job.process and len(numbers(job)) > n)
        time.sleep(0.06 * attempt)
        children = psutil.Process(working.process.pid).children()
        os.kill(working.process.pid, signal.SIGKILL)
        dead = wait_for(jobs, job.id, "dead")
        assert "process is gone" in dead.reason
        psutil.wait_procs(children, timeout=15)
        assert not any(child.is_running() for child in children), "the command outlived its worker"
        assert len(jobs.find()) == 1
        jobs.resume(job.id)
    done = wait_for(jobs, job.id, "done")
    assert numbers(done) == list(range(60)) and done.attempt == 6


def test_one_job_at_a_time_in_the_order_of_asking(jobs, counting, wait_for):
    names = [jobs.start("train", f"Job {n}", [counting(4, 0.05)], name=f"job{n}").id for n in range(3)]
    spans = [wait_for(jobs, name, "done") for name in names]
    for before, after in pairwise(spans):
        assert before.ended <= after.started
    assert jobs.start("train", "x", [counting(1)], name="other").id == "other"
    with pytest.raises(InputError, match="already"):
        jobs.start("train", "x", [counting(1)], name="job0")
    wait_for(jobs, "other", "done")


def test_a_waiting_job_can_be_cancelled(jobs, counting, wait_for):
    first = jobs.start("train", "First", [counting(200, 0.05)])
    wait_for(jobs, first.id, "running")
    second = jobs.start("train", "Second", [counting(1)])
    wait_for(jobs, second.id, until=lambda job: "waiting" in job.progress.message)
    jobs.cancel(second.id)
    assert wait_for(jobs, second.id, "cancelled").started is None
    assert jobs.get(first.id).state == "running"
    jobs.cancel(first.id)
    wait_for(jobs, first.id, "cancelled")


def make(tmp_path, **changes):
    folder = tmp_path / "jobs" / "one"
    folder.mkdir(parents=True, exist_ok=True)
    job = Job("one", folder, "train", "One", (Stage("Counting", "count_steps"),), created=1000.0, heartbeat=1000.0)
    job = replace(job, **changes)
    job.write()
    return job


def test_the_file_holds_everything_and_a_reader_gets_it_back(tmp_path):
    job = make(tmp_path, state="failed", process=ProcessMark(7, 1.5, "elsewhere"), reason="A sentence.", ended=9.0)
    assert Job.read(job.folder) == job
    content = json.loads((job.folder / "job.json").read_text())
    assert content["format"] == 1 and content["process"] == {"pid": 7, "started": 1.5, "host": "elsewhere"}


def test_a_number_that_another_process_got_is_not_taken_for_the_job(tmp_path):
    mine = ProcessMark.of_this()
    assert mine.is_alive()
    assert not replace(mine, started=mine.started - 10).is_alive()
    running = make(tmp_path, state="running", process=mine)
    assert running.observed(now=1001).state == "running"
    reused = make(tmp_path, state="running", process=replace(mine, started=mine.started - 10))
    assert reused.observed(now=1001).state == "dead"


def test_silence_and_a_start_that_never_came_are_recognised(tmp_path):
    elsewhere = make(tmp_path, state="running", process=ProcessMark(1, 1.0, "another machine"))
    assert elsewhere.observed(now=1000 + SILENT_S - 1).state == "running"
    assert elsewhere.observed(now=1000 + SILENT_S + 1).state == "dead"
    unstarted = make(tmp_path)
    assert unstarted.observed(now=1000 + UNSTARTED_S - 1).state == "queued"
    found = unstarted.observed(now=1000 + UNSTARTED_S + 1)
    assert found.state == "dead" and "never started" in found.reason


@pytest.mark.parametrize("name", ["../up", ".hidden", "", "missing"])
def test_names_that_are_no_job_are_refused(jobs, name):
    with pytest.raises(InputError):
        jobs.get(name)


def test_a_damaged_job_file_is_listed_with_its_sentence(tmp_path):
    job = make(tmp_path, state="done")
    broken = job.folder.parent / "two"
    broken.mkdir()
    (broken / "job.json").write_text('{"format"')
    found = {found.id: found for found in Jobs(job.folder.parent).find()}
    assert found["one"] == job
    assert found["two"].state == "failed" and "no job file" in found["two"].reason


def test_the_shell_lists_and_refuses_in_sentences(tmp_path, capsys):
    job = make(tmp_path, state="failed", reason="A sentence.")
    folder = ["--folder", str(job.folder.parent)]
    assert main([*folder, "list"]) == 0
    assert "failed" in capsys.readouterr().out
    assert main([*folder, "cancel", "one"]) == 2
    assert "nothing to stop" in capsys.readouterr().err
    assert main(["list", "--folder", str(tmp_path / "none")]) == 0
    assert "no job" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["log", "cancel", "resume"])
def test_a_job_that_is_not_there_is_said_with_where_to_look(tmp_path, capsys, command):
    make(tmp_path)
    assert main([command, "x", "--folder", str(tmp_path / "jobs")]) == 2
    said = f"There is no job called x; `python -m training.jobs list --folder {tmp_path / 'jobs'}` shows them.\n"
    assert capsys.readouterr().err == said


def test_the_shell_looks_where_the_studio_puts_its_jobs(tmp_path, capsys, monkeypatch):
    make(tmp_path, state="failed", title="Moved")
    monkeypatch.setenv("EMOLA_RUNS", str(tmp_path))
    assert main(["list"]) == 0
    assert "Moved" in capsys.readouterr().out
    assert app.parse([]).runs == tmp_path
    monkeypatch.setenv("EMOLA_RUNS", "")
    assert app.parse([]).runs == Path("runs")
