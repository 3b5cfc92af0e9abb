"""The whole work in a browser: two people judge, differ once, a third decides, numbers follow, a release is made."""

import pytest

from review.store.campaign_records import campaign_rules

pytestmark = pytest.mark.browser

ITEMS = 5
SAYS = "([id, pattern]) => new RegExp(pattern).test(document.getElementById(id).innerText)"


@pytest.fixture
def report(page, site, artefacts):
    """Open a report as whoever is signed in, for one campaign; return what it says.

    It opens on all campaigns, so ``expected`` must be what only this campaign's report says; a number in it is
    never a part of a larger one, as "10 of 10" would be of "110 of 103".
    """

    def act(name: str, campaign: int, picture: str, expected: str) -> str:
        with site.database.read() as session:
            title = campaign_rules(session, campaign_id=campaign).name
        page.goto(f"{site.url}/{name}")
        page.wait_for_selector(f"#{name} .rv-tiles, #{name} .rv-empty", timeout=90_000)
        page.click(f"#{name}-campaign input")
        page.get_by_role("option", name=title, exact=True).click()
        page.wait_for_function(SAYS, arg=[name, rf"(?<![\d,]){expected}(?![\d,])"], timeout=30_000)
        page.screenshot(path=artefacts / f"work-{picture}.png")
        return page.inner_text(f"#{name}")

    return act


def judge_by_keyboard(hands, page, *, denies: bool):
    """Judge ITEMS items of two claims as correct; whoever ``denies`` calls the first claim of the first item absent."""
    shown = ""
    for item in range(ITEMS):
        shown = hands.next_item(shown)
        hands.press(*(("1", "j", "a", "Enter") if denies and item == 0 else ("a", "a", "Enter")))
    page.wait_for_selector(".nothing", timeout=30_000)


def verdicts_of(review) -> set[str]:
    return {said.verdict for said in review.state.verdicts.values()}


def test_two_people_judge_a_third_decides_and_a_release_is_made(page, site, hands, report, artefacts):
    texts = [f"{site.two_claims}The picture is number {number}." for number in range(ITEMS)]
    ann, bob, campaign = site.user(), site.user(), site.campaign(*texts, overlap=2, random_rate=1.0)
    hands.sign_in("lena")
    report("dashboard", campaign, "1-dashboard", "0 of 10")
    report("agreement", campaign, "2-agreement", "No description has two reviews yet")
    for login in (ann, bob):
        hands.open_review(login, campaign)
        page.screenshot(path=artefacts / f"work-3-{'first' if login == ann else 'second'}-reviewer.png")
        judge_by_keyboard(hands, page, denies=login == bob)
    assert {len(site.reviews(login)) for login in (ann, bob)} == {ITEMS}

    hands.sign_in("lena")
    assert "to adjudicate: 1" in report("dashboard", campaign, "4-dashboard", "10 of 10")
    agreed = report("agreement", campaign, "5-agreement", "None of 20 verdicts was changed")
    assert "Not measured yet, since under 10 pictures were judged twice" in agreed, "five are too few to fail a unit"
    assert f"{ann} and {bob}" in agreed
    page.goto(f"{site.url}/adjudicate")
    (conflict,) = {one.description_id for one in site.reviews(bob) if "wrong" in verdicts_of(one)}
    page.wait_for_selector(f"#adjudicate [data-comments='{conflict}']", timeout=90_000)
    page.wait_for_function("[...document.querySelectorAll('img[data-face]')].every((i) => i.naturalWidth > 0)")
    page.screenshot(path=artefacts / "work-6-adjudicate.png")
    assert page.locator(".rv-conflict").count() == 1, "only the claim that they judged differently"
    hands.press("1", "Enter")
    page.wait_for_selector("#adjudicate .notice-good", timeout=30_000)
    report("dashboard", campaign, "7-dashboard", "to adjudicate: 0")

    page.goto(f"{site.url}/releases")
    page.wait_for_selector("#release-preview table", timeout=90_000)
    page.fill("#release-name textarea, #release-name input", "whole-work")
    page.click("#release-make")
    page.wait_for_selector("#release-detail:has-text('whole-work') table", timeout=60_000)
    page.click("#release-verify")
    page.wait_for_selector("#release-detail .notice-good", timeout=60_000)
    page.screenshot(path=artefacts / "work-8-release.png")
    assert (site.folder / "releases" / "whole-work" / "manifest.json").is_file()
