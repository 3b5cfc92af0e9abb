"""The thread of comments on an item: asked in Review, answered in Browse, read without names where it is decided."""

import pytest

from review.records import VerdictState

pytestmark = pytest.mark.browser

QUESTION = "Is the left <b>brow</b> lowered too?"
ANSWER = "Only the right one; see AU4."


def say(page, thread, words):
    """Add a comment to a thread by keyboard and wait until it stands there."""
    page.fill(f"{thread} textarea", words)
    page.press(f"{thread} textarea", "Control+Enter")
    page.wait_for_function(
        "([thread, words]) => [...document.querySelectorAll(`${thread} li p`)].some((p) => p.textContent === words)",
        arg=[thread, words],
    )


def test_a_question_is_answered_and_settled_by_who_asked(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
    hands.press("Shift+c")
    page.wait_for_selector("dialog[open] .rv-say")
    assert "No comment yet." in page.inner_text("dialog[open]")
    say(page, "dialog[open]", QUESTION)
    hands.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("button:has-text('Comments (1, 1 open)')")
    item = site.reviews(login)[0].description_id

    hands.sign_in("lena")
    page.goto(f"{site.url}/browse?description={item}")
    thread = f"[data-comments='{item}']"
    page.wait_for_selector(f"{thread} li", timeout=90_000)
    assert page.inner_text(f"{thread} li p") == QUESTION and login in page.inner_text(f"{thread} li")
    say(page, thread, ANSWER)
    page.locator(thread).scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "review-thread-browse.png")

    hands.open_review(login, campaign)
    page.wait_for_selector("button:has-text('Comments (2, 2 open)')")
    hands.press("Shift+c")
    page.wait_for_selector("dialog[open] li >> nth=1")
    page.screenshot(path=artefacts / "review-thread.png")
    said = page.locator("dialog[open] li").all_inner_texts()
    assert "You" in said[0] and f"R{site.lead.id:02d}" in said[1] and "lena" not in said[1], (
        "a reviewer knows leads by their pseudonym"
    )
    assert page.locator("dialog[open] li button").count() == 1, "one settles one's own question, not a lead's answer"
    page.click("dialog[open] li button")
    page.wait_for_selector("dialog[open] li.settled")
    assert "settled by You" in page.inner_text("dialog[open] li.settled")
    hands.press("Escape")
    page.wait_for_selector("button:has-text('Comments (2, 1 open)')")
    hands.press("a", "a", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)


def test_a_colleagues_comment_waits_for_ones_own_verdict(page, site, hands):
    ann, bob, campaign = site.user(), site.user(), site.campaign(site.two_claims, overlap=2)
    hands.open_review(ann, campaign)
    hands.press("Shift+c")
    page.wait_for_selector("dialog[open] .rv-say")
    say(page, "dialog[open]", QUESTION)
    hands.open_review(bob, campaign)
    hands.press("Shift+c")
    page.wait_for_selector("dialog[open] .rv-say")
    assert "1 more, by other reviewers, once you have submitted" in page.inner_text("dialog[open]")
    assert QUESTION not in page.locator("body").text_content()


def test_a_conflict_is_decided_with_its_thread_in_sight_and_without_names(page, site, hands, artefacts):
    ann, bob, campaign = site.user(), site.user(), site.campaign(site.two_claims, overlap=2)
    first = site.judge(ann, campaign, VerdictState("correct"))
    second = site.judge(bob, campaign, VerdictState("wrong", "H1", replacement=""))
    item = first.description_id
    hands.sign_in(bob)
    page.goto(f"{site.url}/browse?description={item}")
    thread = f"[data-comments='{item}']"
    page.wait_for_selector(f"{thread} textarea", timeout=90_000)
    say(page, thread, QUESTION)

    hands.sign_in("lena")
    page.goto(f"{site.url}/adjudicate")
    page.wait_for_selector(f"{thread} li", timeout=90_000)
    page.wait_for_function("[...document.querySelectorAll('img[data-face]')].every((i) => i.naturalWidth > 0)")
    page.screenshot(path=artefacts / "review-thread-adjudicate.png")
    shown = page.inner_text("#adjudicate")
    assert QUESTION in shown and "Somebody" in shown
    named = {ann, bob, *(f"R{review.reviewer_id:02d}" for review in (first, second))}
    assert not [name for name in named if name in shown]
    say(page, thread, "Is 1 2 3 typed here a decision?")
    assert page.locator(".rv-conflict input:checked").count() == 0, "keys rest while a comment is written"
    for _ in range(page.locator(".rv-conflict").count()):
        page.click(".rv-conflict[data-current] legend")
        hands.press("1")
    hands.press("Enter")
    page.wait_for_selector("#adjudicate .notice-good", timeout=30_000)
    assert page.locator(f"{thread} li").count() == 0, "the thread goes with its item"
