"""Adjudication: only what people differ about, by a third person who does not see who they are."""

from datetime import timedelta

import pytest

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.records import MarkState, UnitState, VerdictState
from review.store.adjudication import LEASE, Decision, conflicts, decide, lease_adjudication, waiting
from review.store.events import verify_events
from review.store.gold import current_gold
from review.store.reviews import my_reviews, undo_submit

ABSENT = VerdictState("wrong", "H1", 2, replacement="")


@pytest.fixture
def conflict(make_description, make_campaign, make_user, review):
    """A campaign in which two people differ about AU9, and a third person."""
    description = make_description()
    campaign, anna, berta = make_campaign(overlap=2), make_user("anna"), make_user("berta")
    review(campaign, anna, description)
    review(campaign, berta, description, wrong={9: ABSENT})
    return campaign, description, anna, berta, make_user("carla")


@pytest.fixture
def lease(write):
    def act(campaign, person, **options):
        return write(lease_adjudication, campaign_id=campaign.id, adjudicator_id=person.id, **options)

    return act


@pytest.fixture
def settle(write):
    """Decide with one letter, or a value, on every conflict."""

    def act(record, person, *, chosen=None, value=None, decisions=None):
        if decisions is None:
            decisions = [Decision(found.target, found.target_key, chosen, value, "at 3x") for found in record.conflicts]
        return write(
            decide, adjudication_id=record.id, adjudicator_id=person.id, version=record.version, decisions=decisions
        )

    return act


def letter_of(record, verdict):
    return next(letter for letter, value in record.conflicts[0].values if value["verdict"] == verdict)


def test_only_the_claim_is_asked_for(conflict, read, claims_of):
    campaign, description, *_ = conflict
    found = read(conflicts, campaign_id=campaign.id, description_id=description)
    assert [(one.target, one.target_key) for one in found] == [("claim", str(claims_of(description)[9].id))]
    assert [letter for letter, _ in found[0].values] == ["A", "B"]
    assert {value["verdict"] for _, value in found[0].values} == {"correct", "wrong"}
    assert "anna" not in str(found)


def test_neither_of_the_two_gets_it(conflict, lease, read):
    campaign, _, anna, berta, carla = conflict
    assert lease(campaign, anna) is None
    assert lease(campaign, berta) is None
    assert read(waiting, campaign_id=campaign.id) == 1
    assert lease(campaign, carla).state == "leased"


def test_following_one_of_them_makes_gold(conflict, lease, settle, read, claims_of):
    campaign, description, _, _, carla = conflict
    record = lease(campaign, carla)
    done = settle(record, carla, chosen=letter_of(record, "wrong"))
    assert (done.state, done.conflicts) == ("submitted", ())
    gold = {(row.target, row.target_key): row for row in read(current_gold, description_id=description)}
    nine = gold["claim", str(claims_of(description)[9].id)]
    assert (nine.basis, nine.value["code"], nine.adjudication_id) == ("adjudicated", "H1", record.id)
    assert (gold["unit", "9"].basis, gold["unit", "9"].value["state"]) == ("adjudicated", "absent")
    text = gold["text", "text"]
    assert (text.basis, text.adjudication_id) == ("adjudicated", record.id)
    assert "AU9" not in text.value["text"]
    assert "2. AU15" in text.value["text"]
    assert read(waiting, campaign_id=campaign.id) == 0
    assert read(verify_events).first_bad is None


def test_a_value_of_their_own_decides_the_unit_too(conflict, lease, settle, read):
    campaign, description, _, _, carla = conflict
    value = {"verdict": "wrong", "code": "H2", "action_unit": 10, "replacement": "AU10 - Upper Lip Raiser: up."}
    settle(lease(campaign, carla), carla, value=value)
    gold = {(row.target, row.target_key): row for row in read(current_gold, description_id=description)}
    assert gold["unit", "9"].value["state"] == "absent"
    assert "2. AU10 - Upper Lip Raiser: up." in gold["text", "text"].value["text"]


