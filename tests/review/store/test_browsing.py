"""Searching: what claims say, what reviewers said, and what a reviewer must not learn from it."""

from dataclasses import replace

import pytest

from review.records import EmotionState
from review.store.browse import BrowseFilter, is_hidden, search
from review.store.reviews import submit
from review.store.work import lease_next, skip


@pytest.fixture
def found(read):
    def act(**wanted):
        return [row.description_id for row in read(search, wanted=BrowseFilter(**wanted)).rows]

    return act


@pytest.fixture
def reviewed(begin, judged, write):
    """Let somebody review the next item of a campaign and see fear in it."""

    def act(campaign, user):
        review = begin(campaign, user)
        state = replace(judged(review), emotion=EmotionState("fear", "surprise"), blind_done=True)
        submit_it = {"review_id": review.id, "reviewer_id": user.id, "version": review.version, "state": state}
        write(submit, **submit_it, token=f"{user.login} {review.id}")

    return act


def test_units_of_phrases_are_found_and_denied_ones_are_not(make_description, found):
    phrase = make_description("The eyebrows are raised. There is no AU12.")
    make_description("AU25 is there.")
    assert found(action_unit=2) == [phrase]
    assert found(action_unit=12) == []


def test_what_others_saw_is_no_way_to_find_an_item_before_ones_own_verdict(
    make_description, make_campaign, make_user, reviewed, found
):
    number, anna, ben = make_description(), make_user("anna"), make_user("ben")
    campaign = make_campaign(overlap=2)
    reviewed(campaign, anna)
    questions = (
        {"emotion": "fear"},
        {"emotion": "surprise"},
        {"code": "H1"},
        {"reviewer_id": anna.id},
        {"state": "reviewed"},
    )
    for wanted in questions:
        assert found(**wanted) == found(**wanted, seen_by=anna.id) == [number], wanted
        assert found(**wanted, seen_by=ben.id) == [], wanted
    reviewed(campaign, ben)
    for wanted in questions:
        assert found(**wanted, seen_by=ben.id) == [number], wanted


def test_an_item_of_a_blind_campaign_is_hidden_until_it_is_submitted(
    make_description, make_campaign, make_user, reviewed, found, read
):
    number, anna, ben = make_description(), make_user("anna"), make_user("ben")
    campaign = make_campaign(overlap=2, blind=True)
    reviewed(campaign, anna)
    assert found(seen_by=anna.id) == [number] and found(seen_by=ben.id) == []
    assert read(is_hidden, description_id=number, reviewer_id=ben.id)
    assert not read(is_hidden, description_id=number, reviewer_id=anna.id)


def test_what_was_left_to_the_lead_is_found(make_description, make_campaign, make_user, found, write):
    number = make_description()
    campaign = make_campaign()
    for name in ("anna", "ben"):
        user = make_user(name)
        lease = write(lease_next, campaign_id=campaign.id, reviewer_id=user.id)
        write(skip, assignment_id=lease.assignment_id, reviewer_id=user.id, reason="blurred")
    assert found(state="skipped") == [number]
