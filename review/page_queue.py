"""The Queue page: every campaign with how far it is, who holds what, and where to start or go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import gradio as gr
from markupsafe import Markup

from review.database import Database
from review.errors import Holder
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_html import NOTHING, badge_html, empty_html, heading_html, join, progress_html
from review.store.campaigns import CampaignRecord, list_campaigns
from review.store.people import ROLES, UserRecord, require
from review.store.work import GOAL_TODAY, who_holds

HEADING = heading_html("Queue", "Choose a campaign and judge its descriptions one by one; you can stop at any time.")

EMPTY_LEAD = empty_html(
    "No campaign yet",
    "Make one on the Campaigns page. It needs descriptions: python -m review import FILE --images FOLDER brings them "
    "in, or “send to review” on the Demo page.",
)
EMPTY_REVIEWER = empty_html(
    "Nothing to review yet", "A lead opens a campaign on the Campaigns page; it will then stand here."
)

EMPTY_PREPARING = empty_html(
    "The sample project is being made",
    "Rendered faces with descriptions, some of which hold a planted error, will stand here in a minute or so. "
    "This page looks for them by itself.",
)
LOOK_EVERY = 3
"""Seconds between two looks while the sample project is being made."""

KINDS = {"open": "good", "paused": "wait", "closed": "info"}


@dataclass(frozen=True)
class Place:
    """One campaign as one person sees it: who else works in it, and whether they have begun something themselves."""

    campaign: CampaignRecord
    holders: tuple[Holder, ...]
    own: Holder | None


def build_queue(database: Database, who: Who, sentence: str, preparing: Callable[[], bool]) -> None:
    """Build the page inside the current blocks.

    Args:
        database: the store.
        who: says whose queue it is.
        sentence: what to say about the login, or nothing.
        preparing: says whether a sample project is being made at this moment.
    """
    content = gr.HTML(HEADING, elem_id="queue", apply_default_css=False)
    again = gr.Button("Look again", size="sm", elem_classes="rv-refresh", scale=0)

    waiting = gr.Timer(LOOK_EVERY, active=False)

    def load(request: gr.Request) -> tuple[str, gr.Timer]:
        user, busy = (
            who(request),
            preparing(),
        )  # asked before the places: what is ready a moment later is found next time
        html = queue_html(user, load_places(database, user), sentence, datetime.now(UTC), preparing=busy)
        return html, gr.Timer(active=busy)

    fill_on_open(load, [content, waiting])
    gr.on([again.click, waiting.tick], answering(load), None, [content, waiting], **QUIET)


def load_places(database: Database, user: UserRecord) -> list[Place]:
    """Return the campaigns, open ones first, with who holds what."""
    with database.read() as session:
        campaigns = list_campaigns(session)
        held = {campaign.id: who_holds(session, campaign_id=campaign.id) for campaign in campaigns}
    order = {state: index for index, state in enumerate(KINDS)}
    return [
        Place(
            campaign,
            tuple(holder for holder in held[campaign.id] if holder.reviewer_id != user.id),
            next((holder for holder in held[campaign.id] if holder.reviewer_id == user.id), None),
        )
        for campaign in sorted(campaigns, key=lambda campaign: (order[campaign.state], campaign.id))
    ]


def queue_html(
    user: UserRecord, places: Sequence[Place], sentence: str, now: datetime, *, preparing: bool = False
) -> Markup:
    """Return the page for one person at one moment."""
    require(user, "viewer")
    note = Markup('<p class="notice notice-info">{}</p>').format(sentence) if sentence else NOTHING
    if not places and preparing:
        return HEADING + note + EMPTY_PREPARING
    if not places:
        lead = ROLES.index(user.role) >= ROLES.index("lead")
        return HEADING + note + (EMPTY_LEAD if lead else EMPTY_REVIEWER)
    cards = join(_card(user, place, now) for place in places)
    return HEADING + note + Markup('<div class="queue-cards">{}</div>').format(cards)


def _card(user: UserRecord, place: Place, now: datetime) -> Markup:
    campaign = place.campaign
    rules = [f"{campaign.overlap} per description" if campaign.overlap > 1 else "one person per description"]
    if campaign.blind:
        rules.append("your own scores first, then the text")
    rules.append(
        {"never": "no evidence shown", "after": "evidence after your verdict", "before": "evidence shown"}[
            campaign.hints
        ]
    )
    counts = [f"{campaign.submitted:,} of {campaign.total:,} judged", f"{campaign.open:,} open"]
    counts.append(f"{campaign.leased:,} in hand")
    if campaign.skipped:
        counts.append(f"{campaign.skipped:,} passed to the lead (Browse, state skipped)")
    return Markup(
        '<article class="queue-card"><header><h3>{}</h3>{}</header>{}<p>{}</p><p class="muted">{}</p>{}{}</article>'
    ).format(
        campaign.name,
        badge_html(campaign.state, KINDS[campaign.state]),
        progress_html(campaign.submitted, campaign.total, f"Progress of {campaign.name}"),
        " · ".join(counts),
        " · ".join(rules),
        _holders(place.holders, now),
        _way_in(user, place),
    )


def _holders(holders: Sequence[Holder], now: datetime) -> Markup:
    if not holders:
        return NOTHING
    rows = join(
        Markup("<li>{} has item {}, {}</li>").format(holder.login, holder.description_id, _left(holder, now))
        for holder in holders
    )
    return Markup('<ul class="queue-holders" aria-label="Who works on what">{}</ul>').format(rows)


def _left(holder: Holder, now: datetime) -> str:
    minutes = int((holder.lease_until - now).total_seconds() // 60)
    return f"{minutes} min left" if minutes > 0 else "about to be free"


def _way_in(user: UserRecord, place: Place) -> Markup:
    """Return the button that starts or goes on, or why there is none."""
    campaign = place.campaign
    if campaign.state != "open":
        return Markup('<p class="muted">{}</p>').format(f"This campaign is {campaign.state}.")
    if user.role == "viewer":
        return Markup('<p class="muted">Viewers look on; ask an admin for the role of a reviewer.</p>')
    if place.own is not None:
        words = f"Go on with item {place.own.description_id}"
    elif campaign.open:
        words = "Start reviewing"
    else:
        return Markup('<p class="muted">Nothing is open. What others pass on appears here.</p>')
    link = Markup('<a class="queue-start" href="./review?campaign={}">{}</a>').format(campaign.id, words)
    return Markup('<p>{} <span class="muted">aim for {} a day; ? shows every key</span></p>').format(link, GOAL_TODAY)
