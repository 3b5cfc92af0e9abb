"""Stored answers scored again as gold changes, by hand."""

import json

import pytest
from sqlalchemy import func, select

from review.predictions import import_predictions
from review.records import EmotionState, VerdictState
from review.schema import Image, Prediction, ScoredAnswer
from review.scores import score, unit_f1
from review.store.reviews import undo_submit
from review.store.scores import last_change, run_sums
from training.benchmark.rouge_l import google_rouge_l

SAD = "The face shows sadness. The corners of the mouth are pulled down."
NOT_4_BUT_12 = VerdictState("wrong", "H2", 2, 12, "AU12 - Lip Corner Puller: The corners go up.")


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
    assert score("au", sums("A").reviewed_old).s_ge == pytest.approx(100 * google_rouge_l(said, old).f, abs=1e-6)
    assert score("au", sums("A").reviewed_new).s_ge == pytest.approx(100 * google_rouge_l(said, new).f, abs=1e-6)


def test_what_is_taken_back_counts_no_more(faces, sums, make_campaign, make_user, review, write, read):
    brow, _ = faces
    person = make_user()
    before = sums("A"), sums("B")
    done = review(make_campaign(ids=(brow,)), person, brow, wrong={4: NOT_4_BUT_12})
    write(undo_submit, review_id=done.id, reviewer_id=person.id)
    assert (sums("A"), sums("B")) == before
    change = read(last_change)
    assert [[round(number, 2) for number in run.s_re] for run in change.runs] == [[100.0, 88.89], [33.33, 66.67]]


def test_units_that_nobody_judged_are_left_open(faces, answer, sums, make_campaign, make_user, review):
    """Of the brow AU4, AU9 and AU15 were judged: AU12 is no false positive there any more, AU4 still is a hit."""
    brow, _ = faces
    review(make_campaign(ids=(brow,)), make_user(), brow)
    assert sums("A").reviewed_old.units == {4: (1, 0, 0), 9: (0, 0, 1), 12: (0, 1, 0), 15: (0, 0, 1)}
    assert sums("A").reviewed_new.units == {4: (1, 0, 0), 9: (0, 0, 1), 15: (0, 0, 1)}
    answer("A", {brow: "AU6 is visible."})
    assert sums("A").reviewed_new.units == {4: (0, 0, 1), 9: (0, 0, 1), 15: (0, 0, 1)}


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


def test_a_confirmed_text_is_no_change(faces, make_campaign, make_user, review, read):
    """No answer about the smile names a unit that its text does not."""
    _, smile = faces
    review(make_campaign(ids=(smile,)), make_user(), smile)
    assert read(last_change) is None
