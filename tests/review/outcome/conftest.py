"""People who review, conflict and adjudicate, for the tests of what comes out of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select, update

from review.records import ReviewState, VerdictState
from review.releasing import make_release
from review.schema import Claim, Description
from review.store.reviews import ReviewRecord, open_review, submit
from review.store.work import lease_description

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
tokens = count(1)


@pytest.fixture
def claims_of(database) -> Callable[[int], dict[int, Claim]]:
    """The claims of a description about action units by number, and all others by minus their place."""

    def found(description_id: int) -> dict[int, Claim]:
        with database.read() as session:
            rows = session.scalars(select(Claim).where(Claim.description_id == description_id).order_by(Claim.ord))
            return {row.action_unit or -row.ord - 1: row for row in rows}

    return found


@pytest.fixture
def review(database, claims_of) -> Callable[..., ReviewRecord]:
    """Submit a review: every claim is correct but those given, by action unit."""

    def act(campaign, person, description_id: int, *, wrong=None, now=NOON, **state) -> ReviewRecord:
        claims = claims_of(description_id)
        verdicts = {claim.id: VerdictState("correct") for claim in claims.values() if claim.kind in ("au", "emotion")}
        verdicts |= {claims[unit].id: verdict for unit, verdict in (wrong or {}).items()}
        with database.write() as session:
            lease = lease_description(
                session, campaign_id=campaign.id, reviewer_id=person.id, description_id=description_id, now=now
            )
            begun = open_review(session, assignment_id=lease.assignment_id, reviewer_id=person.id, now=now)
        with database.write() as session:
            return submit(
                session,
                review_id=begun.id,
                reviewer_id=person.id,
                version=begun.version,
                state=ReviewState(verdicts=verdicts, **state),
                token=f"token{next(tokens)}",
                now=now,
            )

    return act


@pytest.fixture
def lead(make_user):
    return make_user("lead", role="lead")


@pytest.fixture
def release(database, lead, tmp_path):
    """Make a release and return its folder."""

    def make(name="r1", **options):
        options.setdefault("actor_id", lead.id)
        return Path(make_release(database, name=name, folder=tmp_path / "releases", **options).folder)

    return make


@pytest.fixture
def describe(database, make_description):
    """A description with the published fields that releases carry on."""

    def make(*, landmark="landmarks/1.npy", label=None, origin_run=None, **options):
        number = make_description(**options)
        values = {"landmark": landmark, "published_label": label, "origin_run": origin_run}
        with database.write() as session:
            session.execute(update(Description).where(Description.id == number).values(values))
        return number

    return make


@pytest.fixture
def field(database):
    """Read one column of a description."""

    def get(number, name):
        with database.read() as session:
            return getattr(session.get_one(Description, number), name)

    return get
