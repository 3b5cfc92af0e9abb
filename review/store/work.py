"""Who works on what: leases handed out by one statement, kept alive by heartbeats, passed on when they run out."""

import hashlib
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import case, delete, func, select, type_coerce, update
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.errors import Holder, NotAllowed, NothingToDo
from review.schema import Assignment, Campaign, Review, SkippedDescription, User
from review.schema.base import UtcTime
from review.store.events import append_event
from review.store.gold import refresh
from review.store.leasing import (
    LEASE,
    Lease,
    Slot,
    coming,
    has_other_version,
    take_next,
    take_of_description,
    take_one,
    wait_for_turn,
)
from review.store.people import UserRecord, locked_user, require

__all__ = ["GOAL_TODAY", "Lease", "heartbeat", "lease_description", "lease_next", "peek", "skip", "who_holds"]

GOAL_TODAY = 40
"""Descriptions a day that the page counts towards: half an hour of action-unit items at 45 s each."""
SKIPS_TO_LEAD = 2
"""So many people pass over a description before it waits for a lead."""
MUST_BE_JUDGED = (
    "This description is one of those that everybody in this campaign judges; use unsure or cannot judge where you "
    "cannot tell, and write in the note what is wrong with the picture."
)
ATTEMPTS = 3
"""How often another transaction may take a slot from under us before we say that nothing is free."""


def lease_next(session: Session, *, campaign_id: int, reviewer_id: int, now: datetime | None = None) -> Lease | None:
    """Take the next assignment for a person by one atomic statement; None where nothing is free for them.

    Their own unfinished one comes first, then one whose lease ran out, then the first open one of the queue. Nobody
    gets a description of a campaign twice, nor one that they passed over, nor a text both with its planted error and
    without.

    Raises:
        NotAllowed: the campaign is paused or closed, or the person may not review.
        InputError: there is no such campaign.
    """
    now = now or datetime.now(UTC)
    planted = _require_open(session, campaign_id)
    _one_at_a_time(session, reviewer_id)
    for _ in range(ATTEMPTS):
        slot = take_next(session, campaign_id=campaign_id, reviewer_id=reviewer_id, now=now, planted=planted)
        if slot is not None:
            return _leased(session, slot, reviewer_id, now)
    return None


def lease_description(
    session: Session, *, campaign_id: int, description_id: int, reviewer_id: int, now: datetime | None = None
) -> Lease:
    """Take one given description of a campaign; a lead may also take one that was passed over.

    Who passed it over takes that back by this; a lead is waited for no more on their account.

    Raises:
        NotAllowed: the campaign is not open, or this person has already submitted it or has its other version.
        NothingToDo: every slot of it is held or done; ``holders`` says by whom.
    """
    now = now or datetime.now(UTC)
    _require_open(session, campaign_id)
    reviewer = _one_at_a_time(session, reviewer_id)
    mine = session.execute(
        select(Assignment.id, Assignment.state).where(
            Assignment.campaign_id == campaign_id,
            Assignment.description_id == description_id,
            Assignment.reviewer_id == reviewer_id,
        )
    ).first()
    if mine is not None and mine.state == "submitted":
        raise NotAllowed("You have submitted this description; undo that, or ask a lead to reopen it.")
    if mine is not None:
        slot = take_one(session, slot_id=mine.id, reviewer_id=reviewer_id, now=now)
    else:
        which = {"campaign_id": campaign_id, "description_id": description_id}
        if has_other_version(session, **which, reviewer_id=reviewer_id):
            raise NotAllowed("You have another version of this text, so somebody else judges this one.")
        reason = _take_back_skip(session, **which, reviewer_id=reviewer_id)
        states = ("open", "skipped") if reviewer.role in ("lead", "admin") else ("open",)
        slot = take_of_description(session, **which, reviewer_id=reviewer_id, states=states, now=now)
        if slot is not None and reason is not None:
            _log(session, reviewer_id, slot.id, "unskip", which | {"reason": reason}, now)
    if slot is None:
        holders = who_holds(session, campaign_id=campaign_id, description_id=description_id, now=now)
        raise NothingToDo("Every place of this description is taken or done.", holders=holders)
    return _leased(session, slot, reviewer_id, now)


def peek(
    session: Session, *, campaign_id: int, reviewer_id: int, count: int = 2, now: datetime | None = None
) -> list[int]:
    """Return the descriptions that a person would get after their present one, taking none."""
    now = now or datetime.now(UTC)
    return coming(session, campaign_id=campaign_id, reviewer_id=reviewer_id, count=count, now=now)


def heartbeat(session: Session, *, assignment_id: int, reviewer_id: int, now: datetime | None = None) -> datetime:
    """Keep a lease alive and return when it now runs out; no event, since nothing but a clock changes.

    Raises:
        NotAllowed: the assignment is no longer this person's; what they saved is kept.
    """
    until = (now or datetime.now(UTC)) + LEASE
    longer = case((Assignment.lease_until > until, Assignment.lease_until), else_=until)
    kept = session.scalar(
        update(Assignment)
        .where(Assignment.id == assignment_id, Assignment.reviewer_id == reviewer_id, Assignment.state == "leased")
        .values(lease_until=longer)
        .returning(Assignment.lease_until)
        .execution_options(synchronize_session=False)
    )
    if kept is None:
        raise NotAllowed("This description was passed on, since nothing was heard for a while; your draft is kept.")
    return kept


