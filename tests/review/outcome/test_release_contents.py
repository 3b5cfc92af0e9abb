"""What enters a release in which form, what never does, and how each row is traced back."""

import json

import pytest
from sqlalchemy import select

from emola.errors import InputError
from review.records import EmotionState, MarkState, UnitState, VerdictState
from review.release_rows import old_label
from review.releasing import ReleaseQuery, preview_release
from review.schema import ReleaseRow, Review
from review.store.adjudication import Decision, decide, lease_adjudication
from review.store.gold import current_gold

REWRITTEN = VerdictState("wrong", "H2", 2, 10, "AU 10 - Upper Lip Raiser: The upper lip is drawn up.")
DELETED = VerdictState("wrong", "H1", 3, replacement="")
EMOTION_TEXT = "The face shows sadness. The corners of the mouth are pulled down."
SFT, PAIRS, AU, EMOTION = (
    "sft/train_au_anno.json",
    "preference/pairs.jsonl",
    "benchmark/au.jsonl",
    "benchmark/emotion.jsonl",
)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_training_row_and_pair_of_a_corrected_text(describe, make_campaign, make_user, review, release, field):
    number = describe()
    review(make_campaign(), make_user(), number, wrong={9: REWRITTEN, 15: DELETED})
    folder = release()
    (row,) = json.loads((folder / SFT).read_text())
    question, answer = row["conversations"]
    assert question == {"from": "human", "value": "Which facial action units are shown?\n<image>"}
    assert answer["from"] == "gpt"
    assert "2. AU10 - Upper Lip Raiser: The upper lip is drawn up.\n" in answer["value"]
    assert "AU15" not in answer["value"]
    assert (row["id"], row["landmark"], row["weight"]) == (field(number, "row_id"), "landmarks/1.npy", 0.6)
    (pair,) = lines(folder / PAIRS)
    assert pair["rejected"] == field(number, "text")
    assert (pair["severity"], pair["origin_model"]) == (3, "gpt-4v")
    assert {change["code"] for change in pair["changes"]} == {"H1", "H2"}
    for side in ("chosen", "rejected"):
        assert all(0 <= start < end <= len(pair[side]) for start, end in pair["segments"][side])
    kept = pair["rejected"]
    for change in reversed(pair["changes"]):
        (old, end), (first, last) = change["rejected"], change["chosen"]
        kept = kept[:old] + pair["chosen"][first:last] + kept[end:]
    assert kept == pair["chosen"]


@pytest.mark.parametrize(
    ("people", "unsure", "weight"), [(1, False, 0.6), (2, False, 0.9), (1, True, 0.3), (2, True, 0.45)]
)
def test_weights(describe, make_campaign, make_user, review, release, people, unsure, weight):
    number = describe()
    campaign = make_campaign(overlap=people)
    for _ in range(people):
        review(campaign, make_user(), number, baseline_unsure=unsure)
    (row,) = json.loads((release() / SFT).read_text())
    assert row["weight"] == weight


def test_adjudicated_text_weighs_most(describe, make_campaign, make_user, review, release, write):
    number = describe()
    campaign, third = make_campaign(overlap=2), make_user()
    review(campaign, make_user(), number)
    review(campaign, make_user(), number, wrong={9: DELETED})
    with pytest.raises(InputError, match="contested"):
        release()
    record = write(lease_adjudication, campaign_id=campaign.id, adjudicator_id=third.id)
    (conflict,) = record.conflicts
    decision = Decision(conflict.target, conflict.target_key, "A")
    write(decide, adjudication_id=record.id, adjudicator_id=third.id, version=record.version, decisions=[decision])
    folder = release()
    (row,) = json.loads((folder / SFT).read_text())
    assert row["weight"] == 1.0
    assert lines(folder / "lineage.jsonl")[0]["adjudications"] == [record.id]


