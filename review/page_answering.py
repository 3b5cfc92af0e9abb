"""How the pages' handlers meet their visitors: who asks, what fills a page when it opens, and how a mistake is said."""

import functools
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from emola.errors import EmolaError, InputError
from review.page_html import notice_html
from review.store.people import UserRecord

ASSETS = Path(__file__).parent / "page_assets"

Who = Callable[[gr.Request], UserRecord]
"""Returns the user behind a request; raises NotAllowed where nobody may act."""

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""For handlers that only a page calls."""


def answering(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``handler`` with its EmolaErrors as a message on the page; the message is escaped, Gradio shows HTML."""

    @functools.wraps(handler)
    def answered(*values: Any, **named: Any) -> Any:
        try:
            return handler(*values, **named)
        except EmolaError as error:
            raise gr.Error(escape(str(error)), print_exception=False) from error

    return answered


def fill_on_open(load: Callable[[gr.Request], Sequence[Any]], outputs: Sequence[Any]) -> None:
    """Call ``load`` each time the page is opened.

    Args:
        load: returns the values of ``outputs``. An EmolaError is shown instead of the page's content.
        outputs: the first one is the HTML that carries the page's content.
    """

    def opened(request: gr.Request) -> Sequence[Any]:
        try:
            return load(request)
        except EmolaError as error:
            return [notice_html(str(error), "error"), *(gr.skip() for _ in outputs[1:])]

    gr.on(None, opened, None, list(outputs), **QUIET)


@functools.cache
def asset(name: str) -> str:
    """Return the text of a script of the pages."""
    return (ASSETS / name).read_text(encoding="utf-8")


def sent_number(event: gr.EventData, name: str) -> int:
    """Return a whole number that the page sent with an event; InputError when there is none."""
    value = _sent(event).get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InputError(f"The page sent no usable {name}; reload it and try again.")
    return value


def sent_text(event: gr.EventData, name: str) -> str:
    """Return a text that the page sent with an event; InputError when it is empty."""
    value = _sent(event).get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"Write a {name} first.")
    return value.strip()


def _sent(event: gr.EventData) -> Mapping[str, Any]:
    return event._data if isinstance(event._data, Mapping) else {}
