"""The Runs page: benchmark runs in a folder, one looked at or two compared, and their items beside the pictures."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import gradio as gr

from emola.answer import Protocol
from emola.errors import EmolaError, InputError
from emola.taxonomy import ACTION_UNITS, EMOTIONS
from training.benchmark.labels import Task
from training.benchmark.report_compare import compare
from training.benchmark.report_gallery import picture_path
from training.benchmark.report_results import RunResult
from training.benchmark.report_tables import TASK_NAMES
from training.benchmark.run_items import SHOWS, ReadItem, Show, select_items
from training.benchmark.run_listing import RunLibrary
from training.page_blind import BlindChecks, BlindOffer
from training.page_elements import HIDDEN, QUIET, as_returned, html_element, mistakes_told
from training.page_runs_html import difference_html, items_html, list_html, notice, scores_html

PAGE_SIZE: Final = 8
PROTOCOLS: Final = [("strict: what the text means", "strict"), ("paper: as published", "paper")]
ANYTHING: Final = ("Anything", "")


@dataclass(frozen=True)
class DemoLink:
    """How a picture gets from this page into the demo.

    Attributes:
        open: takes the picture's path, the task of its item and the request; returns values for ``outputs``.
        outputs: components of the demo that are set, the tabs included.
    """

    open: Callable[[Path, Task, gr.Request], Sequence[Any]]
    outputs: Sequence[Any]


@dataclass(frozen=True)
class Chosen:
    """The values of the controls, in their order on the page."""

    run: str | None
    other: str | None
    task: Task
    protocol: Protocol
    show: Show
    about: str
    page: int


def build_runs_page(
    runs_folder: Path,
    open_in_demo: DemoLink | None = None,
    blind: BlindChecks | None = None,
    may_see: Callable[[gr.Request], bool] = lambda _: True,
) -> None:
    """Build the tab "Runs" inside the current tabs; nothing is read before somebody opens it.

    Args:
        runs_folder: runs lie in it, up to four folders deep; it need not exist.
        open_in_demo: where an item's picture can be opened; None shows no button for it.
        blind: how reviewers are asked which of two runs is better; None shows no button for it.
        may_see: whether a visitor may see faces and answers; scores are everybody's.
    """
    with gr.Tab("Runs", id="runs") as tab:
        RunsPage(RunLibrary(runs_folder), open_in_demo, blind, may_see, tab)


class RunsPage:
    """Builds the page inside the current blocks and answers its events.

    Args:
        library: the runs.
        demo: where an item's picture can be opened, or None.
        blind: how reviewers are asked which of two runs is better, or None.
        may_see: whether a visitor may see faces and answers.
        tab: what is opened to see the page.
    """

    def __init__(
        self,
        library: RunLibrary,
        demo: DemoLink | None,
        blind: BlindChecks | None,
        may_see: Callable[[gr.Request], bool],
        tab: gr.Tab,
    ) -> None:
        self.library, self.demo, self.may_see = library, demo, may_see
        self._html = partial(html_element, "runs")
        self.list = self._html("runs-list")
        with gr.Column(visible=False) as self.look:
            with gr.Row():
                self.run = gr.Dropdown([], label="Run", elem_id="runs-run")
                self.other = gr.Dropdown([], label="Compare with", elem_id="runs-other")
                self.task = gr.Radio([], label="Task", elem_id="runs-task")
                self.protocol = gr.Radio(PROTOCOLS, value="strict", label="Protocol", elem_id="runs-protocol")
            with gr.Tabs():
                with gr.Tab("Scores"):
                    self.difference = self._html("runs-difference")
                    self.blind = BlindOffer(blind, "runs")
                    self.blind.draw_said(self._html)
                    self.scores = self._html("runs-scores")
                with gr.Tab("Items"):
                    with gr.Row():
                        self.show = gr.Radio(_shows(False), value="wrong", label="Show", elem_id="runs-show")
                        self.about = gr.Dropdown([ANYTHING], value="", label="About", elem_id="runs-about")
                    with gr.Row():
                        self.back = gr.Button("Previous", size="sm", elem_id="runs-back", scale=0, min_width=110)
                        self.forth = gr.Button("Next", size="sm", elem_id="runs-next", scale=0, min_width=110)
                        self.place = gr.Markdown(elem_id="runs-place")
                    self.items = self._html("runs-items")
        self.page = gr.State(0)
        self.controls = [self.run, self.other, self.task, self.protocol, self.show, self.about, self.page]
        self._join_events(tab)

    def load(self, run: str | None, protocol: Protocol) -> tuple[Any, ...]:
        """Return the list with the scores that are known, and look at the newest run when none was chosen."""
        runs = self.library.runs()
        keys = [found.key for found in runs if found.status == "finished"]
        chosen = run if run in keys else next(iter(keys), None)
        shown = list_html(self.library, runs, protocol, chosen)
        return shown, gr.update(visible=bool(keys)), gr.update(choices=keys, value=chosen)

    def fill_in(self, run: str | None, protocol: Protocol) -> Iterator[str]:
        """Score the runs that nobody has looked at yet, one after the other."""
        for found in self.library.runs():
            if found.status == "finished" and self.library.scored(found.key) is None:
                with suppress(InputError):  # its row keeps an ellipsis; choosing the run says what is wrong
                    self.library.result(found.key)
                yield self._list(protocol, run)
        yield self._list(protocol, run)  # a generator that gives nothing would empty the list

    def on_name(self, event: gr.EventData) -> str:
        """Choose the run whose name was pressed."""
        return str(event.key)

    def choose(self, key: str | None, other: str | None, task: str | None, protocol: Protocol) -> tuple[Any, ...]:
        """Look at a run: offer its tasks and the runs to compare with."""
        finished = [run.key for run in self.library.runs() if run.status == "finished"]
        others = [key_of for key_of in finished if key_of != key]
        beside = other if other in others else ""
        choices = gr.update(choices=[("nothing", ""), *((name, name) for name in others)], value=beside)
        try:
            result = self._result(key)
        except EmolaError:
            return self._list(protocol, key), choices, gr.skip()
        tasks = [(TASK_NAMES[name], name) for name in result.tasks]
        kept = task if task in result.tasks else tasks[0][1]
        return self._list(protocol, key), choices, gr.update(choices=tasks, value=kept)

    def show_scores(self, *values: Any) -> tuple[str, str]:
        """Return the difference of the two runs and the scores."""
        chosen = Chosen(*values)
        if not chosen.run or not chosen.task:
            return "", ""
        try:
            result, other = self._both(chosen)
            difference = "" if other is None else self._difference(result, other, chosen)
            return difference, scores_html(result, other, chosen.task, chosen.protocol)
        except EmolaError as error:
            return "", notice(str(error), "error")

    def show_items(self, request: gr.Request, *values: Any) -> tuple[str, str, Any, Any, int]:
        """Return one page of items, where it stands, and whether there are pages before and after it."""
        chosen, off = Chosen(*values), gr.update(interactive=False)
        if not chosen.run or not chosen.task:
            return "", "", off, off, 0
        if not self.may_see(request):
            return notice(HIDDEN), "", off, off, 0
        try:
            result, items = self._items(chosen)
        except EmolaError as error:
            return notice(str(error), "error"), "", off, off, 0
        page = min(max(chosen.page, 0), max(0, (len(items) - 1) // PAGE_SIZE))
        start = page * PAGE_SIZE
        shown = items[start : start + PAGE_SIZE]
        place = f"{start + 1} to {start + len(shown)} of {len(items)}" if items else "none"
        open_as = None if self.demo is None else chosen.task
        html = items_html(result, shown, chosen.protocol, chosen.about or None, open_as)
        more = start + PAGE_SIZE < len(items)
        return html, place, gr.update(interactive=page > 0), gr.update(interactive=more), page

    def offer_filters(self, task: Task | None, other: str | None, show: Show, about: str) -> tuple[Any, Any]:
        """Return the filters of a task: its classes, and "flipped" only beside a second run."""
        if task == "au":
            named = [(f"AU{number} {unit.name}", str(number)) for number, unit in ACTION_UNITS.items()]
        else:
            named = [(name, name) for name in EMOTIONS]
        kept = about if about in [value for _, value in named] else ""
        shown = "wrong" if show == "flipped" and not other else show
        return gr.update(choices=_shows(bool(other)), value=shown), gr.update(choices=[ANYTHING, *named], value=kept)

    def open_item(self, event: gr.EventData, request: gr.Request) -> Any:
        """Open the picture of an item in the demo."""
        assert self.demo is not None
        with mistakes_told():
            if not self.may_see(request):
                raise InputError(HIDDEN)
            result = self._result(str(event.key))
            judged = result.tasks.get(event.task)
            for row in judged.rows if judged else ():
                if str(row["id"]) == str(event.item):
                    opened = self.demo.open(picture_path(result, row), event.task, request)
                    return as_returned(opened)
            raise InputError("That item is not in the run any more; choose the run again.")

    def show_blind(self, run: str | None, other: str | None, request: gr.Request) -> tuple[Any, str]:
        """Return the button that asks reviewers which of the two runs is better, or how their check stands."""
        return self.blind.shown(self._compared(run, other), request)

    def ask(self, run: str | None, other: str | None, request: gr.Request) -> tuple[Any, str]:
        """Let reviewers say which of the two runs is better; the one compared with counts as the old one."""
        compared = self._compared(run, other)
        if compared is not None:
            self.blind.ask(compared, request)
        return self.blind.shown(compared, request)

    def _compared(self, run: str | None, other: str | None) -> tuple[Path, Path] | None:
        """Return the folders of the older and the newer run, None where there are not two."""
        folders = {found.key: found.folder for found in self.library.runs()}
        return (folders[other], folders[run]) if other in folders and run in folders and run != other else None

    def _result(self, key: str | None) -> RunResult:
        if not key:
            raise InputError("Choose a run first.")
        return self.library.result(key)

    def _both(self, chosen: Chosen) -> tuple[RunResult, RunResult | None]:
        """Return the run and the one beside it, if that has the task too."""
        other = self._result(chosen.other) if chosen.other and chosen.other != chosen.run else None
        return self._result(chosen.run), other if other and chosen.task in other.tasks else None

    def _difference(self, result: RunResult, other: RunResult, chosen: Chosen) -> str:
        """Return this run minus the other one; a sentence where they cannot be compared."""
        library = self.library
        try:
            found = compare(other, result, chosen.task, chosen.protocol, library.repeats, library.seed)
        except InputError as error:
            return notice(str(error), "error")
        return difference_html(found)

    def _items(self, chosen: Chosen) -> tuple[RunResult, list[ReadItem]]:
        result, other = self._both(chosen)
        beside = other.tasks[chosen.task] if other else None
        about = chosen.about or None
        return result, select_items(result.tasks[chosen.task], chosen.protocol, chosen.show, about, beside)

    def _list(self, protocol: Protocol, key: str | None) -> str:
        return list_html(self.library, self.library.runs(), protocol, key)

    def _join_events(self, tab: gr.Tab) -> None:
        scores, items = [self.difference, self.scores], [self.items, self.place, self.back, self.forth, self.page]
        looked = [self.list, self.other, self.task]
        filters = [self.show, self.about]
        asked = [self.run, self.other, self.task, self.protocol]

        def look(event: Any) -> Any:
            chosen = event.then(self.choose, asked, looked, **QUIET)
            offered = chosen.then(self.offer_filters, [self.task, self.other, self.show, self.about], filters, **QUIET)
            scored = offered.then(self.show_scores, self.controls, scores, **QUIET)
            offering = scored.then(self.show_blind, [self.run, self.other], self.blind.outputs, **QUIET)
            return offering.then(self.show_items, self.controls, items, **QUIET)

        opened = tab.select(self.load, [self.run, self.protocol], [self.list, self.look, self.run], **QUIET)
        look(opened).then(self.fill_in, [self.run, self.protocol], self.list, **QUIET)
        controls = (self.run, self.other, self.task, self.protocol)
        look(gr.on([control.input for control in controls], lambda: 0, None, self.page, **QUIET))
        look(cast(Any, self.list).choose(self.on_name, None, self.run, **QUIET))
        self.blind.button.click(self.ask, [self.run, self.other], self.blind.outputs, **QUIET)
        again = gr.on([self.show.input, self.about.input], lambda: 0, None, self.page, **QUIET)
        again.then(self.show_items, self.controls, items, **QUIET)
        for button, step in ((self.back, -1), (self.forth, 1)):
            turned = button.click(lambda page, step=step: page + step, self.page, self.page, **QUIET)
            turned.then(self.show_items, self.controls, items, **QUIET)
        if self.demo is not None:
            cast(Any, self.items).demo(self.open_item, None, list(self.demo.outputs), **QUIET)


def _shows(comparing: bool) -> list[tuple[str, str]]:
    return [(title, name) for name, title in SHOWS.items() if comparing or name != "flipped"]
