"""What the save buttons call on the server: plain functions of the page's HTML components."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
import gradio as gr

from emola.errors import EmolaError
from emola.page_studio import Studio
from emola.page_visits import Visit

ServerFunction = Callable[[dict[str, Any], gr.Request], Awaitable[dict[str, Any]]]


async def calling_visit(studio: Studio, request: Any) -> Visit:
    """Return the visit of a server function's caller; Gradio leaves the session in the request's body only."""
    return studio.visits.get(str((await request.json())["session_hash"]))


def save_picture_call(studio: Studio) -> ServerFunction:
    """Return the function that sends the picture with its overlay."""

    async def save_picture(data: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        from emola.page_export import picture_file  # cv2 behind it: after the page is up

        visit = await calling_visit(studio, request)
        return await _answered(picture_file, visit, [str(name) for name in data["layers"]], float(data["opacity"]))

    return save_picture


def save_answer_call(studio: Studio) -> ServerFunction:
    """Return the function that sends one answer as JSON."""

    async def save_answer(data: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        from emola.page_export import answer_file

        visit = await calling_visit(studio, request)
        return await _answered(answer_file, studio, visit, str(data["slot"]))

    return save_answer


async def _answered(work: Callable[..., dict[str, str]], *arguments: Any) -> dict[str, Any]:
    """Run ``work`` in a thread; a mistake comes back as its sentence."""
    try:
        return await anyio.to_thread.run_sync(lambda: work(*arguments))
    except EmolaError as error:
        return {"error": str(error)}
