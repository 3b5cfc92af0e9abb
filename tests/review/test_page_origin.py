"""Requests of other web sites are refused; our own page and programs are let through."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from review.page_origin import REFUSAL, SameOriginOnly


async def done(request):
    return PlainTextResponse("done")


@pytest.fixture(scope="module")
def client():
    routes = [Route(path, done, methods=["GET", "POST"]) for path in ("/anything", "/review-face/1", "/review-api/me")]
    middleware = [Middleware(SameOriginOnly, private=("/review-api/", "/review-face/"))]
    return TestClient(Starlette(routes=routes, middleware=middleware), base_url="http://studio.example:7860")


SAME = [
    {},
    {"sec-fetch-site": "same-origin", "origin": "http://studio.example:7860"},
    {"sec-fetch-site": "none"},
    {"origin": "http://studio.example:7860"},
    {"origin": "HTTP://STUDIO.example:7860"},
]
FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://studio.example:7860"},
    {"origin": "http://evil.example"},
    {"origin": "http://studio.example"},
    {"origin": "null"},
]


@pytest.mark.parametrize("headers", SAME)
def test_our_own_page_may_change_things(client, headers):
    assert client.post("/anything", headers=headers).text == "done"
    assert client.get("/review-face/1", headers=headers).text == "done"


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_may_not(client, headers):
    answer = client.post("/anything", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, REFUSAL)
    assert client.get("/review-face/1", headers=headers).status_code == 403
    assert client.get("/review-api/me", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_link_from_another_site_still_opens_a_page(client, headers):
    assert client.get("/anything", headers=headers).text == "done"
