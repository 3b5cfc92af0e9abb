"""Campaigns as they are read: their rules alone, which costs nothing, or with their counts, which reads the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import Assignment, Campaign
from review.schema.base import UtcTime

COUNTED = ("open", "leased", "submitted", "skipped")
"""The states of assignments that count; those taken away by a smaller overlap (void) do not."""


@dataclass(frozen=True)
class CampaignRules:
    """One campaign without its counts: all that opening, saving and submitting an item ask for."""

    id: int
    name: str
    filter: Mapping[str, Any]
    state: str
    overlap: int
    blind: bool
    hints: str
    planted_rate: float
    random_rate: float
    guideline_id: int | None
    created_at: datetime
    version: int


@dataclass(frozen=True)
class CampaignRecord(CampaignRules):
    """One campaign and how far it is; the counts are assignments (descriptions times overlap)."""

    total: int
    open: int
    leased: int
    submitted: int
    skipped: int


def campaign_rules(session: Session, *, campaign_id: int) -> CampaignRules:
    """Return the rules of one campaign; its queue is not read.

    Raises:
        InputError: there is no such campaign.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise InputError(f"There is no campaign {campaign_id}.")
    return _rules(campaign)


def all_campaign_rules(session: Session) -> list[CampaignRules]:
    """Return the rules of every campaign, the newest first; no queue is read."""
    return [_rules(campaign) for campaign in session.scalars(select(Campaign).order_by(Campaign.id.desc()))]


def get_campaign(session: Session, *, campaign_id: int) -> CampaignRecord:
    """Return one campaign with its counts.

    Raises:
        InputError: there is no such campaign.
    """
    rules = campaign_rules(session, campaign_id=campaign_id)
    return _counted(rules, _counts(session, campaign_id))


def list_campaigns(session: Session) -> list[CampaignRecord]:
    """Return every campaign with its counts, the newest first."""
    campaigns = all_campaign_rules(session)
    counts = _counts(session)
    return [_counted(rules, counts) for rules in campaigns]


def _rules(campaign: Campaign) -> CampaignRules:
    return CampaignRules(**{field.name: getattr(campaign, field.name) for field in fields(CampaignRules)})


def _counts(session: Session, campaign_id: int | None = None) -> dict[tuple[int, str], int]:
    """Count the assignments of one campaign, or of all, by state; a lease that ran out is open again."""
    ran_out = and_(Assignment.state == "leased", Assignment.lease_until < bindparam("now", type_=UtcTime()))
    state = case((ran_out, "open"), else_=Assignment.state).label("state")
    states = select(Assignment.campaign_id, state, func.count()).group_by(Assignment.campaign_id, state)
    if campaign_id is not None:
        states = states.where(Assignment.campaign_id == campaign_id)
    return {(row[0], row[1]): row[2] for row in session.execute(states, {"now": datetime.now(UTC)})}


def _counted(rules: CampaignRules, counts: Mapping[tuple[int, str], int]) -> CampaignRecord:
    numbers: dict[str, Any] = {state: counts.get((rules.id, state), 0) for state in COUNTED}
    return CampaignRecord(**vars(rules), total=sum(numbers.values()), **numbers)
