"""The Demo tab: a picture in, its landmarks drawn, an answer streaming out."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from emola.errors import EmolaError, InputError
from emola.page_compare import compare_panel
from emola.page_examples import examples, examples_html
from emola.page_intake import uploaded_path
from emola.page_results import answer_html, comparison_html, notice_html
from emola.page_saving import save_answer_call, save_picture_call
from emola.page_sending import Send, send_answer_call
from emola.page_stage import INTAKE, empty_stage_html, stage_html
from emola.page_studio import Studio
from emola.page_theme import asset
from emola.page_visits import Answer, Visit
from emola.settings import GenerationSettings

logger = logging.getLogger(__name__)

QUESTIONS = [("Both tasks", "both"), ("Emotion", "emotion"), ("Action units", "au"), ("My own question", "free")]

READY = "The answer appears here: first the text, then what was read from it and how the face's geometry stands to it."

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

MODEL_QUEUE = "model"
"""One answer at a time; the others wait in Gradio's queue and are told their position."""


@dataclass(frozen=True)
class Asked:
    """The values of the controls, in their order on the page."""

    task: str
    question: str
    model: str
    tokens: int
    temperature: float
    seed: int
    compare: bool
    second_model: str
    second_inputs: str
    second_temperature: float

    @property
    def asked(self) -> str:
        """The task, or the question in the visitor's own words."""
        return self.question if self.task == "free" else self.task

    def settings(self, temperature: float) -> GenerationSettings:
        """Return the decoding settings; InputError with a sentence for values that no decoding has."""
        try:
            return GenerationSettings(int(self.tokens), float(temperature), seed=int(self.seed or 0))
        except ValueError as error:
            raise InputError(str(error)) from error

    def slots(self) -> list[tuple[str, str, float, str | None]]:
        """Return slot, model, temperature and inputs of each answer asked for."""
        first = ("first", self.model, self.temperature, None)
        second = ("second", self.second_model, self.second_temperature, self.second_inputs or None)
        return [first, second] if self.compare else [first]


