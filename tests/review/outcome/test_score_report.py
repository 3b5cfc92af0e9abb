"""Wrong claims still expected, the report of scores, its command and its part of the dashboard."""

import json

import gradio as gr
import pytest

from review.__main__ import main
from review.database import Database
from review.page_scores import ScoresPart, scores_html
from review.predictions import read_answer
from review.records import VerdictState
from review.rescoring import ScoreBoard
from review.schema import Description
from review.score_tables import change_sentences, run_names, scores_table, units_table
from review.store.predictions import NewPrediction, store_predictions
from review.store.residual import unit_residuals
from training.benchmark.rouge_l import rouge_f

ABSENT = VerdictState("wrong", "H1", 2, replacement="")
STYLE = VerdictState("wrong", "S1", 1, replacement="AU9 - Nose Wrinkler: wrinkled.")


@pytest.fixture
def database(database_url):
    """A database that can compute ROUGE-L, as the app's can."""
    database = Database(database_url, rouge_f)
    yield database
    database.close()


@pytest.fixture
def answer(database):
    """Store what a run says of some descriptions."""

    def act(run: str, texts: dict[int, str]) -> None:
        with database.write() as session:
            rows = [(session.get_one(Description, number), text) for number, text in texts.items()]
            known = [
                NewPrediction(row.image_id, "au", "model", run, text, read_answer(text, "au"), "test")
                for row, text in rows
            ]
            store_predictions(session, predictions=known)

    return act


@pytest.fixture
def compared(describe, answer, make_campaign, make_user, review):
    """Two evaluated brows and two runs; AU4 of the first brow, which only run A saw, is found absent."""
    first, second = describe(split="eval"), describe(split="eval")
    answer("a 12345678", {first: "AU4 is visible.", second: "AU4 is visible."})
    answer("b 12345678", {first: "AU9 is visible.", second: "AU4 is visible."})
    review(make_campaign(ids=(first, second), random_rate=1.0), make_user(), first, wrong={4: ABSENT})
    return first, second


def test_wrong_claims_left_come_from_the_random_stratum_alone(read, describe, make_campaign, make_user, review):
    drawn, suspect, left = [describe() for _ in range(2)], describe(), [describe() for _ in range(3)]
    by_chance = make_campaign(ids=tuple(drawn), random_rate=1.0)
    by_suspicion = make_campaign(ids=(suspect,), random_rate=0.0)
    person = make_user()
    review(by_chance, person, drawn[0], wrong={4: ABSENT, 9: STYLE})
    review(by_chance, person, drawn[1])
    review(by_suspicion, person, suspect, wrong={4: ABSENT})
    found = {one.action_unit: one for one in read(unit_residuals)}
    assert [(unit, one.rate.k, one.rate.n, one.left) for unit, one in found.items()] == [
        (4, 1, 2, 3),
        (9, 0, 1, 3),  # a matter of style says nothing about the facts
        (15, 0, 2, 3),
    ]
    assert found[4].expected == 1.5
    # Wilson for 1 of 2: 0.0945 to 0.9055
    assert (found[4].low, found[4].high) == (pytest.approx(0.2836, abs=1e-3), pytest.approx(2.7164, abs=1e-3))
    assert len(left) == 3


def test_descriptions_more_suspicious_than_those_left_say_nothing_of_them(
    read, make_description, make_campaign, make_user, review
):
    high, low = make_description(suspicion=0.9), make_description(suspicion=0.2)
    make_description(suspicion=0.3)
    campaign, person = make_campaign(ids=(high, low), random_rate=1.0), make_user()
    review(campaign, person, high, wrong={4: ABSENT})
    review(campaign, person, low)
    assert {one.action_unit: (one.rate.k, one.rate.n) for one in read(unit_residuals)} == {
        4: (0, 1),
        9: (0, 1),
        15: (0, 1),
    }


def test_nothing_is_left_when_all_is_reviewed(read, describe, make_campaign, make_user, review):
    only = describe()
    review(make_campaign(ids=(only,)), make_user(), only)
    assert read(unit_residuals) == []


def test_the_tables_say_what_the_flip_did(database, compared):
    report = ScoreBoard(database).report()
    table = scores_table(report, "au")
    # old: AU4 is true of both, A is right twice, B once (F1 2/3); now AU4 is true of the second alone
    assert [row[:4] for row in table.rows] == [
        ("a (model)", "2", "1", "100.00 → 66.67 ▼"),
        ("b (model)", "2", "1", "66.67 → 100.00 ▲"),
    ]
    assert [row[-3:-1] for row in table.rows] == [("1", "2"), ("2", "1")]
    assert units_table(report).rows[0] == ("AU4 Brow lowerer", "1.00 → 0.67 ▼", "0.67 → 1.00 ▲")
    said = change_sentences(report.change, run_names(report.runs))
    assert said[0].endswith(f"description {compared[0]}: the label AU4, AU9, AU15 became AU9, AU15.")
    assert any(line.startswith("a (model) lost (S_re -33.333") for line in said)
    assert any(line.startswith("b (model) gained (S_re +33.333") for line in said)


def test_the_report_is_kept_until_a_score_changes(database, compared, make_campaign, make_user, review):
    board = ScoreBoard(database)
    first, again = board.report(), board.report()
    assert again == first and again.rankings["au"] is first.rankings["au"]
    review(make_campaign(ids=(compared[1],)), make_user(), compared[1], wrong={4: ABSENT})
    later = board.report()
    assert later.rankings == {}, "no face has a scored action unit any more"
    assert later.change.description_id == compared[1]


def test_the_command_prints_what_the_page_shows(database_url, compared, capsys):
    assert main(["rescore", "--db", database_url]) == 0
    printed = capsys.readouterr().out
    for words in ("100.00 → 66.67 ▼", "AU4 Brow lowerer", "Order by REGE", "too few reviews", "Latest change", "AU15"):
        assert words in printed
    assert main(["rescore", "--db", database_url, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    four = {(one["labels"], one["references"]): one["s_re"] for one in found["runs"][0]["all_items"]}
    assert {key: round(value, 2) for key, value in four.items()} == {
        ("old", "old"): 100.0,
        ("old", "new"): 100.0,
        ("new", "old"): 66.67,
        ("new", "new"): 66.67,
    }
    assert found["more_review"]["au"]["may_stop"] is False


def test_an_empty_database_says_what_to_do(database_url, database, describe, answer, capsys):
    assert main(["rescore", "--db", database_url]) == 0
    assert "import-predictions RUN" in capsys.readouterr().out
    assert "import-predictions RUN" in scores_html(ScoreBoard(database).report())
    answer("a", {describe(split="train"): "AU4."})
    assert main(["rescore", "--db", database_url]) == 0
    assert "None of the 1 stored answers" in capsys.readouterr().out
    assert "Nothing is scored yet" in scores_html(ScoreBoard(database).report())


def test_the_page_escapes_and_explains(database, compared, answer, make_user):
    answer("<b>c</b> 1", dict.fromkeys(compared, "AU4."))
    viewer = make_user(role="viewer")
    with gr.Blocks():
        (page,) = ScoresPart(database, lambda request: viewer).load(None)
    assert "What the corrections did to the scores" in page and "Latest change" in page
    assert "&lt;b&gt;c&lt;/b&gt;" in page and "<b>c</b>" not in page
    assert "too few reviews drawn by chance" in page and "Claims left" in page
