"""Agreement: how well people agree, overall, on each action unit and two by two, and what that means for a release."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from review.agreement_report import AgreementReport
from review.database import Database
from review.page_agreement_tables import agreement_html
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_evidence_changes import evidence_changes_html
from review.page_html import READING, heading_html
from review.page_item import is_lead, names_for
from review.store.agreement import agreement_report
from review.store.campaign_records import all_campaign_rules
from review.store.events import head
from review.store.evidence_changes import EvidenceChanges, evidence_changes
from review.store.people import list_users, require

HEADING = heading_html("Agreement", "How far people who judged the same descriptions said the same, beyond chance.")
ALL = ("all campaigns", 0)


def build_agreement(database: Database, who: Who) -> None:
    """Build the page inside the current blocks."""
    AgreementPage(database, who)


class AgreementPage:
    """Draws the page; a report is worked out once for each state of the log."""

    def __init__(self, database: Database, who: Who) -> None:
        self.database, self.who = database, who
        self._reports: dict[int, tuple[int, AgreementReport, EvidenceChanges]] = {}
        gr.HTML(HEADING, apply_default_css=False)
        with gr.Row():
            self.campaign = gr.Dropdown(
                [ALL], value=0, label="Campaign", elem_id="agreement-campaign", scale=0, min_width=360
            )
        body = gr.HTML(READING, elem_id="agreement", apply_default_css=False)
        self.campaign.input(self.show, self.campaign, body, **QUIET)
        fill_on_open(self.load, [body, self.campaign])

    def load(self, request: gr.Request) -> list[Any]:
        """Return the report on all campaigns."""
        with self.database.read() as session:
            campaigns = [(campaign.name, campaign.id) for campaign in all_campaign_rules(session)]
        return [self._report(0, request), gr.update(choices=[ALL, *campaigns], value=0)]

    @answering
    def show(self, campaign_id: int, request: gr.Request) -> Markup:
        """Return the report on one campaign."""
        return self._report(campaign_id, request)

    def _report(self, campaign_id: int, request: gr.Request) -> Markup:
        user = self.who(request)
        require(user, "viewer")
        with self.database.read() as session:
            number, _ = head(session)
            names = names_for(user, list_users(session))
            known = self._reports.get(campaign_id)
            if known is None or known[0] != number:
                only = campaign_id or None
                report = agreement_report(session, campaign_id=only)
                known = (number, report, evidence_changes(session, campaign_id=only))
                self._reports[campaign_id] = known
        shown = names if is_lead(user) else {user.id: names[user.id]}
        return agreement_html(known[1], names) + evidence_changes_html(known[2], shown)
