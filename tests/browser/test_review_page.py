"""The Review page in a real browser on a real database: judged by keyboard, saved, submitted once, taken back."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import gradio as gr
import httpx
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select

from emola.page_theme import asset, page_head, studio_theme
from review.database import Database
from review.importing import import_faba
from review.page import build_review_pages
from review.page_access import Access
from review.records import state_from_json
from review.schema import Description, FaceMeasurement
from review.store.campaigns import CampaignFilter, create_campaign
from review.store.items import load_item
from review.store.people import create_user, find_user
from review.store.reviews import get_review, my_reviews, save_draft

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"
FIVE_CLAIMS = (
    "Looking at the face, these action units can be made out:\n"
    "1. AU1 - Inner Brow Raiser: The inner corners of the eyebrows are lifted, which wrinkles the forehead.\n"
    "2. AU4 - Brow Lowerer: The brows are lowered and drawn together, with marked intensity.\n"
    "3. AU6 - Cheek Raiser: The cheeks are raised and narrow the eyes a little at their outer corners.\n"
    "4. AU12 - Lip Corner Puller: The corners of the mouth are pulled up, strongly, on both sides.\n"
    "5. AU25 - Lips Part: The lips are apart and show the teeth.\n"
    "Please note that interpreting action units from one picture is subjective."
)
TWO_CLAIMS = "1. AU4 - Brow Lowerer: The brows are lowered.\n2. AU12 - Lip Corner Puller: The lip corners go up.\n"
SUMMED_UP = (
    "1. AU9 - Nose Wrinkler: The skin of the nose is wrinkled.\n2. AU10 - Upper Lip Raiser: The upper lip is raised.\n"
    "AU9 and AU10 act together in the middle of the face. In short, the face is shaped by AU9 and AU10."
)
EMOTION = "The person looks happy. The corners of the mouth are pulled up."
HOSTILE = (
    '1. AU4 - <img src=x onerror="window.hacked=1"><b>Brow</b> lowered & "so" on.\n'
    "2. AU12 - <script>window.hacked=2</script>corners up.\n"
)
BOX = [40, 30, 216, 236]
REGIONS = {"brow": [50, 60, 206, 110], "eyes": [50, 90, 206, 140], "nose_cheek": [60, 110, 196, 190]}
REGIONS["mouth_chin"] = [70, 170, 186, 236]


class Site:
    """A running studio with review pages, its database, and ways to fill it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(folder / "review.db")
        self.database.upgrade()
        self.numbers = count(1)
        with self.database.write() as session:
            self.lead = create_user(session, login="lena", password=PASSWORD, role="lead")
        self.page = gr.Blocks(title="EmoLA studio", analytics_enabled=False, fill_width=True)
        with self.page:
            gr.Navbar(main_page_name="Demo")
            gr.Markdown("Demo")
        access = Access.choose(self.database, "127.0.0.1", True, {})
        pages = build_review_pages(self.page, self.database, access, folder / "releases")
        self.page.launch(
            server_name="127.0.0.1",
            auth=access.check_login,
            auth_message=access.message,
            app_kwargs={"routes": pages.routes, "middleware": pages.middleware},
            theme=studio_theme(),
            css=asset("studio.css") + pages.css,
            head=page_head(),
            share=False,
            ssr_mode=False,
            footer_links=[],
            prevent_thread_lock=True,
            quiet=True,
        )
        self.url = str(self.page.local_url).rstrip("/")

    def user(self, role: str = "reviewer") -> str:
        login = f"person{next(self.numbers)}"
        with self.database.write() as session:
            create_user(session, login=login, password=PASSWORD, role=role)
        return login

    def campaign(self, *texts: str, task: str = "au", **rules) -> int:
        """Import the texts, each with a picture of its own, and open a campaign over them."""
        number = next(self.numbers)
        images = self.folder / f"images{number}"
        (images / "train").mkdir(parents=True)
        rows = []
        for index, text in enumerate(texts):
            path = f"train/{number}-{index}.png"
            draw_face(images / path, (number, index))
            turns = [{"from": "human", "value": "Describe the face.\n<image>"}, {"from": "gpt", "value": text}]
            rows.append({"id": f"{number}-{index}", "image": path, "source": "test", "conversations": turns})
        file = images / f"train_{task}_anno.json"
        file.write_text(json.dumps(rows))
        import_faba(self.database, json_path=file, images_dir=images, split="train", task=task)
        with self.database.write() as session:
            wanted = [row["id"] for row in rows]
            found = dict(tuple(row) for row in session.execute(select(Description.row_id, Description.id)))
            ids = tuple(found[name] for name in wanted)
            for description_id in ids:
                image_id = session.get_one(Description, description_id).image_id
                session.add(
                    FaceMeasurement(image_id=image_id, found=True, document=MEASURED, mesh=None, version="test")
                )
            campaign = create_campaign(
                session, name=f"Campaign {number}", filter=CampaignFilter(ids=ids), actor_id=self.lead.id, **rules
            )
        return campaign.id

    def reviews(self, login: str) -> list:
        """What somebody has worked on, in the order they began it."""
        with self.database.read() as session:
            user = find_user(session, login=login)
            rows = [get_review(session, review_id=row.id) for row in my_reviews(session, reviewer_id=user.id)]
        return sorted(rows, key=lambda review: review.id)

    def item(self, description_id: int):
        with self.database.read() as session:
            return load_item(session, description_id=description_id)