def test_what_gives_no_pair(describe, make_campaign, make_user, review, release):
    campaign_of = make_campaign
    texts = {
        "style": VerdictState("wrong", "S1", replacement="AU9 - Nose wrinkler: The nose is wrinkled."),
        "boilerplate": VerdictState("wrong", "H0", replacement=""),
        "confirmed": None,
    }
    for verdict in texts.values():
        number = describe()
        review(campaign_of(ids=(number,)), make_user(), number, wrong={9: verdict} if verdict else None)
    folder = release()
    assert lines(folder / PAIRS) == []
    assert len(json.loads((folder / SFT).read_text())) == 3
    counts = json.loads((folder / "manifest.json").read_text())["counts"]
    assert counts["left_out"]["preference"] == {"no error of fact was corrected": 3}


def test_an_error_without_a_correction_is_left_out_of_training(describe, make_campaign, make_user, review, database):
    number = describe()
    review(make_campaign(), make_user(), number, wrong={9: VerdictState("wrong", "H1")})
    preview = preview_release(database)
    assert preview.counts[SFT] == 0
    assert preview.left_out["sft"] == {"a claim is wrong and nobody wrote its correction": 1}


def test_a_mark_that_mends_the_claim_is_a_correction(describe, make_campaign, make_user, review, claims_of, database):
    number = describe()
    claim = claims_of(number)[9]
    mark = MarkState(claim.start + 3, claim.end - 1, "H1", replacement="The nose rests.")
    review(make_campaign(), make_user(), number, wrong={9: VerdictState("wrong", "H1")}, marks=(mark,))
    assert preview_release(database).counts == {SFT: 1, "sft/train_emotion_anno.json": 0, AU: 0, EMOTION: 0, PAIRS: 1}


def test_eval_images_and_their_near_duplicates_never_enter_training(
    describe, make_image, make_campaign, make_user, review, release
):
    evaluated = describe(image_id=make_image(split="eval", dup_group=7), label="4, 9")
    twin = describe(image_id=make_image(split="train", dup_group=7))
    probe = describe(image_id=make_image(split="probe"))
    free = describe(image_id=make_image(split="train", dup_group=8))
    for number in (evaluated, twin, probe, free):
        review(make_campaign(ids=(number,)), make_user(), number, wrong={9: REWRITTEN})
    folder = release()
    trained = {row["image"] for row in json.loads((folder / SFT).read_text())}
    assert trained == {row["image"] for row in lines(folder / PAIRS)}
    assert len(trained) == 1
    manifest = json.loads((folder / "manifest.json").read_text())
    expected = {"an evaluation picture": 2, "a near-duplicate of an evaluation picture": 1}
    assert manifest["counts"]["left_out"]["sft"] == manifest["counts"]["left_out"]["preference"] == expected
    assert [row["old_label"] for row in lines(folder / AU)] == ["4, 9"]


@pytest.mark.parametrize("published", ["sadness", None])
def test_an_old_emotion_label_is_one_that_the_published_evaluation_reads(published):
    assert old_label("emotion", "The person looks sad.", published) == "Sadness"


