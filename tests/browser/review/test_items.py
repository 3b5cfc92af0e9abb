"""Whole items on the Review page, judged by keyboard: verdicts, corrections, labels, marks; what fits a screen."""

import re

import pytest

pytestmark = pytest.mark.browser

SUMMED_UP = (
    "1. AU9 - Nose Wrinkler: The skin of the nose is wrinkled.\n2. AU10 - Upper Lip Raiser: The upper lip is raised.\n"
    "AU9 and AU10 act together in the middle of the face. In short, the face is shaped by AU9 and AU10."
)


def test_five_items_by_keyboard_alone(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(*[site.five_claims.replace("teeth", f"teeth {i}") for i in range(5)])
    page.goto(f"{site.url}/queue")
    page.wait_for_selector("input[type=password]", timeout=90_000)
    page.fill("input >> nth=0", login)
    page.fill("input[type=password]", site.password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".queue-start", timeout=90_000)
    page.screenshot(path=artefacts / "review-queue.png")
    for _ in range(40):
        if page.evaluate(f"document.activeElement.getAttribute('href')?.endsWith('campaign={campaign}')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    shown = ""
    for item in range(5):
        shown = hands.next_item(shown)
        if item == 0:
            page.screenshot(path=artefacts / "review-item.png")
        hands.press("a", "2")
        page.wait_for_selector("[data-focus=right-unit]:focus")
        page.keyboard.type("9")
        hands.press("Enter")
        page.wait_for_selector(".proposed")
        if item == 0:
            page.screenshot(path=artefacts / "review-correcting.png")
        hands.press("Shift+Digit2", "p", "u", "a", "a")
        if item == 0:
            page.wait_for_selector(".diff ins")
            page.screenshot(path=artefacts / "review-judged.png")
        hands.press("a", "Enter")
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


def test_nothing_scrolls_for_a_five_claim_item_and_1024_still_works(page, site, hands, artefacts):
    hands.open_review(site.user(), site.campaign(site.five_claims))
    page.wait_for_selector(".face img")
    heights = "() => [document.documentElement, ...document.querySelectorAll('.review-columns > div')]"
    over = page.evaluate(f"({heights})().map((node) => node.scrollHeight - node.clientHeight)")
    assert over == [0, 0, 0, 0]
    hands.press("a", "x")
    assert page.evaluate("document.documentElement.scrollHeight") == 900
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
    assert page.evaluate("document.querySelector('.review-bottom').getBoundingClientRect().bottom") == 768
    page.screenshot(path=artefacts / "review-1024.png", full_page=True)


def test_every_unit_is_named_in_full_and_a_long_card_says_that_there_is_more(page, site, hands, artefacts):
    hands.open_review(site.user(), site.campaign(site.five_claims))
    hands.press("i")
    page.keyboard.type("L10C B12D B15E B16E R1C R2C")
    hands.press("Enter", "Escape", "k", "k", "k", "k", "k", "k")
    page.wait_for_selector(".unit-cell.s-present")
    cut = "(name) => name.scrollWidth > name.clientWidth || name.scrollHeight > name.clientHeight + 1"
    assert page.locator(".unit-cell .name").count() == 20
    assert page.evaluate(f"[...document.querySelectorAll('.unit-cell .name')].filter({cut}).length") == 0
    page.screenshot(path=artefacts / "review-names.png")
    for _ in range(6):
        if not page.locator(".card-more").is_visible():
            break
        page.click(".card-more")
        page.wait_for_timeout(100)
    end = "(text) => Math.round(text.scrollHeight - text.clientHeight - text.scrollTop)"
    assert page.locator(".card-text").evaluate(end) <= 2
    page.set_viewport_size({"width": 1280, "height": 700})
    hands.press("j")
    page.wait_for_selector(".card-more:visible")
    assert page.locator(".card-text").evaluate(end) > 2


def test_details_may_stay_open_and_the_bar_says_so(page, site, hands):
    hands.open_review(site.user(), site.campaign(site.two_claims + "The nose and the skin around it stay smooth."))
    hands.press("a")
    assert "may stay open" not in page.inner_text(".review-bottom")
    hands.press("a")
    assert "2 of 3 claims judged; the others may stay open" in page.inner_text(".review-bottom")


def test_a_missing_unit_is_added_to_the_text(page, site, hands):
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
    hands.press("a", "a", "i")
    page.keyboard.type("25c")
    hands.press("Enter", "Escape")
    page.wait_for_selector(".added li")
    hands.press("a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    (done,) = site.reviews(login)
    assert done.corrected_text.splitlines()[2].startswith("3. AU25 - Lips Part: ")
    assert (done.state.units[25].state, done.state.units[25].intensity) == ("present", "C")
    assert [(mark.code, mark.action_unit) for mark in done.state.marks] == [("M1", 25)]


def test_a_unit_outside_of_the_twenty_is_scored_and_taken_back(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
    hands.press("a", "a", "i")
    page.keyboard.type("l18b 28 99")
    hands.press("Enter")
    page.wait_for_selector("text=There is no AU99 in FACS")
    hands.press("Backspace", "Backspace", "Backspace", "Enter", "Escape")
    page.wait_for_selector(".other-units")
    assert "L18B Lip pucker" in page.inner_text(".other-units") and "28 Lip suck" in page.inner_text(".other-units")
    page.screenshot(path=artefacts / "review-other-units.png")
    page.click("[data-focus=other-28]")
    hands.press("a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    (done,) = site.reviews(login)
    pucker = done.state.units[18]
    assert (pucker.state, pucker.intensity, pucker.side) == ("present", "B", "L")
    assert done.state.units[28].state == "not_judged" and not done.state.marks, "no sentence is added for it"


def test_the_box_for_the_right_unit_takes_digits_and_says_so(page, site, hands):
    hands.open_review(site.user(), site.campaign(site.two_claims))
    hands.press("x", "2")
    page.wait_for_selector("[data-focus=right-unit]:focus")
    page.keyboard.type("p1f?")
    page.wait_for_selector("text=Enter takes it, Esc leaves the box")
    assert page.input_value("[data-focus=right-unit]") == "1"


def test_a_sentence_that_only_sums_up_follows_and_is_taken_out_with_what_it_repeats(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(SUMMED_UP, SUMMED_UP + " Really.")
    hands.open_review(login, campaign)
    hands.press("a", "a")
    assert page.locator(".claim-card.repeats .follows").all_inner_texts() == ["↳ ✓ correct"] * 2
    page.screenshot(path=artefacts / "review-repeats.png")
    assert "2 of 2 claims judged" in page.inner_text(".review-bottom")
    assert "may stay open" not in page.inner_text(".review-bottom")
    hands.press("k", "k", "k", "k", "1")
    page.wait_for_selector(".proposal")
    hands.press("p")
    page.wait_for_selector(".claim-card.repeats[aria-current] .proposal")
    hands.press("p")
    page.wait_for_selector(".claim-card.repeats[aria-current] .proposed")
    page.screenshot(path=artefacts / "review-repeats-wrong.png")
    first = hands.item()
    hands.press("p", "a", "Enter")
    hands.next_item(first)
    (done, *_) = site.reviews(login)
    assert (
        done.corrected_text
        == "1. AU10 - Upper Lip Raiser: The upper lip is raised.\nIn short, the face is shaped by AU10."
    )
    assert sum(verdict.follows for verdict in done.state.verdicts.values()) == 4
    assert done.state.units[9].state == "absent"


def test_an_emotion_is_exchanged_by_keyboard(page, site, hands, artefacts):
    text = "The person shows sadness first of all, but also anger. The corners of the mouth are pulled down."
    login, campaign = site.user(), site.campaign(text, site.emotion, task="emotion")
    hands.open_review(login, campaign)
    hands.press("a")
    assert page.get_attribute("[data-focus=emotion-sadness]", "aria-pressed") == "true"
    assert "2nd" in page.inner_text("[data-focus=emotion-anger]"), "a mixed emotion brings its second one"
    first = hands.item()
    hands.press("a", "Enter")
    hands.next_item(first)
    hands.press("6")
    assert page.locator(".review-pending button").all_inner_texts()[:2] == ["1 happiness", "2 sadness"]
    hands.press("2")
    page.wait_for_selector(".proposed")
    page.screenshot(path=artefacts / "review-emotion.png")
    hands.press("p", "a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    mixed, exchanged = site.reviews(login)
    assert (mixed.state.emotion.label, mixed.state.emotion.second) == ("sadness", "anger")
    assert exchanged.corrected_text == "The person looks sad. The corners of the mouth are pulled up."
    assert exchanged.state.emotion.label == "sadness"


def test_words_are_marked_by_keyboard(page, site, hands):
    login, campaign = site.user(), site.campaign("🙂 AU4 - Brow Lowerer: the brows of the old man are lowered.")
    hands.open_review(login, campaign)
    hands.press("m", *["ArrowRight"] * 9, "Shift+ArrowRight", "5")
    hands.wait_saved()
    page.wait_for_selector("mark.marked")
    assert page.inner_text("mark.marked") == "old man"
    (draft,) = site.reviews(login)
    text = site.item(draft.description_id).text
    assert [text[mark.start : mark.end] for mark in draft.state.marks] == ["old man"]


def test_the_face_shows_landmarks_crops_and_contrast(page, site, hands):
    hands.open_review(site.user(), site.campaign(site.five_claims))
    page.wait_for_selector(".face img")
    hands.press("l", "z", "g")
    figure = page.locator(".face")
    assert figure.get_attribute("data-landmarks") == "on" and figure.get_attribute("data-crop") == "brow"
    assert figure.get_attribute("data-look") == "grey"
    hands.press("j", "j", "j")
    assert figure.get_attribute("data-crop") == "mouth_chin", "the crop follows the claim"
    assert "subject’s right" in page.inner_text(".mirror")