MEASURED = {
    "box": BOX,
    "points_106": [[60 + 12 * (i % 12), 60 + 18 * (i // 12)] for i in range(106)],
    "points_106_approximate": False,
    "pose_deg": {"yaw": 3.0, "pitch": -2.0, "roll": 0.0},
    "gates": [],
    "regions": REGIONS,
}


def draw_face(path: Path, seed: tuple[int, int]) -> None:
    picture = Image.new("RGB", (256, 256), (40 + 7 * seed[0] % 150, 60 + 31 * seed[1] % 150, 90))
    pen = ImageDraw.Draw(picture)
    pen.ellipse(BOX, fill="#e0b08c")
    pen.line([70, 96, 110, 88], fill="#402a18", width=6)
    pen.line([146, 88, 186, 96], fill="#402a18", width=6)
    for x in (80, 150):
        pen.ellipse([x, 104, x + 28, 122], fill="white")
        pen.ellipse([x + 9, 105, x + 20, 121], fill="#234")
    pen.arc([90, 160, 166, 208], 15, 165, fill="#933", width=5)
    picture.save(path)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """One studio for all tests of this file; every test has people and campaigns of its own."""
    patch = pytest.MonkeyPatch()
    patch.setattr("gradio.networking.url_ok", lambda url: True)  # its three seconds are too few on a busy machine
    built = Site(tmp_path_factory.mktemp("site"))
    yield built
    built.page.close(verbose=False)
    built.database.close()
    patch.undo()


def sign_in(page, site, login):
    answer = page.request.post(f"{site.url}/login", form={"username": login, "password": PASSWORD})
    assert answer.ok, answer.text()


def open_review(page, site, login, campaign):
    sign_in(page, site, login)
    page.goto(f"{site.url}/review?campaign={campaign}")
    page.wait_for_selector("#review .review-bottom button", timeout=90_000)


def wait_saved(page):
    page.wait_for_selector(".review-saved[data-state=saved]", timeout=30_000)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def next_item(page, before):
    page.wait_for_function("(text) => document.querySelector('.review-top')?.innerText.includes(text)", arg=before)


def test_five_items_by_keyboard_alone(page, site, artefacts):
    login, campaign = site.user(), site.campaign(*[FIVE_CLAIMS.replace("teeth", f"teeth {i}") for i in range(5)])
    page.goto(f"{site.url}/queue")
    page.wait_for_selector("input[type=password]", timeout=90_000)
    page.fill("input >> nth=0", login)
    page.fill("input[type=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".queue-start", timeout=90_000)
    page.screenshot(path=artefacts / "review-queue.png")
    for _ in range(40):
        if page.evaluate(f"document.activeElement.getAttribute('href')?.endsWith('campaign={campaign}')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    for item in range(5):
        next_item(page, f"{item + 1} of today")
        if item == 0:
            page.screenshot(path=artefacts / "review-item.png")
        press(page, "a", "2")
        page.wait_for_selector("[data-focus=right-unit]:focus")
        page.keyboard.type("9")
        press(page, "Enter")
        page.wait_for_selector(".proposed")
        if item == 0:
            page.screenshot(path=artefacts / "review-correcting.png")
        press(page, "Shift+Digit2", "p", "u", "a", "a")
        if item == 0:
            page.wait_for_selector(".diff ins")
            page.screenshot(path=artefacts / "review-judged.png")
        press(page, "a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    assert "You have judged everything" in page.inner_text(".nothing")
    page.screenshot(path=artefacts / "review-done.png")
    done = site.reviews(login)
    assert [review.status for review in done] == ["submitted"] * 5
    judged = [claim for claim in site.item(done[0].description_id).claims if claim.kind == "au"]
    said = [done[0].state.verdicts[claim.id] for claim in judged]
    assert [verdict.verdict for verdict in said] == ["correct", "wrong", "unsure", "correct", "correct"]
    assert (said[1].code, said[1].action_unit, said[1].severity) == ("H2", 9, 2)
    assert re.search(r"^2\. AU9 - Nose Wrinkler: ", done[0].corrected_text, re.MULTILINE)
    assert "AU4" not in done[0].corrected_text
    units = done[0].state.units
    assert (units[1].state, units[4].state, units[9].state, units[6].state) == (
        "present",
        "absent",
        "present",
        "not_judged",
    )
    assert units[17].state == "absent", "the last card scores what the text does not name"
    assert all(review.state.active_ms > 0 for review in done)


def test_nothing_scrolls_for_a_five_claim_item_and_1024_still_works(page, site, artefacts):
    open_review(page, site, site.user(), site.campaign(FIVE_CLAIMS))
    page.wait_for_selector(".face img")
    heights = "() => [document.documentElement, ...document.querySelectorAll('.review-columns > div')]"
    over = page.evaluate(f"({heights})().map((node) => node.scrollHeight - node.clientHeight)")
    assert over == [0, 0, 0, 0]
    press(page, "a", "x")
    assert page.evaluate("document.documentElement.scrollHeight") == 900
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
    page.screenshot(path=artefacts / "review-1024.png", full_page=True)


def test_a_reload_brings_the_draft_back(page, site):
    login, campaign = site.user(), site.campaign(FIVE_CLAIMS)
    open_review(page, site, login, campaign)
    press(page, "a", "1", "Shift+Digit3", "j", "u", "f", "d", "v", "1", "o", "2", "c")
    page.keyboard.type("look at the brows")
    press(page, "Escape")
    wait_saved(page)
    page.reload()
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    assert page.input_value(".part-note textarea") == "look at the brows"
    said = page.locator(".claim-card .verdict").all_inner_texts()
    assert said[:3] == ["✓ correct", "✗ wrong · H1 · !!!", "? unsure"]
    for focus in ("flag", "baseline", "visible-71", "emotion-sadness"):
        assert page.get_attribute(f"[data-focus={focus}]", "aria-pressed") == "true", focus
    (draft,) = site.reviews(login)
    assert (draft.status, draft.state.visibility, draft.state.emotion.label) == ("draft", (71,), "sadness")


def test_leaving_the_page_at_once_saves_what_was_done(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS)
    open_review(page, site, login, campaign)
    press(page, "a")
    page.goto("about:blank")
    end = time.monotonic() + 20
    while not site.reviews(login)[0].state.verdicts and time.monotonic() < end:
        time.sleep(0.1)
    assert [verdict.verdict for verdict in site.reviews(login)[0].state.verdicts.values()] == ["correct"]


def test_a_double_submit_counts_once(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS, EMOTION.replace("person", "woman") + TWO_CLAIMS)
    open_review(page, site, login, campaign)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/submit") else None)
    press(page, "a", "a")
    page.evaluate(
        "() => { const button = document.querySelector('[data-focus=submit]'); button.click(); button.click(); }"
    )
    press(page, "Enter", "Enter")
    next_item(page, "2 of today")
    assert len(sent) == 1
    assert [review.status for review in site.reviews(login)] == ["submitted", "draft"]


def test_the_same_token_twice_is_one_submission_and_goes_on(site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS)
    with httpx.Client(base_url=site.url, headers={"X-Emola-Review": "1"}, timeout=60) as client:
        client.post("/login", data={"username": login, "password": PASSWORD})
        item = client.post("/review-api/start", json={"campaign_id": campaign}).json()
        verdicts = {str(claim["id"]): {"verdict": "correct"} for claim in item["item"]["claims"]}
        state = item["review"]["state"] | {"verdicts": verdicts}
        body = {"review_id": item["review"]["id"], "version": 1, "state": state, "token": "a-token-1"}
        answers = [client.post("/review-api/submit", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["submitted"] == answers[1].json()["submitted"]


def test_html_in_a_description_stays_text(page, site):
    open_review(page, site, site.user(), site.campaign(HOSTILE))
    words = page.locator(".claim-text").all_inner_texts()
    assert words[0].strip() == HOSTILE.splitlines()[0]
    press(page, "1", "e")
    page.fill("textarea.edit", "AU4 - <img src=x onerror=window.hacked=3> gone")
    press(page, "Escape", "c")
    page.keyboard.type("<b onclick=window.hacked=4>note</b>")
    press(page, "Escape", "h", "?", "Escape")
    wait_saved(page)
    page.wait_for_selector(".diff ins")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#review .claim-card img, #review .claim-card b b, #review script").count() == 0


def test_single_keys_rest_while_writing_and_composing(page, site):
    open_review(page, site, site.user(), site.campaign(FIVE_CLAIMS))
    press(page, "c")
    page.keyboard.type("axun 1230 jkpe sbf ?")
    assert page.input_value(".part-note textarea") == "axun 1230 jkpe sbf ?"
    assert page.locator(".claim-card .verdict:not(.v-none)").count() == 0
    assert page.locator("dialog[open]").count() == 0
    press(page, "Escape")
    page.evaluate(
        "() => document.body.dispatchEvent(new KeyboardEvent('keydown', "
        "{ key: 'a', code: 'KeyA', isComposing: true, bubbles: true }))"
    )
    assert page.locator(".claim-card .verdict:not(.v-none)").count() == 0
    press(page, "?", "a", "x")
    assert page.locator(".claim-card .verdict:not(.v-none)").count() == 0, "a dialog is open"
    press(page, "Escape", "a")
    assert page.locator(".claim-card .v-correct").count() >= 1


def test_the_echo_of_a_key_is_immediate(page, site):
    open_review(page, site, site.user(), site.campaign(FIVE_CLAIMS))
    took = page.evaluate(
        """() => Array.from({ length: 20 }, (_, turn) => {
        const start = performance.now();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'f', code: 'KeyF', bubbles: true }));
        const shown = document.querySelector('[data-focus=flag]').getAttribute('aria-pressed');
        return shown === String(turn % 2 === 0) ? performance.now() - start : Infinity; })"""
    )
    assert max(took) < float("inf"), "every key is drawn in its own turn, without waiting for the server"
    assert min(took) < 100


def test_undo_and_redo_within_an_item_and_across_a_submission(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS, FIVE_CLAIMS)
    open_review(page, site, login, campaign)
    press(page, "a", "u", "Control+z")
    assert page.locator(".v-unsure:not(.verdict-chip)").count() == 0
    press(page, "Control+Shift+Z")
    assert page.locator(".v-unsure:not(.verdict-chip)").count() == 1
    press(page, "Enter")
    next_item(page, "2 of today")
    assert "Undo" in page.inner_text(".review-toast")
    press(page, "Control+z")
    next_item(page, "1 of today")
    assert page.locator(".v-unsure:not(.verdict-chip)").count() == 1
    assert [review.status for review in site.reviews(login)] == ["draft", "draft"]
    press(page, "Enter")
    next_item(page, "2 of today")
    page.click(".review-toast button")
    next_item(page, "1 of today")


def test_the_last_decisions_can_be_opened_again(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS, FIVE_CLAIMS)
    open_review(page, site, login, campaign)
    press(page, "a", "a", "Enter")
    next_item(page, "2 of today")
    press(page, "b")
    page.wait_for_selector(".decisions button")
    press(page, "Enter")
    next_item(page, "1 of today")
    assert page.locator(".claim-card .v-correct:not(.verdict-chip)").count() == 2


def test_a_failed_save_is_a_banner_and_blocks_submitting(page, site, artefacts):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS)
    open_review(page, site, login, campaign)
    page.route("**/review-api/*", lambda route: route.abort())
    press(page, "a", "a")
    page.wait_for_selector(".review-banner .notice", timeout=30_000)
    assert "Not saved" in page.inner_text(".review-banner")
    assert page.is_disabled("[data-focus=submit]")
    page.screenshot(path=artefacts / "review-not-saved.png")
    press(page, "Enter")
    page.unroute("**/review-api/*")
    wait_saved(page)
    assert page.locator(".review-banner .notice").count() == 0
    assert site.reviews(login)[0].status == "draft"
    press(page, "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)


@pytest.mark.parametrize("choice", ["Keep mine", "Take theirs"])
def test_a_change_in_another_tab_is_shown_and_decided(page, site, choice, artefacts):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS)
    open_review(page, site, login, campaign)
    (draft,) = site.reviews(login)
    first = site.item(draft.description_id).claims[0].id
    state = draft.state.to_json() | {"verdicts": {str(first): {"verdict": "unsure"}}}
    with site.database.write() as session:
        save_draft(
            session,
            review_id=draft.id,
            reviewer_id=draft.reviewer_id,
            version=draft.version,
            state=state_from_json(state),
            now=datetime.now(UTC),
        )
    press(page, "a")
    page.wait_for_selector("dialog[open] .versions", timeout=30_000)
    page.screenshot(path=artefacts / "review-conflict.png")
    assert "unsure" in page.inner_text(".versions") and "correct" in page.inner_text(".versions")
    page.click(f"dialog button:has-text('{choice}')")
    wait_saved(page)
    kept = site.reviews(login)[0].state.verdicts[first].verdict
    assert kept == ("correct" if choice == "Keep mine" else "unsure")


def test_a_blind_campaign_keeps_the_text_back_until_the_scores_are_in(page, site, artefacts):
    login, campaign = site.user(), site.campaign(FIVE_CLAIMS, blind=True)
    heard = []
    page.on("response", lambda answer: heard.append(answer) if "/review-api/" in answer.url else None)
    open_review(page, site, login, campaign)
    assert not any("Inner Brow Raiser" in answer.text() for answer in heard if answer.url.endswith("start"))
    page.screenshot(path=artefacts / "review-blind.png")
    press(page, "Enter")
    assert "Score at least one unit" in page.inner_text(".review-toast")
    press(page, "i")
    page.keyboard.type("1b r12d -4 ?25")
    press(page, "Enter", "Escape", "Enter")
    page.wait_for_selector(".claim-card[aria-current]", timeout=30_000)
    (draft,) = site.reviews(login)
    blind = {unit: (seen.state, seen.intensity, seen.side) for unit, seen in draft.state.blind_units.items()}
    assert blind == {
        1: ("present", "B", "N"),
        12: ("present", "D", "R"),
        4: ("absent", None, "N"),
        25: ("not_visible", None, "N"),
    }
    assert draft.state.blind_done and draft.state.units == draft.state.blind_units


def test_a_missing_unit_is_added_to_the_text(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS)
    open_review(page, site, login, campaign)
    press(page, "a", "a", "i")
    page.keyboard.type("25c")
    press(page, "Enter", "Escape")
    page.wait_for_selector(".added li")
    press(page, "a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    (done,) = site.reviews(login)
    assert done.corrected_text.splitlines()[2].startswith("3. AU25 - Lips Part: ")
    assert (done.state.units[25].state, done.state.units[25].intensity) == ("present", "C")
    assert [(mark.code, mark.action_unit) for mark in done.state.marks] == [("M1", 25)]


def test_a_sentence_that_only_sums_up_follows_and_is_taken_out_with_what_it_repeats(page, site, artefacts):
    login, campaign = site.user(), site.campaign(SUMMED_UP, SUMMED_UP + " Really.")
    open_review(page, site, login, campaign)
    press(page, "a", "a")
    assert page.locator(".claim-card.repeats .follows").all_inner_texts() == ["↳ ✓ correct"] * 2
    page.screenshot(path=artefacts / "review-repeats.png")
    assert "2 of 2 claims judged" in page.inner_text(".review-bottom")
    press(page, "k", "k", "k", "k", "1")
    page.wait_for_selector(".proposal")
    press(page, "p")
    page.wait_for_selector(".claim-card.repeats[aria-current] .proposal")
    press(page, "p")
    page.wait_for_selector(".claim-card.repeats[aria-current] .proposed")
    page.screenshot(path=artefacts / "review-repeats-wrong.png")
    press(page, "p", "a", "Enter")
    next_item(page, "2 of today")
    (done, *_) = site.reviews(login)
    assert (
        done.corrected_text
        == "1. AU10 - Upper Lip Raiser: The upper lip is raised.\nIn short, the face is shaped by AU10."
    )
    assert sum(verdict.follows for verdict in done.state.verdicts.values()) == 4
    assert done.state.units[9].state == "absent"


def test_an_emotion_is_exchanged_by_keyboard(page, site, artefacts):
    text = "The person shows sadness first of all, but also anger. The corners of the mouth are pulled down."
    login, campaign = site.user(), site.campaign(text, EMOTION, task="emotion")
    open_review(page, site, login, campaign)
    press(page, "a")
    assert page.get_attribute("[data-focus=emotion-sadness]", "aria-pressed") == "true"
    assert "2nd" in page.inner_text("[data-focus=emotion-anger]"), "a mixed emotion brings its second one"
    press(page, "a", "Enter")
    next_item(page, "2 of today")
    press(page, "6")
    assert "It is: 1 happiness 2 sadness" in page.inner_text(".review-pending")
    press(page, "2")
    page.wait_for_selector(".proposed")
    page.screenshot(path=artefacts / "review-emotion.png")
    press(page, "p", "a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    mixed, exchanged = site.reviews(login)
    assert (mixed.state.emotion.label, mixed.state.emotion.second) == ("sadness", "anger")
    assert exchanged.corrected_text == "The person looks sad. The corners of the mouth are pulled up."
    assert exchanged.state.emotion.label == "sadness"


def test_nothing_happens_without_an_item(page, site):
    """After the last item, keys, timers and late answers must not look for it (a script error fails the test)."""
    login, campaign = site.user(), site.campaign(TWO_CLAIMS)
    open_review(page, site, login, campaign)
    slow = []
    page.route("**/review-api/preview", lambda route: (slow.append(route), None)[1])
    page.route("**/review-api/rewrite", lambda route: (slow.append(route), None)[1])
    press(page, "a", "1")
    page.wait_for_timeout(400)
    press(page, "o", "1", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    for route in slow:
        route.continue_()
    press(
        page,
        *"jkaxunepmqwo1v1lzgdhcfs1'123",
        "[",
        "Shift+Digit1",
        "Enter",
        "Control+Enter",
        "Control+Shift+Z",
        "?",
        "Escape",
    )
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(2500)
    assert "You have judged everything" in page.inner_text(".nothing")
    assert slow, "answers came after the item was gone"


def test_words_are_marked_by_keyboard(page, site):
    login, campaign = site.user(), site.campaign("🙂 AU4 - Brow Lowerer: the brows of the old man are lowered.")
    open_review(page, site, login, campaign)
    press(page, "m", *["ArrowRight"] * 9, "Shift+ArrowRight", "5")
    wait_saved(page)
    page.wait_for_selector("mark.marked")
    assert page.inner_text("mark.marked") == "old man"
    (draft,) = site.reviews(login)
    text = site.item(draft.description_id).text
    assert [text[mark.start : mark.end] for mark in draft.state.marks] == ["old man"]


def test_evidence_waits_for_the_verdict_and_a_change_after_it_is_recorded(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS, hints="after")
    open_review(page, site, login, campaign)
    press(page, "h")
    assert "after your verdict" in page.inner_text(".review-toast")
    press(page, "a", "k", "h")
    page.wait_for_selector(".face-hints li")
    press(page, "x", "1")
    wait_saved(page)
    (draft,) = site.reviews(login)
    first = site.item(draft.description_id).claims[0].id
    assert draft.state.hint_seen and draft.state.verdicts[first].changed_after_hint


def test_keys_can_be_changed_and_stay_with_the_person(page, site, artefacts):
    login, campaign = site.user(), site.campaign(FIVE_CLAIMS)
    open_review(page, site, login, campaign)
    press(page, "?")
    page.screenshot(path=artefacts / "review-keys.png")
    page.click("button[aria-label^='correct, and on']")
    press(page, "x")
    page.wait_for_selector("dialog .notice-error")
    assert "would share a key" in page.inner_text("dialog .notice-error")
    page.click("button[aria-label^='correct, and on']")
    press(page, ";")
    page.wait_for_selector("button[aria-label='correct, and on: ;; change']")
    press(page, "Escape", ";")
    assert page.locator(".claim-card .v-correct:not(.verdict-chip)").count() == 1
    page.reload()
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    assert page.inner_text("[data-verdict=correct] kbd") == ";"


def test_skip_needs_a_reason_and_brings_the_next_item(page, site):
    login, campaign = site.user(), site.campaign(TWO_CLAIMS, FIVE_CLAIMS)
    open_review(page, site, login, campaign)
    before = page.inner_text(".claim-text >> nth=0")
    press(page, "s")
    assert "1 I am not sure enough" in page.inner_text(".review-pending")
    press(page, "Escape")
    assert page.inner_text(".claim-text >> nth=0") == before
    press(page, "s", "2")
    page.wait_for_function("(words) => document.querySelector('.claim-text')?.innerText !== words", arg=before)


def test_the_face_shows_landmarks_crops_and_contrast(page, site):
    open_review(page, site, site.user(), site.campaign(FIVE_CLAIMS))
    page.wait_for_selector(".face img")
    press(page, "l", "z", "g")
    figure = page.locator(".face")
    assert figure.get_attribute("data-landmarks") == "on" and figure.get_attribute("data-crop") == "brow"
    assert figure.get_attribute("data-look") == "grey"
    press(page, "j", "j", "j")
    assert figure.get_attribute("data-crop") == "mouth_chin", "the crop follows the claim"
    assert "subject’s right" in page.inner_text(".mirror")


def test_without_a_login_there_is_only_the_login_and_no_face(site):
    with httpx.Client(base_url=site.url, headers={"X-Emola-Review": "1"}, timeout=60) as client:
        assert '"auth_required":true' in client.get("/review").text.replace(" ", "")
        for call in ("start", "save", "submit", "me", "face-addresses"):
            assert client.post(f"/review-api/{call}", json={}).status_code == 401
        assert client.get("/review-face/full/1?until=9999999999&mark=0").status_code == 403
        picture = next(site.folder.glob("images*/train/*.png"))
        assert client.get(f"/gradio_api/file={picture}").status_code in (401, 403, 404)


def test_calls_check_the_role_the_owner_the_origin_and_what_they_are_given(site):
    ann, bob, viewer = site.user(), site.user(), site.user("viewer")
    campaign = site.campaign(TWO_CLAIMS)

    @contextmanager
    def client_of(login):
        with httpx.Client(base_url=site.url, headers={"X-Emola-Review": "1"}, timeout=60) as client:
            assert client.post("/login", data={"username": login, "password": PASSWORD}).status_code == 200
            yield client

    with client_of(ann) as mine, client_of(bob) as other, client_of(viewer) as looker:
        item = mine.post("/review-api/start", json={"campaign_id": campaign}).json()
        body = {"review_id": item["review"]["id"], "version": 1, "state": item["review"]["state"]}
        assert other.post("/review-api/preview", json=body).status_code == 403
        assert other.post("/review-api/save", json=body).status_code == 403
        assert looker.post("/review-api/start", json={}).status_code == 403
        assert other.get(item["item"]["address"].removeprefix(".")).status_code == 403
        assert mine.get(item["item"]["address"].removeprefix(".")).status_code == 200
        assert mine.post("/review-api/me", json={}, headers={"X-Emola-Review": ""}).status_code == 403
        assert mine.post("/review-api/save", json=body, headers={"Origin": "http://evil.example"}).status_code == 403
        assert mine.post("/login", data={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        for wrong in ({"review_id": "x"}, {"review_id": 1.5}, {"review_id": True}, {"review_id": 2**70}, {}):
            assert mine.post("/review-api/preview", json=wrong | {"state": {}}).status_code == 422
        assert mine.post("/review-api/save", json=body | {"state": {"evil": 1}}).status_code == 422
        assert mine.post("/review-api/save", content=b"[1]").status_code == 400
        assert mine.post("/review-api/save", content=b"{" * 1_000_001).status_code == 400
        stale = mine.post("/review-api/save", json=body | {"version": 0, "state": body["state"] | {"note": "x"}})
        assert (stale.status_code, stale.json()["version"]) == (409, 1)


def test_scripts_are_served_and_nothing_else_of_the_folder(site):
    def status(name):
        try:
            with urllib.request.urlopen(f"{site.url}/review-assets/{name}", timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status("review.js") == 200
    assert [status(name) for name in ("..%2fpage.py", "page.py", "", "%2e%2e/errors.py")] == [404] * 4
