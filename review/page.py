"""The review pages: their routes, who may open them, and what the server needs beside Gradio."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from review.database import Database
from review.page_access import Access
from review.page_account import build_account
from review.page_adjudicate import build_adjudicate
from review.page_agreement import build_agreement
from review.page_answering import Who
from review.page_api import PREFIX, Call, api_routes
from review.page_blind_checks import Runs, build_blind_checks
from review.page_browse import build_browse
from review.page_campaigns import build_campaigns
from review.page_comments import CommentThreads
from review.page_corrections import build_corrections
from review.page_dashboard import build_dashboard
from review.page_desk import ReviewDesk
from review.page_faces import FaceRoute, FaceSigner, make_signer
from review.page_frame import PAGES, asset_route, draw_header, style_sheet
from review.page_guidelines import build_guidelines
from review.page_lookup import ReviewLookup
from review.page_origin import SameOriginOnly
from review.page_queue import build_queue
from review.page_release_file import release_route
from review.page_releases import build_releases
from review.page_review import build_review
from review.page_users import build_users

FACES = "/review-face/"


@dataclass(frozen=True)
class ReviewPages:
    """What ``launch`` needs for the review pages.

    Attributes:
        routes: for ``app_kwargs={"routes": ...}``: the JSON API, faces, scripts.
        middleware: for ``app_kwargs={"middleware": ...}``: refuses requests that other sites make a browser send.
        css: style sheets, after the studio's own.
    """

    routes: list[BaseRoute]
    middleware: list[Middleware]
    css: str


def build_review_pages(
    page: gr.Blocks,
    database: Database,
    access: Access,
    releases: Path,
    runs: Runs = dict,
    preparing: Callable[[], bool] = bool,
) -> ReviewPages:
    """Add the review pages as routes of ``page``; call it outside of any blocks context.

    Args:
        page: the studio; its own page is the Demo.
        database: upgraded to this version.
        access: who may come in.
        releases: folder that releases are written to.
        runs: the finished benchmark runs that a blind check can be made of; none unless the studio has some.
        preparing: says whether a sample project is being made at this moment; never unless the studio makes one.
    """
    for path, build in _builders(database, access, releases, runs, preparing).items():
        title = next(link.title for link in PAGES if link.path == path)
        with page.route("Review" if path == "queue" else title, f"/{path}", show_in_navbar=path == "queue"):
            draw_header(path, access)
            build()
    signer = make_signer(database)
    face = FaceRoute(database, signer, access.of_request)
    routes: list[BaseRoute] = [
        *api_routes(access, _calls(database, signer, preparing)),
        Route(FACES + "{view}/{image_id:int}", face.serve, methods=["GET"]),
        release_route(database, access),
        asset_route(),
    ]
    return ReviewPages(routes, [Middleware(SameOriginOnly, private=(PREFIX, FACES))], style_sheet())


def _calls(database: Database, signer: FaceSigner, preparing: Callable[[], bool]) -> dict[str, tuple[str, Call]]:
    """Return every call of the pages' JSON API."""
    parts = (ReviewDesk(database, signer, preparing), ReviewLookup(database, signer), CommentThreads(database))
    return {name: call for part in parts for name, call in part.calls().items()}


def _builders(
    database: Database, access: Access, releases: Path, runs: Runs, preparing: Callable[[], bool]
) -> dict[str, Callable[[], Any]]:
    """Return what draws each page, by its path."""
    others: dict[str, Callable[[Database, Who], None]] = {
        "adjudicate": build_adjudicate,
        "browse": build_browse,
        "my-corrections": build_corrections,
        "agreement": build_agreement,
        "guidelines": build_guidelines,
        "users": build_users,
    }

    def builder(build: Callable[[Database, Who], None]) -> Callable[[], None]:
        return lambda: build(database, access.who)

    def campaigns() -> None:
        table = build_campaigns(database, access.who)
        checks = build_blind_checks(database, access.who, runs)
        table.follow(checks.made)
        checks.follow(table.changes)

    return {
        "dashboard": lambda: build_dashboard(database, access.who, runs),
        "campaigns": campaigns,
        "queue": lambda: build_queue(database, access.who, access.sentence, preparing),
        "review": build_review,
        "account": lambda: build_account(database, access.who, access.needs_password),
        "releases": lambda: build_releases(database, access.who, releases),
        **{path: builder(build) for path, build in others.items()},
    }