class DemoTab:
    """Builds the tab inside the current blocks and answers its events.

    Args:
        studio: models, faces and visitors.
        any_model: whether visitors may name any model to compare with.
        send: keeps an answer for review; None shows no button for it.
    """

    def __init__(self, studio: Studio, any_model: bool = False, send: Send | None = None) -> None:
        self.studio = studio
        self.send = send
        with gr.Row(elem_classes="demo-row"):
            with gr.Column(scale=5, min_width=320, elem_classes="demo-picture"):
                self.stage = self._stage()
            with gr.Column(scale=7, min_width=320, elem_classes="demo-answer"):
                self._ask_panel(any_model)
                with gr.Row(elem_classes="answers"):
                    self.first = self._answer_box(notice_html(READY), "first-answer")
                    self.second = self._answer_box("", "second-answer")
                self.comparison = gr.HTML("", elem_id="comparison", apply_default_css=False)
        self.answers = [self.first, self.second, self.comparison]
        self._join_events()

    def describe_after(self, event: Any) -> Any:
        """Let an event (a button, a frozen frame) be followed by an answer; return the last event of the chain."""
        asked = event.then(self.begin, None, [self.describe, self.stop, self.first], queue=False, **QUIET).then(
            self.answer,
            self.controls,
            self.answers,
            concurrency_id=MODEL_QUEUE,
            concurrency_limit=1,
            api_visibility="private",
            show_progress="minimal",
            show_progress_on=self.first,
        )
        return asked.then(self.finish, None, [self.describe, self.stop, self.stage], queue=False, **QUIET)

    def open(self, visit: Visit, source: Path, name: str) -> tuple[str, Any, Any, Any]:
        """Open a picture; return the stage and empty answers."""
        blank = (notice_html(READY), "", "")
        try:
            return stage_html(self.studio.open_picture(visit, source, name)), *blank
        except EmolaError as error:
            return empty_stage_html(examples_html(), notice_html(str(error), "error")), *blank
        except Exception as error:  # noqa: BLE001 - as for an answer
            return empty_stage_html(examples_html(), notice_html(_fault(error), "error")), *blank

    def visit(self, request: gr.Request) -> Visit:
        """Return the visit that a request belongs to."""
        return self.studio.visits.get(request.session_hash or "")

    def load(self) -> tuple[str, Any, Any]:
        """Return the empty stage with its examples and the models there are now, once the page is there."""
        names = gr.update(choices=self.studio.model_names())
        return empty_stage_html(examples_html()), names, names

    def beside_base(self, source: str) -> tuple[Any, ...]:
        """Return values for ``comparing``: an adapter (``BASE+ADAPTER``) to be asked, and its base for comparison."""
        adapter, base = self.studio.beside_base(source)
        names = self.studio.shelf.names()
        asked, beside = (gr.update(choices=names, value=name) for name in (adapter, base))
        return asked, True, beside

    def on_picture(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Open what was chosen, dropped, pasted or taken; the uploaded copy is deleted at once."""
        with uploaded_path(str(event.path)) as path:
            return self.open(self.visit(request), path, str(event.name))

    def on_example(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Open one of the example pictures."""
        example = examples().get(str(event.key))
        path, title = (Path("missing example"), "") if example is None else (example.path, example.title)
        return self.open(self.visit(request), path, title)

    def on_face(self, event: gr.EventData, request: gr.Request) -> Any:
        """Make another face of the picture the one asked about."""
        try:
            return stage_html(self.studio.choose_face(self.visit(request), int(event.index)))
        except InputError as error:
            return empty_stage_html(examples_html(), notice_html(str(error), "error"))

    def begin(self, request: gr.Request) -> tuple[Any, Any, str]:
        """Make Stop work from now on, even while the answer still waits for its turn, and say who is before it."""
        visit = self.visit(request)
        visit.begin()
        before = self.studio.visits.asking_before(visit)
        sentence = f"Position {before + 1} in the queue: one answer is generated at a time, {before} before yours."
        shown = notice_html(sentence if before else "Reading the face ...", "wait")
        return gr.update(value="Answering ...", interactive=False), gr.update(interactive=True), shown

    def answer(self, request: gr.Request, *values: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Stream one or two answers; closing the generator (the visitor left) stops the model."""
        asked, visit = Asked(*values), self.visit(request)
        cancel = visit.cancel
        try:
            for slot, model, temperature, inputs in asked.slots():
                for shown in self._one_answer(visit, asked, slot, model, temperature, inputs):
                    yield (shown, gr.skip(), gr.skip()) if slot == "first" else (gr.skip(), shown, gr.skip())
            yield gr.skip(), gr.skip(), _comparison(visit) if asked.compare else ""
        finally:
            cancel.set()
            if visit.cancel is cancel:  # else the visitor has asked anew meanwhile, and that is still to be answered
                visit.asking = False

    def finish(self, request: gr.Request) -> tuple[Any, Any, Any]:
        """Offer to describe again, and the evidence as a layer of the picture."""
        visit = self.visit(request)
        evidence, picture = visit.evidence(), visit.picture
        stage = stage_html(picture, evidence) if picture and evidence else gr.skip()
        return gr.update(value="Describe this face", interactive=True), gr.update(interactive=False), stage

    def on_stop(self, request: gr.Request) -> None:
        """Stop the answer within two tokens."""
        self.visit(request).cancel.set()

    def _one_answer(
        self, visit: Visit, asked: Asked, slot: str, model: str, temperature: float, inputs: str | None
    ) -> Iterator[str]:
        shown = notice_html("Stopped before the answer began.")
        try:
            settings = asked.settings(temperature)
            for state in self.studio.answer(visit, slot, asked.asked, model, settings, inputs):
                shown = (
                    answer_html(state, slot, self.send is not None)
                    if isinstance(state, Answer)
                    else notice_html(state, "wait")
                )
                yield shown
        except EmolaError as error:
            shown = notice_html(str(error), "error")
        except Exception as error:  # noqa: BLE001 - a fault of ours must end in a sentence, not in a silent page
            shown = notice_html(_fault(error), "error")
        yield shown

    def _shown(self, state: Answer | str, slot: str) -> str:
        return notice_html(state, "wait") if isinstance(state, str) else answer_html(state, slot, self.send is not None)

    def _stage(self) -> gr.HTML:
        return gr.HTML(
            empty_stage_html(""),
            elem_id="stage",
            html_template=INTAKE + "${value}",
            js_on_load=asset("stage.js"),
            apply_default_css=False,
            server_functions=[save_picture_call(self.studio)],
        )

    def _answer_box(self, value: str, name: str) -> gr.HTML:
        return gr.HTML(
            value,
            elem_id=name,
            elem_classes="answer-box",
            js_on_load=asset("answer.js"),
            apply_default_css=False,
            server_functions=[save_answer_call(self.studio), *self._send_calls()],
        )

    def _send_calls(self) -> list[Any]:
        return [] if self.send is None else [send_answer_call(self.studio, self.send)]

    def _ask_panel(self, any_model: bool) -> None:
        names = self.studio.shelf.names()
        with gr.Group(elem_classes="ask"):
            task = gr.Radio(QUESTIONS, value="both", label="Ask about", elem_id="task")
            question = gr.Textbox(
                label="Your question",
                visible=False,
                max_length=1000,
                placeholder="What do the eyebrows do?",
                info="The models learnt two questions; an answer to another one may not follow what you ask.",
                elem_id="question",
            )
            model = gr.Dropdown(names, value=names[0] if names else None, label="Model", elem_id="model")
            compare = compare_panel(self.studio, any_model)
        with gr.Row(elem_classes="actions"):
            self.describe = gr.Button("Describe this face", variant="primary", elem_id="describe", scale=3)
            self.stop = gr.Button("Stop", interactive=False, elem_id="stop", scale=1, min_width=90)
        with gr.Accordion("Settings", open=False, elem_id="settings"), gr.Row():
            tokens = gr.Slider(16, 1024, GenerationSettings.max_new_tokens, step=16, label="Longest answer, in tokens")
            heat = gr.Slider(0, 2, value=0, step=0.05, label="Temperature (0: always the same answer)")
            seed = gr.Number(0, precision=0, label="Seed, used above temperature 0")
        self.controls = [task, question, model, tokens, heat, seed, *compare.controls]
        self.models = [model, compare.model]
        self.comparing = [model, compare.switch, compare.model]
        task.change(lambda chosen: gr.update(visible=chosen == "free"), task, question, **QUIET)

    def _join_events(self) -> None:
        opened = [self.stage, *self.answers]
        self.stage.picture(self.on_picture, None, opened, trigger_mode="always_last", **QUIET)
        self.stage.example(self.on_example, None, opened, trigger_mode="always_last", **QUIET)
        self.stage.face(self.on_face, None, self.stage, trigger_mode="always_last", **QUIET)
        self.describe_after(self.describe.click(lambda: None, None, None, queue=False, **QUIET))
        self.stop.click(self.on_stop, None, None, queue=False, **QUIET)


def _fault(error: Exception) -> str:
    """Log a fault of the program with its traceback and return a sentence for the visitor."""
    logger.error("A visitor's request failed.", exc_info=error)
    return f"This failed because of a fault in the program ({type(error).__name__}); the server's log says more."


def _comparison(visit: Visit) -> str:
    first, second = visit.answers.get("first"), visit.answers.get("second")
    return comparison_html(first, second) if first and second else ""