def skip(session: Session, *, assignment_id: int, reviewer_id: int, reason: str, now: datetime | None = None) -> None:
    """Pass a description over: others get it at once; after two people it waits for a lead.

    Planted errors cannot be passed over, since who is unsure would skip what measures them. So that a refusal does not
    give one away, a campaign refuses as large a share of its other descriptions, in the same words.

    Raises:
        InputError: no reason was given.
        NotAllowed: the assignment is not this person's, or must be judged.
    """
    if not reason.strip():
        raise InputError("Say why this description is passed over.")
    now = now or datetime.now(UTC)
    slot = session.get(Assignment, assignment_id, with_for_update=True, populate_existing=True)
    if slot is None or (slot.reviewer_id, slot.state) != (reviewer_id, "leased"):
        raise NotAllowed("This description is not yours to pass over; somebody else has it now.")
    if _must_be_judged(session, slot):
        raise NotAllowed(MUST_BE_JUDGED)
    slot.state, slot.reviewer_id, slot.lease_until = "open", None, None
    passed = {"campaign_id": slot.campaign_id, "description_id": slot.description_id}
    session.add(SkippedDescription(**passed, reviewer_id=reviewer_id, reason=reason.strip(), at=now))
    session.flush()
    to_lead = _leave_to_lead(session, **passed)
    if to_lead:
        refresh(session, description_id=slot.description_id, now=now)
    after = passed | {"reason": reason.strip(), "to_lead": to_lead}
    _log(session, reviewer_id, assignment_id, "skip", after, now)


def _must_be_judged(session: Session, slot: Assignment) -> bool:
    """Say whether a slot is a planted error, or one of as many others of its campaign, the same ones every time."""
    share = session.scalar(select(Campaign.planted_rate).where(Campaign.id == slot.campaign_id)) or 0.0
    drawn = hashlib.sha256(f"{slot.campaign_id} {slot.description_id}".encode()).digest()
    return slot.stratum == "planted" or int.from_bytes(drawn[:4]) < share * 2**32


def who_holds(
    session: Session, *, campaign_id: int, description_id: int | None = None, now: datetime | None = None
) -> tuple[Holder, ...]:
    """Return who works on what in a campaign (or on one description of it), the lease that ends first at the front."""
    query = (
        select(User.id, User.login, Assignment.description_id, type_coerce(Assignment.lease_until, UtcTime))
        .join(User, User.id == Assignment.reviewer_id)
        .where(
            Assignment.campaign_id == campaign_id,
            Assignment.state == "leased",
            Assignment.lease_until >= (now or datetime.now(UTC)),
        )
        .order_by(Assignment.lease_until, Assignment.id)
    )
    if description_id is not None:
        query = query.where(Assignment.description_id == description_id)
    return tuple(Holder(*row) for row in session.execute(query))


def _require_open(session: Session, campaign_id: int) -> bool:
    """Raise NotAllowed where a campaign is not open; return whether it has planted errors."""
    wanted = select(Campaign.name, Campaign.state, Campaign.planted_rate).where(Campaign.id == campaign_id)
    campaign = session.execute(wanted).first()
    if campaign is None:
        raise InputError(f"There is no campaign {campaign_id}.")
    if campaign.state != "open":
        raise NotAllowed(f"The campaign {campaign.name} is {campaign.state}; a lead can open it again.")
    wait_for_turn(session, campaign_id=campaign_id)
    return bool(campaign.planted_rate)


def _one_at_a_time(session: Session, reviewer_id: int) -> UserRecord:
    """Let one transaction at a time lease for a person: two tabs must not take two slots of one description."""
    reviewer = locked_user(session, user_id=reviewer_id)
    require(reviewer, "reviewer")
    return reviewer


def _leased(session: Session, slot: Slot, reviewer_id: int, now: datetime) -> Lease:
    """Log a lease and return it."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    done = session.scalar(
        select(func.count()).where(
            Review.reviewer_id == reviewer_id, Review.status == "submitted", Review.submitted_at >= midnight
        )
    )
    after = {"description_id": slot.description_id, "campaign_id": slot.campaign_id, "reviewer_id": reviewer_id}
    _log(session, reviewer_id, slot.id, "lease", after, now)
    return Lease(
        assignment_id=slot.id,
        description_id=slot.description_id,
        campaign_id=slot.campaign_id,
        lease_until=slot.lease_until,
        position=slot.place + 1,
        goal_today=GOAL_TODAY,
        done_today=done or 0,
    )


def _take_back_skip(session: Session, *, campaign_id: int, description_id: int, reviewer_id: int) -> str | None:
    """Forget that a person passed a description over; return the reason they gave, None where they did not."""
    reason = session.scalar(
        delete(SkippedDescription)
        .where(
            SkippedDescription.campaign_id == campaign_id,
            SkippedDescription.description_id == description_id,
            SkippedDescription.reviewer_id == reviewer_id,
        )
        .returning(SkippedDescription.reason)
        .execution_options(synchronize_session=False)
    )
    if reason is not None:
        _leave_to_lead(session, campaign_id=campaign_id, description_id=description_id)
    return reason


def _leave_to_lead(session: Session, *, campaign_id: int, description_id: int) -> bool:
    """Close the free slots of a description if enough people passed it over, else open them; say whether that is so."""
    skips = session.scalar(
        select(func.count()).where(
            SkippedDescription.campaign_id == campaign_id, SkippedDescription.description_id == description_id
        )
    )
    to_lead = (skips or 0) >= SKIPS_TO_LEAD
    before, after = ("open", "skipped") if to_lead else ("skipped", "open")
    session.execute(
        update(Assignment)
        .where(
            Assignment.campaign_id == campaign_id,
            Assignment.description_id == description_id,
            Assignment.state == before,
        )
        .values(state=after)
    )
    return to_lead


def _log(
    session: Session, actor_id: int, assignment_id: int, action: str, after: dict[str, Any], now: datetime
) -> None:
    append_event(
        session,
        actor_id=actor_id,
        entity="assignment",
        entity_id=assignment_id,
        action=action,
        after=after,
        now=now,
    )
