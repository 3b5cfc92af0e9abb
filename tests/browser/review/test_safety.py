"""What the Review page and its calls refuse: no login, another's review, other sites, HTML in a text."""

import urllib.error
import urllib.request
from contextlib import contextmanager

import httpx
import pytest

pytestmark = pytest.mark.browser

HOSTILE = (
    '1. AU4 - <img src=x onerror="window.hacked=1"><b>Brow</b> lowered & "so" on.\n'
    "2. AU12 - <script>window.hacked=2</script>corners up.\n"
)


def test_html_in_a_description_stays_text(page, site, hands):
    hands.open_review(site.user(), site.campaign(HOSTILE))
    words = page.locator(".claim-text").all_inner_texts()
    assert words[0].strip() == HOSTILE.splitlines()[0]
    hands.press("1", "e")
    page.fill("textarea.edit", "AU4 - <img src=x onerror=window.hacked=3> gone")
    hands.press("Escape", "c")
    page.keyboard.type("<b onclick=window.hacked=4>note</b>")
    hands.press("Escape", "h", "?", "Escape")
    hands.wait_saved()
    page.wait_for_selector(".diff ins")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#review .claim-card img, #review .claim-card b b, #review script").count() == 0


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
    campaign = site.campaign(site.two_claims)

    @contextmanager
    def client_of(login):
        with httpx.Client(base_url=site.url, headers={"X-Emola-Review": "1"}, timeout=60) as client:
            assert client.post("/login", data={"username": login, "password": site.password}).status_code == 200
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
