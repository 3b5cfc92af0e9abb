"""Scores kept up to date are those of the benchmark's report and those from scratch."""

import json
import random

import pytest
from sqlalchemy import func, select, update

from review.database import Database
from review.predictions import read_answer
from review.records import EmotionState, VerdictState
from review.rescoring import ScoreBoard, complete_rouge, rescore_all
from review.schema import Description, Image, Prediction, ScoreChange, ScoredAnswer, ScoredItem, Setting
from review.scores import Scores, score
from review.store.predictions import NewPrediction, store_predictions
from review.store.reviews import undo_submit
from review.store.score_state import MISSING, clear_scores
from review.store.scored_rows import read_totals
from review.store.scores import answer_table, coverage, run_sums
from training.benchmark.report_release import release_table
from training.benchmark.report_results import RunResult, TaskResult, judge_rows

SAD = "The face shows sadness. The corners of the mouth are pulled down."
NOT_4_BUT_12 = VerdictState("wrong", "H2", 2, 12, "AU12 - Lip Corner Puller: The corners go up.")
ABSENT = VerdictState("wrong", "H1", 2, replacement="")


def test_without_rouge_recognition_is_scored_and_the_rest_follows(
    database_url, database, faces, sums, answer, make_campaign, make_user, review
):
    brow, smile = faces
    review(make_campaign(ids=(brow,)), make_user(), brow, wrong={4: NOT_4_BUT_12})
    complete = [sums(run) for run in "AB"]
    bare = Database(database_url)
    with bare.write() as session:
        image = session.get_one(Description, smile).image_id
        read = read_answer("AU6 and AU12 are visible.", "au")
        store_predictions(
            session, predictions=[NewPrediction(image, "au", "A", "A", "AU6 and AU12 are visible.", read, "test")]
        )
    with bare.read() as session:
        assert coverage(session).without_rouge == 1
        a = run_sums(session)[0].sums
        table = answer_table(session, task="au")
    assert (score("au", a.now).s_re, a.all.rouge_n, table.has_rouge) == (100.0, 1, False)
    complete_rouge(bare)  # has no function: nothing happens
    rescore_all(bare)  # what it cannot compute it takes over
    with bare.read() as session:
        assert coverage(session).without_rouge == 1
    bare.close()
    ScoreBoard(database).complete(seconds=60)
    assert [sums(run) for run in "AB"] == complete


def _texts(run):
    found = select(Description.id, Prediction.text).join(Prediction, Prediction.image_id == Description.image_id)
    return found.where(Prediction.run == run)


def shown(found: Scores) -> tuple[str, ...]:
    return tuple(f"{number:.2f}" for number in (found.s_re, found.s_ge, found.s_rege))


def test_numbers_are_those_of_the_report_on_a_release(
    faces, answer, describe, sums, make_campaign, make_user, review, release, field, database
):
    brow, smile = faces
    third = describe(text="No action unit is visible in this face.", split="eval", label="AU25")
    answer("A", {third: "The lips part (AU25)."})
    answer("B", {third: "AU12 is visible."})  # nobody judged AU12 on it
    campaign, person = make_campaign(ids=(brow, smile, third)), make_user()
    review(campaign, person, brow, wrong={4: NOT_4_BUT_12})
    review(campaign, person, smile, wrong={6: ABSENT})
    review(campaign, person, third)
    folder = release()
    with database.read() as session:
        paths = {d.id: session.get_one(Image, d.image_id).rel_path for d in session.scalars(select(Description))}
        texts = {run: dict(session.execute(_texts(run)).all()) for run in "AB"}
    prefix = next(iter(json.loads(line)["image"] for line in (folder / "benchmark/au.jsonl").read_text().splitlines()))
    root = prefix.removesuffix(next(path for path in paths.values() if prefix.endswith(path)))
    for run in "AB":
        rows = [
            {"id": n, "image": root + paths[n], "prediction": texts[run][n], "label": "1", "reference": "none"}
            for n in (brow, smile, third)
        ]
        task = TaskResult("au", rows, judge_rows(rows, "au", 0, 0))
        table = release_table([RunResult(run, {}, {"au": task})], "au", folder, 0, 0)
        strict = {row[2:4]: row[4:] for row in table.rows if row[1] == "strict"}
        both = {"old": sums(run).reviewed_old, "new": sums(run).reviewed_new}
        ours = {(a, b): score("au", both[a], both[b]) for a in both for b in both}
        assert {key: shown(found) for key, found in ours.items()} == strict
    assert sums("A").all == sums("A").reviewed_old and sums("A").now == sums("A").reviewed_new


