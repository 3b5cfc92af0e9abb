"""Campaigns as a table: their rules in words and how far they are; no web framework here."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from review.page_html import badge_html, empty_html, moment, percent, progress_html, table_html
from review.page_words import TASKS, unit_words
from review.store.campaigns import CampaignRecord

HINTS = {"after": "after the verdict", "never": "never", "before": "from the start"}
KINDS = {"open": "good", "paused": "wait", "closed": "info"}
NONE_YET = empty_html(
    "No campaign yet",
    "A campaign says which descriptions are reviewed, and by how many people. A lead makes one below; before that, "
    "descriptions are needed: python -m review import FILE --images FOLDER.",
)


def campaigns_html(campaigns: Sequence[CampaignRecord]) -> Markup:
    """Return every campaign: what it holds, its rules and how far it is."""
    if not campaigns:
        return NONE_YET
    headers = ("Campaign", "State", "Descriptions", "Rules", "Submitted", "Skipped", "Since (UTC)")
    return table_html(headers, map(_row, campaigns), numbers=(5,))


def filter_words(wanted: Mapping[str, Any]) -> str:
    """Return what a campaign's filter selects, in words."""
    words = []
    if wanted.get("task"):
        words.append(TASKS[wanted["task"]])
    if wanted.get("split"):
        words.append(f"split {wanted['split']}")
    if wanted.get("action_unit") is not None:
        words.append(f"about {unit_words(wanted['action_unit'])}")
    if wanted.get("lint_kind"):
        words.append(f"with the fault {wanted['lint_kind']}")
    if wanted.get("min_suspicion"):
        words.append(f"suspicion at least {percent(wanted['min_suspicion'])}")
    if wanted.get("source_id") is not None:
        words.append(f"import {wanted['source_id']}")
    if wanted.get("origin_model") is not None:
        words.append(f"written by {wanted['origin_model']}")
    if wanted.get("blind_faces") is not None:
        words.append(f"blind check: two models' texts about {wanted['blind_faces']:,} faces")
    if wanted.get("ids") is not None:
        words.append(f"{len(wanted['ids']):,} chosen ones")
    return ", ".join(words) or "everything imported"


def _row(campaign: CampaignRecord) -> tuple[object, ...]:
    people = "1 person" if campaign.overlap == 1 else f"{campaign.overlap} people"
    rules = [f"{people} each", f"evidence {HINTS[campaign.hints]}"]
    if "blind_faces" not in campaign.filter:
        rules.append(f"{percent(campaign.random_rate)} by chance")
    if campaign.planted_rate:
        rules.append(f"{percent(campaign.planted_rate)} planted errors")
    if campaign.blind:
        rules.append("blind coding first")
    done = Markup("{} of {}{}").format(
        f"{campaign.submitted:,}", f"{campaign.total:,}", progress_html(campaign.submitted, campaign.total, "submitted")
    )
    name = Markup('<a class="rv-link" href="./review?campaign={}">{}</a>').format(campaign.id, campaign.name)
    return (
        name if campaign.state == "open" else campaign.name,
        badge_html(campaign.state, KINDS[campaign.state]),
        filter_words(campaign.filter),
        ", ".join(rules),
        done,
        f"{campaign.skipped:,}",
        moment(campaign.created_at),
    )
