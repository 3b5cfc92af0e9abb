"""The blind check on the Campaigns page: made from two runs by a lead, read as far as it may be."""

import json
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from review.page_blind_checks import BlindChecksPart
from review.records import ReviewState, VerdictState
from review.store.campaigns import list_campaigns
from review.store.coded_rows import claims_of
from review.store.reviews import open_review, submit
from review.store.work import lease_next

REQUEST = SimpleNamespace(query_params={})
TEXTS = {"Old <b>": "1. AU4 - Brow Lowerer: The brows are lowered.", "New": "1. AU12 - Lip Corner Puller: They are up."}


@pytest.fixture
def database_url(sqlite_url):
    """SQLite alone: what differs between the dialects is tested with the store."""
    return sqlite_url


@pytest.fixture
def runs(tmp_path):
    """The runs of two models over seven pictures, by the names that the page shows."""
    (tmp_path / "data").mkdir()
    for face in range(7):
        Image.new("RGB", (8, 8), (face, 0, 0)).save(tmp_path / "data" / f"{face}.png")
    found = {}
    for number, (model, text) in enumerate(TEXTS.items()):
        folder = found[f"run {number}"] = tmp_path / f"run{number}"
        folder.mkdir()
        described = {"identity": {"model": model}, "model": model, "root": str(tmp_path / "data")}
        (folder / "run.json").write_text(json.dumps(described))
        rows = [{"id": f"{face}", "task": "au", "image": f"{face}.png", "prediction": text} for face in range(7)]
        (folder / "predictions_au.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return found


@pytest.fixture
def part(database, make_user, runs):
    """Draw the part for somebody."""

    def draw(role="lead"):
        user = make_user(role=role)
        with gr.Blocks():
            return BlindChecksPart(database, lambda request: user, lambda: runs)

    return draw


def test_a_lead_makes_a_check_and_reads_it_once_it_is_judged(part, make_user, write, read):
    page = part()
    assert "No blind check yet" in page.load(REQUEST)[0]
    shown = page.create_check("Round 1", "run 0", "run 1", 7, "au", 1, REQUEST)
    assert "7 faces, 14 reviews to make" in shown[-1] and "No face is judged yet" in shown[0]
    assert "called A and B" in shown[0] and "Old" not in shown[0].replace("Old text judged first", "")
    ann, (campaign,) = make_user(), read(list_campaigns)
    while lease := write(lease_next, campaign_id=campaign.id, reviewer_id=ann.id):
        begun = write(open_review, assignment_id=lease.assignment_id, reviewer_id=ann.id)
        claims = [c for c in read(claims_of, description_id=lease.description_id) if c.action_unit is not None]
        said = {c.id: VerdictState("wrong", "H1") if c.action_unit == 4 else VerdictState("correct") for c in claims}
        mine = {"review_id": begun.id, "reviewer_id": ann.id, "version": begun.version, "token": f"token {begun.id}"}
        write(submit, state=ReviewState(verdicts=said), **mine)
    result = page.show("Round 1", REQUEST)
    assert "Fewer invented action units: 1.00 → 0.00 per text, difference −1.00 [−1.00, −1.00]." in result
    assert "7 of 7" in result and "100 % → 0 %" in result and "called A and B" not in result
    assert "Old &lt;b&gt;" in result and "Old <b>" not in result
    assert 'download="blind check Round 1.csv"' in result and "Found in no text: H2 wrong action unit" in result


def test_mistakes_are_said_and_only_leads_see_it(part):
    page = part()
    for old, new, words in (
        (None, "run 1", "Choose the run"),
        ("../x", "run 1", "Choose the run"),
        ("run 0",) * 2 + ("same",),
    ):
        with pytest.raises(gr.Error, match=words):
            page.create_check("Round 1", old, new, 7, "", 1, REQUEST)
    with pytest.raises(gr.Error, match="There is no blind check"):
        page.show("gone", REQUEST)
    assert "No blind check yet" in page.show(None, REQUEST)
    hidden = part("reviewer").load(REQUEST)
    assert hidden[0] == "" and hidden[-1]["visible"] is False
