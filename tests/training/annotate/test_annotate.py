"""``python -m training.annotate`` against a local server that misbehaves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from emola.errors import InputError
from training.annotate.journal import Entry, Journal
from training.annotate.messages import encode_picture
from training.annotate.pacing import Pacer
from training.data.samples import read_faba
from training.synthetic.text import questions

KEY = "sk-secret-0123456789"


def entries(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]


def statuses(out: Path) -> Counter:
    return Counter(entry["status"] for entry in entries(out))


def test_every_picture_is_described_for_both_tasks_and_read_back_as_data(
    annotate, pictures, tmp_path, endpoint, capsys
):
    assert annotate("--price-input", 2, "--price-output", 10) == 0
    out = tmp_path / "run"
    assert statuses(out) == {"described": 12}
    for task in ("emotion", "au"):
        samples, report = read_faba(out / f"{task}_anno.json", pictures, task, prior_dim=None)
        assert (report.used, report.faults) == (6, ())
        assert [sample.id for sample in samples] == ["a/1.png", "a/3.png", "a/5.png", "b/0.png", "b/2.png", "b/4.png"]
        assert all(sample.question in questions(task) for sample in samples)
        assert all("shows happiness with AU12." in sample.answer for sample in samples)
    assert {seen.authorization for seen in endpoint.seen} == {f"Bearer {KEY}"}
    printed = capsys.readouterr().out
    assert "6 pictures of faces go to 127.0.0.1" in printed
    assert "3,600 input and 480 output tokens, 0.01" in printed


def test_a_finished_run_sends_nothing_more(annotate, tmp_path, endpoint):
    annotate()
    before = (tmp_path / "run/au_anno.json").read_bytes()
    assert annotate() == 0
    assert len(endpoint.seen) == 12
    assert (tmp_path / "run/au_anno.json").read_bytes() == before


FIRST_TRIES = {
    "429": lambda handler: handler.status(429, headers={"retry-after": "0.05"}),
    "500": lambda handler: handler.status(500),
    "503 with HTML": lambda handler: handler._head(503, "text/html", 0),
    "cut stream": lambda handler: handler.stream("The face shows anger that", finish=None),
    "cut body": lambda handler: handler.cut_body(),
    "error in the stream": lambda handler: handler.stream("The face", finish=None, error="overloaded"),
    "no completion": lambda handler: handler._head(200, "application/json", 0),
    "slow": lambda handler: handler.stream("word " * 40, pause_s=0.05),
    "dropped": lambda handler: handler.connection.close(),
}


@pytest.mark.parametrize("fault", FIRST_TRIES)
def test_what_may_pass_is_tried_again(annotate, tmp_path, endpoint, fault):
    def behave(handler, seen, repeats):
        if repeats <= 2:
            FIRST_TRIES[fault](handler)
        else:
            handler.whole("A calm face.")

    endpoint.behave = behave
    assert annotate("--task", "emotion", "--timeout", 0.4, "--limit", 3, "--concurrency", 3) == 0
    found = entries(tmp_path / "run")
    assert [(entry["text"], entry["attempts"]) for entry in found] == [("A calm face.", 3)] * 3
    assert len(endpoint.seen) == 9


def test_a_mix_of_everything_loses_nothing_and_doubles_nothing(annotate, tmp_path, endpoint):
    faults = list(FIRST_TRIES.values())

    def behave(handler, seen, repeats):
        place = seen.number % (len(faults) + 2)
        if repeats < 4 and place < len(faults):
            faults[place](handler)
        else:
            handler.stream("A calm face.")

    endpoint.behave = behave
    assert annotate("--timeout", 0.5, "--concurrency", 6) == 0
    found = entries(tmp_path / "run")
    assert Counter((entry["image"], entry["task"]) for entry in found).most_common(1)[0][1] == 1
    assert statuses(tmp_path / "run") == {"described": 12}
    assert {entry["text"] for entry in found} == {"A calm face."}


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (
            lambda handler: handler.whole("I\N{RIGHT SINGLE QUOTATION MARK}m sorry, but I can't."),
            "refused",
        ),
        (lambda handler: handler.whole(None, refusal="I will not describe people."), "refused"),
        (lambda handler: handler.whole("The", finish="content_filter"), "refused"),
        (lambda handler: handler.status(400, "blocked by content_policy_violation"), "refused"),
        (lambda handler: handler.whole(""), "empty"),
        (lambda handler: handler.whole(None), "empty"),
        (lambda handler: handler.stream("   "), "empty"),
        (lambda handler: handler.stream("The face shows", finish="length"), "too long"),
    ],
    ids=["words", "structured", "filter", "policy", "empty", "null", "blank stream", "length"],
)
def test_refusals_and_empty_answers_are_recorded_as_such_and_not_asked_again(
    annotate, tmp_path, endpoint, reply, status
):
    endpoint.behave = lambda handler, seen, repeats: reply(handler)
    assert annotate("--task", "au") == 0
    assert statuses(tmp_path / "run") == {status: 6}
    assert all(entry["reason"] for entry in entries(tmp_path / "run"))
    assert json.loads((tmp_path / "run/au_anno.json").read_text()) == []
    annotate("--task", "au")
    assert len(endpoint.seen) == 6


def test_what_fails_to_the_end_is_recorded_and_tried_by_the_next_run_alone(annotate, pictures, tmp_path, endpoint):
    bad = encode_picture(pictures / "b/2.png", 512)

    def behave(handler, seen, repeats):
        if seen.picture == bad and repeats <= 3:
            handler.status(500, "broken pipe")
        else:
            handler.whole("A calm face.")

    endpoint.behave = behave
    assert annotate("--task", "au", "--attempts", 3) == 1
    assert statuses(tmp_path / "run") == {"described": 5, "failed": 1}
    assert len(json.loads((tmp_path / "run/au_anno.json").read_text())) == 5
    assert annotate("--task", "au", "--attempts", 3) == 0
    assert len(endpoint.seen) == 5 + 3 + 1
    assert len(json.loads((tmp_path / "run/au_anno.json").read_text())) == 6


def test_a_broken_picture_is_reported_and_never_sent(annotate, pictures, tmp_path, endpoint):
    (pictures / "a/broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert annotate("--task", "au") == 0
    assert statuses(tmp_path / "run") == {"described": 6, "broken picture": 1}
    assert len(endpoint.seen) == 6


def test_retry_after_holds_all_workers(annotate, endpoint, monkeypatch):
    heard, pause = threading.Event(), Pacer.pause

    def behave(handler, seen, repeats):
        if seen.number == 1:
            handler.status(429, headers={"retry-after": "0.6"})
        else:
            assert heard.wait(30)  # the other worker's first answer comes once the pause is known
            handler.whole("A calm face.")

    endpoint.behave = behave
    monkeypatch.setattr(Pacer, "pause", lambda self, seconds: (pause(self, seconds), heard.set()))
    assert annotate("--task", "au", "--concurrency", 2) == 0
    first = endpoint.seen[0].start
    early = [seen.number for seen in endpoint.seen if seen.start - first < 0.6]
    assert set(early) <= {1, 2}, "only what was already under way"
    assert len(endpoint.seen) == 7


def test_the_rate_and_the_number_at_a_time_are_limits(annotate, endpoint, tmp_path):
    def behave(handler, seen, repeats):
        time.sleep(0.15)
        handler.whole("A calm face.")

    endpoint.behave = behave
    assert annotate("--concurrency", 3) == 0
    assert 2 <= endpoint.most_under_way <= 3
    endpoint.seen.clear()
    assert annotate("--task", "au", "--out", tmp_path / "second", "--requests-per-minute", 1200) == 0
    starts = sorted(seen.start for seen in endpoint.seen)
    assert starts[-1] - starts[0] >= 5 * 0.05 * 0.9


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [(401, "refuses the key in OPENAI_API_KEY", 2), (404, "no model fake", 2), (302, "no model fake", 2)],
)
def test_what_concerns_every_request_ends_the_run_at_once(annotate, endpoint, capsys, status, message, code):
    endpoint.behave = lambda handler, seen, repeats: handler.status(status, f"Incorrect API key provided: {KEY}")
    assert annotate("--concurrency", 2) == code
    assert len(endpoint.seen) <= 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_a_used_up_quota_and_a_long_wait_end_the_run(annotate, endpoint, capsys):
    endpoint.behave = lambda handler, seen, repeats: handler.status(429, "insufficient_quota")
    assert annotate() == 1
    assert "quota" in capsys.readouterr().err
    endpoint.behave = lambda handler, seen, repeats: handler.status(429, headers={"retry-after": "86400"})
    assert annotate() == 1
    assert "asks to wait 86400 seconds" in capsys.readouterr().err


def test_many_failures_in_a_row_end_the_run(annotate, pictures, endpoint, tmp_path, capsys):
    endpoint.behave = lambda handler, seen, repeats: handler.status(400, "images are not supported")
    assert annotate("--concurrency", 1) == 1
    assert "10 requests in a row failed" in capsys.readouterr().err
    assert statuses(tmp_path / "run") == {"failed": 10}


def test_nobody_there_is_one_sentence(annotate, capsys):
    assert annotate("--url", "http://127.0.0.1:9/v1") == 2
    assert "cannot be reached" in capsys.readouterr().err


def test_the_key_is_in_no_file_and_on_no_screen(annotate, endpoint, tmp_path, capfd, caplog):
    caplog.set_level("DEBUG")

    def behave(handler, seen, repeats):
        if seen.number == 3:
            handler.whole(f"The face says {seen.authorization}.")
        else:
            handler.status(500 if seen.number % 2 else 400, f"bad header {seen.authorization}")

    endpoint.behave = behave
    annotate("--attempts", 2)
    endpoint.behave = lambda handler, seen, repeats: handler.status(403, f"bad key {KEY}")
    annotate("--attempts", 2)
    shown = capfd.readouterr()
    assert KEY not in shown.out + shown.err + caplog.text
    for path in (tmp_path / "run").iterdir():
        assert KEY not in path.read_text(), path.name


def test_a_killed_run_goes_on_without_missing_or_doubling(pictures, endpoint, tmp_path, repository, annotate):
    killed = threading.Event()

    def behave(handler, seen, repeats):
        if seen.number > 6:
            killed.wait(120)
        handler.stream("A calm face.")

    endpoint.behave = behave
    command = [sys.executable, "-m", "training.annotate", "--images", str(pictures), "--out", str(tmp_path / "run")]
    command += ["--url", endpoint.url, "--model", "fake", "--yes", "--concurrency", "2"]
    process = subprocess.Popen(command, cwd=repository, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = tmp_path / "run/answers.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (journal.is_file() and journal.read_bytes().count(b"\n") >= 6):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    endpoint.behave = lambda handler, seen, repeats: handler.stream("A calm face.")
    killed.set()
    done = {(entry["image"], entry["task"]) for entry in entries(tmp_path / "run")}
    assert len(done) == 6
    with journal.open("ab") as stream:
        stream.write(b'{"image": "b/4.png", "task": "au", "quest')
    asked_before = len(endpoint.seen)
    assert annotate() == 0
    found = [(entry["image"], entry["task"]) for entry in entries(tmp_path / "run")]
    assert len(found) == len(set(found)) == 12
    assert len(endpoint.seen) - asked_before == 12 - len(done)
    for task in ("emotion", "au"):
        records = json.loads((tmp_path / f"run/{task}_anno.json").read_text())
        assert len({record["id"] for record in records}) == len(records) == 6


def test_two_runs_cannot_write_to_one_folder(tmp_path):
    with Journal(tmp_path / "j.jsonl"), pytest.raises(InputError, match="Another run"):
        Journal(tmp_path / "j.jsonl")


def test_the_last_entry_of_a_request_counts_and_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(Entry("a.png", "au", "q", "failed"))
        journal.append(Entry("a.png", "au", "q", "described", "text"))
    with Journal(path) as journal:
        assert [entry.status for entry in journal.entries.values()] == ["described"]
    path.write_text('{"image": 1}\n' + path.read_text())
    with pytest.raises(InputError, match="Line 1"):
        Journal(path)
