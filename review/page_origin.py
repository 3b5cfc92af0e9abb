"""Refuses requests that other web sites make a reviewer's browser send.

Gradio's session cookie is sent along from other sites (SameSite=None), and on a public host gradio lets any origin
read its answers. So a request that changes something, or that reads faces and reviews, must come from our own page:
``Sec-Fetch-Site``, which no script can set, says so; browsers without it are judged by ``Origin``.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HARMLESS = ("GET", "HEAD", "OPTIONS")

REFUSAL = "This request came from another web site and was refused."


class SameOriginOnly:
    """ASGI middleware.

    Args:
        app: what to protect.
        private: beginnings of paths whose reading is refused as well.
    """

    def __init__(self, app: ASGIApp, private: Iterable[str] = ()) -> None:
        self.app = app
        self.private = tuple(private)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or pass the request on."""
        if scope["type"] == "http" and self._guards(scope) and is_foreign(Headers(scope=scope)):
            await JSONResponse({"error": REFUSAL}, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _guards(self, scope: Scope) -> bool:
        return scope["method"] not in HARMLESS or scope["path"].startswith(self.private)


def is_foreign(headers: Headers) -> bool:
    """Return whether a browser sent this for another site; programs that send neither header are not browsers."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
