"""Models' own answers, from the folder of a benchmark run."""

import json

import pytest
from PIL import Image
from sqlalchemy import func, select

from emola.errors import InputError
from review.agreeing import ModelReading, VotedClaim, vote
from review.importing import import_faba
from review.planting import make_errors
from review.predictions import import_predictions, read_answer
from review.schema import Description, Evidence, PlantedError, Prediction
from review.store.campaigns import CampaignFilter
from review.store.items import load_item

TEXT = "1. AU12 - Lip corner puller: The lip corners are pulled up.\n2. AU4 - Brow lowerer: The brows are lowered."


@pytest.fixture
def run(database, tmp_path):
    """One imported picture and a run of a model that says AU12 and AU25 of it; an answer that failed; a stranger's."""
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (8, 8), "white").save(images / "a.png")
    record = {"image": "a.png", "label": "4, 12", "gpt4": TEXT, "landmark": "l.npy"}
    (tmp_path / "eval_au_anno.json").write_text(json.dumps([record]))
    import_faba(database, json_path=tmp_path / "eval_au_anno.json", images_dir=images)
    folder = tmp_path / "run"
    (folder / "parts").mkdir(parents=True)
    document = {"format": 1, "identity": {"model": "abc"}, "model": "EmoLA-test", "root": str(images)}
    (folder / "run.json").write_text(json.dumps(document))
    shared = {"task": "au", "status": "answered", "reason": None}
    rows = [
        shared | {"id": "a.png", "image": "a.png", "prediction": "AU12 and AU25 are visible."},
        shared | {"id": "b", "image": "a.png", "prediction": None, "status": "failed", "reason": "no face"},
        shared | {"id": "c", "image": "z.png", "prediction": "AU1."},
    ]
    journal = "".join(json.dumps(row) + "\n" for row in rows) + '{"torn'
    (folder / "parts" / "journal-00000.jsonl").write_text(journal)
    return folder


def test_answers_become_predictions_and_votes_on_claims(database, run):
    for _ in range(2):
        report = import_predictions(database, run=run)
        assert (report.stored, report.claims) == (1, 2)
        assert [s.row_id for s in report.skipped] == ["au b", "au c"]
        assert "no face" in report.skipped[0].reason and "z.png" in report.skipped[1].reason
    with database.read() as session:
        assert session.scalar(select(func.count(Prediction.id))) == 1
        assert session.scalar(select(func.count(Evidence.id))) == 2
        item = load_item(session, description_id=1)
    votes = [(claim.action_unit, found.verdict) for claim in item.claims for found in claim.model_votes]
    assert votes == [(12, "supports"), (4, "contradicts")]
    assert item.answers[0].model == "EmoLA-test"
    assert "EmoLA-test" in item.claims[0].model_votes[0].version


def test_a_copy_with_an_error_has_the_votes_of_earlier_runs(database, run):
    import_predictions(database, run=run)
    assert make_errors(database, wanted=CampaignFilter(), count=1) == 1
    with database.read() as session:
        (copy,) = session.scalars(select(PlantedError.description_id))
        claims = load_item(session, description_id=copy).claims
    votes = {claim.action_unit: found.verdict for claim in claims for found in claim.model_votes}
    assert len(votes) == 2 and votes[12 if 12 in votes else 4] == ("supports" if 12 in votes else "contradicts")


def test_a_run_read_again_with_newer_words_votes_once(database, run, monkeypatch):
    import_predictions(database, run=run)
    monkeypatch.setattr("review.predictions.protocol_version", lambda _: "strict-newer")
    import_predictions(database, run=run)
    with database.read() as session:
        assert [version.endswith("strict-newer") for version in session.scalars(select(Evidence.version))] == [True] * 2


def test_answers_can_be_reviewed_themselves(database, run):
    assert import_predictions(database, run=run, as_descriptions=True).stored == 1
    assert import_predictions(database, run=run, as_descriptions=True).stored == 0
    with database.read() as session:
        found = session.execute(select(Description.origin_model, Description.text).order_by(Description.id)).all()
        item = load_item(session, description_id=2)
    assert [tuple(row) for row in found] == [("gpt-4v", TEXT), ("EmoLA-test", "AU12 and AU25 are visible.")]
    assert (item.split, [c.action_unit for c in item.claims]) == ("eval", [12, 25])


