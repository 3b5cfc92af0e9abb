"""Adjudicate: a third person decides what two reviewers judged differently, without knowing who they are."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from markupsafe import Markup

from emola.errors import InputError
from review.database import Database
from review.merging import TARGETS
from review.page_answering import QUIET, Who, answering, asset, fill_on_open
from review.page_conflicts import conflicts_html, other_value
from review.page_html import READING, empty_html, heading_html, notice_html
from review.store.adjudication import Decision, decide, lease_adjudication
from review.store.campaign_records import all_campaign_rules
from review.store.gold import current_gold
from review.store.items import load_item
from review.store.people import UserRecord, require

HEADING = heading_html(
    "Adjudicate", "Only what two reviewers judged differently. Their names are hidden, and neither of them may decide."
)
NOTHING_LEFT = empty_html(
    "Nothing to adjudicate for you",
    "A description comes here when two reviewers have submitted it and judged something differently, and you are not "
    "one of them. A campaign needs 2 people per description or more for that: see Campaigns.",
)

UNREADABLE = "The page sent decisions that cannot be read; reload it and decide again."


def build_adjudicate(database: Database, who: Who) -> None:
    """Build the page inside the current blocks."""
    body = gr.HTML(HEADING + READING, js_on_load=asset("adjudicate.js"), elem_id="adjudicate", apply_default_css=False)

    def load(request: gr.Request) -> list[Markup]:
        user = who(request)
        require(user, "lead")
        return [HEADING + next_html(database, user)]

    @answering
    def decided(event: gr.EventData, request: gr.Request) -> Markup:
        user = who(request)
        require(user, "lead")
        number, version, decisions = read_decisions(event._data)
        with database.write() as session:
            decide(session, adjudication_id=number, adjudicator_id=user.id, version=version, decisions=decisions)
        said = notice_html(f"{len(decisions)} decided and kept as gold; both reviewers can read your reasons.", "good")
        return HEADING + said + next_html(database, user)

    body.decide(decided, None, body, **QUIET)
    fill_on_open(load, [body])


def next_html(database: Database, user: UserRecord) -> Markup:
    """Lease the next description in conflict for ``user`` and return it, or say that there is none."""
    with database.read() as session:
        campaigns = [campaign.id for campaign in all_campaign_rules(session) if campaign.overlap > 1]
    for campaign_id in campaigns:
        with database.write() as session:
            record = lease_adjudication(session, campaign_id=campaign_id, adjudicator_id=user.id)
        if record is None:
            continue
        with database.read() as session:
            item = load_item(session, description_id=record.description_id, reviewer_id=user.id)
            gold = current_gold(session, description_id=record.description_id)
        return conflicts_html(record, item, sum(value.basis == "agreed" for value in gold))
    return NOTHING_LEFT


def read_decisions(data: object) -> tuple[int, int, list[Decision]]:
    """Return adjudication, version and decisions from what the page sent.

    Raises:
        InputError: it is not what the page sends.
    """
    if not isinstance(data, Mapping):
        raise InputError(UNREADABLE)
    try:
        decisions = [_decision(decision) for decision in data["decisions"]]
        return int(data["adjudication"]), int(data["version"]), decisions
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(UNREADABLE) from error


def _decision(sent: Mapping[str, Any]) -> Decision:
    target, chosen = str(sent["target"]), str(sent["chosen"]) or None
    if target not in TARGETS:
        raise ValueError(f"no target {target!r}")
    return Decision(
        target=target,
        target_key=str(sent["key"]),
        chosen=chosen,
        value=None if chosen else other_value(target, sent["fields"]),
        reason=str(sent.get("reason", "")).strip(),
    )
