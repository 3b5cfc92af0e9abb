"""Sending an answer to review: the face, the texts and who wrote them, handed to whoever keeps them.

The picture is kept from then on, and only then; the button says so.
"""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import anyio.to_thread
import gradio as gr
from PIL import Image
from starlette.requests import Request

from emola.errors import EmolaError, InputError
from emola.page_saving import calling_visit
from emola.page_studio import Studio
from emola.page_visits import Visit
from emola.prompt import QUESTIONS


@dataclass(frozen=True)
class Submission:
    """One face with what a model said about it.

    Attributes:
        face: PNG of the face with a margin; no other face of the picture is meant.
        texts: task (``emotion`` or ``au``) to the whole text.
        prompts: task to the question that was asked.
        model: the model's name on the page.
    """

    face: bytes
    texts: dict[str, str]
    prompts: dict[str, str]
    model: str


@dataclass(frozen=True)
class Sent:
    """What became of a submission: a sentence for the visitor, and the address of the page where it can be reviewed."""

    sentence: str
    address: str


Send = Callable[[Submission, Request], Sent]
"""Keeps a submission sent by a plain request to the app; raises EmolaError with a sentence when it must not or cannot.

Gradio hands its server functions the request itself, not the gr.Request that they are declared with.
"""


def submission(visit: Visit, slot: str) -> Submission:
    """Return what a visitor's finished answer sends.

    Raises:
        InputError: there is no finished answer to one of the two tasks.
    """
    from emola.faces.crops import crop_face  # cv2: after the page is up

    answer = visit.answers.get(slot)
    if answer is None or answer.reading is None or answer.stopped:
        raise InputError("There is no finished answer to send; press Describe and let it end.")
    texts = {task: answer.texts[task] for task in QUESTIONS if task in answer.finished}
    if not texts:
        raise InputError("Only answers to the two tasks can be reviewed; ask about the emotion or the action units.")
    content = io.BytesIO()
    Image.fromarray(crop_face(answer.picture.image, answer.picture.face, "square-pad")).save(content, "PNG")
    return Submission(content.getvalue(), texts, {task: QUESTIONS[task] for task in texts}, answer.model)


def send_answer_call(studio: Studio, send: Send) -> Callable[[dict[str, Any], gr.Request], Awaitable[dict[str, str]]]:
    """Return the server function of the button "Send to review"."""

    async def send_answer(data: dict[str, Any], request: gr.Request) -> dict[str, str]:
        visit = await calling_visit(studio, request)

        def work() -> Sent:
            return send(submission(visit, str(data["slot"])), cast(Request, request))

        try:
            sent = await anyio.to_thread.run_sync(work)
        except EmolaError as error:
            return {"error": str(error)}
        return {"sentence": sent.sentence, "address": sent.address}

    return send_answer
