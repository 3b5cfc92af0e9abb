"""The Campaigns page in a browser: what one part of it changes, the others show without a reload."""

import io
import json
import re

import pytest
from PIL import Image

from review.sending import add_description

pytestmark = pytest.mark.browser

TEXTS = {"Old": "1. AU4 - Brow Lowerer: The brows are lowered.", "New": "1. AU12 - Lip Corner Puller: They are up."}
FACES = 3


@pytest.fixture
def runs(site, tmp_path):
    """The finished runs of two models over the same few pictures."""
    for face in range(FACES):
        Image.new("RGB", (16, 16), (face, 77, 0)).save(tmp_path / f"{face}.png")
    for model, text in TEXTS.items():
        folder = site.runs[f"run of {model}"] = tmp_path / model
        folder.mkdir()
        described = {"identity": {"model": model}, "model": model, "root": str(tmp_path)}
        (folder / "run.json").write_text(json.dumps(described))
        rows = [{"id": f"{face}", "task": "au", "image": f"{face}.png", "prediction": text} for face in range(FACES)]
        (folder / "predictions_au.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    yield list(site.runs)
    site.runs.clear()


def choose(page, field, name):
    page.click(f"{field} input")
    page.get_by_role("option", name=name, exact=True).click()
    page.wait_for_selector("[role=option]", state="detached")  # the list fades out over the next one


def test_a_blind_check_appears_among_the_campaigns_and_is_unsealed_when_closed(page, site, hands, runs, artefacts):
    site.campaign(site.two_claims)
    hands.sign_in("lena")
    page.goto(f"{site.url}/campaigns")
    page.wait_for_selector("#campaigns table", timeout=90_000)
    page.wait_for_selector("#blind-result .rv-empty")
    page.click("text=New blind check")
    page.fill("#blind-name textarea, #blind-name input", "Round 1")
    for field, run in zip(("#blind-old", "#blind-new"), runs, strict=True):
        choose(page, field, run)
    page.click("#blind-create")
    page.wait_for_selector("#blind-said .notice-good", timeout=30_000)
    page.wait_for_selector("#campaigns td:has-text('blind check: two models’ texts'), #campaigns a:has-text('Round 1')")
    assert "called A and B" in page.inner_text("#blind-result")
    page.screenshot(path=artefacts / "review-campaigns-blind.png", full_page=True)

    page.click("#campaign-origin input")
    for model in TEXTS:  # the check has brought their descriptions in
        page.get_by_role("option", name=model, exact=True).wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=option]", state="detached")
    choose(page, "#campaign-chosen", "Round 1")
    page.click("#campaign-closed")
    page.wait_for_selector("#campaigns .notice-good:has-text('is closed now')", timeout=30_000)
    page.wait_for_function("!document.querySelector('#blind-result').innerText.includes('called A and B')")


def test_authors_of_later_imports_are_offered_without_a_reload(page, site, hands, tmp_path):
    site.campaign(site.two_claims, site.five_claims)
    hands.sign_in("lena")
    page.goto(f"{site.url}/campaigns")
    page.wait_for_selector("#campaign-preview .notice", timeout=90_000)
    selected = int(re.search(r"This selects (\d+) descriptions\.", page.inner_text("#campaign-preview"))[1])
    picture = io.BytesIO()
    Image.new("RGB", (16, 16), (9, 9, 9)).save(picture, "PNG")
    with site.database.write() as session:
        sent = {
            "text": "AU12 is visible.",
            "task": "au",
            "prompt": "Describe the face.",
            "origin_model": "A later model",
        }
        kept = {"image_bytes": picture.getvalue(), "images_dir": tmp_path, "actor_id": site.lead.id}
        add_description(session, **sent, **kept)
    choose(page, "#campaign-origin", "A later model")
    page.wait_for_selector("#campaign-preview:has-text('This selects 1 description.')", timeout=30_000)
    choose(page, "#campaign-origin", "any")
    page.wait_for_selector(f"#campaign-preview:has-text('This selects {selected + 1} descriptions.')", timeout=30_000)
