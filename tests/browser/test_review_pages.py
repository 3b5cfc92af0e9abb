"""Adjudicate, Browse, My corrections, Agreement, Dashboard, Releases, Guidelines, Users and Campaigns in a browser."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"
FIRST, SECOND = "quixote17", "zenobia42"
"""Logins that are part of no word of a page."""
TEXTS = (
    "1. AU4 - Brow Lowerer: The brows are lowered <b>boldly</b>.\n2. AU12 - Lip Corner Puller: The corners rise.",
    "1. AU6 - Cheek Raiser: The cheeks are raised.\n2. AU25 - Lips Part: The lips are parted.",
)
READY_MS = 120_000


@dataclass(frozen=True)
class Desk:
    """A running server with one description that two reviewers judged differently, and one they agree on."""

    url: str
    releases: Path


def fill(database, folder: Path, face) -> None:
    """Import two descriptions; on the first, FIRST denies a claim and calls AU12 a trace, SECOND not."""
    from review.importing import import_faba
    from review.records import JUDGED_KINDS, ReviewState, UnitState, VerdictState
    from review.store.campaigns import CampaignFilter, create_campaign
    from review.store.guidelines import ensure_guideline
    from review.store.items import load_item
    from review.store.people import create_user
    from review.store.reviews import open_review, submit
    from review.store.work import lease_next

    records = []
    for number, text in enumerate(TEXTS):
        Image.fromarray(face[:240, 60 + number : 380]).save(folder / f"{number}.jpg")
        asked, said = {"from": "human", "value": "<image>\nWhich action units?"}, {"from": "gpt", "value": text}
        records.append(
            {
                "id": f"{number}",
                "image": f"{number}.jpg",
                "source": "test",
                "landmark": f"{number}.npy",
                "conversations": [asked, said],
            }
        )
    (folder / "train_au_anno.json").write_text(json.dumps(records))
    report = import_faba(database, json_path=folder / "train_au_anno.json", images_dir=folder)
    assert report.inserted == len(TEXTS), report.summary()
    with database.write() as session:
        roles = {FIRST: "reviewer", SECOND: "reviewer", "lea": "lead"}
        people = {
            name: create_user(session, login=name, password=PASSWORD, role=role).id for name, role in roles.items()
        }
        ensure_guideline(session, actor_id=people["lea"])
        campaign = create_campaign(
            session, name="Two people", filter=CampaignFilter(), overlap=2, random_rate=1.0, actor_id=people["lea"]
        )
    for name in (FIRST, SECOND):
        for _ in TEXTS:
            with database.write() as session:
                lease = lease_next(session, campaign_id=campaign.id, reviewer_id=people[name])
                review = open_review(session, assignment_id=lease.assignment_id, reviewer_id=people[name])
                item = load_item(session, description_id=lease.description_id)
                verdicts = {claim.id: VerdictState("correct") for claim in item.claims if claim.kind in JUDGED_KINDS}
                if name == FIRST and "AU4" in item.text:
                    verdicts[min(verdicts)] = VerdictState("wrong", "H1", 2, replacement="")
                seen = {12: UnitState("present", "A" if name == FIRST else "E")} if "AU12" in item.text else {}
                submit(
                    session,
                    review_id=review.id,
                    reviewer_id=people[name],
                    version=review.version,
                    state=ReviewState(verdicts=verdicts, units=seen, active_ms=30_000),
                    token=f"{name} {review.id}",
                )


@pytest.fixture(scope="module")
def desk(tmp_path_factory, astronaut):
    """The review pages alone, on a free port, with a login."""
    import gradio as gr

    from emola.page_theme import asset, studio_theme
    from review.database import Database
    from review.page import build_review_pages
    from review.page_access import Access

    folder = tmp_path_factory.mktemp("desk")
    database = Database(folder / "review.db")
    database.upgrade()
    fill(database, folder, astronaut)
    access = Access(database, "password")
    with gr.Blocks(analytics_enabled=False, fill_width=True) as page:
        gr.Navbar(main_page_name="Demo", visible=False)
    pages = build_review_pages(page, database, access, folder / "releases")
    page.launch(
        server_name="127.0.0.1",
        auth=access.check_login,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        footer_links=[],
        theme=studio_theme(),
        css=asset("studio.css") + pages.css,
        app_kwargs={"routes": pages.routes, "middleware": pages.middleware},
    )
    yield Desk(page.local_url.rstrip("/"), folder / "releases")
    page.close()
    database.close()


@pytest.fixture
def visit(page, desk, artefacts):
    """Open a page as somebody, wait until it is filled, and keep a picture of it."""
    page.set_default_timeout(READY_MS)

    def act(path: str, wait: str, login: str = "lea", theme: str = "light"):
        if getattr(page, "signed_in", None) != login:
            page.context.clear_cookies()
            answer = page.context.request.post(
                f"{desk.url}/login", form={"username": login, "password": PASSWORD}, timeout=READY_MS
            )
            assert answer.ok
            page.signed_in = login
        page.goto(f"{desk.url}/{path}{'&' if '?' in path else '?'}__theme={theme}")
        page.wait_for_selector(wait)
        page.wait_for_function("[...document.querySelectorAll('img[data-face]')].every((i) => i.naturalWidth > 0)")
        name = path.split("?")[0] + ("" if theme == "light" else "-dark")
        page.screenshot(path=artefacts / f"review-{name}.png")
        return page

    return act


def test_a_conflict_is_decided_by_keys_and_everything_follows(visit, desk, artefacts, tmp_path):
    page = visit("dashboard", "#dashboard .rv-tiles")
    assert "to adjudicate: 1" in page.inner_text("#dashboard")
    page = visit("adjudicate", ".rv-conflict")
    assert page.locator(".rv-conflict").count() == 2, "a claim, and how strong AU12 is"
    body = page.inner_text("#adjudicate")
    assert not [login for login in (FIRST, SECOND) if login in body]
    assert "<b>boldly</b>" in body, "what the text says is text"
    assert page.inner_text(".rv-left") == "2 left"
    page.keyboard.press("Enter")
    assert "choose A, B or something else" in page.inner_text(".rv-left")
    kept = 1 + page.locator(".rv-conflict >> nth=0 >> .rv-said").all_inner_texts().index("✓ correct")
    page.keyboard.press(str(kept))
    page.keyboard.press("3")
    page.select_option(".rv-conflict[data-current] select[name=intensity]", "C")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("The brow is low: 1 2 3")
    page.keyboard.press("Escape")
    assert page.inner_text(".rv-left") == "All decided"
    page.keyboard.press("Enter")
    page.wait_for_selector("#adjudicate .rv-empty")
    assert "2 decided" in page.inner_text("#adjudicate")

    page = visit("my-corrections", ".rv-corrections", login=FIRST)
    said = page.inner_text(".rv-corrections")
    assert "H1 absent" in said and "C marked" in said and "The brow is low: 1 2 3" in said
    page = visit("my-corrections", "#corrections .notice, #corrections .rv-empty, .rv-corrections", login=SECOND)
    assert "H1" not in page.inner_text("#corrections")

    page = visit("dashboard", "#dashboard .rv-tiles")
    assert "to adjudicate: 0" in page.inner_text("#dashboard")
    visit("dashboard", "#dashboard .rv-tiles", theme="dark")
    page = visit("agreement", "#agreement .rv-tiles")
    assert f"{FIRST} and {SECOND}" in page.inner_text("#agreement")

    page = visit("releases", "#releases .rv-empty")
    page.wait_for_selector("#release-preview table")
    page.click("#release-compare")
    page.wait_for_selector("#release-compare", state="hidden")
    page.screenshot(path=artefacts / "review-releases-compared.png")
    page.get_by_label("action units", exact=True).uncheck()
    page.wait_for_selector("#release-preview:has-text('nothing to release')")
    page.wait_for_selector("#release-make[disabled]")
    page.get_by_label("action units", exact=True).check()
    page.wait_for_selector("#release-make:not([disabled])")
    page.fill("#release-name textarea, #release-name input", "first")
    page.click("#release-make")
    page.wait_for_selector("#release-detail:has-text('first') table")
    page.click("#release-verify")
    page.wait_for_selector("#release-detail .notice-good")
    with page.expect_download() as download:
        page.click("#release-detail a[download]")
    download.value.save_as(tmp_path / "first.zip")
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert "first/manifest.json" in archive.namelist()
        assert not any(name.endswith((".jpg", ".png")) for name in archive.namelist())
    assert (desk.releases / "first" / "manifest.json").is_file()


def test_a_reviewer_downloads_no_release(visit, desk):
    page = visit("browse", ".rv-row", login=FIRST)
    answer = page.context.request.get(f"{desk.url}/review-api/release?id=1")
    assert answer.status == 403 and "needs the role lead" in answer.json()["error"]
    visit("users", "#users .notice-error", login=FIRST)


def test_browse_finds_and_opens_an_item(visit):
    page = visit("browse", ".rv-row")
    assert page.locator(".rv-row").count() == len(TEXTS)
    page.fill("#browse-text textarea, #browse-text input", "cheeks")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.rv-row').length === 1")
    page.click(".rv-row")
    page.wait_for_selector(".rv-item .rv-review")
    assert page.locator(".rv-item .rv-review").count() == 2
    page.click(".rv-item summary >> nth=0")
    assert "submit" in page.inner_text(".rv-item details[open]")
    visit("browse?description=1", ".rv-item .rv-review")


def test_a_lead_publishes_a_guideline(visit):
    page = visit("guidelines", ".rv-card")
    assert page.locator(".rv-card").count() == 6 + 20 + 12
    page.get_by_text("Publish a new version").click()
    page.click("#guideline-card input")
    page.get_by_role("option", name="AU4", exact=True).click()
    field = page.get_by_label("Look for")
    field.wait_for()
    page.wait_for_function("[...document.querySelectorAll('textarea')].some((a) => a.value.startsWith('The brows'))")
    field.fill("Brows down, <i>or</i> together.")
    page.click("#guideline-keep")
    page.wait_for_selector("#guideline-changes .notice-wait")
    page.fill("#guideline-version textarea, #guideline-version input", "2")
    page.fill("#guideline-why textarea, #guideline-why input", "Shorter.")
    page.click("#guideline-publish")
    page.wait_for_function("document.querySelector('#card-AU4').innerText.includes('<i>or</i>')")
    assert "Version 2" in page.inner_text("#guidelines")


def test_a_lead_adds_a_user_and_a_campaign(visit):
    page = visit("users", "#users table")
    page.fill("#user-login textarea, #user-login input", "dan")
    page.fill("#user-password input", PASSWORD)
    page.click("#user-add")
    page.wait_for_selector("#users .notice-good")
    assert "dan" in page.inner_text("#users table")
    page = visit("campaigns", "#campaigns table")
    page.wait_for_selector("#campaign-preview .notice")
    page.fill("#campaign-name textarea, #campaign-name input", "Once <more>")
    page.click("#campaign-create")
    page.wait_for_selector("#campaigns .notice-good")
    assert "Once <more>" in page.inner_text("#campaigns table")
