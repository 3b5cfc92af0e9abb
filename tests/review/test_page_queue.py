"""The Queue page: where to start, who holds what, what to do where nothing is; everything escaped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from review.page_frame import PAGES, header_html, start_script, style_sheet
from review.page_queue import load_places, queue_html
from review.store.campaigns import set_state
from review.store.work import lease_next

NOW = datetime(2100, 1, 1, 12, 0, tzinfo=UTC)
"""Years ahead: what asks the real clock must find these leases running."""


@pytest.fixture
def place(database, make_user, make_description, make_campaign):
    """A campaign of two descriptions and a person before their first one."""
    make_description()
    make_description()
    campaign = make_campaign(name="<b>First</b>", overlap=2)
    ann = make_user("ann")

    def draw(user=ann, now=None):
        return queue_html(user, load_places(database, user), "", now or datetime.now(UTC))

    draw.campaign, draw.ann = campaign, ann
    return draw


def test_an_open_campaign_has_a_way_in_and_its_name_is_escaped(place):
    page = place()
    assert f'href="./review?campaign={place.campaign.id}">Start reviewing' in page
    assert "&lt;b&gt;First&lt;/b&gt;" in page and "<b>First" not in page
    assert "0 of 4 judged · 4 open · 0 in hand" in page
    assert "2 per description" in page


def test_who_has_begun_goes_on_and_others_are_named(place, database, make_user):
    bob = make_user("o'bob")
    with database.write() as session:
        lease = lease_next(session, campaign_id=place.campaign.id, reviewer_id=bob.id, now=NOW)
    assert f"o&#39;bob has item {lease.description_id}, 6 min left" in place(now=NOW + timedelta(minutes=4))
    assert f"Go on with item {lease.description_id}" in place(bob, now=NOW + timedelta(minutes=4))
    assert "has item" not in place(bob, now=NOW)


def test_a_paused_campaign_has_no_way_in(place, database):
    with database.write() as session:
        set_state(session, campaign_id=place.campaign.id, state="paused", actor_id=place.ann.id, version=1)
    assert "This campaign is paused." in place() and "queue-start" not in place()


def test_a_viewer_looks_on(place):
    page = place(replace(place.ann, role="viewer"))
    assert "Viewers look on" in page and "queue-start" not in page


def test_an_empty_queue_says_what_to_do(database, make_user):
    sentence = "No login on this machine."
    reviewer, lead = make_user(), make_user(role="lead")
    assert "A lead opens a campaign" in queue_html(reviewer, [], sentence, NOW)
    assert "python -m review import" in queue_html(lead, [], sentence, NOW)
    assert sentence in queue_html(lead, [], sentence, NOW)


def test_a_queue_whose_sample_is_being_made_says_so(place, make_user):
    lead = make_user(role="lead")
    page = queue_html(lead, [], "", NOW, preparing=True)
    assert "The sample project is being made" in page and "python -m review import" not in page


def test_the_header_leads_to_every_page_and_marks_the_present_one():
    page = header_html("browse", "<said>")
    for link in PAGES[:-1]:  # the last one is behind the name of who is signed in
        assert f'href="./{link.path}" data-role="{link.role}"' in page
    assert page.count("aria-current") == 1 and 'aria-current="page">Browse' in page
    assert "&lt;said&gt;" in page


def test_scripts_start_from_our_own_address_and_styles_name_no_other_host():
    assert "'./review-assets/review.js'" in start_script("review.js")
    assert "module.start(element, true)" in start_script("frame.js", "true")
    assert "http" not in style_sheet() and "@import" not in style_sheet()
