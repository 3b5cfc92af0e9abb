"""What the tabs of training share: elements with their own style and script, and how a mistake is told."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Final

import gradio as gr

from emola.errors import EmolaError
from training.data.records import RecordFault

QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}
"""For handlers that only a page calls."""

HIDDEN: Final = "Only reviewers who are signed in see faces, answers, reports and logs here."
"""What those read who may not see them."""

_ASSETS: Final = Path(__file__).parent / "page_assets"


def html_element(assets: str, elem_id: str) -> gr.HTML:
    """Return an empty element with its own style sheet and script.

    Args:
        assets: name of both files in ``page_assets``, without their endings.
        elem_id: id of the element on the page.
    """
    return gr.HTML(
        "",
        elem_id=elem_id,
        apply_default_css=False,
        css_template=(_ASSETS / f"{assets}.css").read_text(encoding="utf-8"),  # Gradio keeps it to this element
        js_on_load=(_ASSETS / f"{assets}.js").read_text(encoding="utf-8"),
    )


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Turn what is wrong into a message on the page; it is escaped, since Gradio shows messages as HTML."""
    try:
        yield
    except (EmolaError, RecordFault) as error:
        raise gr.Error(escape(str(error)), print_exception=False) from error


def as_returned(values: Sequence[Any]) -> Any:
    """Return values for several components as Gradio takes them: the bare value where there is one component."""
    return values[0] if len(values) == 1 else tuple(values)
