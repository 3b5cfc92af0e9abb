"""What is a person's own: a submission taken back from My corrections, and My account with a new password."""

import pytest

from review.records import VerdictState

pytestmark = pytest.mark.browser

NEW_PASSWORD = "another long password"


def test_a_submission_is_withdrawn_corrected_and_submitted_again(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.two_claims)
    first = site.judge(login, campaign, VerdictState("correct"))
    hands.sign_in(login)
    page.goto(f"{site.url}/my-corrections")
    page.wait_for_selector(".rv-submitted li", timeout=90_000)
    assert "0 of 2 claims wrong" in page.inner_text(".rv-submitted li")
    page.screenshot(path=artefacts / "review-submitted.png")
    page.click("button[data-withdraw]")
    page.wait_for_selector("#corrections .notice-good", timeout=30_000)
    assert page.locator(".rv-submitted li").count() == 0
    page.screenshot(path=artefacts / "review-withdrawn.png")
    assert [review.status for review in site.reviews(login)] == ["draft"]

    page.click("#corrections .notice-good a")
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    assert page.locator(".claim-card .v-correct:not(.verdict-chip)").count() == 2, "what was said is still there"
    hands.press("k", "k", "1", "Enter")
    page.wait_for_selector(".nothing", timeout=30_000)
    (again,) = site.reviews(login)
    assert (again.id, again.status) == (first.id, "submitted")
    assert [said.verdict for said in again.state.verdicts.values()].count("wrong") == 1


def test_what_a_third_person_decided_is_not_withdrawn(page, site, hands):
    ann, bob, campaign = site.user(), site.user(), site.campaign(site.two_claims, overlap=2)
    item = site.judge(ann, campaign, VerdictState("correct")).description_id
    site.judge(bob, campaign, VerdictState("wrong", "H1", replacement=""))
    hands.sign_in("lena")
    page.goto(f"{site.url}/adjudicate")
    page.wait_for_selector(f"#adjudicate [data-comments='{item}']", timeout=90_000)
    for _ in range(page.locator(".rv-conflict").count()):
        hands.press("1")
    hands.press("Enter")
    page.wait_for_selector("#adjudicate .notice-good", timeout=30_000)
    hands.sign_in(bob)
    page.goto(f"{site.url}/my-corrections")
    page.wait_for_selector(".rv-submitted li", timeout=90_000)
    assert "ask a lead to reopen it" in page.inner_text(".rv-submitted")
    assert page.locator("button[data-withdraw]").count() == 0


def change_password(page, old, new, again):
    page.wait_for_selector("#account-change", timeout=90_000)
    for field, words in (("old", old), ("new", new), ("again", again)):
        page.fill(f"#account-{field} input", words)
    page.click("#account-change")


def test_a_person_changes_their_own_password(page, site, hands, artefacts):
    login = site.user()
    hands.sign_in(login)
    page.goto(f"{site.url}/queue")
    page.click(f".frame-who a:has-text('{login}')", timeout=90_000)
    page.wait_for_selector("#account b", timeout=90_000)
    page.wait_for_selector(f"#account:has-text('You are {login}, reviewer')")
    page.screenshot(path=artefacts / "review-account.png")
    wrong = [
        (("not my password", NEW_PASSWORD, NEW_PASSWORD), "present password"),
        ((site.password, NEW_PASSWORD, NEW_PASSWORD + "x"), "not written the same way twice"),
        ((site.password, "short", "short"), "at least 8 characters"),
    ]
    for values, sentence in wrong:
        change_password(page, *values)
        page.wait_for_selector(f".toast-body:has-text('{sentence}')", timeout=30_000)
        page.click(".toast-body .toast-close")
        page.wait_for_selector(".toast-body", state="detached")
    change_password(page, site.password, NEW_PASSWORD, NEW_PASSWORD)
    page.wait_for_selector("#account .notice-good", timeout=30_000)
    emptied = "[...document.querySelectorAll('#account-old input, #account-new input, #account-again input')]"
    page.wait_for_function(f"{emptied}.every((field) => field.value === '')")  # no password stays on the page
    page.screenshot(path=artefacts / "review-account-changed.png")

    for password, status in ((site.password, 400), (NEW_PASSWORD, 200)):
        page.context.clear_cookies()
        form = {"username": login, "password": password}
        assert page.request.post(f"{site.url}/login", form=form).status == status
