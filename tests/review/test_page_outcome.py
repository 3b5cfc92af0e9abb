"""Adjudicate, Browse, My corrections, Agreement, Dashboard and Releases over one disagreement, on the real store."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from sqlalchemy import select

from emola.errors import InputError
from review.page_adjudicate import next_html, read_decisions
from review.page_agreement import AgreementPage
from review.page_atlas import atlas_html
from review.page_browse import BrowsePage, find, show
from review.page_conflicts import other_value
from review.page_corrections import corrections_html
from review.page_dashboard import DashboardPage
from review.page_release_file import find_release, write_zip
from review.page_releases import ReleasesPage, read_manifest, read_query
from review.records import UnitState, VerdictState
from review.schema import ClaimVerdict
from review.statistics import rate
from review.store.adjudication import conflicts, decide
from review.store.browse import BrowseFilter
from review.store.corrections import list_corrections
from review.store.dashboard import AtlasCell
from review.store.history import gold_history, review_histories
from review.store.reviews import submit


@pytest.fixture
def database_url(sqlite_url):
    """SQLite alone: what differs between the dialects is tested with the store."""
    return sqlite_url


REQUEST = SimpleNamespace(query_params={})


@pytest.fixture
def people(make_user):
    """Two reviewers, one who has not reviewed, a lead and a viewer."""
    roles = {"ann": "reviewer", "bob": "reviewer", "cem": "reviewer", "lea": "lead", "vic": "viewer"}
    return {login: make_user(login, role=role) for login, role in roles.items()}


@pytest.fixture
def disputed(people, make_description, make_campaign, begin, judged, write):
    """Id of a description: ann calls its first claim absent, bob correct; ann sees a trace of AU15, bob its maximum."""
    number = make_description()
    campaign = make_campaign(overlap=2, actor_id=people["lea"].id, random_rate=1.0)
    for login, degree in (("ann", "A"), ("bob", "E")):
        review = begin(campaign, people[login])
        state = judged(review, note="<b>bold</b>", units={15: UnitState("present", degree)})
        if login == "bob":
            state = replace(state, verdicts={claim: VerdictState("correct") for claim in state.verdicts})
        mine = {"review_id": review.id, "reviewer_id": people[login].id, "version": review.version}
        write(submit, state=state, token=login, **mine)
    return number


@pytest.fixture
def settle(database, people, disputed, write, read):
    """Decide every conflict, the way the page sends it, as ``login`` said, or as correct and present by oneself."""

    def act(login="", reason="The brow is plainly lowered."):
        page = next_html(database, people["lea"])
        part = page.split('data-adjudication="')[1]
        number, version = int(part.split('"')[0]), int(part.split('data-version="')[1].split('"')[0])
        found = read(conflicts, campaign_id=1, description_id=disputed)
        verdicts = {value["verdict"]: letter for letter, value in found[0].values}
        chosen = {"ann": verdicts["wrong"], "bob": verdicts["correct"]}.get(login, "")
        fields = {"verdict": "correct", "state": "present", "intensity": "", "side": "N"}
        decisions = [
            {"target": one.target, "key": one.target_key, "chosen": chosen, "fields": fields, "reason": reason}
            for one in found
        ]
        sent = read_decisions({"adjudication": number, "version": version, "decisions": decisions})
        write(decide, adjudication_id=sent[0], adjudicator_id=people["lea"].id, version=sent[1], decisions=sent[2])

    return act


def test_adjudication_shows_conflicts_only_and_no_names(database, people, disputed):
    page = next_html(database, people["lea"])
    assert page.count('data-target="claim"') == 1 and page.count('data-target="unit"') == 1
    legends = [part.split("</legend>")[0] for part in page.split("<legend>")[1:]]
    assert "1. AU4 - Brow Lowerer" in legends[0] and "AU15 Lip corner depressor" in legends[1]
    assert "✗ wrong · H1 absent" in page and "✓ correct" in page
    assert "ann" not in page.replace("cannot", "") and "bob" not in page
    assert 'data-face="' in page and "H1 absent" in page


def test_nobody_adjudicates_their_own_review(database, people, disputed):
    promoted = replace(people["ann"], role="lead")
    assert "Nothing to adjudicate for you" in next_html(database, promoted)


def test_decisions_become_gold_and_the_next_one_comes(database, people, disputed, settle, read):
    settle()
    assert "Nothing to adjudicate for you" in next_html(database, people["lea"])
    kept = [value for value in read(gold_history, description_id=disputed) if not value.superseded]
    gold = {(value.target, value.target_key): value for value in kept}
    assert [gold["unit", key].value["state"] for key in ("4", "9", "15")] == ["present"] * 3
    assert gold["unit", "15"].basis == "adjudicated" and gold["unit", "9"].basis == "agreed"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {},
        {"adjudication": "x"},
        {"adjudication": 1, "version": 1, "decisions": [{}]},
        {"adjudication": 1, "version": 1, "decisions": [{"target": "review", "key": "1", "chosen": "A"}]},
    ],
)
def test_decisions_that_cannot_be_read_are_refused(sent):
    with pytest.raises(InputError, match="cannot be read"):
        read_decisions(sent)


def test_a_third_value_has_the_form_that_reviews_have():
    sent = {"verdict": "wrong", "code": "H2", "action_unit": "15"}
    assert other_value("claim", sent) == {"verdict": "wrong", "code": "H2", "action_unit": 15}
    assert other_value("unit", {"state": "absent", "intensity": "", "side": "N"}) == {
        "state": "absent",
        "intensity": None,
        "side": "N",
    }
    assert other_value("emotion", {"label": "fear"})["label"] == "fear"
    assert other_value("text", {"text": "A new text."}) == "A new text."


def test_corrections_tell_only_the_one_who_was_overruled(people, disputed, settle, read):
    settle("bob", reason="It is <there>.")
    mine = read(list_corrections, reviewer_id=people["ann"].id)
    assert {one.target for one in mine} == {"claim", "unit"}
    assert mine[0].mine["code"] == "H1" and mine[0].decided["verdict"] == "correct"
    page = corrections_html(mine)
    assert "It is &lt;there&gt;." in page and "1. AU4 - Brow Lowerer" in page
    for login in ("bob", "cem"):
        assert read(list_corrections, reviewer_id=people[login].id) == []
    assert "No decision differs from yours" in corrections_html([])


def test_a_reviewer_sees_other_verdicts_only_after_their_own(database, people, disputed):
    hidden = show(database, people["cem"], disputed)
    assert "H1" not in hidden and "stay hidden from you" in hidden and "<h4>Gold" not in hidden
    assert "author hidden" in hidden
    for login in ("ann", "vic", "lea"):
        assert "H1 absent" in show(database, people[login], disputed)


def test_names_are_for_leads(database, people, disputed):
    assert "<b>bob</b>" in show(database, people["lea"], disputed)
    for login in ("ann", "vic"):
        page = show(database, people[login], disputed)
        assert "bob" not in page and f"R{people['bob'].id:02d}" in page


def test_what_people_wrote_is_escaped_in_an_item(database, people, disputed):
    page = show(database, people["lea"], disputed)
    assert "&lt;b&gt;bold&lt;/b&gt;" in page and "<b>bold</b>" not in page


def test_reviewers_search_verdicts_among_their_own_reviews_only(database, people, disputed):
    wanted = BrowseFilter(code="H1")
    assert "1 to 1 of 1" in find(database, people["vic"], wanted, 0)
    assert "1 to 1 of 1" in find(database, people["ann"], wanted, 0)
    assert "No description fits" in find(database, people["cem"], wanted, 0)
    listed = find(database, people["cem"], BrowseFilter(), 0)
    assert "1 to 1 of 1" in listed and "H1" not in listed


def test_a_lead_reopens_with_a_reason_and_restores(database, people, disputed, read):
    with gr.Blocks():
        page = BrowsePage(database, lambda request: people["lea"])
    review = read(review_histories, description_id=disputed)[0]
    with pytest.raises(gr.Error, match="Write a reason first"):
        page.reopen(SimpleNamespace(_data={"review": review.review_id, "reason": " "}), REQUEST)
    shown = page.reopen(SimpleNamespace(_data={"review": review.review_id, "reason": "Look at AU4."}), REQUEST)
    assert "Reopened" in shown and f'data-restore="{review.review_id}"' in shown
    shown = page.restore(SimpleNamespace(_data={"review": review.review_id, "version": 1}), REQUEST)
    assert "Restored" in shown
    assert read(review_histories, description_id=disputed)[0].state.verdicts == {}


def test_agreement_says_the_gates_in_words_and_hides_names(database, people, disputed):
    pages = {}
    for login in ("lea", "vic"):
        with gr.Blocks():
            pages[login] = AgreementPage(database, lambda request, login=login: people[login]).load(REQUEST)[0]
    assert "No action unit passes yet." in pages["lea"]
    assert "Not measured yet" in pages["lea"] and "AU4, AU9 and AU15" in pages["lea"], "one picture says nothing"
    assert "ann and bob" in pages["lea"] and "bob" not in pages["vic"]


def test_agreement_says_who_changed_verdicts_after_evidence(database, people, disputed, write, read):
    """Of six verdicts on AU4, AU9 and AU15 one, ann's on AU4, is told to have been changed."""
    with database.write() as session:
        first = session.scalar(select(ClaimVerdict).order_by(ClaimVerdict.id))
        first.changed_after_hint = True
    pages = {}
    for login in ("lea", "bob", "vic"):
        with gr.Blocks():
            pages[login] = AgreementPage(database, lambda request, login=login: people[login]).load(REQUEST)[0]
        assert "1 of 6 verdicts (17 %) was changed after evidence had been shown" in pages[login]
        assert "it does not say who was right" in pages[login]
    part = {login: page.split("Changed after the evidence")[1] for login, page in pages.items()}
    assert "33 %" in part["lea"] and ">ann<" in part["lea"] and ">bob<" in part["lea"]
    assert ">You<" in part["bob"] and "R0" not in part["bob"], "a reviewer sees their own share only"
    assert "Person" not in part["vic"] and "AU4" in part["vic"]


