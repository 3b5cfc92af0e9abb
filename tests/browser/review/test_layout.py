"""What pages look like to somebody who just came in, may not do everything, or has a small screen."""

import pytest

pytestmark = pytest.mark.browser

PAINTED = "(node) => getComputedStyle(node).backgroundColor"


def test_the_login_page_is_of_one_piece(page, site, artefacts):
    page.goto(f"{site.url}/queue")
    page.wait_for_selector("input[type=password]", timeout=90_000)
    panel = page.locator(".panel:has(input[type=password])")
    page.screenshot(path=artefacts / "review-login.png")
    assert panel.evaluate(PAINTED) == panel.locator("xpath=..").evaluate(PAINTED)


def test_who_may_not_manage_users_sees_the_reason_and_no_forms(page, site, hands):
    hands.sign_in(site.user())
    page.goto(f"{site.url}/users")
    page.wait_for_selector(".notice-error", timeout=90_000)
    assert "This needs the role lead" in page.inner_text(".notice-error")
    assert page.locator("#user-add:visible, #user-password:visible, #user-change:visible").count() == 0
    left = page.locator(".frame-header").bounding_box()["x"]
    page.goto(f"{site.url}/queue")
    page.wait_for_selector(".rv-title", timeout=90_000)
    assert page.locator(".frame-header").bounding_box()["x"] == left, "the header stays where it is"
    hands.sign_in("lena")
    page.goto(f"{site.url}/users")
    page.wait_for_selector("#user-add:visible", timeout=90_000)


@pytest.mark.parametrize("width", [1280, 1024])
def test_no_slider_of_a_campaign_is_cut_off(page, site, hands, artefacts, width):
    page.set_viewport_size({"width": width, "height": 768})
    hands.sign_in("lena")
    page.goto(f"{site.url}/campaigns")
    page.wait_for_selector("#campaign-preview .notice", timeout=90_000)
    page.screenshot(path=artefacts / f"review-campaigns-{width}.png", full_page=True)
    most = page.locator("[data-testid=max-value]:visible")
    assert most.count() == 3
    inside = "(node) => node.closest('.block').getBoundingClientRect().right - node.getBoundingClientRect().right"
    assert min(one.evaluate(inside) for one in most.all()) >= 0