def test_benchmark_items(describe, make_campaign, make_user, review, release, field):
    au = describe(split="eval", label="4, 9")
    seen = {12: UnitState("absent"), 4: UnitState("present", "C", "B"), 43: UnitState("not_visible")}
    campaign = make_campaign(ids=(au,), overlap=2)
    review(campaign, make_user(), au, wrong={9: DELETED}, units=seen | {25: UnitState("present")})
    review(campaign, make_user(), au, wrong={9: DELETED}, units=seen | {25: UnitState("absent")})
    emotion = describe(text=EMOTION_TEXT, task="emotion", split="eval")
    chosen = EmotionState("disgust", "sadness")
    fixed = {-1: VerdictState("wrong", "H6", 2, None, "The face shows disgust.")}
    review(make_campaign(ids=(emotion,)), make_user(), emotion, wrong=fixed, emotion=chosen)
    answer = describe(split="eval", origin_model="emola", origin_run="run-1")
    review(make_campaign(ids=(answer,)), make_user(), answer)
    folder = release()
    (item,) = lines(folder / AU)
    assert item["label"] == [4, 15]
    assert item["contested"] == sorted([25, *item["unscored"]])
    assert item["units"]["4"] == {"state": "present", "intensity": "C", "side": "B"}
    assert item["units"]["43"]["state"] == "not_visible"
    assert item["units"]["9"]["state"] == "absent"
    assert (item["old_label"], item["old_reference"]) == ("4, 9", field(au, "text"))
    assert "2. AU15" in item["reference"]
    (item,) = lines(folder / EMOTION)
    assert (item["label"], item["second"], item["old_label"]) == ("Disgust", "sadness", "Sadness")
    assert item["reference"].startswith("The face shows disgust.")
    left_out = json.loads((folder / "manifest.json").read_text())["counts"]["left_out"]["benchmark"]
    assert left_out == {"a model's answer, not the published description": 1}


def test_planted_errors_that_were_mixed_in_stay_out(describe, make_campaign, make_user, review, release, database):
    planted, ordinary = describe(planted="H1"), describe()
    campaign = make_campaign(planted_rate=0.5)
    review(campaign, make_user(), planted, wrong={9: DELETED})
    review(campaign, make_user(), ordinary)
    folder = release()
    assert len(json.loads((folder / SFT).read_text())) == 1
    assert lines(folder / PAIRS) == []
    counts = json.loads((folder / "manifest.json").read_text())["counts"]["left_out"]
    assert counts["sft"] == {"a planted error": 1}
    assert counts["preference"]["a planted error"] == 1


def test_every_row_traces_back_to_verdicts(describe, make_campaign, make_user, review, release, database, read):
    numbers = [describe(), describe(split="eval"), describe(text=EMOTION_TEXT, task="emotion")]
    people = [make_user(), make_user()]
    campaign = make_campaign(overlap=2)
    for number in numbers:
        for person in people:
            review(campaign, person, number)
    folder = release()
    traced = {(line["file"], line["id"]): line for line in lines(folder / "lineage.jsonl")}
    rows = {
        (path, row["id"])
        for path in (SFT, "sft/train_emotion_anno.json")
        for row in json.loads((folder / path).read_text())
    }
    rows |= {(path, row["id"]) for path in (PAIRS, AU, EMOTION) for row in lines(folder / path)}
    assert rows == traced.keys()
    assert len(rows) == 3
    for line in traced.values():
        gold = {row.id: row for row in read(current_gold, description_id=line["description"])}
        assert {entry["id"] for entry in line["gold"]} == gold.keys()
        assert all(entry["basis"] == gold[entry["id"]].basis for entry in line["gold"])
        with database.read() as session:
            found = session.scalars(select(Review).where(Review.description_id == line["description"])).all()
            expected = [{"id": one.id, "version": one.version, "reviewer": f"R{one.reviewer_id:02d}"} for one in found]
            stored = session.scalars(select(ReleaseRow).where(ReleaseRow.description_id == line["description"])).all()
        assert sorted(line["reviews"], key=lambda one: one["id"]) == sorted(expected, key=lambda one: one["id"])
        assert [sorted(row.gold_ids) for row in stored] == [sorted(gold)]
    text = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert not any(person.login in text for person in people)


def test_queries(describe, make_campaign, make_user, review, database):
    first, second = describe(), describe(origin_model="emola")
    one = make_campaign(ids=(first,), overlap=2)
    for _ in range(2):
        review(one, make_user(), first)
    review(make_campaign(ids=(second,)), make_user(), second)

    def rows(**query):
        return preview_release(database, query=ReleaseQuery(**query)).counts.get(SFT)

    assert rows() == 2
    assert rows(min_basis="agreed") == rows(campaign_ids=(one.id,)) == rows(origin_models=("emola",)) == 1
    assert rows(tasks=("emotion",)) is None
