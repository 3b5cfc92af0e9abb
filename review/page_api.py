"""The JSON API of the Review page: Starlette routes that check the login, the role and where a call comes from."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emola.errors import EmolaError, InputError
from review.errors import NotAllowed, StaleRecord
from review.page_access import Access
from review.records import ReviewState
from review.store.people import UserRecord, require

PREFIX = "/review-api/"

MARK = "x-emola-review"
"""Header that every call carries; a form of another site cannot send it."""

LARGEST_BODY = 1_000_000
"""Bytes of one call; a review's state is a few kilobytes."""

NO_STORE = {"Cache-Control": "no-store"}

Call = Callable[[UserRecord, Mapping[str, Any]], dict[str, Any]]


def api_routes(access: Access, calls: Mapping[str, tuple[str, Call]]) -> list[Route]:
    """Return one POST route a call.

    Args:
        access: says who asks.
        calls: name to the role needed and the function.
    """
    return [
        Route(PREFIX + name, _endpoint(access, role, function), methods=["POST"])
        for name, (role, function) in calls.items()
    ]


def _endpoint(access: Access, role: str, function: Call) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if request.headers.get(MARK) != "1":
            return _refusal("This call did not come from the review page.", 403)
        body = await _body(request)
        if body is None:
            return _refusal(f"A call must be a JSON object of at most {LARGEST_BODY} bytes.", 400)
        return await anyio.to_thread.run_sync(_answer, access, role, function, request, body)

    return endpoint


async def _body(request: Request) -> dict[str, Any] | None:
    """Return the call's JSON object, or None where it is none or too large."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY:
            return None
    try:
        document = json.loads(bytes(received) or b"{}")
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _answer(access: Access, role: str, function: Call, request: Request, body: dict[str, Any]) -> Response:
    """Do one call in a worker thread and turn our errors into status codes."""
    try:
        user = access.of_request(request)
    except NotAllowed as error:
        return _refusal(str(error), 401)
    try:
        require(user, role)
        return JSONResponse(function(user, body), headers=NO_STORE)
    except StaleRecord as error:
        return JSONResponse(_conflict(error), 409, headers=NO_STORE)
    except NotAllowed as error:
        return _refusal(str(error), 403)
    except InputError as error:
        return _refusal(str(error), 422)
    except EmolaError as error:
        return _refusal(str(error), 503)


def _conflict(error: StaleRecord) -> dict[str, Any]:
    """Return both versions of a review that was saved in between."""
    states = {name: _state(getattr(error, name)) for name in ("theirs", "base")}
    return {"error": str(error), "version": error.version, **states}


def _state(state: object) -> object:
    return state.to_json() if isinstance(state, ReviewState) else None


def _refusal(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status, headers=NO_STORE)
