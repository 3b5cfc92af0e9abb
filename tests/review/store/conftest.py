"""A crowd that reviews at once, and processes that are killed while they work."""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import pytest
from PIL import Image
from sqlalchemy import func, select

from review.database import Database
from review.importing import import_faba
from review.records import JUDGED_KINDS, ReviewState, VerdictState
from review.releasing import make_release, recover_releases, verify_release
from review.schema import Assignment, Claim, ClaimVerdict, Description, Event, Review
from review.store.campaigns import CampaignRecord
from review.store.coded_rows import claims_of
from review.store.events import verify_events
from review.store.people import UserRecord
from review.store.releases import list_releases
from review.store.reviews import get_review, open_review, save_draft, submit, undo_submit
from review.store.revisions import revisions, verify_revisions
from review.store.work import lease_next, skip

Report = Callable[[object], object]


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


@pytest.fixture
def kill_during(database_url) -> Callable[..., list[str]]:
    """Run ``work(database, report)`` in a process of its own and SIGKILL it; return what it had reported by then.

    The kill comes ``seconds`` after the report number ``reports``, so that it hits in the middle of what follows.
    """

    def kill(work: Callable[[Database, Report], None], *, reports: int, seconds: float) -> list[str]:
        reading, writing = os.pipe()
        child = get_context("fork").Process(target=_work, args=(work, database_url, reading, writing))
        child.start()
        os.close(writing)
        with os.fdopen(reading) as pipe:
            reported = [pipe.readline() for _ in range(reports)]
            time.sleep(seconds)
            os.kill(child.pid, signal.SIGKILL)
            reported += pipe.readlines()
        child.join()
        assert child.exitcode == -signal.SIGKILL, "it ended by itself"
        return [line.strip() for line in reported if line.endswith("\n")]

    return kill


def _work(work: Callable[[Database, Report], None], url: str, reading: int, writing: int) -> None:
    os.close(reading)
    database = Database(url)
    with os.fdopen(writing, "w", buffering=1) as pipe:
        work(database, lambda line: pipe.write(f"{line}\n"))


@pytest.fixture
def prove_saving(
    database, kill_during, make_description, make_campaign, make_user, begin, judged
) -> Callable[..., None]:
    """Kill a process that saves, submits and takes back one review for ever; look after each kill."""

    def prove(*, kills: int) -> None:
        make_description()
        person = make_user()
        review = begin(make_campaign(), person)
        chance, state = random.Random(kills), judged(review)
        me = {"review_id": review.id, "reviewer_id": person.id}

        def work(own: Database, report: Report) -> None:
            with own.read() as session:
                now = get_review(session, review_id=review.id)
            while True:
                with own.write() as session:
                    if now.status == "submitted":
                        now = undo_submit(session, **me)
                    elif now.state.note == f"version {now.version - 1}":
                        token = f"token {now.version}"
                        now = submit(session, **me, version=now.version, state=now.state, token=token)
                    else:
                        note = replace(state, note=f"version {now.version}")
                        now = save_draft(session, **me, version=now.version, state=note)
                report(now.version)

        for _ in range(kills):
            reported = kill_during(work, reports=chance.randint(1, 4), seconds=chance.uniform(0, 0.03))
            with database.read() as session:
                saved = get_review(session, review_id=review.id)
                assert int(reported[-1]) <= saved.version <= int(reported[-1]) + 1
                listed = [row.version for row in revisions(session, review_id=review.id)]
                assert listed == [*range(1, saved.version + 1)]
                coded = session.scalar(select(func.count()).where(ClaimVerdict.review_id == review.id))
                assert coded == (len(state.verdicts) if saved.status == "submitted" else 0)
                assert session.scalar(select(Assignment.state)) == ("submitted" if coded else "leased")
                assert verify_events(session).first_bad is None
                assert verify_revisions(session).first_bad is None

    return prove


@pytest.fixture
def prove_importing(database, kill_during, tmp_path) -> Callable[..., None]:
    """Kill imports of ever new files, finish each, and count."""
    for number in range(10):
        Image.new("RGB", (40, 40), (number, 90, 120)).save(tmp_path / f"{number}.png")

    def prove(*, kills: int) -> None:
        chance, size = random.Random(kills), 30
        for kill in range(kills):
            path = tmp_path / f"train_{kill}.json"
            path.write_text(json.dumps([faba_record(kill, number) for number in range(size)]))
            options = {"json_path": path, "images_dir": tmp_path, "split": "train", "task": "au", "batch": 3}

            def work(own: Database, report: Report, options=options) -> None:
                while True:
                    import_faba(own, **options, progress=lambda *counts: report(counts))

            kill_during(work, reports=chance.randint(1, size // 3), seconds=chance.uniform(0, 0.02))
            last = import_faba(database, **options)
            assert (last.inserted + last.already_there, last.skipped) == (size, ())
            with database.read() as session:
                assert session.scalar(select(func.count()).select_from(Description)) == size * (kill + 1)
                tiled = select(func.sum(Claim.end - Claim.start), func.count(Claim.ord.distinct()), func.count())
                query = tiled.add_columns(func.max(func.length(Description.text))).join(Description)
                for covered, places, claims, length in session.execute(query.group_by(Claim.description_id)):
                    assert covered == length
                    assert places == claims
                assert verify_events(session).first_bad is None

    return prove


def faba_record(kill: int, number: int) -> dict:
    """A record in the training form; every file has texts of its own about the same pictures."""
    answer = f"1. AU4 - Brow Lowerer: Low, case {kill}.{number}.\n2. AU12 - Lip Corner Puller: The corners rise."
    question = "Which facial action units are shown?\n<image>"
    conversation = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    name = f"{number % 10}.png"
    return {"source": "x", "image": name, "id": f"{kill}-{number}", "conversations": conversation, "landmark": "l.npy"}


@pytest.fixture
def prove_releasing(database, kill_during, tmp_path, make_description, make_campaign, make_user, begin, judged, write):
    """Kill a process that makes one release after another; what it finished is whole, what it did not is gone."""

    def prove(*, kills: int) -> None:
        for _ in range(3):
            make_description()
        campaign, person, lead = make_campaign(), make_user(), make_user(role="lead")
        for token in ("one", "two", "three"):
            review = begin(campaign, person)
            me = {"review_id": review.id, "reviewer_id": person.id, "version": review.version}
            write(submit, **me, state=judged(review), token=token)
        chance, folder = random.Random(kills), tmp_path / "releases"

        def work(own: Database, report: Report) -> None:
            while True:
                name = f"r{time.time_ns()}"
                make_release(own, name=name, folder=folder, actor_id=lead.id)
                report(name)

        finished: list[str] = []
        for _ in range(kills):
            finished += kill_during(work, reports=chance.randint(0, 1), seconds=chance.uniform(0, 0.1))
            recover_releases(database)
            with database.read() as session:
                complete = {record.name for record in list_releases(session)}
                assert {record.state for record in list_releases(session)} <= {"complete"}
                assert verify_events(session).first_bad is None
            assert set(finished) <= complete
            assert complete == {path.name for path in folder.glob("[!.]*") if path.is_dir()}
        for name in complete:
            assert verify_release(folder / name, database).problems == ()

    return prove
