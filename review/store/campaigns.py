"""Campaigns made and changed: which descriptions are reviewed, by how many people, and under which rules."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from review.errors import StaleRecord
from review.schema import Campaign
from review.store.campaign_records import CampaignRecord, get_campaign, list_campaigns
from review.store.events import append_event
from review.store.guidelines import ensure_guideline
from review.store.parsed import lint_counts
from review.store.planting import prefer_unpaired
from review.store.rescore_queue import queue_rescoring
from review.store.sealing import require_sealed
from review.store.slots import (
    CampaignFilter,
    QueuePlace,
    add_slots,
    fit_slots,
    lay_out,
    planted_descriptions,
    planted_wanted,
    ranked_descriptions,
)

__all__ = [
    "HINTS",
    "STATES",
    "CampaignFilter",
    "CampaignRecord",
    "create_campaign",
    "get_campaign",
    "list_campaigns",
    "open_campaign",
    "set_overlap",
    "set_state",
]

HINTS = ("never", "after", "before")
STATES = ("open", "paused", "closed")
MOST_PEOPLE = 100


def create_campaign(
    session: Session,
    *,
    name: str,
    filter: CampaignFilter,
    overlap: int = 1,
    blind: bool = False,
    hints: str = "after",
    planted_rate: float = 0.0,
    random_rate: float = 0.15,
    actor_id: int,
    seed: int = 0,
    now: datetime | None = None,
) -> CampaignRecord:
    """Open a campaign over the descriptions that ``filter`` selects and lay out its queue.

    Args:
        session: the session of ``Database.write()``.
        name: a name that no other campaign has.
        filter: which descriptions.
        overlap: how many people judge each description.
        blind: whether action units and emotion are coded before the text is shown.
        hints: when evidence and model answers are shown: never, after the verdict, or before.
        planted_rate: the share of the queue that are planted errors. Above 0 the planted errors of the filter's task,
            split and author are kept apart and mixed in; at 0 those that the filter selects are treated like any other
            description, but for texts that were made to hold an error, which no filter selects.
        random_rate: the share of descriptions drawn by chance into a stratum of its own, whose rates are unbiased.
        actor_id: who opens it.
        seed: of the drawing.
        now: the time of it.

    Raises:
        InputError: the name is taken, a value is out of range, nothing is selected, or there are too few planted errors
            for their share.
    """
    rules: dict[str, Any] = {"overlap": overlap, "blind": blind, "hints": hints}
    rules |= {"planted_rate": planted_rate, "random_rate": random_rate}
    _check_rules(overlap, hints, planted_rate, random_rate)
    _check_filter(session, filter)
    planted = planted_descriptions(session, filter) if planted_rate > 0 else []
    apart = set(planted)
    ranked = [number for number in ranked_descriptions(session, filter) if number not in apart]
    if not ranked:
        raise InputError("No description fits this campaign's filter; import some, or widen the filter.")
    count = planted_wanted(len(ranked), planted_rate)
    _require_planted(count, len(planted), planted_rate)
    pool = prefer_unpaired(session, planted=planted, count=count, beside=ranked, seed=seed)
    queue = lay_out(ranked, pool, random_rate=random_rate, planted_rate=planted_rate, seed=seed)
    wanted = {key: value for key, value in asdict(filter).items() if value is not None}
    queue_rescoring(session, description_ids=planted)
    return open_campaign(
        session, name=name, wanted=wanted, rules=rules, queue=queue, actor_id=actor_id, seed=seed, now=now
    )


def open_campaign(
    session: Session,
    *,
    name: str,
    wanted: Mapping[str, Any],
    rules: Mapping[str, Any],
    queue: Sequence[QueuePlace],
    actor_id: int,
    seed: int,
    now: datetime | None = None,
) -> CampaignRecord:
    """Open a campaign over a queue that is laid out already.

    Args:
        session: the session of ``Database.write()``.
        name: a name that no other campaign has.
        wanted: what was selected, to be said in words.
        rules: overlap, blind, hints, planted_rate and random_rate.
        queue: in the order in which it is handed out.
        actor_id: who opens it.
        seed: of the drawing, for the log.
        now: the time of it.

    Raises:
        InputError: the name is empty or taken.
    """
    _check_name(session, name.strip())
    campaign = Campaign(
        name=name.strip(),
        filter=dict(wanted),
        guideline_id=ensure_guideline(session, actor_id=actor_id, now=now).id,
        state="open",
        created_by=actor_id,
        created_at=now or datetime.now(UTC),
        **rules,
    )
    session.add(campaign)
    session.flush()
    add_slots(session, campaign_id=campaign.id, queue=queue, overlap=campaign.overlap)
    after = {**rules, "name": campaign.name, "filter": campaign.filter, "seed": seed, "descriptions": len(queue)}
    _log(session, actor_id, campaign.id, "create", None, after, now)
    return get_campaign(session, campaign_id=campaign.id)


def set_state(
    session: Session, *, campaign_id: int, state: str, actor_id: int, version: int, now: datetime | None = None
) -> CampaignRecord:
    """Open, pause or close a campaign; what is leased can still be finished."""
    if state not in STATES:
        raise InputError(f"There is no state {state!r} of a campaign; expected one of {', '.join(STATES)}.")
    campaign = _locked(session, campaign_id, version)
    if state != "closed":
        require_sealed(session, campaign_id=campaign_id, reopened=True)
    before, campaign.state = campaign.state, state
    session.flush()
    _log(session, actor_id, campaign_id, "state", {"state": before}, {"state": state}, now)
    return get_campaign(session, campaign_id=campaign_id)


def set_overlap(
    session: Session, *, campaign_id: int, overlap: int, actor_id: int, version: int, now: datetime | None = None
) -> CampaignRecord:
    """Change how many people judge each description; work that is leased or submitted stays."""
    _check_overlap(overlap)
    campaign = _locked(session, campaign_id, version)
    require_sealed(session, campaign_id=campaign_id)
    before, campaign.overlap = campaign.overlap, overlap
    session.flush()
    fit_slots(session, campaign_id=campaign_id, overlap=overlap)
    _log(session, actor_id, campaign_id, "overlap", {"overlap": before}, {"overlap": overlap}, now)
    return get_campaign(session, campaign_id=campaign_id)


def _check_name(session: Session, name: str) -> None:
    if not name:
        raise InputError("A campaign needs a name.")
    if session.scalar(select(Campaign.id).where(Campaign.name == name)) is not None:
        raise InputError(f"There is already a campaign {name!r}.")


def _check_rules(overlap: int, hints: str, planted_rate: float, random_rate: float) -> None:
    """Raise InputError for the first rule that a campaign cannot have."""
    _check_overlap(overlap)
    if hints not in HINTS:
        raise InputError(f"Hints are shown {', '.join(HINTS)} the verdict; got {hints!r}.")
    if not 0 <= planted_rate <= 0.5:
        raise InputError(f"The share of planted errors must be 0 to 0.5; got {planted_rate}.")
    if not 0 <= random_rate <= 1:
        raise InputError(f"The random share must be 0 to 1; got {random_rate}.")


def _check_filter(session: Session, wanted: CampaignFilter) -> None:
    """Raise InputError for what no description can have, which would only say that nothing fits."""
    if wanted.action_unit is not None and wanted.action_unit not in ACTION_UNITS:
        raise InputError(f"There is no AU{wanted.action_unit} here; there are: {', '.join(map(str, ACTION_UNITS))}.")
    if wanted.min_suspicion is not None and not 0 <= wanted.min_suspicion <= 1:
        raise InputError(f"The least suspicion must be 0 to 1; got {wanted.min_suspicion}.")
    if wanted.lint_kind is not None and wanted.lint_kind not in (found := lint_counts(session)):
        raise InputError(f"No text has the fault {wanted.lint_kind!r}; there are: {', '.join(found) or 'none yet'}.")


def _require_planted(wanted: int, found: int, planted_rate: float) -> None:
    """Refuse a share of planted errors that would silently become a smaller one."""
    if found < wanted:
        raise InputError(
            f"A share of {planted_rate:g} planted errors needs {wanted} of this task, split and author, but there are "
            f"{found}; make some with: python -m review plant --count {wanted - found}."
        )


def _check_overlap(overlap: int) -> None:
    if not 1 <= overlap <= MOST_PEOPLE:
        raise InputError(f"The overlap must be 1 to {MOST_PEOPLE} people; got {overlap}.")


def _locked(session: Session, campaign_id: int, version: int) -> Campaign:
    """Return a campaign's row for changing, if nobody has changed it since ``version``."""
    campaign = session.get(Campaign, campaign_id, with_for_update={"key_share": True}, populate_existing=True)
    if campaign is None:
        raise InputError(f"There is no campaign {campaign_id}.")
    if campaign.version != version:
        raise StaleRecord(
            f"The campaign {campaign.name} was changed meanwhile; look again.",
            theirs=get_campaign(session, campaign_id=campaign_id),
            version=campaign.version,
        )
    return campaign


def _log(
    session: Session, actor_id: int, campaign_id: int, action: str, before: Any, after: Any, now: datetime | None
) -> None:
    append_event(
        session,
        actor_id=actor_id,
        entity="campaign",
        entity_id=campaign_id,
        action=action,
        before=before,
        after=after,
        now=now,
    )