def test_every_conflict_needs_a_decision_that_means_something(conflict, lease, settle):
    campaign, _, _, _, carla = conflict
    record = lease(campaign, carla)
    with pytest.raises(InputError, match="still open: claim"):
        settle(record, carla, decisions=[])
    with pytest.raises(InputError, match="no open conflict about unit 4"):
        settle(record, carla, decisions=[Decision("unit", "4", "A")])
    with pytest.raises(InputError, match="'C' is nobody here"):
        settle(record, carla, chosen="C")
    with pytest.raises(InputError, match="must be one of correct"):
        settle(record, carla, value={"verdict": "maybe"})
    with pytest.raises(InputError, match="neither a person nor a value"):
        settle(record, carla)


def test_only_who_holds_it_decides(conflict, lease, settle, make_user):
    campaign, _, anna, _, carla = conflict
    record = lease(campaign, carla)
    with pytest.raises(NotAllowed, match="yourself"):
        settle(record, anna, chosen="A")
    with pytest.raises(NotAllowed, match="do not hold"):
        settle(record, make_user(), chosen="A")
    settle(record, carla, chosen="A")
    with pytest.raises(StaleRecord):
        settle(record, carla, chosen="B")


def test_a_lease_that_ran_out_goes_to_the_next_one(conflict, lease, settle, make_user):
    campaign, _, _, _, carla = conflict
    dora = make_user()
    record = lease(campaign, carla)
    assert lease(campaign, dora) is None
    assert lease(campaign, carla).id == record.id
    after = record.lease_until + LEASE + timedelta(seconds=1)
    assert lease(campaign, dora, now=after).adjudicator_id == dora.id
    with pytest.raises((StaleRecord, NotAllowed)):
        settle(record, carla, chosen="A")


def test_taking_a_review_back_closes_the_conflict(conflict, lease, write, read, my_review):
    campaign, description, _, berta, carla = conflict
    write(undo_submit, review_id=my_review(berta), reviewer_id=berta.id)
    assert read(waiting, campaign_id=campaign.id) == 0
    assert lease(campaign, carla) is None
    assert read(conflicts, campaign_id=campaign.id, description_id=description) == []


@pytest.fixture
def my_review(read):
    return lambda person: read(my_reviews, reviewer_id=person.id)[0].id


def test_nobody_decides_while_a_third_review_is_still_to_come(
    make_description, make_campaign, make_user, review, lease, write, read
):
    description = make_description()
    campaign, carla = make_campaign(overlap=3), make_user()
    review(campaign, make_user(), description)
    review(campaign, make_user(), description, wrong={9: ABSENT})
    assert lease(campaign, carla) is None
    review(campaign, make_user(), description)
    record = lease(campaign, carla)
    assert [letter for letter, _ in record.conflicts[0].values] == ["A", "B", "C"]


def test_different_marks_are_a_conflict_about_the_text(
    make_description, make_campaign, make_user, review, lease, settle, read
):
    description = make_description()
    campaign = make_campaign(overlap=2)
    review(campaign, make_user(), description, marks=(MarkState(0, 4, "H5", replacement="This"),))
    review(campaign, make_user(), description)
    carla = make_user()
    record = lease(campaign, carla)
    assert [(one.target, one.target_key) for one in record.conflicts] == [("text", "text")]
    settle(record, carla, value="A text of the adjudicator's own.")
    text = next(row for row in read(current_gold, description_id=description) if row.target == "text")
    assert (text.basis, text.value["text"]) == ("adjudicated", "A text of the adjudicator's own.")


def test_a_unit_that_only_the_grid_contests_is_asked_for(
    make_description, make_campaign, make_user, review, lease, settle, read
):
    description = make_description()
    campaign = make_campaign(overlap=2)
    review(campaign, make_user(), description, units={12: UnitState("present", "B")})
    review(campaign, make_user(), description, units={12: UnitState("absent")})
    carla = make_user()
    record = lease(campaign, carla)
    assert [(one.target, one.target_key) for one in record.conflicts] == [("unit", "12")]
    settle(record, carla, value={"state": "not_visible"})
    unit = next(row for row in read(current_gold, description_id=description) if row.target_key == "12")
    assert (unit.basis, unit.value["state"]) == ("adjudicated", "not_visible")
