"""The frame around every review page: one header with the way to all of them, the style sheets, the scripts."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.components import Navbar
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from review.page_access import Access
from review.page_html import join
from review.store.people import ROLES

ASSETS = Path(__file__).parent / "page_assets"

PREFIX = "/review-assets/"

TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True)
class PageLink:
    """One page: its path, its title, and the role from which its link is shown."""

    path: str
    title: str
    role: str


PAGES = (
    PageLink("queue", "Queue", "reviewer"),
    PageLink("review", "Review", "reviewer"),
    PageLink("adjudicate", "Adjudicate", "lead"),
    PageLink("browse", "Browse", "viewer"),
    PageLink("my-corrections", "My corrections", "reviewer"),
    PageLink("agreement", "Agreement", "viewer"),
    PageLink("dashboard", "Dashboard", "viewer"),
    PageLink("releases", "Releases", "viewer"),
    PageLink("guidelines", "Guidelines", "viewer"),
    PageLink("campaigns", "Campaigns", "viewer"),
    PageLink("users", "Users", "lead"),
    PageLink("account", "My account", "viewer"),
)
"""Every review page in the order of the header; the last one is reached by the name of who is signed in."""


def header_html(current: str, sentence: str) -> Markup:
    """Return the header of a page; frame.js fills in who is signed in and hides what their role may not open.

    Args:
        current: path of the page.
        sentence: what to say about the login, or nothing.
    """
    links = join(
        Markup('<a href="./{}" data-role="{}"{}>{}</a>').format(
            page.path, page.role, Markup(' aria-current="page"') if page.path == current else "", page.title
        )
        for page in PAGES[:-1]
    )
    return Markup(
        '<header class="frame-header"><a class="frame-brand" href="./">EmoLA studio</a><nav aria-label="Pages">'
        '<a href="./">Demo</a>{}</nav><span class="frame-who" data-roles="{}" title="{}"></span></header>'
    ).format(links, " ".join(ROLES), sentence)


def draw_header(current: str, access: Access) -> None:
    """Draw the header inside the current blocks and hide Gradio's own."""
    Navbar(visible=False)
    if access.mode == "oauth":
        gr.LoginButton(visible=False)  # makes Gradio serve the sign-in that the header links to
    gr.HTML(
        header_html(current, access.sentence),
        apply_default_css=False,
        elem_classes="frame",
        js_on_load=start_script("frame.js", f"'{access.mode}'"),
    )


def start_script(name: str, *arguments: str) -> str:
    """Return the JavaScript that starts one of our modules inside a component.

    Args:
        name: a file of page_assets with an exported function ``start``.
        arguments: JavaScript expressions after ``element``.
    """
    called = ", ".join(("element", *arguments))
    address = f".{PREFIX}{name}"
    return f"import(new URL('{address}', document.baseURI)).then((module) => module.start({called}));"


@functools.cache
def style_sheet() -> str:
    """Return the style sheets of the review pages, for ``launch(css=...)``."""
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in ("review.css", "reports.css"))


def asset_route() -> Route:
    """Return the route that serves our scripts; only files of page_assets, by their plain name."""
    known = {path.name: path for path in ASSETS.iterdir() if path.suffix in TYPES}
    return Route(PREFIX + "{name}", _serve(known), methods=["GET"])


def _serve(known: dict[str, Path]) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        path = known.get(request.path_params["name"])
        if path is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        content = path.read_bytes()
        mark = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"Cache-Control": "no-cache", "ETag": mark, "X-Content-Type-Options": "nosniff"}
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=TYPES[path.suffix], headers=headers)

    return serve
