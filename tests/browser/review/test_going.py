"""Moving between items on the Review page: undo, decisions opened again, skips, the end, what is held back."""

import pytest

pytestmark = pytest.mark.browser


def test_undo_and_redo_within_an_item_and_across_a_submission(page, site, hands):
    login, campaign = site.user(), site.campaign(site.two_claims, site.five_claims)
    hands.open_review(login, campaign)
    first = hands.item()
    hands.press("a", "u", "Control+z")
    assert page.locator(".v-unsure:not(.verdict-chip)").count() == 0
    hands.press("Control+Shift+Z")
    assert page.locator(".v-unsure:not(.verdict-chip)").count() == 1
    hands.press("Enter")
    hands.next_item(first)
    page.wait_for_selector(".review-toast:has-text('Undo')")
    hands.press("Control+z")
    hands.item_again(first)
    assert page.locator(".v-unsure:not(.verdict-chip)").count() == 1
    assert [review.status for review in site.reviews(login)] == ["draft", "draft"]
    hands.press("Enter")
    hands.next_item(first)
    page.click(".review-toast button")
    hands.item_again(first)


def test_the_last_decisions_can_be_opened_again(page, site, hands):
    login, campaign = site.user(), site.campaign(site.two_claims, site.five_claims)
    hands.open_review(login, campaign)
    first = hands.item()
    hands.press(*"a" * page.locator("#review [data-claim]").count(), "Enter")
    hands.next_item(first)
    hands.press("b")
    page.wait_for_selector(".decisions button")
    hands.press("Enter")
    hands.item_again(first)
    assert page.locator(".claim-card .v-correct:not(.verdict-chip)").count() == 2


def test_skip_needs_a_reason_and_brings_the_next_item(page, site, hands):
    login, campaign = site.user(), site.campaign(site.two_claims, site.five_claims)
    hands.open_review(login, campaign)
    before = hands.item()
    hands.press("s")
    assert "1 I am not sure enough" in page.inner_text(".review-pending")
    hands.press("Escape")
    assert hands.item() == before
    hands.press("s", "2")
    hands.next_item(before)
    page.wait_for_selector(".review-toast:has-text('Skipped: the picture cannot be judged.')")


def test_a_skip_can_be_taken_back_and_keeps_what_was_said(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.two_claims, site.five_claims, site.two_claims + "Really.")
    hands.open_review(login, campaign)
    first = hands.item()
    hands.press("a", "a", "Enter")
    before = hands.next_item(first)
    hands.press("x", "s")
    page.screenshot(path=artefacts / "review-skip.png")
    page.click(".review-pending button:has-text('the text is broken')")
    page.wait_for_selector(".review-toast:has-text('Skipped: the text is broken')")
    hands.next_item(before)
    hands.press("Control+z")
    page.wait_for_selector(".review-toast:has-text('Back again')")
    assert hands.item() == before, "not the submission before it"
    assert page.locator(".claim-card .v-wrong:not(.verdict-chip)").count() == 1
    assert sorted(review.status for review in site.reviews(login)) == ["draft", "draft", "submitted"]


def test_nothing_happens_without_an_item(page, site, hands):
    """After the last item, keys, timers and late answers must not look for it (a script error fails the test)."""
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
    slow = []
    page.route("**/review-api/preview", lambda route: (slow.append(route), None)[1])
    page.route("**/review-api/rewrite", lambda route: (slow.append(route), None)[1])
    hands.press("a", "1")
    page.wait_for_timeout(400)
    hands.press("o", "1", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    for route in slow:
        route.continue_()
    hands.press(
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


def test_a_blind_campaign_keeps_the_text_back_until_the_scores_are_in(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.five_claims, blind=True)
    heard = []
    page.on("response", lambda answer: heard.append(answer) if answer.url.endswith("/review-api/start") else None)
    hands.open_review(login, campaign)
    (start,) = heard
    assert start.json()["review"] and "Inner Brow Raiser" not in start.text()
    page.screenshot(path=artefacts / "review-blind.png")
    hands.press("Enter")
    assert "Score at least one unit" in page.inner_text(".review-toast")
    hands.press("i")
    page.keyboard.type("1b r12d -4 ?25")
    hands.press("Enter", "Escape", "Enter")
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


def test_evidence_waits_for_the_verdict_and_a_change_after_it_is_recorded(page, site, hands):
    login, campaign = site.user(), site.campaign(site.two_claims, hints="after")
    hands.open_review(login, campaign)
    hands.press("h")
    assert "after your verdict" in page.inner_text(".review-toast")
    hands.press("a", "k", "h")
    page.wait_for_selector(".face-hints li")
    hands.press("x", "1")
    hands.wait_saved()
    (draft,) = site.reviews(login)
    first = site.item(draft.description_id).claims[0].id
    assert draft.state.hint_seen and draft.state.verdicts[first].changed_after_hint
