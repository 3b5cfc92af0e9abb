"""Campaigns: what they select, how their queue is laid out, and their rules."""

from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from emola.errors import InputError
from review.errors import StaleRecord
from review.schema import Assignment
from review.store.campaign_records import CampaignRules, all_campaign_rules, campaign_rules
from review.store.campaigns import CampaignFilter, create_campaign, get_campaign, list_campaigns, set_state
from review.store.slots import lay_out


@pytest.fixture
def queue(database):
    """Descriptions of a campaign in order, with their stratum."""

    def act(campaign):
        with database.read() as session:
            rows = session.execute(
                select(Assignment.description_id, Assignment.stratum)
                .where(Assignment.campaign_id == campaign.id, Assignment.slot == 1)
                .order_by(Assignment.place)
            )
            return [tuple(row) for row in rows]

    return act


@pytest.fixture
def over(write, make_user):
    """A campaign over what a filter selects."""

    def act(*, name="over", **wanted):
        lead = make_user(role="lead")
        return write(create_campaign, name=name, filter=CampaignFilter(**wanted), random_rate=0.0, actor_id=lead.id)

    return act


def test_the_queue_goes_from_the_most_suspicious_to_the_unscored(make_description, make_campaign, queue):
    unscored, low, high = make_description(), make_description(suspicion=0.2), make_description(suspicion=0.8)
    assert [number for number, _ in queue(make_campaign(random_rate=0.0))] == [high, low, unscored]


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({}, "abc"),
        ({"task": "emotion"}, "c"),
        ({"split": "eval"}, "b"),
        ({"action_unit": 9}, "ab"),
        ({"min_suspicion": 0.5}, "a"),
        ({"task": "au", "split": "train"}, "a"),
    ],
)
def test_a_filter_selects(make_description, over, queue, wanted, fits):
    made = {
        make_description(suspicion=0.9): "a",
        make_description(split="eval"): "b",
        make_description("She is happy.", task="emotion"): "c",
    }
    assert sorted(made[number] for number, _ in queue(over(**wanted))) == sorted(fits)


def test_ids_may_be_more_than_a_statement_takes(make_description, over, queue):
    number = make_description()
    assert queue(over(ids=(*range(10_000, 42_000), number, number))) == [(number, "suspicion")]


def test_planted_errors_are_mixed_in_at_their_rate_or_treated_like_others(make_description, make_campaign, queue):
    plain = [make_description() for _ in range(8)]
    planted = {make_description(planted="H1") for _ in range(5)}
    mixed = queue(make_campaign(planted_rate=0.2, random_rate=0.25))
    assert Counter(stratum for _, stratum in mixed) == {"suspicion": 6, "random": 2, "planted": 2}
    assert {number for number, stratum in mixed if stratum == "planted"} < planted
    assert {number for number, stratum in mixed if stratum != "planted"} == set(plain)
    alike = queue(make_campaign(planted_rate=0.0, random_rate=0.0))
    assert {number for number, _ in alike} == {*plain, *planted}
    assert {stratum for _, stratum in alike} == {"suspicion"}


def test_a_campaign_counts_its_assignments(make_description, make_campaign, read):
    make_description(), make_description()
    first, second = make_campaign(overlap=2, blind=True, hints="never"), make_campaign()
    assert (first.total, first.open, first.leased) == (4, 4, 0)
    assert (first.overlap, first.blind, first.hints, first.state) == (2, True, "never", "open")
    assert read(list_campaigns) == [second, first]


def test_rules_are_those_of_the_counted_campaign(make_description, make_campaign, read):
    make_description()
    first, second = make_campaign(overlap=3, blind=True, random_rate=0.5), make_campaign()
    rules = [field.name for field in fields(CampaignRules)]
    for campaign in (first, second):
        assert vars(read(campaign_rules, campaign_id=campaign.id)) == {name: getattr(campaign, name) for name in rules}
    assert [one.id for one in read(all_campaign_rules)] == [second.id, first.id]
    with pytest.raises(InputError, match="no campaign 99"):
        read(campaign_rules, campaign_id=99)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"name": " "}, "needs a name"),
        ({"overlap": 0}, "overlap"),
        ({"hints": "always"}, "'always'"),
        ({"planted_rate": 0.9}, "planted"),
        ({"random_rate": 1.5}, "random"),
    ],
)
def test_what_no_campaign_can_have_is_named(make_description, make_campaign, options, named):
    make_description()
    with pytest.raises(InputError, match=named):
        make_campaign(**options)


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"action_unit": 99}, "no AU99 here; there are: 1, 2, 4"),
        ({"min_suspicion": 7.0}, r"must be 0 to 1; got 7\.0"),
        ({"lint_kind": "typo"}, "'typo'; there are: none yet"),
    ],
)
def test_what_no_description_can_have_is_named(make_description, make_user, write, wanted, named):
    make_description()
    with pytest.raises(InputError, match=named):
        write(create_campaign, name="a", filter=CampaignFilter(**wanted), actor_id=make_user(role="lead").id)


def test_a_campaign_needs_descriptions_and_a_name_of_its_own(make_description, make_campaign):
    with pytest.raises(InputError, match="No description fits"):
        make_campaign()
    make_description()
    make_campaign(name="pilot")
    with pytest.raises(InputError, match="already a campaign 'pilot'"):
        make_campaign(name="pilot")


def test_two_people_changing_a_campaign_are_told(make_description, make_campaign, make_user, write, read):
    make_description()
    campaign, lead = make_campaign(), make_user(role="lead")
    change = {"campaign_id": campaign.id, "actor_id": lead.id, "version": campaign.version}
    assert write(set_state, state="closed", **change).state == "closed"
    with pytest.raises(StaleRecord):
        write(set_state, state="open", **change)
    with pytest.raises(InputError, match="'gone'"):
        write(set_state, state="gone", **change)
    assert read(get_campaign, campaign_id=campaign.id).state == "closed"


@given(st.integers(0, 60), st.integers(0, 10), st.floats(0, 1), st.floats(0, 0.5), st.integers(0, 5))
def test_a_queue_holds_everything_once_with_shares_spread_evenly(size, spare, random_rate, planted_rate, seed):
    ranked, planted = list(range(size)), list(range(1000, 1000 + spare))
    laid = lay_out(ranked, planted, random_rate=random_rate, planted_rate=planted_rate, seed=seed)
    numbers = [entry.description_id for entry in laid]
    assert len(set(numbers)) == len(numbers)
    assert sorted(number for number in numbers if number < 1000) == ranked
    by_rank = [entry.description_id for entry in laid if entry.stratum == "suspicion"]
    assert by_rank == sorted(by_rank)
    totals = Counter(entry.stratum for entry in laid)
    assert totals["random"] == round(random_rate * size)
    assert totals["planted"] == min(
        spare, max(round(planted_rate / (1 - planted_rate) * size), size > 0 < planted_rate)
    )
    seen = Counter()
    for place, entry in enumerate(laid, 1):
        seen[entry.stratum] += 1
        for stratum, total in totals.items():
            assert abs(seen[stratum] - total * place / len(laid)) <= 2
