"""A model's own outputs: run, queued for review with their origin, corrected, and back as preference pairs for it."""

import json
from pathlib import Path

import pytest

from emola.shelf import TINY
from review.__main__ import main as review
from review.console import open_database
from review.page_advice import rewrite_json
from review.records import JUDGED_KINDS, ReviewState, VerdictState
from review.releasing import make_release
from review.store.campaigns import list_campaigns
from review.store.items import load_item
from review.store.people import create_user
from review.store.release_candidates import ReleaseQuery
from review.store.reviews import open_review, submit
from review.store.work import lease_next
from training.benchmark.__main__ import main as benchmark
from training.lora.pairs import read_pairs
from training.synthetic.dataset import DatasetPlan, make_dataset

FACES = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (TINY / "config.json").is_file(), reason="EmoLA-tiny is not in this checkout"),
]


@pytest.fixture
def answered(tmp_path, monkeypatch):
    """Folder of rendered faces; EmoLA-tiny was asked about those of the training split."""
    monkeypatch.chdir(tmp_path)
    make_dataset(DatasetPlan(tmp_path / "faces", FACES, seed=123_321, eval_share=0.0))
    asked = ["--model", str(TINY), "--data", "faces/train/train_au_anno.json", "--unlabelled", "--task", "au"]
    assert (
        benchmark(
            ["run", *asked, "--out", "runs/own", "--device", "cpu", "--dtype", "float32", "--max-new-tokens", "384"]
        )
        == 0
    )
    return tmp_path / "faces"


def correct_all(database, campaign_id: int, reviewer_id: int) -> dict[str, str]:
    """Call the first of several units of a text absent and leave it out; return what was corrected, by row."""
    originals = {}
    while True:
        with database.write() as session:
            lease = lease_next(session, campaign_id=campaign_id, reviewer_id=reviewer_id)
            if lease is None:
                return originals
            begun = open_review(session, assignment_id=lease.assignment_id, reviewer_id=reviewer_id)
            item = load_item(session, description_id=lease.description_id)
            judged = [claim for claim in item.claims if claim.kind in JUDGED_KINDS]
            verdicts = {claim.id: VerdictState("correct") for claim in judged}
            if len(judged) > 1:
                offered = rewrite_json(item, {"claim_id": judged[0].id, "code": "H1"})["text"]
                verdicts[judged[0].id] = VerdictState("wrong", "H1", 3, replacement=offered)
                originals[item.row_id] = item.text
            mine = {"review_id": begun.id, "reviewer_id": reviewer_id, "version": begun.version}
            submit(session, state=ReviewState(verdicts=verdicts), token=f"token {begun.id}", **mine)


def test_corrected_outputs_of_a_model_are_pairs_that_preference_training_reads(answered, capsys):
    for words in (
        ["import", "faces/train/train_au_anno.json", "--images", "faces"],
        ["import-predictions", "runs/own", "--as-descriptions"],
        ["campaign", "create", "Own outputs", "--origin-model", TINY.name],
    ):
        assert review(words) == 0, capsys.readouterr().err
    with open_database("review.db") as database:
        with database.write() as session:
            ann = create_user(session, login="ann", password=None, role="reviewer")
            lead = create_user(session, login="lea", password=None, role="lead")
            (campaign,) = list_campaigns(session)
        assert campaign.total == FACES, "the original texts of the data set are not in it"
        originals = correct_all(database, campaign.id, ann.id)
        query = ReleaseQuery(campaign_ids=(campaign.id,), origin_models=(TINY.name,))
        release = make_release(database, name="own", folder=Path("releases"), query=query, actor_id=lead.id)
    path = Path(release.folder) / "preference" / "pairs.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {row["id"] for row in rows} == originals.keys() != set()
    for row in rows:
        assert (row["origin_model"], row["severity"]) == (TINY.name, 3)
        assert row["rejected"] == originals[row["id"]] and row["chosen"] != row["rejected"]
        assert row["prompt"] == "What AUs are conveyed by this face?"
    pairs, report = read_pairs(path, Path(str(release.data_root)), 212)
    assert (len(pairs), report.faults) == (len(rows), ())
    for pair in pairs:
        assert pair.prior is not None and pair.prior.is_file() and pair.image.is_file()
        assert any("AU" in pair.rejected[start:end] for start, end in pair.rejected_segments)
