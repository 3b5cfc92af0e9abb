"""Stored answers scored again as gold changes: by hand, against the benchmark's report, and against from scratch."""

import json
import random

import pytest
from sqlalchemy import func, select, update

from review.database import Database
from review.predictions import import_predictions, read_answer
from review.records import EmotionState, VerdictState
from review.rescoring import ScoreBoard, complete_rouge, rescore_all
from review.schema import Description, Image, Prediction, ScoreChange, ScoredAnswer, ScoredItem, Setting
from review.scores import Scores, score, unit_f1
from review.store.predictions import NewPrediction, store_predictions
from review.store.reviews import undo_submit
from review.store.score_state import MISSING, clear_scores
from review.store.scored_rows import read_totals
from review.store.scores import answer_table, coverage, last_change, run_sums
from training.benchmark.report_release import release_table
from training.benchmark.report_results import RunResult, TaskResult, judge_rows
from training.benchmark.rouge_l import google_rouge_l

SMILE = "1. AU6 - Cheek Raiser: The cheeks are raised.\n2. AU12 - Lip Corner Puller: The corners go up.\n"
SAD = "The face shows sadness. The corners of the mouth are pulled down."
NOT_4_BUT_12 = VerdictState("wrong", "H2", 2, 12, "AU12 - Lip Corner Puller: The corners go up.")
ABSENT = VerdictState("wrong", "H1", 2, replacement="")


def rouge(said: str, meant: str) -> float:
    return google_rouge_l(said, meant).f


@pytest.fixture
def database(database_url):
    """A database that can compute ROUGE-L, as the app's can."""
    database = Database(database_url, rouge)
    yield database
    database.close()


@pytest.fixture
def answer(database, write):
    """Store what a run says of some descriptions; their pictures are looked up."""

    def act(run: str, texts: dict[int, str]) -> None:
        with database.read() as session:
            rows = [session.get_one(Description, number) for number in texts]
            known = [
                NewPrediction(r.image_id, r.task, run.split()[0], run, text, read_answer(text, r.task), "test")
                for r, text in zip(rows, texts.values(), strict=True)
            ]
        write(store_predictions, predictions=known)

    return act


@pytest.fixture
def faces(describe, answer):
    """A sad brow (labelled by its text) and a smile (labelled 6, 12), with answers of two runs."""
    brow, smile = describe(split="eval"), describe(text=SMILE, split="eval", label="6, 12")
    answer("A", {brow: "AU4 and AU12 are visible.", smile: "AU6 and AU12 are visible."})
    answer("B", {brow: "AU4, AU9 and AU15 are visible.", smile: "AU12 is visible."})
    return brow, smile


@pytest.fixture
def sums(read):
    """The sums of a run by its name."""

    def found(run: str, task: str = "au"):
        return next(one.sums for one in read(run_sums) if (one.run, one.task) == (run, task))

    return found


def recognised(found) -> float:
    return round(score("au", found).s_re, 2)


def test_answers_are_scored_as_they_come_in(faces, sums):
    # scored units with a label: 4, 6, 12. A: F1 1, 1 and 2/3 (AU12 once too often); B: 1, 0 (AU6 missed) and 1
    assert recognised(sums("A").all) == recognised(sums("A").now) == 88.89
    assert recognised(sums("B").all) == 66.67
    assert sums("A").all.units == {4: (1, 0, 0), 6: (1, 0, 0), 9: (0, 0, 1), 12: (1, 1, 0), 15: (0, 0, 1)}
    assert sums("A").reviewed_new.answers == 0


def test_one_flip_changes_labels_references_and_what_it_did_is_said(
    database, faces, sums, make_campaign, make_user, review, read, field
):
    brow, _ = faces
    review(make_campaign(ids=(brow,)), make_user(), brow, wrong={4: NOT_4_BUT_12})
    # now 9, 12, 15 are true of the brow: AU4 has no label left; A: AU6 1, AU12 1; B: AU6 0, AU12 2/3
    assert (recognised(sums("A").now), recognised(sums("B").now)) == (100.0, 33.33)
    assert (recognised(sums("A").all), recognised(sums("B").all)) == (88.89, 66.67)
    assert [unit_f1(sums("B").now.units[unit]) for unit in (4, 12)] == [0.0, pytest.approx(2 / 3)]
    assert sums("B").reviewed_old.units == {4: (1, 0, 0), 9: (1, 0, 0), 15: (1, 0, 0)}
    change = read(last_change)
    assert (change.description_id, change.task) == (brow, "au")
    assert (change.before, change.after) == (1 << 4 | 1 << 9 | 1 << 15, 1 << 9 | 1 << 12 | 1 << 15)
    assert [[round(number, 2) for number in run.s_re] for run in change.runs] == [[88.89, 100.0], [66.67, 33.33]]
    said, old = "AU4 and AU12 are visible.", field(brow, "text")
    new = old.replace("AU4 - Brow Lowerer: The brows are lowered and drawn together.", NOT_4_BUT_12.replacement)
    assert score("au", sums("A").reviewed_old).s_ge == pytest.approx(100 * rouge(said, old), abs=1e-6)
    assert score("au", sums("A").reviewed_new).s_ge == pytest.approx(100 * rouge(said, new), abs=1e-6)


