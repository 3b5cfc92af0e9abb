"""The button that asks reviewers which of two models is better: when it is there, what it starts, what it says."""

import json
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from emola.errors import InputError
from training.jobs.board import Jobs
from training.jobs.choices import DataChoice
from training.jobs.plan import ADAPTER, AFTER, BEFORE
from training.page_blind import ASKED_FACES, BlindOffer, JobBlindOffer

LEAD, OTHER = SimpleNamespace(login="lea"), SimpleNamespace(login="ann")
FACES = DataChoice("faces", root="/data", benchmark="/data")


class Checks:
    """Stands for the review: remembers which runs are compared."""

    def __init__(self):
        self.asked = []

    def may_ask(self, request):
        return request is LEAD

    def ask(self, old, new, request):
        if request is not LEAD:
            raise InputError("This needs the role lead.")
        self.asked.append((old.name, new.name))
        return "asked"

    def state(self, old, new):
        return "It is <b>open</b>." if self.asked else None

    def command(self, old, new, request):
        return ("blind-check", "ask", "--old", old, "--new", new, "--as", request.login)


@pytest.fixture
def checks():
    return Checks()


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch):
    monkeypatch.setattr(Jobs, "_set_off", lambda self, folder: self.get(folder.name))


@pytest.fixture
def offer(checks, jobs):
    """The offer on the cards of jobs."""

    def make(*choices):
        with gr.Blocks():
            made = JobBlindOffer(checks, jobs, lambda: list(choices))
            made.draw_said(lambda name: gr.HTML(elem_id=name))
        return made

    return make


@pytest.fixture
def done_job(jobs, counting):
    """A job that is done: with an adapter, or also with the answers of both models."""

    def make(asked):
        job = jobs.start("train", "Learn <i>", [counting(1)])
        replace(job, state="done").write()
        (job.folder / ADAPTER).mkdir(parents=True)
        lineage = {"base": "some/base", "data": "faces", "seed": 1}
        (job.folder / ADAPTER / "lineage.json").write_text(json.dumps(lineage))
        for name in (BEFORE, AFTER) if asked else ():
            (job.folder / name).mkdir()
            (job.folder / name / "predictions_au.jsonl").touch()
        return job

    return make


def visible(shown):
    return shown[0]["visible"]


def test_a_job_that_asked_both_models_offers_the_check_once_and_to_leads_alone(done_job, offer, checks):
    job, made = done_job(asked=True), offer(FACES)
    assert visible(made.show(job.id, LEAD)) and not visible(made.show(job.id, OTHER))
    assert not visible(made.show(None, LEAD))
    assert made.ask_of_job(job.id, LEAD) == job.id
    assert checks.asked == [(BEFORE, AFTER)]
    button, said = made.show(job.id, LEAD)
    assert not button["visible"] and "It is &lt;b&gt;open&lt;/b&gt;." in said and 'href="./campaigns"' in said
    with pytest.raises(gr.Error, match="role lead"):
        made.ask_of_job(job.id, OTHER)


def test_a_job_that_asked_nobody_starts_one_that_asks_both_models_and_then_people(done_job, offer, checks, jobs):
    job, made = done_job(asked=False), offer(FACES)
    assert visible(made.show(job.id, LEAD))
    started = jobs.get(made.ask_of_job(job.id, LEAD))
    assert started.title == "Blind check of Learn <i>" and checks.asked == []
    before, after, ask = started.stages
    assert before.arguments[before.arguments.index("--model") + 1] == "some/base"
    assert after.arguments[after.arguments.index("--model") + 1] == f"some/base+{(job.folder / ADAPTER).resolve()}"
    assert before.arguments[-1] == str((started.folder / BEFORE).resolve())
    assert before.arguments[before.arguments.index("--limit") + 1] == str(ASKED_FACES)
    folders = [str((started.folder / name).resolve()) for name in (BEFORE, AFTER)]
    assert (ask.module, ask.arguments) == (
        "review",
        ("blind-check", "ask", "--old", folders[0], "--new", folders[1], "--as", "lea"),
    )


@pytest.mark.parametrize(
    ("choices", "words"),
    [((), "is not there any more"), ((DataChoice("faces", root="/data"),), "holds no faces that were kept")],
)
def test_what_is_missing_is_said(done_job, offer, jobs, choices, words):
    job = done_job(asked=False)
    with pytest.raises(gr.Error, match=words):
        offer(*choices).ask_of_job(job.id, LEAD)
    assert len(jobs.find()) == 1


def test_a_job_that_is_not_done_or_a_studio_without_review_offers_nothing(done_job, offer, jobs, counting, tmp_path):
    job = done_job(asked=True)
    waiting = jobs.start("train", "Waits", [counting(1)])
    assert not visible(offer(FACES).show(waiting.id, LEAD))
    with gr.Blocks():
        without = BlindOffer(None, "x")
    assert not visible(without.shown((job.folder / BEFORE, job.folder / AFTER), LEAD))
