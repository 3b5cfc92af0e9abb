"""Campaigns: what is reviewed, by how many people, under which rules; make one, watch it, pause or close it."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from review.database import Database
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_campaign_table import HINTS, campaigns_html
from review.page_html import READING, heading_html, notice_html, section_html
from review.page_item import is_lead
from review.page_words import unit_words
from review.planting import pairs_words
from review.store.campaigns import (
    CampaignFilter,
    CampaignRecord,
    create_campaign,
    get_campaign,
    list_campaigns,
    set_overlap,
    set_state,
)
from review.store.people import UserRecord, require
from review.store.slots import origin_models, ranked_descriptions

HEADING = heading_html("Campaigns", "Which descriptions are reviewed, by how many people, and under which rules.")
ANY: tuple[str, str | int] = ("any", "")
UNITS: list[tuple[str, str | int]] = [ANY, *((unit_words(number), number) for number in ACTION_UNITS)]
PEOPLE: dict[str, Any] = {"label": "People per description", "precision": 0, "minimum": 1, "maximum": 100}


def build_campaigns(database: Database, who: Who) -> "CampaignsPage":
    """Build the page inside the current blocks."""
    return CampaignsPage(database, who)


class CampaignsPage:
    """Draws the page and answers its events.

    Attributes:
        changes: the events that change a campaign; what else stands on the page may follow them.
    """

    def __init__(self, database: Database, who: Who) -> None:
        self.database, self.who = database, who
        self.table = gr.HTML(HEADING + READING, elem_id="campaigns", apply_default_css=False)
        self.versions = gr.State({})
        with gr.Row(equal_height=False, visible=False) as forms:
            with gr.Column(scale=3, min_width=420):
                preview = self._draw_new()
            with gr.Column(scale=2, min_width=300):
                self._draw_change()
        origin = self.wanted[-1]
        self.outputs: list[Any] = [self.table, self.versions, self.chosen, origin]
        origin.focus(self.look_again, self.wanted, [origin, preview], **QUIET)
        for field in self.wanted:
            field.input(self.count, self.wanted, preview, **QUIET)
        self.create_button.click(self.create, [*self.wanted, *self.rules], self.outputs, **QUIET)
        changing = [self.chosen, self.versions, self.people]
        self.changes = [self.overlap_button.click(self.widen, changing, self.outputs, **QUIET)]
        for state, button in self.state_buttons.items():
            self.changes.append(button.click(self.move, [gr.State(state), *changing[:2]], self.outputs, **QUIET))
        fill_on_open(self.load, [*self.outputs, forms, preview])

    def _draw_new(self) -> gr.HTML:
        gr.HTML(section_html("New campaign"), apply_default_css=False)
        name = gr.Textbox(label="Name", max_length=100, elem_id="campaign-name")
        with gr.Row():
            tasks: list[tuple[str, str | int]] = [ANY, ("action units", "au"), ("emotion", "emotion")]
            task = gr.Dropdown(tasks, value="", label="Task", min_width=120, elem_id="campaign-task")
            splits = [ANY, *((split, split) for split in ("train", "eval", "probe"))]
            split = gr.Dropdown(splits, value="", label="Split", min_width=120)
            unit = gr.Dropdown(UNITS, value="", label="Claims about", min_width=160)
            least = gr.Slider(0, 1, value=0, step=0.05, label="Suspicion at least", min_width=160)
            origin = gr.Dropdown([ANY], value="", label="Written by", min_width=140, elem_id="campaign-origin")
        preview = gr.HTML("", elem_id="campaign-preview", apply_default_css=False)
        with gr.Row():
            overlap = gr.Number(1, elem_id="campaign-people", min_width=120, **PEOPLE)
            hints = [(words, name) for name, words in HINTS.items()]
            hint = gr.Dropdown(hints, value="after", label="Evidence is shown", min_width=190)
        with gr.Row():
            drawn = gr.Slider(0, 1, value=0.15, step=0.05, label="Share drawn by chance", min_width=200)
            planted = gr.Slider(0, 0.2, value=0, step=0.01, label="Share of planted errors", min_width=200)
        blind = gr.Checkbox(label="Blind: code the face before the text is shown (benchmark items)")
        self.create_button = gr.Button("Create and open", variant="primary", elem_id="campaign-create")
        self.wanted: list[Any] = [task, split, unit, least, origin]
        self.rules: list[Any] = [name, overlap, hint, drawn, planted, blind]
        return preview

    def _draw_change(self) -> None:
        gr.HTML(section_html("Change a campaign"), apply_default_css=False)
        self.chosen = gr.Dropdown(label="Campaign", elem_id="campaign-chosen")
        self.people = gr.Number(2, elem_id="campaign-new-people", **PEOPLE)
        self.overlap_button = gr.Button("Set people per description", elem_id="campaign-overlap")
        with gr.Row():
            words = {"open": "Open", "paused": "Pause", "closed": "Close"}
            self.state_buttons = {
                state: gr.Button(word, elem_id=f"campaign-{state}", min_width=80) for state, word in words.items()
            }

    def follow(self, event: Dependency) -> None:
        """Show the campaigns anew each time another part of the page has made one."""
        event.success(self.refresh, self.chosen, self.outputs, **QUIET)

    @answering
    def refresh(self, chosen: int | None, request: gr.Request) -> list[Any]:
        """Return the campaigns as they are now; what was chosen stays chosen."""
        require(self.who(request), "viewer")
        return self._shown(chosen=chosen)

    def load(self, request: gr.Request) -> list[Any]:
        """Return the campaigns, and for a lead the forms."""
        user = self.who(request)
        require(user, "viewer")
        if not is_lead(user):
            return [*self._shown(), gr.update(visible=False), ""]
        return [*self._shown(), gr.update(visible=True), self._count(CampaignFilter())]

    @answering
    def look_again(self, request: gr.Request, *wanted: Any) -> list[Any]:
        """Return who has written descriptions by now, and how many the fields select: imports go on meanwhile."""
        require(self.who(request), "lead")
        return [self._origins(), self._count(read_filter(wanted))]

    @answering
    def count(self, request: gr.Request, *wanted: Any) -> Markup:
        """Return how many descriptions the fields select."""
        require(self.who(request), "lead")
        return self._count(read_filter(wanted))

    @answering
    def create(self, request: gr.Request, *values: Any) -> list[Any]:
        """Make a campaign and lay out its queue."""
        user = self._lead(request)
        wanted, (name, overlap, hints, drawn, planted, blind) = read_filter(values[:5]), values[5:]
        if not (name or "").strip():
            raise InputError("Give the campaign a name first.")
        rules = {"overlap": int(overlap or 1), "hints": hints, "random_rate": drawn, "planted_rate": planted}
        with self.database.write() as session:
            made = create_campaign(session, name=name, filter=wanted, blind=blind, actor_id=user.id, **rules)
            pairs = pairs_words(session, made)
        return self._shown(f"“{made.name}” is open: {made.total:,} reviews to make.{pairs}", made.id)

    @answering
    def widen(self, campaign_id: int | None, versions: dict[str, int], people: float, request: gr.Request) -> list[Any]:
        """Change how many people judge each description."""
        user, campaign = self._lead(request), self._campaign(campaign_id)
        version = versions.get(str(campaign.id), campaign.version)
        with self.database.write() as session:
            changed = set_overlap(
                session, campaign_id=campaign.id, overlap=int(people or 0), actor_id=user.id, version=version
            )
        return self._shown(f"“{changed.name}”: {changed.overlap} per description now.", changed.id)

    @answering
    def move(self, state: str, campaign_id: int | None, versions: dict[str, int], request: gr.Request) -> list[Any]:
        """Open, pause or close a campaign."""
        user, campaign = self._lead(request), self._campaign(campaign_id)
        version = versions.get(str(campaign.id), campaign.version)
        with self.database.write() as session:
            set_state(session, campaign_id=campaign.id, state=state, actor_id=user.id, version=version)
        return self._shown(f"“{campaign.name}” is {state} now.", campaign.id)

    def _lead(self, request: gr.Request) -> UserRecord:
        user = self.who(request)
        require(user, "lead")
        return user

    def _campaign(self, campaign_id: int | None) -> CampaignRecord:
        if campaign_id is None:
            raise InputError("Choose a campaign first.")
        with self.database.read() as session:
            return get_campaign(session, campaign_id=campaign_id)

    def _count(self, wanted: CampaignFilter) -> Markup:
        with self.database.read() as session:
            count = len(ranked_descriptions(session, wanted))
        if not count:
            return notice_html("No description fits this selection.", "wait")
        return notice_html(f"This selects {count:,} description{'s' if count != 1 else ''}.")

    def _shown(self, said: str = "", chosen: int | None = None) -> list[Any]:
        """Return the table with what was done, the versions by campaign id, and the choices of campaign and author."""
        with self.database.read() as session:
            campaigns = list_campaigns(session)
        notice = notice_html(said, "good") if said else ""
        choices = [(campaign.name, campaign.id) for campaign in campaigns]
        versions = {str(campaign.id): campaign.version for campaign in campaigns}
        table = HEADING + notice + campaigns_html(campaigns)
        return [table, versions, gr.update(choices=choices, value=chosen), self._origins()]

    def _origins(self) -> dict[str, Any]:
        """Return who has written descriptions by now, as choices."""
        with self.database.read() as session:
            return gr.update(choices=[ANY, *((name, name) for name in origin_models(session))])


def read_filter(values: Sequence[Any]) -> CampaignFilter:
    """Return the filter that task, split, unit, suspicion and author ask for; an empty one does not restrict."""
    task, split, unit, least, origin = (value or None for value in values)
    return CampaignFilter(task=task, split=split, action_unit=unit, min_suspicion=least, origin_model=origin)