def test_dashboard_counts_the_random_stratum_and_says_so(database, people, disputed, settle):
    settle("ann")
    with gr.Blocks():
        page = DashboardPage(database, lambda request: people["ann"])
    body, title, pace, filters, atlas, *_ = page.load(REQUEST)
    assert "2 of 2" in body and "random stratum" in body and "drawn by chance" in body
    assert pace["visible"] and list(pace["value"]["reviews"]) == [0] * 6 + [2] and filters["visible"]
    assert "No day has a review yet" not in title
    assert "H1" in atlas and "1 of 1 claims" in atlas
    assert '<th scope="row">You</th>' in body and "bob" not in body


def test_dashboard_says_what_waits_for_a_third_person(database, people, disputed, settle):
    with gr.Blocks():
        page = DashboardPage(database, lambda request: people["ann"])
    body = page.load(REQUEST)[0]
    assert "No error is marked yet" not in body and "1 claim waits for a third person" in body
    assert "What a third person finds wrong raises the rates" in body
    assert "1 claim is still disputed" in body and "33 % if all disputed ones are wrong" in body, "2 right, 1 disputed"
    settle("ann")
    assert "disputed" not in page.load(REQUEST)[0]


def test_empty_pages_say_what_to_do(database, people):
    lead = lambda request: people["lea"]  # noqa: E731 (a stand-in for the login)
    with gr.Blocks():
        assert "2 people per description" in AgreementPage(database, lead).load(REQUEST)[0]
        body, title, pace, filters, *_ = DashboardPage(database, lead).load(REQUEST)
    assert "Nothing is submitted yet" in body and "No day has a review yet" in title
    assert not pace["visible"] and not filters["visible"], "neither an empty frame nor filters of nothing"
    assert "needs 2 people per description" in next_html(database, people["lea"])


