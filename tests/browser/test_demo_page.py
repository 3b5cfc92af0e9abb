"""The Demo tab in a real browser: a photograph in, an answer out, and everything a visitor does on the way."""

import json
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

WATCH_TEXT = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const text = [...document.querySelectorAll('#first-answer .answer-text')].map((p) => p.textContent).join('|');
    if (text && text !== window.seen[window.seen.length - 1]) window.seen.push(text);
  }).observe(document.querySelector('#first-answer'), { childList: true, subtree: true, characterData: true });
}"""


@pytest.fixture
def visitor(browser):
    """Let a visitor come with a browser of their own; all leave at the end."""
    contexts = []

    def come(**options):
        contexts.append(browser.new_context(**options))
        return contexts[-1].new_page()

    yield come
    for context in contexts:
        context.close()


def open_page(page, studio, theme="light"):
    page.goto(f"{studio.url}?__theme={theme}")
    page.wait_for_selector(".example", timeout=90_000)


def open_photograph(page, photograph):
    page.set_input_files("#stage input[type=file]", photograph)
    page.wait_for_selector("#stage svg.overlay", timeout=90_000)


def describe(page):
    page.click("#describe")
    page.wait_for_selector("#first-answer .answer[data-state=done]", timeout=90_000)
    page.wait_for_selector("#describe:not([disabled])", timeout=90_000)


def choose(page, dropdown, name):
    page.click(f"{dropdown} input")
    page.get_by_role("option", name=name, exact=True).click()


def test_photograph_streams_and_ends_in_units_emotion_and_evidence(page, studio, photograph, artefacts):
    open_page(page, studio)
    open_photograph(page, photograph)
    page.evaluate(WATCH_TEXT)
    describe(page)
    steps = page.evaluate("window.seen")
    assert len(steps) >= 5, steps
    assert steps[0] != steps[-1] and steps[-1].startswith("The person looks happy")
    units = page.locator("#first-answer .unit").all_inner_texts()
    assert [text.split()[0] for text in units] == ["AU1", "AU10", "AU12", "AU25"]
    assert "Lip corner puller" in units[2] and "holds on photographs" in units[2]
    assert page.locator("#first-answer .emotion").inner_text().count("happiness") == 2
    page.hover("#first-answer .proof[data-points] >> nth=0")
    assert page.locator("svg.measuring line").count() > 0
    assert "AU12" in page.locator(".measured").inner_text()
    page.screenshot(path=artefacts / "demo.png", full_page=True)


def test_stop_ends_an_answer_that_would_go_on(page, studio, photograph):
    open_page(page, studio)
    open_photograph(page, photograph)
    choose(page, "#model", "endless")
    page.evaluate(WATCH_TEXT)
    page.click("#describe")
    page.wait_for_function("window.seen.length >= 2", timeout=90_000)
    page.click("#stop")
    page.wait_for_selector("#first-answer .answer[data-state=done]", timeout=20_000)
    assert "stopped after" in page.locator("#first-answer header").inner_text()


def test_leaving_the_page_stops_the_generation(visitor, studio, photograph):
    def processor_seconds():
        fields = Path(f"/proc/{studio.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    if not Path("/proc").exists():
        pytest.skip("needs /proc to see what the server computes")
    page = visitor()
    open_page(page, studio)
    open_photograph(page, photograph)
    choose(page, "#model", "endless")
    page.evaluate(WATCH_TEXT)
    page.click("#describe")
    page.wait_for_function("window.seen.length >= 2", timeout=90_000)
    page.context.close()
    deadline, before, spent = time.monotonic() + 60, processor_seconds(), float("inf")
    while spent > 0.2:  # of the second that a model at work takes whole
        assert time.monotonic() < deadline, "the model goes on after its reader has left"
        time.sleep(1)
        before, spent = processor_seconds(), processor_seconds() - before


def test_compare_shows_a_second_answer_and_where_they_differ(page, studio, photograph, artefacts):
    open_page(page, studio, "dark")
    open_photograph(page, photograph)
    page.click("#compare input")
    choose(page, "#second-model", "taught")
    page.get_by_label("Second answer reads").click()
    page.get_by_role("option", name="Landmarks alone").click()
    describe(page)
    page.wait_for_selector("#second-answer .answer[data-state=done]", timeout=90_000)
    page.wait_for_selector(".comparison", timeout=20_000)
    assert "AU12 Lip corner puller" in page.locator(".comparison").inner_text()
    assert page.locator("#second-answer .answer-text").first.bounding_box()["y"] < 900, "what is compared is in sight"
    page.screenshot(path=artefacts / "compare-dark.png", full_page=True)


def test_faces_layers_opacity_and_saving(page, studio, insightface_pictures, tmp_path):
    from PIL import Image

    open_page(page, studio)
    page.set_input_files("#stage input[type=file]", insightface_pictures / "t1.jpg")
    page.wait_for_selector("#stage svg.overlay", timeout=90_000)
    assert page.locator(".faces [data-face]").count() == 6
    page.click(".faces [data-face='2']")
    page.wait_for_selector(".faces [data-face='2'][aria-pressed=true]")
    assert page.locator(".layer-brows").first.is_visible()
    page.click("[data-layer=brows].chip")
    assert not page.locator(".layer-brows").first.is_visible()
    page.click("[data-act=original]")
    assert not page.locator("svg.overlay").is_visible()
    page.click("[data-act=original]")
    with page.expect_download() as download:
        page.click("[data-act=save-picture]")
    saved = tmp_path / "saved.png"
    download.value.save_as(saved)
    with Image.open(saved) as picture:
        assert "brows" not in picture.text["emola:layers"] and "eyes" in picture.text["emola:layers"]
        assert picture.text["emola:layout"] in ("mediapipe-478", "insightface-106")


def test_answer_is_saved_as_one_json_document(page, studio, photograph, tmp_path):
    open_page(page, studio)
    open_photograph(page, photograph)
    describe(page)
    with page.expect_download() as download:
        page.click("#first-answer [data-save]")
    saved = tmp_path / "answer.json"
    download.value.save_as(saved)
    document = json.loads(saved.read_text())
    assert document["emotion"]["strict"] == "happiness" and document["prior_recipe"] == "mediapipe-106"
    assert {"faces", "claims", "settings", "versions", "face_backend", "model"} <= set(document)


def test_hostile_file_name_and_model_name_stay_text(page, studio, photograph):
    hostile = photograph.with_name('a"><img src=x onerror="window.hacked=1">.png')
    photograph.rename(hostile)
    open_page(page, studio)
    open_photograph(page, hostile)
    assert "onerror" in page.locator("#stage figure img").get_attribute("alt")
    page.locator("#status", has_text="<b>model</b>").wait_for(timeout=60_000)
    choose(page, "#model", "endless")
    page.click("#describe")
    page.wait_for_selector("#first-answer .answer-text", timeout=90_000)
    page.click("#stop")
    page.wait_for_selector("#first-answer .answer[data-state=done]", timeout=20_000)
    assert page.evaluate("window.hacked") is None


def test_pictures_that_cannot_be_used_get_one_sentence(page, studio, tmp_path):
    document = tmp_path / "scan.jpg"
    document.write_bytes(b"%PDF-1.7 nothing to see")
    open_page(page, studio)
    page.set_input_files("#stage input[type=file]", document)
    page.wait_for_selector("#stage .notice-error", timeout=60_000)
    sentence = page.locator("#stage .notice-error").inner_text()
    assert "scan.jpg" in sentence and "PDF" in sentence


def test_picture_without_a_face_says_so_and_is_not_described(page, studio, tmp_path):
    from PIL import Image

    empty = tmp_path / "empty.png"
    Image.new("RGB", (300, 200), "teal").save(empty)
    open_page(page, studio)
    page.set_input_files("#stage input[type=file]", empty)
    page.wait_for_selector("#stage .notice-error", timeout=60_000)
    assert "No face was found" in page.locator("#stage").inner_text()
    page.click("#describe")
    page.wait_for_selector("#first-answer .notice-error", timeout=60_000)
    assert "no face to describe" in page.locator("#first-answer").inner_text()


@pytest.mark.parametrize("width", [400, 1600])
def test_page_fits_its_width(visitor, studio, photograph, artefacts, width):
    page = visitor(viewport={"width": width, "height": 900})
    open_page(page, studio)
    open_photograph(page, photograph)
    describe(page)
    page.screenshot(path=artefacts / f"demo-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_intended_use_is_one_click_away_and_keys_reach_the_evidence(page, studio, photograph):
    open_page(page, studio)
    page.get_by_role("link", name="Intended use").click()
    assert page.locator("#intended-use").get_attribute("open") is not None
    open_photograph(page, photograph)
    describe(page)
    page.locator("#first-answer .proof[data-points]").first.focus()
    page.keyboard.press("Enter")
    page.locator("#describe").focus()
    assert page.locator("svg.measuring line").count() > 0, "a pinned measurement stays"
    page.locator("#first-answer .proof[data-points]").first.focus()
    page.keyboard.press("Escape")
    assert page.locator("svg.measuring line").count() == 0


def test_second_visitor_sees_the_position_in_the_queue(visitor, studio, photograph, artefacts):
    tabs = [visitor() for _ in range(2)]
    for page in tabs:
        open_page(page, studio)
        open_photograph(page, photograph)
        choose(page, "#model", "endless")
        page.click("#settings >> text=Settings")
        page.get_by_label("number input for Longest answer, in tokens").fill("1024")
    tabs[0].click("#describe")
    tabs[0].wait_for_selector("#first-answer .answer-text", timeout=60_000)
    tabs[1].click("#describe")
    tabs[1].wait_for_selector("#first-answer >> text=Position 2 in the queue", timeout=20_000)
    tabs[0].click("#stop")
    tabs[1].wait_for_selector("#first-answer .answer-text", timeout=30_000)
    tabs[1].screenshot(path=artefacts / "queue.png")


def test_an_answer_is_sent_to_review_once_and_opens_there(page, studio, photograph, artefacts):
    open_page(page, studio)
    open_photograph(page, photograph)
    describe(page)
    for same in ("first", "again"):
        page.click("#first-answer [data-send]")
        page.wait_for_selector("#first-answer .answer-buttons a", timeout=30_000)
        said = page.inner_text("#first-answer .answer-buttons [role=status]")
        assert "Kept for review as" in said and "“Sent from the demo”" in said, same
        assert page.is_disabled("#first-answer [data-send]")
        page.screenshot(path=artefacts / "demo-sent.png", full_page=True)
        address = page.get_attribute("#first-answer .answer-buttons a", "href")
        if same == "first":
            sent, first = said, address
            page.evaluate("document.querySelector('#first-answer [data-send]').disabled = false")
    assert (said, address) == (sent, first), "the same face and words are one item"
    page.click("#first-answer .answer-buttons a")
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    shown = page.inner_text("#review")
    assert "Sent from the demo" in shown and "lip corners are pulled up" in shown.lower()
    page.wait_for_selector(".face img")
    page.screenshot(path=artefacts / "demo-sent-review.png")
