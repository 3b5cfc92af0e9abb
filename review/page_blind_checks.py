"""Blind check, a part of the Campaigns page for leads: make one from two benchmark runs, and read what came out."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from emola.errors import InputError
from review.blind_checks import LARGEST_SEED, PROBE_FACES, create_blind_check
from review.blind_report import blind_report
from review.database import Database
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_blind_result import NONE_YET, blind_result_html
from review.page_html import NOTHING, notice_html, section_html
from review.page_item import is_lead
from review.store.blind_checks import list_checks
from review.store.people import UserRecord, require

Runs = Callable[[], Mapping[str, Path]]
"""Returns the finished benchmark runs: what each is called, and its folder; the newest first."""

TITLE = section_html("Blind check") + Markup('<p class="muted">{}</p>').format(
    "Did the corrections make the model better? People judge the old and the new model's texts about the same faces "
    "without knowing whose they are."
)
TASKS: list[tuple[str, str]] = [("action units and emotion", ""), ("action units", "au"), ("emotion", "emotion")]
NO_RUNS = notice_html("There are no two finished benchmark runs yet; the Train page and the command line make them.")


def build_blind_checks(database: Database, who: Who, runs: Runs) -> "BlindChecksPart":
    """Build this part inside the current blocks.

    Args:
        database: the store.
        who: says who asks.
        runs: what can be checked.
    """
    return BlindChecksPart(database, who, runs)


class BlindChecksPart:
    """Draws the part and answers its events.

    Attributes:
        made: the event that opens a campaign; the table of campaigns follows it.
    """

    def __init__(self, database: Database, who: Who, runs: Runs) -> None:
        self.database, self.who, self.runs = database, who, runs
        with gr.Column(visible=False, elem_id="blind-check") as part:
            gr.HTML(TITLE, apply_default_css=False)
            with gr.Row():
                self.chosen = gr.Dropdown(label="Check", elem_id="blind-chosen", scale=0, min_width=360)
            self.result = gr.HTML(NOTHING, elem_id="blind-result", apply_default_css=False)
            with gr.Accordion("New blind check", open=False):
                said = gr.HTML(NOTHING, elem_id="blind-said", apply_default_css=False)
                self._draw_new()
        outputs: list[Any] = [self.result, self.chosen, self.old, self.new, said]
        self.chosen.input(self.show, self.chosen, self.result, **QUIET)
        self.made = self.button.click(self.create_check, self.fields, outputs, **QUIET)
        fill_on_open(self.load, [*outputs, part])

    def _draw_new(self) -> None:
        with gr.Row():
            name = gr.Textbox(label="Name (reviewers see it)", max_length=100, elem_id="blind-name")
            self.old = gr.Dropdown(label="Run of the old model", elem_id="blind-old")
            self.new = gr.Dropdown(label="Run of the new model", elem_id="blind-new")
        with gr.Row():
            faces = gr.Number(PROBE_FACES, label="Faces", precision=0, minimum=1, elem_id="blind-faces", min_width=120)
            task = gr.Dropdown(TASKS, value="", label="Texts about", elem_id="blind-task", min_width=180)
            people = gr.Number(1, label="People per face", precision=0, minimum=1, maximum=100, min_width=120)
        self.button = gr.Button("Draw the faces and open", variant="primary", elem_id="blind-create")
        self.fields: list[Any] = [name, self.old, self.new, faces, task, people]

    def load(self, request: gr.Request) -> list[Any]:
        """Return the newest check for a lead; nothing for others, who judge the texts."""
        user = self.who(request)
        require(user, "viewer")
        if not is_lead(user):
            return [NOTHING, *[gr.skip()] * 4, gr.update(visible=False)]
        return [*self._shown(), gr.update(visible=True)]

    def follow(self, events: Iterable[Dependency]) -> None:
        """Show the result anew after each event that changes a campaign: closing one unseals its check."""
        for event in events:
            event.success(self.show, self.chosen, self.result, **QUIET)

    @answering
    def show(self, name: str | None, request: gr.Request) -> Markup:
        """Return the result of one check, or that there is none."""
        self._lead(request)
        return NONE_YET if name is None else blind_result_html(blind_report(self.database, name=name))

    @answering
    def create_check(
        self,
        name: str,
        old: str | None,
        new: str | None,
        faces: float,
        task: str,
        people: float,
        request: gr.Request,
    ) -> list[Any]:
        """Draw the faces of a new check and open its campaign."""
        user, runs = self._lead(request), self.runs()
        if old is None or new is None or old not in runs or new not in runs:
            raise InputError("Choose the run of the old model and that of the new one first.")
        made = create_blind_check(
            self.database,
            old=runs[old],
            new=runs[new],
            name=name or "",
            actor_id=user.id,
            probe_faces=int(faces or 0),
            task=task or None,
            overlap=int(people or 1),
            seed=secrets.randbelow(LARGEST_SEED),
        )
        campaign = made.check.campaign
        words = f"“{campaign.name}” is open: {made.check.faces:,} faces, {campaign.total:,} reviews to make."
        words += "".join(f" {count:,} faces were passed over: {why}." for why, count in made.passed_over.items())
        return self._shown(campaign.name, notice_html(words, "good"))

    def _lead(self, request: gr.Request) -> UserRecord:
        user = self.who(request)
        require(user, "lead")
        return user

    def _shown(self, chosen: str | None = None, said: Markup = NOTHING) -> list[Any]:
        """Return the result, the checks and the runs to choose from, and what was done."""
        with self.database.read() as session:
            names = [check.campaign.name for check in list_checks(session)]
        chosen = chosen or next(iter(names), None)
        result = NONE_YET if chosen is None else blind_result_html(blind_report(self.database, name=chosen))
        runs = list(self.runs())
        of_runs = gr.update(choices=runs, value=None)
        notice = said or (NO_RUNS if len(runs) < 2 else NOTHING)
        return [result, gr.update(choices=names, value=chosen, visible=bool(names)), of_runs, of_runs, notice]