def test_a_complete_run_is_read_from_its_predictions(database, run):
    row = {"id": "a.png", "task": "au", "image": "a.png", "prediction": "AU4.", "status": "answered"}
    (run / "predictions_au.jsonl").write_text(json.dumps(row) + "\n")
    report = import_predictions(database, run=run)
    assert (report.stored, report.skipped) == (1, ())


@pytest.mark.parametrize("damage", ["no run.json", "broken run.json", "no answers", "broken answers"])
def test_a_damaged_run_is_refused(database, run, damage):
    if damage == "no run.json":
        (run / "run.json").unlink()
    elif damage == "broken run.json":
        (run / "run.json").write_text("{}")
    else:
        (run / "parts" / "journal-00000.jsonl").write_text("" if damage == "no answers" else "x\n")
    with pytest.raises(InputError):
        import_predictions(database, run=run)


def claim(**changes):
    plain = {"claim_id": 1, "image_id": 1, "kind": "au", "action_unit": 12, "more_units": (), "emotion": None}
    return VotedClaim(**(plain | {"side": "N", "intensity": None, "negated": False} | changes))


@pytest.mark.parametrize(
    ("answer", "changes", "verdict"),
    [
        ("AU12 is visible.", {}, "supports"),
        ("AU4 is visible.", {}, "contradicts"),
        ("There is no AU12.", {}, "contradicts"),
        ("AU4 is visible.", {"negated": True}, "supports"),
        ("AU12 is visible.", {"negated": True}, "contradicts"),
        ("AU12 is visible.", {"more_units": (6,)}, "contradicts"),
        ("The left lip corner is pulled up (AU12).", {"side": "R"}, "contradicts"),
        ("The left lip corner is pulled up (AU12).", {"side": "L"}, "supports"),
        ("AU12 with intensity A.", {"intensity": "D"}, "contradicts"),
        ("AU12 with intensity C.", {"intensity": "D"}, "supports"),
    ],
)
def test_a_vote_on_a_unit(answer, changes, verdict):
    found = vote(claim(**changes), ModelReading.of({"au": read_answer(answer, "au")}), "m", "v")
    assert found is not None
    assert found.verdict == verdict
    assert found.payload["reason"].startswith("m ")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("The person is angry.", "supports"), ("She is sad.", "contradicts"), ("A face.", "unclear")],
)
def test_a_vote_on_an_emotion(answer, verdict):
    reading = ModelReading.of({"emotion": read_answer(answer, "emotion")})
    found = vote(claim(kind="emotion", action_unit=None, emotion="anger"), reading, "m", "v")
    assert found is not None and found.verdict == verdict


def test_a_model_that_was_not_asked_has_no_vote():
    assert vote(claim(), ModelReading.of({"emotion": {"emotion": "anger"}}), "m", "v") is None


def test_a_lead_takes_a_run_over_on_the_dashboard(database, run, make_user):
    import gradio as gr

    from review.page_run_import import RunImport

    lead, reviewer = make_user("lea", role="lead"), make_user("ann")
    people = [lead]
    with gr.Blocks():
        part = RunImport(database, lambda _: people[0], lambda: {"run one": run}, lambda _: ["scores"], gr.HTML())
    note, shown, chosen, *_ = part.load(None)
    assert "For scores" in note and shown["visible"] and chosen["value"] == "run one"
    said, scores = part.take_votes("run one", None)
    assert "Answers stored: 1; claims that they vote on: 2." in said and scores == "scores"
    assert "Passed over: 2, the first because" in said and "no face" in said
    assert "New descriptions: 1." in part.take_texts("run one", None)[0]
    with pytest.raises(gr.Error, match="Choose a run first"):
        part.take_votes("gone", None)
    people[0] = reviewer
    assert part.load(None)[1]["visible"] is False
    with pytest.raises(gr.Error, match="role lead"):
        part.take_votes("run one", None)


def test_without_a_finished_run_the_dashboard_says_what_makes_one(database, make_user):
    import gradio as gr

    from review.page_run_import import RunImport

    lead = make_user("lea", role="lead")
    with gr.Blocks():
        part = RunImport(database, lambda _: lead, dict, lambda _: [], gr.HTML())
    note, _, chosen, votes, texts = part.load(None)
    assert "no finished benchmark run yet" in note and chosen["choices"] == []
    assert votes["interactive"] is texts["interactive"] is False
