"""Leases: who gets what, when they run out, and what happens to what is passed over."""

from datetime import UTC, datetime, timedelta

import pytest

from emola.errors import InputError
from review.errors import NotAllowed, NothingToDo
from review.store import work
from review.store.campaigns import get_campaign, set_overlap, set_state
from review.store.events import list_events
from review.store.history import skip_history

NOON = datetime(2100, 1, 1, 12, tzinfo=UTC)
"""Years ahead: what asks the real clock must find these leases running."""


@pytest.fixture
def lease(database):
    def act(campaign, user, now=NOON):
        with database.write() as session:
            return work.lease_next(session, campaign_id=campaign.id, reviewer_id=user.id, now=now)

    return act


@pytest.fixture
def pass_over(database):
    def act(lease, user, reason="blurred", now=NOON):
        with database.write() as session:
            work.skip(session, assignment_id=lease.assignment_id, reviewer_id=user.id, reason=reason, now=now)

    return act


def test_the_most_suspicious_comes_first_and_each_description_goes_to_one_person(
    lease, make_campaign, make_description, make_user
):
    calm, wrong, odd = (make_description(suspicion=score) for score in (0.1, 0.9, 0.5))
    campaign = make_campaign(random_rate=0.0)
    people = [make_user() for _ in range(3)]
    assert [lease(campaign, person).description_id for person in people] == [wrong, odd, calm]
    assert lease(campaign, make_user()) is None


def test_an_unfinished_lease_is_resumed(lease, make_campaign, make_description, make_user):
    make_description(), make_description()
    campaign, person = make_campaign(), make_user()
    first = lease(campaign, person)
    again = lease(campaign, person, NOON + timedelta(minutes=1))
    assert again.assignment_id == first.assignment_id
    assert again.lease_until == NOON + timedelta(minutes=11)


def test_with_overlap_two_a_person_meets_a_description_once(lease, make_campaign, make_description, make_user):
    make_description()
    campaign = make_campaign(overlap=2)
    first, second, third = make_user(), make_user(), make_user()
    assert lease(campaign, first).description_id == lease(campaign, second).description_id
    assert lease(campaign, third) is None


def test_an_expired_lease_passes_on_and_its_owner_loses_it(database, lease, make_campaign, make_description, make_user):
    make_description()
    campaign, slow, quick = make_campaign(), make_user(), make_user()
    held = lease(campaign, slow)
    assert lease(campaign, quick, NOON + timedelta(minutes=9)) is None
    later = NOON + timedelta(minutes=11)
    assert lease(campaign, quick, later).assignment_id == held.assignment_id
    with database.write() as session, pytest.raises(NotAllowed, match="passed on"):
        work.heartbeat(session, assignment_id=held.assignment_id, reviewer_id=slow.id, now=later)
    assert lease(campaign, slow, later) is None


def test_a_heartbeat_keeps_a_lease(database, lease, make_campaign, make_description, make_user):
    make_description()
    campaign, slow, quick = make_campaign(), make_user(), make_user()
    held = lease(campaign, slow)
    with database.write() as session:
        until = work.heartbeat(
            session, assignment_id=held.assignment_id, reviewer_id=slow.id, now=NOON + timedelta(minutes=9)
        )
    assert until == NOON + timedelta(minutes=19)
    assert lease(campaign, quick, NOON + timedelta(minutes=18)) is None


def test_a_skipped_description_goes_to_others_then_to_a_lead(
    database, lease, pass_over, make_campaign, make_description, make_user
):
    number = make_description()
    campaign = make_campaign(overlap=2)
    first, second, third, chief = make_user(), make_user(), make_user(), make_user(role="lead")
    pass_over(lease(campaign, first), first)
    assert lease(campaign, first) is None
    pass_over(lease(campaign, second), second)
    assert lease(campaign, third) is None
    with database.read() as session:
        assert get_campaign(session, campaign_id=campaign.id).skipped == 2
    with database.write() as session, pytest.raises(NothingToDo):
        work.lease_description(session, campaign_id=campaign.id, description_id=number, reviewer_id=third.id, now=NOON)
    with database.write() as session:
        taken = work.lease_description(
            session, campaign_id=campaign.id, description_id=number, reviewer_id=chief.id, now=NOON
        )
    assert taken.description_id == number


