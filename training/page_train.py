"""The Train page: choose data, configuration and base, see what it will do, start, watch, stop, continue."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import gradio as gr
import yaml

from emola.errors import EmolaError, InputError
from training.jobs.board import Jobs
from training.jobs.job import Job
from training.jobs.plan import ADAPTER, REPORT, TRAINING, DataChoice, TrainRequest, plan_training, train_stages
from training.page_blind import BlindChecks, JobBlindOffer
from training.page_runs import ASSETS, QUIET, as_returned
from training.page_train_html import job_html, jobs_html, message_html, plan_html

CONFIGS: Final = Path(__file__).parent / "configs"
WATCH_EVERY_S: Final = 2.0
_SECTIONS: Final = frozenset({"model", "lora", "data", "optimizer", "run"})


@dataclass(frozen=True)
class ShelfLink:
    """How a trained adapter gets onto the demo's shelf.

    Attributes:
        offer: takes ``BASE+ADAPTER`` and returns values for ``outputs``.
        outputs: components that are set, such as the demo's list of models and the tabs.
    """

    offer: Callable[[str], Sequence[Any]]
    outputs: Sequence[Any]


@dataclass(frozen=True)
class Wanted:
    """The values of the form, in their order on the page."""

    data: str | None
    config: str | None
    base: str | None
    max_steps: float | None
    seed: float | None
    held_out: float | None


def build_train_page(
    jobs: Jobs,
    releases: Callable[[], list[DataChoice]],
    models: Callable[[], list[str]],
    runs_folder: Path,
    shelf: ShelfLink | None = None,
    may_start: Callable[[gr.Request], bool] = lambda _: True,
    blind: BlindChecks | None = None,
) -> None:
    """Build the tab "Train & benchmark" inside the current tabs; nothing is read before somebody opens it.

    Args:
        jobs: where jobs are started and found.
        releases: review releases and data sets that can be learned from, asked for whenever the tab is opened.
        models: folders and hub ids that can be trained further.
        runs_folder: earlier runs lie in it; the time of a step comes from them.
        shelf: how an adapter gets into the demo; None shows no button for it.
        may_start: whether a visitor may start, stop and continue jobs; others may watch.
        blind: how reviewers are asked which of two models is better; None shows no button for it.
    """
    with gr.Tab("Train & benchmark", id="train") as tab:
        TrainPage(jobs, releases, models, runs_folder, shelf, may_start, blind, tab)


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
    ) -> None:
        self.jobs, self.releases, self.models = jobs, releases, models
        self.runs_folder, self.shelf, self.may_start = runs_folder, shelf, may_start
        self._reports: dict[tuple[str, int], str] = {}
        with gr.Row(elem_classes="demo-row"):
            with gr.Column(scale=4, min_width=320):
                self._form()
            with gr.Column(scale=8, min_width=320):
                self.list = self._html("train-jobs")
                self.chosen = gr.State(None)
                self._job_buttons(blind)
                self.watch = self._html("train-job")
                self.log = gr.Textbox(label="Log", lines=10, max_lines=10, visible=False, elem_id="train-log")
        self.clock = gr.Timer(WATCH_EVERY_S, active=False)
        self._join_events(tab)

    def load(self, data: str | None, base: str | None, chosen: str | None) -> tuple[Any, ...]:
        """Return what can be chosen now, and the job to watch: the one before, else the newest."""
        titles = [choice.title for choice in self.releases()]
        bases = self.models()
        found = self.jobs.find()
        watched = chosen if chosen in [job.id for job in found] else next((job.id for job in found), None)
        return (
            gr.update(choices=titles, value=data if data in titles else next(iter(titles), None)),
            gr.update(choices=bases, value=base or next(iter(bases), None)),
            watched,
        )

    def show_plan(self, *values: Any) -> tuple[str, Any]:
        """Return what the form comes to, and whether it can be started."""
        try:
            request = self._request(Wanted(*values))
            plan = plan_training(request, self.runs_folder)
        except EmolaError as error:
            return message_html(str(error), "error"), gr.update(interactive=False)
        checks = bool(request.held_out) and request.data.benchmark is not None
        return plan_html(plan, checks), gr.update(interactive=True)

    def start(self, request: gr.Request, *values: Any) -> str:
        """Start the job and watch it."""
        self._check(request)
        try:
            wanted = self._request(Wanted(*values))
            plan_training(wanted, self.runs_folder)  # mistakes are told here, not in a log
            title = f"{wanted.data.title} on {Path(wanted.base).name}, {wanted.config.stem}"
            return self.jobs.start("train", title, train_stages(wanted)).id
        except EmolaError as error:
            raise gr.Error(str(error)) from error

    def show(self, chosen: str | None) -> tuple[Any, ...]:
        """Return whether to look again, the list, the job that is watched, its log and which buttons can be used."""
        found = self.jobs.find()
        job = next((job for job in found if job.id == chosen), None)
        clock = gr.Timer(active=not all(job.is_over for job in found))
        if job is None:
            off = gr.update(visible=False)
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
        self._check(request)
        self._act(self.jobs.cancel, chosen)

    def resume(self, request: gr.Request, chosen: str) -> None:
        """Continue the job that is watched."""
        self._check(request)
        self._act(self.jobs.resume, chosen)

    def offer(self, chosen: str) -> Any:
        """Put the adapter of the job that is watched into the demo."""
        assert self.shelf is not None
        adapter = self._adapter(self.jobs.get(chosen))
        if adapter is None:
            raise gr.Error("This job has no adapter yet.")
        return as_returned(self.shelf.offer(adapter))

    def _request(self, wanted: Wanted) -> TrainRequest:
        """Return what the form says; raises with a sentence when something is missing."""
        data = next((choice for choice in self.releases() if choice.title == wanted.data), None)
        if data is None:
            raise InputError(
                "Choose what to learn from; a review release or a rendered data set appears here once made."
            )
        if not wanted.base or not wanted.config:
            raise InputError("Choose a base and a configuration.")
        return TrainRequest(
            data=data,
            config=CONFIGS / f"{Path(wanted.config).name}.yaml",
            base=wanted.base.strip(),
            max_steps=int(wanted.max_steps) if wanted.max_steps else None,
            seed=int(wanted.seed or 0),
            held_out=int(wanted.held_out or 0),
        )

    def _report(self, job: Job) -> str | None:
        """Return a copy of a job's report that the browser may fetch; None before there is one."""
        source = job.folder / REPORT
        if not source.is_file():
            return None
        known = self._reports.get((job.id, source.stat().st_mtime_ns))
        if known is None or not Path(known).is_file():
            known = str(shutil.copyfile(source, Path(tempfile.mkdtemp(prefix="report-")) / f"{job.id}.html"))
            self._reports[job.id, source.stat().st_mtime_ns] = known
        return known

    def _adapter(self, job: Job) -> str | None:
        """Return ``BASE+ADAPTER`` of a job whose training is over, or None."""
        adapter = job.folder / ADAPTER
        if not adapter.is_dir() or not (job.stage or job.state == "done"):
            return None
        base = yaml.safe_load((job.folder / TRAINING / "config.yaml").read_text(encoding="utf-8"))["model"]["base"]
        return f"{base}+{adapter}"

    def _check(self, request: gr.Request) -> None:
        if not self.may_start(request):
            raise gr.Error("You may watch jobs here, but not start or stop them; log in as somebody who may.")

    def _act(self, act: Callable[[str], Job], chosen: str) -> None:
        try:
            act(chosen)
        except EmolaError as error:
            raise gr.Error(str(error)) from error

    def _form(self) -> None:
        names = config_names()
        with gr.Group():
            data = gr.Dropdown([], label="Learn from", elem_id="train-data")
            config = gr.Dropdown(names, value=next(iter(names), None), label="Configuration", elem_id="train-config")
            base = gr.Dropdown([], label="Base", allow_custom_value=True, elem_id="train-base")
            steps = _whole_number("Steps (0: what the configuration says)", 0, "train-steps")
            seed = _whole_number("Seed", 1, "train-seed")
            held_out = _whole_number("Held-out faces to ask before and after (0: none)", 100, "train-held-out")
        self.form: list[Any] = [data, config, base, steps, seed, held_out]
        self.plan = self._html("train-plan")
        self.go = gr.Button("Start", variant="primary", elem_id="train-start", interactive=False)

    def _job_buttons(self, blind: BlindChecks | None) -> None:
        fixed: dict[str, Any] = {"visible": False, "scale": 0, "size": "md"}
        with gr.Row():
            self.stop = gr.Button("Stop", elem_id="train-stop", min_width=110, **fixed)
            self.again = gr.Button("Continue", elem_id="train-resume", min_width=110, **fixed)
            self.give = gr.Button("Put the adapter into the demo", elem_id="train-offer", min_width=260, **fixed)
            self.fetch = gr.DownloadButton("Download the report", elem_id="train-report", min_width=210, **fixed)
            self.blind = JobBlindOffer(blind, self.jobs, self.releases)
        self.blind.draw_said(self._html)

    def _html(self, name: str) -> gr.HTML:
        return gr.HTML(
            "",
            elem_id=name,
            apply_default_css=False,
            css_template=(ASSETS / "train.css").read_text(encoding="utf-8"),  # Gradio keeps it to this element
            js_on_load=(ASSETS / "train.js").read_text(encoding="utf-8"),
        )

    def _join_events(self, tab: gr.Tab) -> None:
        shown = [self.clock, self.list, self.watch, self.log, self.stop, self.again, self.give, self.fetch]
        planned = [self.plan, self.go]

        def redraw(event: Any) -> None:
            drawn = event.then(self.show, self.chosen, shown, **QUIET)
            drawn.then(self.blind.show, self.chosen, self.blind.outputs, **QUIET)

        data, _, base, *_ = self.form
        opened = tab.select(self.load, [data, base, self.chosen], [data, base, self.chosen], **QUIET)
        redraw(opened.then(self.show_plan, self.form, planned, **QUIET))
        changed = [field.change for field in self.form]
        gr.on(changed, self.show_plan, self.form, planned, trigger_mode="always_last", **QUIET)
        redraw(self.go.click(self.start, self.form, self.chosen, **QUIET))
        redraw(cast(Any, self.list).choose(self.on_job, None, self.chosen, **QUIET))
        redraw(self.stop.click(self.cancel, self.chosen, None, **QUIET))
        redraw(self.again.click(self.resume, self.chosen, None, **QUIET))
        redraw(self.blind.button.click(self.blind.ask_of_job, self.chosen, self.chosen, **QUIET))
        ticked = self.clock.tick(self.show, self.chosen, shown, **QUIET)
        ticked.then(self.blind.show, self.chosen, self.blind.outputs, **QUIET)
        if self.shelf is not None:
            self.give.click(self.offer, self.chosen, list(self.shelf.outputs), **QUIET)


def config_names() -> list[str]:
    """Return the configurations of LoRA training that come with the project, the small one first."""
    found = []
    for path in sorted(CONFIGS.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and {"model", "data", "run"} <= content.keys() <= _SECTIONS:
            found.append(path.stem)
    return sorted(found, key=lambda name: ("tiny" not in name, name))


def _whole_number(label: str, value: int, name: str) -> gr.Number:
    return gr.Number(value, label=label, precision=0, minimum=0, elem_id=name)
