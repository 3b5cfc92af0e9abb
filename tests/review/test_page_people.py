"""Users and Campaigns: what leads and admins do there, and what is refused."""

from types import SimpleNamespace

import gradio as gr
import pytest

from review.page_campaign_table import filter_words
from review.page_campaigns import CampaignsPage
from review.page_users import UsersPage
from review.store.campaigns import list_campaigns
from review.store.people import check_password, find_user


@pytest.fixture
def database_url(sqlite_url):
    """SQLite alone: what differs between the dialects is tested with the store."""
    return sqlite_url


REQUEST = SimpleNamespace(query_params={})
ANYTHING = ("", "", "", 0, "")
"""Fields of the filter that select everything."""


@pytest.fixture
def users(database, make_user):
    """The Users page as an admin and as a lead."""
    callers = {role: make_user(role, role=role) for role in ("admin", "lead")}
    with gr.Blocks():
        return {role: UsersPage(database, lambda request, user=user: user) for role, user in callers.items()}


@pytest.fixture
def campaigns(database, make_user):
    lead = make_user("lead", role="lead")
    with gr.Blocks():
        return CampaignsPage(database, lambda request: lead)


def test_a_new_user_can_log_in(users, read):
    table, *_ = users["lead"].add("ann o'b", "a good password", "reviewer", "certified", REQUEST)
    assert "ann o&#39;b" in table and "certified" in table
    assert read(check_password, login="ann o'b", password="a good password").role == "reviewer"


@pytest.mark.parametrize(
    ("login", "password", "words"),
    [
        ("lead", "a good password", "already"),
        ("ann", "short", "at least 8"),
        (" ", "a good password", "1 to 64"),
        ("x\ny", "a good password", "letters, digits, spaces and any of"),
    ],
)
def test_a_faulty_new_user_is_refused(users, login, password, words):
    with pytest.raises(gr.Error, match=words):
        users["admin"].add(login, password, "reviewer", "none", REQUEST)


def test_a_lead_makes_no_leads_and_touches_none(users, read):
    with pytest.raises(gr.Error, match="Only an admin"):
        users["lead"].add("eve", "a good password", "admin", "none", REQUEST)
    admin = read(find_user, login="admin")
    for password in ("", "another password"):
        with pytest.raises(gr.Error, match="Only an admin"):
            users["lead"].change(admin.id, "viewer", "none", False, password, {}, REQUEST)
    assert read(find_user, login="admin") == admin


def test_role_level_state_and_password_change_together(users, make_user, read):
    ann = make_user("ann")
    known = users["admin"].load(REQUEST)[1]
    app = SimpleNamespace(cookie_id="x", tokens={"old": "ann", "own": "admin"})
    request = SimpleNamespace(request=SimpleNamespace(app=app, cookies={"access-token-x": "own"}))
    users["admin"].change(ann.id, "lead", "trained", True, "another password", known, request)
    assert app.tokens == {"own": "admin"}, "whoever knew the old password is out"
    changed = read(find_user, login="ann")
    assert (changed.role, changed.facs_level, changed.active) == ("lead", "trained", True)
    assert read(check_password, login="ann", password="another password") is not None
    known = users["admin"].load(REQUEST)[1]
    table, *_ = users["admin"].change(ann.id, "lead", "trained", False, "", known, REQUEST)
    assert "switched off" in table
    assert read(check_password, login="ann", password="another password") is None


def test_a_stale_page_changes_nothing(users, make_user, read):
    ann = make_user("ann")
    known = users["admin"].load(REQUEST)[1]
    users["admin"].change(ann.id, "viewer", "none", True, "", known, REQUEST)
    with pytest.raises(gr.Error, match="changed meanwhile"):
        users["lead"].change(ann.id, "reviewer", "none", False, "", known, REQUEST)
    assert read(find_user, login="ann").role == "viewer"


def test_the_last_admin_stays(users, read):
    admin = read(find_user, login="admin")
    with pytest.raises(gr.Error, match="only active admin"):
        users["admin"].change(admin.id, "viewer", "none", True, "", {}, REQUEST)


def test_a_campaign_is_counted_made_widened_and_closed(campaigns, make_description, read):
    for _ in range(3):
        make_description()
    make_description("The person looks happy.", task="emotion")
    assert "selects 3 descriptions" in campaigns.count(REQUEST, "au", "", "", 0, "gpt-4v")
    assert "selects 3 descriptions" in campaigns.count(REQUEST, "", "", 15, 0, "")
    assert "No description fits" in campaigns.count(REQUEST, "", "eval", "", 0, "")
    rules = ("Benchmark <i>", 1, "never", 0.5, 0.0, True)
    table, versions, _, _ = campaigns.create(REQUEST, "au", "", "", 0, "", *rules)
    made = read(list_campaigns)[0]
    assert (made.overlap, made.blind, made.hints, made.random_rate, made.total) == (1, True, "never", 0.5, 3)
    assert "Benchmark &lt;i&gt;" in table and "0 of 3" in table and "blind coding first" in table
    table, versions, _, _ = campaigns.widen(made.id, versions, 2, REQUEST)
    assert "0 of 6" in table
    with pytest.raises(gr.Error, match="changed"):
        campaigns.move("closed", made.id, {str(made.id): made.version}, REQUEST)
    campaigns.move("closed", made.id, versions, REQUEST)
    assert read(list_campaigns)[0].state == "closed"


@pytest.mark.parametrize(
    ("wanted", "rules", "words"),
    [
        (ANYTHING, (" ", 1, "after", 0.1, 0.0, False), "name first"),
        (("", "eval", "", 0, ""), ("x", 1, "after", 0.1, 0.0, False), "No description fits"),
        (ANYTHING, ("x", 1000, "after", 0.1, 0.0, False), "1 to 100"),
    ],
)
def test_a_campaign_that_means_nothing_is_refused(campaigns, make_description, wanted, rules, words):
    make_description()
    with pytest.raises(gr.Error, match=words):
        campaigns.create(REQUEST, *wanted, *rules)


def test_without_a_choice_nothing_happens(campaigns):
    with pytest.raises(gr.Error, match="Choose a campaign first"):
        campaigns.widen(None, {}, 2, REQUEST)


def test_filters_in_words():
    assert filter_words({}) == "everything imported"
    wanted = {"task": "au", "split": "eval", "action_unit": 4, "min_suspicion": 0.25, "ids": [1, 2]}
    words = "action units, split eval, about AU4 Brow lowerer, suspicion at least 25 %, 2 chosen ones"
    assert filter_words(wanted) == words
