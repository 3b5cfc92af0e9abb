"""The button that asks reviewers which of two models is better, on the card of a job and beside two compared runs.

Blind checks belong to the review; what opens them comes in as an object, so that neither imports the other.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import gradio as gr

from emola.errors import EmolaError, InputError
from training.jobs.board import Jobs
from training.jobs.choices import DataChoice, choose
from training.jobs.job import Job, Stage
from training.jobs.plan import ADAPTER, AFTER, BEFORE, asking_stages
from training.loop.turn import LINEAGE
from training.page_elements import mistakes_told
from training.page_train_html import blind_html

TITLE: Final = "Ask reviewers which is better (blind A/B)"
ASKED_FACES: Final = 60
"""Held-out faces that both models are asked about first, where the job did not ask them."""


class BlindChecks(Protocol):
    """What the review does for this button; every function may raise an EmolaError with its sentence."""

    def may_ask(self, request: Any) -> bool:
        """Say whether a visitor may open checks and see that one is open."""

    def ask(self, old: Path, new: Path, request: Any) -> str:
        """Open a check of two finished runs unless they have one; return how it stands."""

    def state(self, old: Path, new: Path) -> str | None:
        """Return how the check of two runs stands, None where they have none."""

    def command(self, old: str, new: str, request: Any) -> tuple[str, ...]:
        """Return the arguments of ``python -m review`` that ask for a visitor."""


class BlindOffer:
    """The button and what became of it.

    Args:
        checks: of the review; None shows nothing.
        name: what the ids of the elements begin with.
    """

    def __init__(self, checks: BlindChecks | None, name: str) -> None:
        self.checks, self._name = checks, name
        self.button = gr.Button(TITLE, elem_id=f"{name}-blind", visible=False, scale=0, size="md", min_width=350)

    def draw_said(self, html: Callable[[str], gr.HTML]) -> None:
        """Draw the place of the sentence, by what makes an element of an id."""
        self.said = html(f"{self._name}-blind-said")

    @property
    def outputs(self) -> list[Any]:
        """What :meth:`shown` gives values for."""
        return [self.button, self.said]

    def shown(self, runs: tuple[Path, Path] | None, request: gr.Request, can_be_made: bool = False) -> tuple[Any, str]:
        """Return the button where something can be asked, and how a check stands that is there.

        Args:
            runs: folders of the old and the new model's run; None for none.
            request: of the visitor.
            can_be_made: whether the answers can be made where there are none yet.
        """
        hidden = gr.update(visible=False), ""
        if self.checks is None or runs is None or not self.checks.may_ask(request):
            return hidden
        if not all(map(is_answered, runs)):
            return gr.update(visible=can_be_made), ""
        try:
            said = self.checks.state(*runs)
        except EmolaError as error:
            return gr.update(visible=False), blind_html(str(error), "error")
        return gr.update(visible=said is None), "" if said is None else blind_html(said)

    def ask(self, runs: tuple[Path, Path], request: gr.Request) -> None:
        """Open the check; what hinders it becomes an error of the page."""
        assert self.checks is not None
        with mistakes_told():
            self.checks.ask(*runs, request)


class JobBlindOffer(BlindOffer):
    """The offer on the card of a job; answers that were not made yet are made by a job of their own first.

    Args:
        checks: of the review; None shows nothing.
        jobs: where that job is started.
        choices: the data that can be learned from, some with held-out faces.
    """

    def __init__(self, checks: BlindChecks | None, jobs: Jobs, choices: Callable[[], list[DataChoice]]) -> None:
        super().__init__(checks, "train")
        self._jobs, self._choices = jobs, choices

    def show(self, chosen: str | None, request: gr.Request) -> tuple[Any, str]:
        """Return button and sentence for the job that is watched."""
        job = next((job for job in self._jobs.find() if job.id == chosen), None)
        if job is None or job.state != "done":
            return self.shown(None, request)
        return self.shown(_runs(job), request, can_be_made=(job.folder / ADAPTER).is_dir())

    def ask_of_job(self, chosen: str, request: gr.Request) -> str:
        """Open the check, or start the job that makes the answers and then asks; return the job to watch."""
        job = self._jobs.get(chosen)
        if all(map(is_answered, _runs(job))):
            self.ask(_runs(job), request)
            return chosen
        with mistakes_told():
            return self._jobs.start("benchmark", f"Blind check of {job.title}", self._stages(job, request)).id

    def _stages(self, job: Job, request: gr.Request) -> list[Stage]:
        """Return the commands that ask both models about held-out faces, and then people."""
        assert self.checks is not None
        command = self.checks.command(f"{{job}}/{BEFORE}", f"{{job}}/{AFTER}", request)
        adapter = (job.folder / ADAPTER).resolve()
        lineage = json.loads((adapter / LINEAGE).read_text(encoding="utf-8"))
        try:
            data = choose(lineage["data"], self._choices())
        except InputError:
            data = None
        if data is None or data.benchmark is None:
            gone = "is not there any more" if data is None else "holds no faces that were kept from training"
            raise InputError(
                f"{lineage['data']} {gone}, so there is nothing to ask both models about. Ask them yourself (python -m "
                f"training.benchmark run) and compare the two runs on the tab Runs, which has the same button."
            )
        asked = asking_stages(lineage["base"], str(adapter), data, ASKED_FACES)
        return [*asked, Stage("Blind check", "review", command)]


def is_answered(run: Path) -> bool:
    """Say whether a benchmark run is finished."""
    return any(run.glob("predictions_*.jsonl"))


def _runs(job: Job) -> tuple[Path, Path]:
    return job.folder / BEFORE, job.folder / AFTER
