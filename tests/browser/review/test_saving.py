"""What is kept on the Review page and when: drafts, reloads, failed saves, two tabs, double submissions."""

import time
from datetime import UTC, datetime

import httpx
import pytest

from review.records import state_from_json
from review.store.reviews import save_draft

pytestmark = pytest.mark.browser


def test_a_reload_brings_the_draft_back(page, site, hands):
    login, campaign = site.user(), site.campaign(site.five_claims)
    hands.open_review(login, campaign)
    hands.press("a", "1", "Shift+Digit3", "j", "u", "f", "d", "v", "1", "o", "2", "c")
    page.keyboard.type("look at the brows")
    hands.press("Escape")
    hands.wait_saved()
    page.reload()
    page.wait_for_selector(".claim-card[aria-current]", timeout=90_000)
    assert page.input_value(".part-note textarea") == "look at the brows"
    said = page.locator(".claim-card .verdict").all_inner_texts()
    assert said[:3] == ["✓ correct", "✗ wrong · H1 · !!!", "? unsure"]
    for focus in ("flag", "baseline", "visible-71", "emotion-sadness"):
        assert page.get_attribute(f"[data-focus={focus}]", "aria-pressed") == "true", focus
    (draft,) = site.reviews(login)
    assert (draft.status, draft.state.visibility, draft.state.emotion.label) == ("draft", (71,), "sadness")


def test_leaving_the_page_at_once_saves_what_was_done(page, site, hands):
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
    hands.press("a")
    page.goto("about:blank")
    end = time.monotonic() + 20
    while not site.reviews(login)[0].state.verdicts and time.monotonic() < end:
        time.sleep(0.1)
    assert [verdict.verdict for verdict in site.reviews(login)[0].state.verdicts.values()] == ["correct"]


def test_a_double_submit_counts_once(page, site, hands):
    login, campaign = (
        site.user(),
        site.campaign(site.two_claims, site.emotion.replace("person", "woman") + site.two_claims),
    )
    hands.open_review(login, campaign)
    first, sent = hands.item(), []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/submit") else None)
    hands.press("a", "a")
    page.evaluate(
        "() => { const button = document.querySelector('[data-focus=submit]'); button.click(); button.click(); }"
    )
    hands.press("Enter", "Enter")
    hands.next_item(first)
    assert len(sent) == 1
    assert [review.status for review in site.reviews(login)] == ["submitted", "draft"]


def test_the_same_token_twice_is_one_submission_and_goes_on(site):
    login, campaign = site.user(), site.campaign(site.two_claims)
    with httpx.Client(base_url=site.url, headers={"X-Emola-Review": "1"}, timeout=60) as client:
        client.post("/login", data={"username": login, "password": site.password})
        item = client.post("/review-api/start", json={"campaign_id": campaign}).json()
        verdicts = {str(claim["id"]): {"verdict": "correct"} for claim in item["item"]["claims"]}
        state = item["review"]["state"] | {"verdicts": verdicts}
        body = {"review_id": item["review"]["id"], "version": 1, "state": state, "token": "a-token-1"}
        answers = [client.post("/review-api/submit", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["submitted"] == answers[1].json()["submitted"]


def test_a_failed_save_is_a_banner_and_blocks_submitting(page, site, hands, artefacts):
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
    page.route("**/review-api/*", lambda route: route.abort())
    hands.press("a", "a")
    page.wait_for_selector(".review-banner .notice", timeout=30_000)
    assert "Not saved" in page.inner_text(".review-banner")
    assert page.is_disabled("[data-focus=submit]")
    page.screenshot(path=artefacts / "review-not-saved.png")
    hands.press("Enter")
    page.unroute("**/review-api/*")
    hands.wait_saved()
    assert page.locator(".review-banner .notice").count() == 0
    assert site.reviews(login)[0].status == "draft"
    hands.press("Enter")
    page.wait_for_selector(".nothing", timeout=30_000)


@pytest.mark.parametrize("choice", ["Keep mine", "Take theirs"])
def test_a_change_in_another_tab_is_shown_and_decided(page, site, hands, choice, artefacts):
    login, campaign = site.user(), site.campaign(site.two_claims)
    hands.open_review(login, campaign)
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
    hands.press("a")
    page.wait_for_selector("dialog[open] .versions", timeout=30_000)
    page.screenshot(path=artefacts / "review-conflict.png")
    assert "unsure" in page.inner_text(".versions") and "correct" in page.inner_text(".versions")
    page.click(f"dialog button:has-text('{choice}')")
    hands.wait_saved()
    kept = site.reviews(login)[0].state.verdicts[first].verdict
    assert kept == ("correct" if choice == "Keep mine" else "unsure")
