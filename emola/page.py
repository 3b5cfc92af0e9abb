"""The page: header with what is in use, the tabs, the intended use, and what happens when a visitor comes or leaves."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Navbar

from emola import __version__
from emola.page_demo import QUIET, DemoTab
from emola.page_live import build_live
from emola.page_results import origin_html
from emola.page_sending import Send
from emola.page_studio import Studio
from emola.page_theme import asset
from emola.shelf import ShelfState

CACHE_AGE_S = (600, 3600)
"""Gradio looks every ten minutes for temporary files older than an hour; uploads are deleted at once anyway."""

STATUS_EVERY_S = 1.0
WAITING_EVERY_S = 5.0
"""How often a page asks what is in use: while something is loading, and while models wait to be chosen."""

SIGNS = {"waiting": "○", "loading": "◌", "ready": "●", "failed": "✗"}

TITLE = (
    f'<h1>EmoLA studio</h1><p class="muted">Faces described in words, with the evidence beside them · {__version__}</p>'
)


Tab = Callable[[DemoTab, gr.Tabs], None]
"""Builds one more tab inside the tabs; it may open pictures in the demo."""


def build_page(
    studio: Studio, any_model: bool = False, send: Send | None = None, more_tabs: Sequence[Tab] = ()
) -> gr.Blocks:
    """Return the page; nothing heavy is loaded by building it.

    Args:
        studio: models, faces and visitors.
        any_model: whether visitors may name any folder or hub id to compare with.
        send: keeps an answer for review, or None where nothing is reviewed.
        more_tabs: what else the studio offers, after Demo and Live.
    """
    page = gr.Blocks(title="EmoLA studio", analytics_enabled=False, delete_cache=CACHE_AGE_S, fill_width=True)
    with page:
        Navbar(main_page_name="Demo")
        with gr.Row(elem_classes="studio-header"):
            gr.HTML(TITLE, apply_default_css=False, elem_classes="studio-title")
            status = gr.HTML(status_html(studio), apply_default_css=False, elem_id="status")
        gr.HTML(asset("use_note.html"), apply_default_css=False, elem_id="use-note")
        with gr.Tabs(selected="demo") as tabs:
            with gr.Tab("Demo", id="demo"):
                demo = DemoTab(studio, any_model, send)
            with gr.Tab("Live", id="live"):
                build_live(studio, demo, tabs)
            for build_tab in more_tabs:
                build_tab(demo, tabs)
        gr.HTML(asset("intended_use.html"), apply_default_css=False, elem_id="about")
        _join_life(studio, page, demo, status)
    return page


def status_html(studio: Studio) -> str:
    """Return what is in use: each model with its state in words, and what finds the faces."""
    states = [studio.shelf.state(name) for name in studio.shelf.names()]
    waiting = [state for state in states if state.status == "waiting"]
    if len(waiting) > 1:  # such as the adapters of many runs, of which most are never asked
        states = [state for state in states if state.status != "waiting"]
        states.append(ShelfState("", "waiting", f"{len(waiting)} models are loaded when they are chosen."))
    rows = "".join(_status_row(state, studio) for state in states)
    rows = rows or '<li data-status="failed"><b>no model</b> Start with --model and a folder or hub id.</li>'
    return f'<ul class="status" aria-label="In use">{rows}<li><b>faces</b> {escape(studio.face_backend())}</li></ul>'


def _status_row(state: ShelfState, studio: Studio) -> str:
    sentence = state.sentence if state.name in state.sentence else f"{state.name} · {state.sentence}"
    origin = studio.origin(state.name) if state.name else {}
    known = f' <span class="muted">{origin_html(origin)}</span>' if origin else ""
    return (
        f'<li data-status="{state.status}"><span aria-hidden="true">{SIGNS[state.status]}</span> '
        f"<b>{state.status}</b> {escape(sentence)}{known}</li>"
    )


def next_look(studio: Studio) -> float | None:
    """Return the seconds until the status may have changed; None when it cannot any more."""
    found = {studio.shelf.state(name).status for name in studio.shelf.names()}
    if studio.face_backend() == "loading" or "loading" in found:
        return STATUS_EVERY_S
    return WAITING_EVERY_S if "waiting" in found else None


def _join_life(studio: Studio, page: gr.Blocks, demo: DemoTab, status: gr.HTML) -> None:
    """Join what happens without a click: first paint, the loading of models, leaving."""
    clock = gr.Timer(STATUS_EVERY_S)

    def tick() -> tuple[str, Any]:
        seconds = next_look(studio)
        return status_html(studio), gr.Timer(seconds or STATUS_EVERY_S, active=seconds is not None)

    def leave(request: gr.Request) -> None:
        studio.visits.leave(request.session_hash or "")

    page.load(demo.load, None, [demo.stage, *demo.models], **QUIET)
    clock.tick(tick, None, [status, clock], **QUIET)
    page.unload(leave)