def test_a_skip_is_taken_back_by_taking_the_description_again(
    database, lease, pass_over, make_campaign, make_description, make_user, read
):
    number = make_description()
    campaign, first, second, third = make_campaign(overlap=2), make_user(), make_user(), make_user()
    for person in (first, second):
        pass_over(lease(campaign, person), person)
    assert lease(campaign, third) is None, "it waits for a lead"
    ids = {"campaign_id": campaign.id, "description_id": number}
    with database.write() as session:
        again = work.lease_description(session, **ids, reviewer_id=second.id, now=NOON)
    assert lease(campaign, third).description_id == number, "one skip is not enough for a lead"
    assert [skip.login for skip in read(skip_history, description_id=number)] == [first.login]
    pass_over(again, second, reason="blurred after all")
    assert [skip.reason for skip in read(skip_history, description_id=number)] == ["blurred", "blurred after all"]
    said = {event.action for event in read(list_events, entity="assignment", entity_id=again.assignment_id)}
    assert {"unskip", "skip"} <= said


def test_skipping_needs_a_reason_and_the_lease(database, lease, pass_over, make_campaign, make_description, make_user):
    make_description()
    campaign, owner, other = make_campaign(), make_user(), make_user()
    held = lease(campaign, owner)
    with pytest.raises(InputError, match="why"):
        pass_over(held, owner, reason=" ")
    with pytest.raises(NotAllowed, match="not yours"):
        pass_over(held, other)


def test_who_holds_what_is_told(database, lease, make_campaign, make_description, make_user):
    number = make_description()
    campaign, owner, other = make_campaign(), make_user("anna"), make_user()
    lease(campaign, owner)
    with database.write() as session, pytest.raises(NothingToDo) as caught:
        work.lease_description(session, campaign_id=campaign.id, description_id=number, reviewer_id=other.id, now=NOON)
    (holder,) = caught.value.holders
    assert (holder.login, holder.description_id) == ("anna", number)
    assert holder.lease_until == NOON + timedelta(minutes=10)


def test_peek_names_what_comes_next_and_takes_nothing(database, lease, make_campaign, make_description, make_user):
    numbers = [make_description(suspicion=score) for score in (0.9, 0.8, 0.7)]
    campaign, person = make_campaign(random_rate=0.0, overlap=2), make_user()
    lease(campaign, person)
    with database.read() as session:
        coming = work.peek(session, campaign_id=campaign.id, reviewer_id=person.id, now=NOON)
        assert coming == numbers[1:]
        assert get_campaign(session, campaign_id=campaign.id).leased == 1


def test_a_paused_campaign_gives_nothing_out(database, lease, make_campaign, make_description, make_user):
    make_description()
    campaign, person = make_campaign(), make_user()
    with database.write() as session:
        set_state(session, campaign_id=campaign.id, state="paused", actor_id=person.id, version=campaign.version)
    with pytest.raises(NotAllowed, match="paused"):
        lease(campaign, person)


def test_viewers_and_switched_off_people_get_nothing(lease, make_campaign, make_description, make_user):
    make_description()
    with pytest.raises(NotAllowed, match="needs the role reviewer"):
        lease(make_campaign(), make_user(role="viewer"))


def test_the_overlap_changes_while_people_work(database, lease, make_campaign, make_description, make_user):
    make_description(), make_description()
    campaign, person = make_campaign(overlap=2), make_user()
    lease(campaign, person)

    def change(overlap):
        with database.write() as session:
            version = get_campaign(session, campaign_id=campaign.id).version
            return set_overlap(session, campaign_id=campaign.id, overlap=overlap, actor_id=person.id, version=version)

    assert (change(1).open, change(1).leased) == (1, 1)
    assert (change(3).open, change(3).leased) == (5, 1)
    assert change(2).total == 4