def test_what_is_taken_back_counts_no_more(faces, sums, make_campaign, make_user, review, write, read):
    brow, _ = faces
    person = make_user()
    before = sums("A"), sums("B")
    done = review(make_campaign(ids=(brow,)), person, brow, wrong={4: NOT_4_BUT_12})
    write(undo_submit, review_id=done.id, reviewer_id=person.id)
    assert (sums("A"), sums("B")) == before
    change = read(last_change)
    assert [[round(number, 2) for number in run.s_re] for run in change.runs] == [[100.0, 88.89], [33.33, 66.67]]


def test_contested_gold_keeps_the_old_label(faces, sums, make_campaign, make_user, review):
    brow, _ = faces
    campaign = make_campaign(ids=(brow,), overlap=2)
    review(campaign, make_user(), brow, wrong={4: NOT_4_BUT_12})
    review(campaign, make_user(), brow)
    assert sums("A").reviewed_new.answers == 0
    assert recognised(sums("A").now) == 88.89


def test_only_published_evaluation_texts_count(describe, answer, read, make_campaign, make_user, make_description):
    texts = [
        describe(split="train"),
        describe(split="probe"),
        describe(split="eval", origin_run="a run"),
        make_description(split="eval", planted="H1"),
        describe(split="eval"),
    ]
    answer("A", dict.fromkeys(texts, "AU4."))
    assert {one.run: one.sums.all.answers for one in read(run_sums)} == {"A": 2}
    make_campaign(ids=(texts[-1],), planted_rate=0.5)  # hands the planted error out: it is no item from now on
    assert {one.run: one.sums.all.answers for one in read(run_sums)} == {"A": 1}


def test_a_run_imported_again_replaces_its_answers(faces, answer, sums, database):
    brow, _ = faces
    answer("A", {brow: "AU4."})
    assert recognised(sums("A").all) == 100.0
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ScoredAnswer)) == 4
        assert session.scalar(select(func.count(Prediction.id))) == 4


def test_emotions(describe, answer, sums, make_campaign, make_user, review, read):
    sad, angry = (describe(text=SAD, task="emotion", split="eval", label=label) for label in (None, "3"))
    answer("A", {sad: "The person is sad.", angry: "A face."})
    answer("B", {sad: "The person is disgusted.", angry: "The person is angry."})
    assert [score("emotion", sums(run, "emotion").all).s_re for run in "AB"] == [50.0, 50.0]
    review(make_campaign(ids=(sad,)), make_user(), sad, emotion=EmotionState("disgust"))
    assert [score("emotion", sums(run, "emotion").now).s_re for run in "AB"] == [0.0, 100.0]
    assert score("emotion", sums("B", "emotion").all).s_re == 50.0
    assert (read(last_change).before, read(last_change).after) == (1, 5)


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
    assert (recognised(a.now), a.all.rouge_n, table.has_rouge) == (100.0, 1, False)
    complete_rouge(bare)  # has no function: nothing happens
    rescore_all(bare)  # what it cannot compute it takes over
    with bare.read() as session:
        assert coverage(session).without_rouge == 1
    bare.close()
    ScoreBoard(database).complete(seconds=60)
    assert [sums(run) for run in "AB"] == complete


def test_numbers_are_those_of_the_report_on_a_release(
    faces, answer, describe, sums, make_campaign, make_user, review, release, field, database
):
    brow, smile = faces
    third = describe(text="No action unit is visible in this face.", split="eval", label="AU25")
    answer("A", {third: "The lips part (AU25)."})
    answer("B", {third: "A face."})
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


def _texts(run):
    found = select(Description.id, Prediction.text).join(Prediction, Prediction.image_id == Description.image_id)
    return found.where(Prediction.run == run)


def shown(found: Scores) -> tuple[str, ...]:
    return tuple(f"{number:.2f}" for number in (found.s_re, found.s_ge, found.s_rege))


def test_a_failed_answer_is_a_wrong_one(database, tmp_path, describe, read):
    describe(split="eval")
    with database.read() as session:
        path = session.scalars(select(Image.rel_path)).one()
    (tmp_path / "run").mkdir()
    about = {"identity": {}, "model": "M", "root": str(tmp_path)}
    (tmp_path / "run" / "run.json").write_text(json.dumps(about))
    row = {"id": 1, "task": "au", "image": path, "prediction": None, "status": "failed", "reason": "no face"}
    (tmp_path / "run" / "predictions_au.jsonl").write_text(json.dumps(row) + "\n")
    report = import_predictions(database, run=tmp_path / "run")
    assert (report.stored, len(report.skipped)) == (0, 1)
    (only,) = read(run_sums)
    found = score("au", only.sums.all)
    assert (found.s_re, found.s_ge, only.sums.all.answers) == (0.0, 0.0, 1)


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


def test_a_confirmed_text_is_no_change(faces, make_campaign, make_user, review, read):
    brow, _ = faces
    review(make_campaign(ids=(brow,)), make_user(), brow)
    assert read(last_change) is None
