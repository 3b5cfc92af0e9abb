"""The Train page: choose data, configuration and base, see what it will do, start, watch, stop, continue."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import gradio as gr
import yaml

from emola.errors import InputError
from training.jobs.board import Jobs
from training.jobs.choices import DataChoice
from training.jobs.job import Job, Stage
from training.jobs.plan import ADAPTER, REPORT, TRAINING, TrainRequest, measuring_stages, train_stages
from training.page_blind import BlindChecks, JobBlindOffer
from training.page_elements import HIDDEN, QUIET, as_returned, html_element, mistakes_told
from training.page_train_form import TrainForm
from training.page_train_html import job_html, jobs_html, message_html

WATCH_EVERY_S: Final = 2.0


@dataclass(frozen=True)
class ShelfLink:
    """How a trained adapter gets onto the demo's shelf.

    Attributes:
        offer: takes ``BASE+ADAPTER`` and returns values for ``outputs``.
        outputs: components that are set, such as the demo's list of models and the tabs.
    """

    offer: Callable[[str], Sequence[Any]]
    outputs: Sequence[Any]


def build_train_page(
    jobs: Jobs,
    releases: Callable[[], list[DataChoice]],
    models: Callable[[], list[str]],
    runs_folder: Path,
    shelf: ShelfLink | None = None,
    may_start: Callable[[gr.Request], bool] = lambda _: True,
    blind: BlindChecks | None = None,
    may_see: Callable[[gr.Request], bool] = lambda _: True,
) -> None:
    """Build the tab "Train & benchmark" inside the current tabs; nothing is read before somebody opens it.

    Args:
        jobs: where jobs are started and found.
        releases: review releases and data sets that can be learned from, asked for whenever the tab is opened.
        models: folders and hub ids that can be trained further.
        runs_folder: earlier runs lie in it; the time of a step comes from them.
        shelf: how an adapter gets into the demo; None shows no button for it.
        may_start: whether a visitor may start, stop and continue jobs.
        blind: how reviewers are asked which of two models is better; None shows no button for it.
        may_see: whether a visitor may see jobs with their logs and reports.
    """
    with gr.Tab("Train & benchmark", id="train") as tab:
        TrainPage(jobs, releases, models, runs_folder, shelf, may_start, blind, tab, may_see)


class TrainPage:
    """Builds the page inside the current blocks and answers its events; arguments as for :func:`build_train_page`."""

    def __init__(
        self,
        jobs: Jobs,
        releases: Callable[[], list[DataChoice]],
        models: Callable[[], list[str]],
        runs_folder: Path,
        shelf: ShelfLink | None,
        may_start: Callable[[gr.Request], bool],
        blind: BlindChecks | None,
        tab: gr.Tab,
        may_see: Callable[[gr.Request], bool] = lambda _: True,
    ) -> None:
        self.jobs, self.releases, self.shelf, self.may_start = jobs, releases, shelf, may_start
        self.may_see = may_see
        self._copies = tempfile.TemporaryDirectory(prefix="reports-")  # goes when the program ends
        self._copying = threading.Lock()
        self._html = partial(html_element, "train")
        with gr.Row(elem_classes="demo-row"):
            with gr.Column(scale=5, min_width=320):
                self.form = TrainForm(releases, models, runs_folder, may_start, self._html)
            with gr.Column(scale=7, min_width=320):
                self.list = self._html("train-jobs")
                self.chosen, self.awaited = gr.State(None), gr.State(None)
                self._job_buttons(blind)
                self.watch = self._html("train-job")
                self.log = gr.Textbox(label="Log", lines=10, max_lines=10, visible=False, elem_id="train-log")
        self.clock = gr.Timer(WATCH_EVERY_S, active=False)
        self._join_events(tab)

    def load(self, data: str | None, base: str | None, measure: str | None, chosen: str | None) -> tuple[Any, ...]:
        """Return what can be chosen now, and the job to watch: the one before, else the newest."""
        found = self.jobs.find()
        watched = chosen if chosen in [job.id for job in found] else next((job.id for job in found), None)
        return *self.form.load(data, base, measure), watched

    def start(self, request: gr.Request, *values: Any) -> str:
        """Start the job and watch it."""
        return self._start(request, "", train_stages, values)

    def time_step(self, request: gr.Request, *values: Any) -> tuple[str, str]:
        """Start the job that takes a few steps, so that the plan knows their time; watch it and wait for it."""
        job = self._start(request, "Time of a step: ", measuring_stages, values)
        return job, job

    def timed(self, request: gr.Request, awaited: str | None, *values: Any) -> tuple[Any, ...]:
        """Return the plan anew once the job that measures its step is over."""
        if awaited is None or not self.jobs.get(awaited).is_over:
            return awaited, *(gr.skip() for _ in self.form.planned)
        return None, *self.form.show_plan(request, *values)

    def show(self, chosen: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Return whether to look again, the list, the job that is watched, its log and which buttons can be used."""
        off = gr.update(visible=False)
        if not self.may_see(request):
            return gr.Timer(active=False), message_html(HIDDEN), "", off, off, off, off, off
        found = self.jobs.find()
        job = next((job for job in found if job.id == chosen), None)
        clock = gr.Timer(active=not all(job.is_over for job in found))
        if job is None:
            return clock, jobs_html(found, None), "", off, off, off, off, off
        report = self._report(job)
        return (
            clock,
            jobs_html(found, chosen),
            job_html(job),
            gr.update(value=self.jobs.log_tail(job.id), visible=True),
            gr.update(visible=not job.is_over),
            gr.update(visible=job.is_over and job.state != "done"),
            gr.update(visible=self.shelf is not None and self._adapter(job) is not None),
            gr.update(visible=report is not None, value=report),
        )

    def on_job(self, event: gr.EventData) -> str:
        """Watch the job that was pressed."""
        return str(event.key)

    def cancel(self, request: gr.Request, chosen: str) -> None:
        """Stop the job that is watched."""
        with mistakes_told():
            self._check(request)
            self.jobs.cancel(chosen)

    def resume(self, request: gr.Request, chosen: str) -> None:
        """Continue the job that is watched."""
        with mistakes_told():
            self._check(request)
            self.jobs.resume(chosen)

    def offer(self, chosen: str) -> Any:
        """Put the adapter of the job that is watched into the demo."""
        assert self.shelf is not None
        with mistakes_told():
            adapter = self._adapter(self.jobs.get(chosen))
            if adapter is None:
                raise InputError("This job has no adapter yet.")
            return as_returned(self.shelf.offer(adapter))

    def _start(
        self, request: gr.Request, what: str, stages: Callable[[TrainRequest], list[Stage]], values: Sequence[Any]
    ) -> str:
        with mistakes_told():
            self._check(request)
            wanted, _ = self.form.planned_request(request, *values)  # mistakes are told here, not in a log
            title = f"{what}{wanted.data.title} on {Path(wanted.base).name}, {wanted.config.stem}"
            return self.jobs.start("train", title, stages(wanted)).id

    def _report(self, job: Job) -> str | None:
        """Return the copy of a job's report that the browser may fetch; None before there is one."""
        source = job.folder / REPORT
        if not source.is_file():
            return None
        copy = Path(self._copies.name) / f"{job.id}.html"
        with self._copying:
            if not copy.is_file() or copy.stat().st_mtime_ns != source.stat().st_mtime_ns:
                shutil.copy2(source, copy)
        return str(copy)

    def _adapter(self, job: Job) -> str | None:
        """Return ``BASE+ADAPTER`` of a job whose training is over, or None."""
        adapter = job.folder / ADAPTER
        if not adapter.is_dir() or not (job.stage or job.state == "done"):
            return None
        base = yaml.safe_load((job.folder / TRAINING / "config.yaml").read_text(encoding="utf-8"))["model"]["base"]
        return f"{base}+{adapter}"

    def _check(self, request: gr.Request) -> None:
        if not self.may_start(request):
            raise InputError("You may watch jobs here, but not start or stop them; log in as somebody who may.")

    def _job_buttons(self, blind: BlindChecks | None) -> None:
        fixed: dict[str, Any] = {"visible": False, "scale": 0, "size": "md"}
        with gr.Row():
            self.stop = gr.Button("Stop", elem_id="train-stop", min_width=110, **fixed)
            self.again = gr.Button("Continue", elem_id="train-resume", min_width=110, **fixed)
            self.give = gr.Button("Put the adapter into the demo", elem_id="train-offer", min_width=260, **fixed)
            self.fetch = gr.DownloadButton("Download the report", elem_id="train-report", min_width=210, **fixed)
            self.blind = JobBlindOffer(blind, self.jobs, self.releases)
        self.blind.draw_said(self._html)

    def _join_events(self, tab: gr.Tab) -> None:
        shown = [self.clock, self.list, self.watch, self.log, self.stop, self.again, self.give, self.fetch]
        form = self.form

        def redraw(event: Any) -> None:
            drawn = event.then(self.show, self.chosen, shown, **QUIET)
            drawn.then(self.blind.show, self.chosen, self.blind.outputs, **QUIET)

        offered = [form.data, form.base, form.measure, self.chosen]
        opened = tab.select(self.load, offered, offered, **QUIET)
        redraw(opened.then(form.show_plan, form.fields, form.planned, **QUIET))
        form.data.change(form.offer_measure, [form.data, form.measure], form.measure, **QUIET)
        changed = [field.change for field in form.fields]
        gr.on(changed, form.show_plan, form.fields, form.planned, trigger_mode="always_last", **QUIET)
        redraw(form.go.click(self.start, form.fields, self.chosen, **QUIET))
        redraw(form.time.click(self.time_step, form.fields, [self.chosen, self.awaited], **QUIET))
        redraw(cast(Any, self.list).choose(self.on_job, None, self.chosen, **QUIET))
        redraw(self.stop.click(self.cancel, self.chosen, None, **QUIET))
        redraw(self.again.click(self.resume, self.chosen, None, **QUIET))
        redraw(self.blind.button.click(self.blind.ask_of_job, self.chosen, self.chosen, **QUIET))
        ticked = self.clock.tick(self.show, self.chosen, shown, **QUIET)
        ticked.then(self.blind.show, self.chosen, self.blind.outputs, **QUIET)
        again = [self.awaited, *form.planned]
        ticked.then(self.timed, [self.awaited, *form.fields], again, **QUIET)
        if self.shelf is not None:
            self.give.click(self.offer, self.chosen, list(self.shelf.outputs), **QUIET)
