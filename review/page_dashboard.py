"""Dashboard: progress, pace, what is wrong how often, what reviewers miss, where it happens, and what is needed now."""

from typing import Any

import gradio as gr
import pandas as pd
from markupsafe import Markup

from review.database import Database
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_atlas import FEWEST, atlas_html
from review.page_blind_checks import Runs
from review.page_dashboard_parts import dashboard_html, note_html
from review.page_html import READING, empty_html, heading_html, section_html
from review.page_item import names_for
from review.page_scores import build_scores
from review.store.campaign_records import all_campaign_rules
from review.store.dashboard import Dashboard, dashboard
from review.store.people import UserRecord, list_users, require

HEADING = heading_html("Dashboard", "How far the work is, what is wrong in the texts, how often, and what is missing.")
ALL = ("all campaigns", 0)
ANY = "all"
PACE_TITLE = section_html("Reviews submitted each day")
NO_PACE = empty_html(
    "No day has a review yet", "A bar for each day shows how many reviews were submitted on it. Start at Queue."
)
ATLAS_NOTE = (
    "Share of judged claims with this error, by the action unit they are about. Point at a cell for its interval. "
    f"* stands on fewer than {FEWEST} claims. Counted on everything submitted, so read it for where, not for how often."
)


def build_dashboard(database: Database, who: Who, runs: Runs = dict) -> None:
    """Build the page inside the current blocks; ``runs`` are the finished benchmark runs that a lead can take over."""
    DashboardPage(database, who, runs)


class DashboardPage:
    """Draws the page and answers its events."""

    def __init__(self, database: Database, who: Who, runs: Runs = dict) -> None:
        self.database, self.who = database, who
        gr.HTML(HEADING, apply_default_css=False)
        with gr.Row():
            self.campaign = gr.Dropdown(
                [ALL], value=0, label="Campaign", elem_id="dashboard-campaign", scale=0, min_width=360
            )
        body = gr.HTML(READING, elem_id="dashboard", apply_default_css=False)
        pace_title = gr.HTML(PACE_TITLE, elem_id="pace-title", apply_default_css=False)
        pace = gr.BarPlot(
            x="day",
            y="reviews",
            x_title="day (UTC)",
            y_lim=[0, None],
            height=190,
            show_label=False,
            elem_id="pace",
            visible=False,
        )
        build_scores(database, who, runs)
        gr.HTML(section_html("Atlas of errors") + note_html(ATLAS_NOTE), apply_default_css=False)
        with gr.Row(elem_classes="rv-filters", elem_id="atlas-filters", visible=False) as filters:
            pose = gr.Dropdown([ANY], value=ANY, label="Pose", elem_id="atlas-pose")
            gate = gr.Dropdown([ANY], value=ANY, label="Picture quality", elem_id="atlas-gate")
        atlas = gr.HTML("", elem_id="atlas", apply_default_css=False)
        outputs = [body, pace_title, pace, filters, atlas, pose, gate]
        self.campaign.input(self.show, self.campaign, outputs, **QUIET)
        for field in (pose, gate):
            field.input(self.slice, [self.campaign, pose, gate], atlas, **QUIET)
        fill_on_open(self.load, [*outputs, self.campaign])

    def load(self, request: gr.Request) -> list[Any]:
        """Return the numbers of all campaigns."""
        with self.database.read() as session:
            campaigns = [(campaign.name, campaign.id) for campaign in all_campaign_rules(session)]
        return [*self._shown(0, request), gr.update(choices=[ALL, *campaigns], value=0)]

    @answering
    def show(self, campaign_id: int, request: gr.Request) -> list[Any]:
        """Return the numbers of one campaign."""
        return self._shown(campaign_id, request)

    @answering
    def slice(self, campaign_id: int, pose: str, gate: str, request: gr.Request) -> Markup:
        """Return the atlas for one pose and one quality."""
        found, _, _ = self._read(campaign_id, request)
        return atlas_html([cell for cell in found.atlas if (cell.pose, cell.gate) == (pose, gate)])

    def _read(self, campaign_id: int, request: gr.Request) -> tuple[Dashboard, UserRecord, dict[int, str]]:
        user = self.who(request)
        require(user, "viewer")
        with self.database.read() as session:
            return dashboard(session, campaign_id=campaign_id or None), user, names_for(user, list_users(session))

    def _shown(self, campaign_id: int, request: gr.Request) -> list[Any]:
        found, user, names = self._read(campaign_id, request)
        days = pd.DataFrame({"day": [str(day.day) for day in found.days], "reviews": [d.submitted for d in found.days]})
        drawn = bool(found.days)
        pace = gr.update(value=days, visible=True) if drawn else gr.update(visible=False)
        atlas = atlas_html([cell for cell in found.atlas if (cell.pose, cell.gate) == (ANY, ANY)])
        slices = [
            gr.update(choices=[ANY, *sorted({value for value in values if value != ANY})], value=ANY)
            for values in ([cell.pose for cell in found.atlas], [cell.gate for cell in found.atlas])
        ]
        title = PACE_TITLE if drawn else PACE_TITLE + NO_PACE
        return [dashboard_html(found, user, names), title, pace, gr.update(visible=drawn), atlas, *slices]