@pytest.mark.parametrize("seed", [0, 1])
def test_sums_by_difference_are_those_from_scratch(
    seed, database, describe, answer, make_campaign, make_user, review, write, read
):
    chance = random.Random(seed)
    people = [make_user() for _ in range(2)]
    texts = [describe(split=chance.choice(["eval", "eval", "train"])) for _ in range(4)]
    texts += [describe(text=SAD, task="emotion", split="eval") for _ in range(2)]
    campaigns = {number: make_campaign(ids=(number,), overlap=2) for number in texts}
    done = {}

    def step():
        number, person = chance.choice(texts), chance.choice(people)
        choice = chance.random()
        if choice < 0.3:
            words = chance.choice(["AU4 and AU9.", "AU12 is visible.", "The person is sad.", "Disgust. No AU is seen."])
            answer(chance.choice("ABC"), {number: words})
        elif (number, person.id) in done:
            review_id = done.pop((number, person.id))
            write(undo_submit, review_id=review_id, reviewer_id=person.id)
        elif (number, person.id) not in taken:
            taken.add((number, person.id))
            au = number not in texts[4:]
            wrong = chance.choice([None, {4: NOT_4_BUT_12}, {4: ABSENT}, {9: ABSENT}]) if au else None
            emotion = None if au else EmotionState(chance.choice(["sadness", "disgust"]))
            made = review(campaigns[number], person, number, wrong=wrong, emotion=emotion)
            done[number, person.id] = made.id

    taken = set()
    for _ in range(6):
        for _ in range(4):
            step()
        by_difference = snapshot(database)
        rescore_all(database)
        assert snapshot(database) == by_difference
    assert by_difference["sums"]
    with database.read() as session:
        assert session.scalar(select(func.count(ScoreChange.id))) > 0


def snapshot(database):
    """Everything that is stored of the scores, by the names of the runs."""
    with database.read() as session:
        names = {one.run_id: one.run for one in run_sums(session)}
        totals = {(names[run], task, basis): found for (run, task, basis), found in read_totals(session).items()}
        items = {tuple(row) for row in session.execute(select(*ScoredItem.__table__.columns))}
        answers = {
            (row.description_id, names[row.run_id], row.prediction_id, row.said, row.rouge_old, row.rouge_new)
            for row in session.execute(select(*ScoredAnswer.__table__.columns))
        }
    return {"sums": totals, "items": items, "answers": answers}


def test_answers_stored_before_there_were_scores_are_scored_when_the_dashboard_opens(
    database, faces, sums, make_campaign, make_user, review, write
):
    """What the migration leaves in a database of an older version: answers, no scores, and the note that says so."""
    complete = [sums(run) for run in "AB"]
    write(clear_scores)
    write(lambda session: session.execute(update(Setting).values(value=MISSING)))
    brow, _ = faces
    review(make_campaign(ids=(brow,)), make_user(), brow)  # is not added to nothing
    board = ScoreBoard(database)
    before = board.report()
    assert (before.runs, before.is_complete) == ((), False)
    board.complete(seconds=120)
    assert board.report().is_complete
    assert [sums(run).all for run in "AB"] == [found.all for found in complete]
    assert [sums(run).reviewed_new.answers for run in "AB"] == [1, 1]