def test_atlas_marks_rates_on_few_claims():
    cells = [AtlasCell("H1", 4, "all", "all", rate(3, 4)), AtlasCell("H1", 12, "all", "all", rate(2, 8))]
    page = atlas_html([*cells, AtlasCell("H2", 12, "all", "all", rate(0, 8))])
    assert '75 %<b aria-label="few claims">*</b>' in page and "25 %</td>" in page
    assert "2 of 8 claims; 7.1 % to 59 %" in page
    assert ">H2<" not in page, "a code that was never found has no row"


def test_a_release_is_made_verified_and_zipped(database, people, disputed, settle, tmp_path):
    settle("ann")
    with gr.Blocks():
        page = ReleasesPage(database, lambda request: people["lea"], tmp_path / "releases")
    empty = page.load(REQUEST)
    assert "No release yet" in empty[0] and not empty[3]["visible"], "nothing to choose or to verify"
    made = page.make("first", "single", ["au", "emotion"], [], REQUEST)
    assert made[3]["visible"]
    assert "“first” is written" in made[0] and "./review-api/release?id=" in made[2]
    release = find_release(database, 1)
    assert "match the manifest" in page.verify(release.id, REQUEST)
    names = write_zip(Path(release.folder), tmp_path / "first.zip")
    assert "first/manifest.json" in names and all(name.endswith((".json", ".jsonl")) for name in names)
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert json.loads(archive.read("first/manifest.json")) == read_manifest(Path(release.folder))
    lineage = Path(release.folder) / "lineage.jsonl"
    lineage.write_text(lineage.read_text() + "\n")
    assert "notice-error" in page.verify(release.id, REQUEST)


def test_a_release_that_means_nothing_is_refused(database, people, disputed, tmp_path):
    with gr.Blocks():
        page = ReleasesPage(database, lambda request: people["lea"], tmp_path)
    for name, words in ((" ", "name first"), ("../up", "cannot name a release")):
        with pytest.raises(gr.Error, match=words):
            page.make(name, "single", ["au"], [], REQUEST)
    with pytest.raises(InputError, match="at least one task"):
        read_query("single", [], [])
    with pytest.raises(InputError, match="no such complete release"):
        find_release(database, 99)
    assert list(tmp_path.glob("*/manifest.json")) == []
