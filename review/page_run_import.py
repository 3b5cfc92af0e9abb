"""Part of the dashboard for leads: take over the answers of a finished benchmark run, as the command line does."""

from collections.abc import Callable
from typing import Any, Final

import gradio as gr
from markupsafe import Markup

from review.database import Database
from review.page_answering import Who, answering, fill_on_open
from review.page_blind_checks import Runs
from review.page_dashboard_parts import note_html
from review.page_html import NOTHING, notice_html
from review.page_item import is_lead
from review.predictions import PredictionReport, import_predictions
from review.store.people import require

HOW: Final = (
    "“For scores” keeps what a model said about pictures of this database: votes on claims, and scores that follow "
    "every correction. “For review” puts its texts into the database as descriptions of their own, with the model as "
    "their author; make a campaign of that author on Campaigns. Taking a run over twice changes nothing."
)
NO_RUN: Final = "There is no finished benchmark run yet; the tab Train & benchmark and the loop make some."


class RunImport:
    """Draws the part and answers its events.

    Args:
        database: upgraded.
        who: says who asks.
        runs: the finished benchmark runs.
        scores: draws the scores anew, for the lead who asks.
        shown: where the scores are shown.
    """

    def __init__(
        self, database: Database, who: Who, runs: Runs, scores: Callable[[gr.Request], list[Markup]], shown: gr.HTML
    ) -> None:
        self.database, self.who, self.runs, self.scores = database, who, runs, scores
        with gr.Accordion("Take over a benchmark run", open=False, visible=False, elem_id="run-import") as part:
            note = gr.HTML(note_html(HOW), apply_default_css=False)
            with gr.Row(equal_height=True):
                chosen = gr.Dropdown(label="Run", elem_id="run-import-chosen", scale=2, min_width=360)
                votes = gr.Button("For scores", variant="primary", elem_id="run-import-votes", scale=0, min_width=160)
                texts = gr.Button("For review", elem_id="run-import-texts", scale=0, min_width=160)
            said = gr.HTML(NOTHING, elem_id="run-import-said", apply_default_css=False)
        for button, act in ((votes, self.take_votes), (texts, self.take_texts)):
            button.click(act, chosen, [said, shown], api_visibility="private", show_progress_on=said)
        fill_on_open(self.load, [note, part, chosen, votes, texts])

    def load(self, request: gr.Request) -> list[Any]:
        """Return the runs for a lead; nothing for others."""
        user = self.who(request)
        require(user, "viewer")
        if not is_lead(user):
            return [NOTHING, gr.update(visible=False), gr.skip(), gr.skip(), gr.skip()]
        names = list(self.runs())
        there = gr.update(interactive=bool(names))
        choices = gr.update(choices=names, value=names[0] if names else None)
        return [note_html(HOW if names else NO_RUN), gr.update(visible=True), choices, there, there]

    @answering
    def take_votes(
        self,
        name: str | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (gradio's way)
    ) -> list[Markup]:
        """Store the answers of a run as votes, and score them."""
        return self._take(name, request, progress, as_descriptions=False)

    @answering
    def take_texts(
        self,
        name: str | None,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (gradio's way)
    ) -> list[Markup]:
        """Store the texts of a run as descriptions."""
        return self._take(name, request, progress, as_descriptions=True)

    def _take(
        self, name: str | None, request: gr.Request, progress: gr.Progress, *, as_descriptions: bool
    ) -> list[Markup]:
        require(self.who(request), "lead")
        runs = self.runs()
        if name is None or name not in runs:
            raise gr.Error("Choose a run first; reload the page if it is not in the list.", print_exception=False)
        report = import_predictions(
            self.database,
            run=runs[name],
            as_descriptions=as_descriptions,
            progress=lambda done, total: progress((done, total), unit="pictures"),
        )
        return [_said(report, as_descriptions=as_descriptions), *self.scores(request)]


def _said(report: PredictionReport, *, as_descriptions: bool) -> Markup:
    """Return what was taken over, and how many answers could not be, with the first reason."""
    if as_descriptions:
        sentence = (
            f"New descriptions: {report.stored:,}. A campaign of their author (Campaigns) puts them into the queue."
        )
    else:
        sentence = f"Answers stored: {report.stored:,}; claims that they vote on: {report.claims:,}."
    if not report.skipped:
        return notice_html(sentence, "good")
    first = report.skipped[0].reason
    return notice_html(f"{sentence} Passed over: {len(report.skipped):,}, the first because: {first}", "info")
