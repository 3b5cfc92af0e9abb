"""A crowd that reviews at once, and what must hold of the store afterwards."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import func, select

from review.database import Database
from review.records import JUDGED_KINDS, ReviewState, VerdictState
from review.schema import Assignment, Event, Review
from review.store.campaigns import CampaignRecord
from review.store.coded_rows import claims_of
from review.store.events import verify_events
from review.store.people import UserRecord
from review.store.reviews import get_review, open_review, save_draft, submit, undo_submit
from review.store.revisions import verify_revisions
from review.store.work import lease_next, skip


@dataclass
class Crowd:
    """What a crowd did: what the store acknowledged last for each review, and how long it took (seconds)."""

    acknowledged: dict[int, ReviewState] = field(default_factory=dict)
    submitted: set[int] = field(default_factory=set)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"lease_next": [], "save_draft": [], "submit": []})
    errors: list[BaseException] = field(default_factory=list)

    def percentile(self, name: str, share: float) -> float:
        """Return a percentile of one operation in milliseconds."""
        times = sorted(self.seconds[name])
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]


class Reviewer(threading.Thread):
    """A person who takes what comes, saves a few times, and submits, passes over, takes back or leaves it."""

    def __init__(self, crowd: Crowd, database: Database, campaign_id: int, user_id: int, items: int, pause: float):
        super().__init__()
        self.crowd, self.database, self.campaign_id, self.user_id = crowd, database, campaign_id, user_id
        self.items, self.pause, self.chance = items, pause, random.Random(user_id)

    def run(self) -> None:
        try:
            for number in range(self.items):
                if not self.one(number):
                    return
        except BaseException as error:
            self.crowd.errors.append(error)
            raise

    def timed(self, name: str, function: Callable, **options):
        time.sleep(self.chance.expovariate(1 / self.pause) if self.pause else 0)
        start = time.perf_counter()
        with self.database.write() as session:
            result = function(session, **options)
        self.crowd.seconds.setdefault(name, []).append(time.perf_counter() - start)
        return result

    def one(self, number: int) -> bool:
        me = {"reviewer_id": self.user_id}
        lease = self.timed("lease_next", lease_next, campaign_id=self.campaign_id, **me)
        if lease is None:
            return False
        review = self.timed("open_review", open_review, assignment_id=lease.assignment_id, **me)
        assert self.crowd.acknowledged.get(review.id, ReviewState()) == review.state, "a draft was lost"
        state = self.state(review.description_id)
        for step in range(self.chance.randint(1, 3)):
            state = replace(state, note=f"{self.user_id} saw {number} for the {step}th time")
            mine = me | {"review_id": review.id, "version": review.version, "state": state}
            review = self.timed("save_draft", save_draft, **mine)
            self.crowd.acknowledged[review.id] = state
        choice = self.chance.random()
        if choice < 0.1:
            return True
        if choice < 0.2:
            self.timed("skip", skip, assignment_id=review.assignment_id, reason="blurred", **me)
            return True
        mine = me | {"review_id": review.id, "state": state}
        review = self.timed("submit", submit, version=review.version, token=f"{review.id}", **mine)
        if choice < 0.3:
            assert self.timed("submit", submit, version=1, token=f"{review.id}", **mine) == review
        if choice > 0.9:
            review = self.timed("undo_submit", undo_submit, review_id=review.id, **me)
            review = self.timed("submit", submit, version=review.version, token=f"{review.id} again", **mine)
        self.crowd.submitted.add(review.id)
        return True

    def state(self, description_id: int) -> ReviewState:
        with self.database.read() as session:
            claims = [
                claim.id for claim in claims_of(session, description_id=description_id) if claim.kind in JUDGED_KINDS
            ]
        verdicts = [VerdictState("correct"), VerdictState("wrong", "H1", 2, replacement=""), VerdictState("unsure")]
        return ReviewState(verdicts={claim: self.chance.choice(verdicts) for claim in claims})


@pytest.fixture
def run_crowd(database) -> Callable[..., Crowd]:
    """Let people work at once, each on up to ``items`` descriptions with ``pause`` seconds of thought on average."""

    def run(campaign: CampaignRecord, people: list[UserRecord], *, items: int, pause: float = 0.0) -> Crowd:
        crowd = Crowd()
        threads = [Reviewer(crowd, database, campaign.id, person.id, items, pause) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert crowd.errors == []
        return crowd

    return run


@pytest.fixture
def check_store(database) -> Callable[..., None]:
    """Prove that nothing was given out beyond its overlap, nothing acknowledged was lost, everything is chained."""

    def check(campaign: CampaignRecord, crowd: Crowd) -> None:
        with database.read() as session:
            assert_overlap(session, campaign)
            for review_id, state in crowd.acknowledged.items():
                assert get_review(session, review_id=review_id).state == state
            submitted = session.scalars(select(Review.id).where(Review.status == "submitted"))
            assert set(submitted) == crowd.submitted
            assert_leases_do_not_overlap(session)
            assert verify_events(session).first_bad is None
            assert verify_revisions(session).first_bad is None

    return check


def assert_overlap(session, campaign: CampaignRecord) -> None:
    """At most ``overlap`` people hold or have submitted a description, all of them different."""
    taken = (
        select(Assignment.description_id, func.count(), func.count(Assignment.reviewer_id.distinct()))
        .where(Assignment.campaign_id == campaign.id, Assignment.state.in_(("leased", "submitted")))
        .group_by(Assignment.description_id)
    )
    for _, slots, people in session.execute(taken):
        assert slots == people <= campaign.overlap


def assert_leases_do_not_overlap(session) -> None:
    """Replay the log: a slot is leased to another person only after it was given up."""
    holder: dict[str, int] = {}
    for event in session.scalars(select(Event).order_by(Event.id)):
        if event.entity == "assignment" and event.action == "lease":
            assert holder.setdefault(event.entity_id, event.actor_id) == event.actor_id
        elif event.entity == "assignment" and event.action == "skip":
            assert holder.pop(event.entity_id) == event.actor_id
