"""Keys of the Review page: silent while somebody writes, echoed at once, changed by each person."""

import pytest

pytestmark = pytest.mark.browser


def test_single_keys_rest_while_writing_and_composing(page, site, hands):
    hands.open_review(site.user(), site.campaign(site.five_claims))
    hands.press("c")
    page.keyboard.type("axun 1230 jkpe sbf ?")
    assert page.input_value(".part-note textarea") == "axun 1230 jkpe sbf ?"
    assert page.locator(".claim-card .verdict:not(.v-none)").count() == 0
    assert page.locator("dialog[open]").count() == 0
    hands.press("Escape")
    page.evaluate(
        "() => document.body.dispatchEvent(new KeyboardEvent('keydown', "
        "{ key: 'a', code: 'KeyA', isComposing: true, bubbles: true }))"
    )
    assert page.locator(".claim-card .verdict:not(.v-none)").count() == 0
    hands.press("?", "a", "x")
    assert page.locator(".claim-card .verdict:not(.v-none)").count() == 0, "a dialog is open"
    hands.press("Escape", "a")
    assert page.locator(".claim-card .v-correct").count() >= 1


def test_the_echo_of_a_key_is_immediate(page, site, hands):
    hands.open_review(site.user(), site.campaign(site.five_claims))
    took = page.evaluate(
        """() => Array.from({ length: 20 }, (_, turn) => {
        const start = performance.now();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'f', code: 'KeyF', bubbles: true }));
        const shown = document.querySelector('[data-focus=flag]').getAttribute('aria-pressed');
        return shown === String(turn % 2 === 0) ? performance.now() - start : Infinity; })"""
    )
    assert max(took) < float("inf"), "every key is drawn in its own turn, without waiting for the server"
    assert min(took) < 100


def test_keys_can_be_changed_and_stay_with_the_person(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.five_claims)
    hands.open_review(login, campaign)
    hands.press("?")
    page.screenshot(path=artefacts / "review-keys.png")
    page.click("button[aria-label^='correct, and on']")
    hands.press("x")
    page.wait_for_selector("dialog .notice-error")
    assert "would share a key" in page.inner_text("dialog .notice-error")
    page.click("button[aria-label^='correct, and on']")
    hands.press(";")
    page.wait_for_selector("button[aria-label='correct, and on: ;; change']")
    hands.press("Escape", ";")
    assert page.locator(".claim-card .v-correct:not(.verdict-chip)").count() == 1
    page.reload()
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    assert page.inner_text("[data-verdict=correct] kbd") == ";"
