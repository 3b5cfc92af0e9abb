"""The form of the Train page: what to learn from, with which configuration and base, on what to measure; its plan."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
import yaml

from emola.errors import EmolaError, InputError
from training.jobs.choices import DataChoice, choose
from training.jobs.plan import TrainPlan, TrainRequest, plan_training
from training.page_train_html import message_html, plan_html

CONFIGS: Final = Path(__file__).parent / "configs"
NOTHING: Final = "Nothing: train only"
_OR_NAMED: Final = "(or a folder, a JSON file)"
_SECTIONS: Final = frozenset({"model", "lora", "data", "optimizer", "run"})


@dataclass(frozen=True)
class Wanted:
    """The values of the form, in their order on the page."""

    data: str | None
    config: str | None
    base: str | None
    measure: str | None
    max_steps: float | None
    seed: float | None
    held_out: float | None


class TrainForm:
    """Builds the fields inside the current blocks and turns their values into a request and its plan.

    Args:
        choices: review releases and data sets, asked for whenever they are needed.
        models: folders and hub ids that can be trained further.
        runs_folder: earlier runs lie in it; the time of a step comes from them.
        may_start: whether a visitor may name folders besides those offered.
        html: makes an element of an id.
    """

    def __init__(
        self,
        choices: Callable[[], list[DataChoice]],
        models: Callable[[], list[str]],
        runs_folder: Path,
        may_start: Callable[[gr.Request], bool],
        html: Callable[[str], gr.HTML],
    ) -> None:
        self._choices, self._models = choices, models
        self._runs_folder, self._may_start = runs_folder, may_start
        names = config_names()
        with gr.Group():
            free: dict[str, Any] = {"choices": [], "allow_custom_value": True}
            self.data = gr.Dropdown(label=f"Learn from {_OR_NAMED}", elem_id="train-data", **free)
            with gr.Row():
                first: dict[str, Any] = {"value": next(iter(names), None), "scale": 1, "min_width": 140}
                config = gr.Dropdown(names, label="Configuration", elem_id="train-config", **first)
                self.base = gr.Dropdown(label="Base", elem_id="train-base", scale=2, min_width=200, **free)
            self.measure = gr.Dropdown(label=f"Measure on {_OR_NAMED}", elem_id="train-measure", **free)
            with gr.Row():
                held_out = gr.Number(100, label="Items asked", elem_id="train-held-out", min_width=90)
                steps = gr.Number(0, label="Steps (0: all)", elem_id="train-steps", min_width=90)
                seed = gr.Number(1, label="Seed", elem_id="train-seed", min_width=60)
        self.fields: list[Any] = [self.data, config, self.base, self.measure, steps, seed, held_out]
        with gr.Row():
            self.go = gr.Button("Start", variant="primary", size="md", elem_id="train-start", interactive=False)
            timing: dict[str, Any] = {"visible": False, "scale": 0, "size": "md", "min_width": 170}
            self.time = gr.Button("Measure a step", elem_id="train-time", **timing)
        self.plan = html("train-plan")  # below the button, which no length of it pushes out of sight

    @property
    def planned(self) -> list[Any]:
        """What :meth:`show_plan` gives values for."""
        return [self.plan, self.go, self.time]

    def load(self, data: str | None, base: str | None, measure: str | None) -> tuple[Any, Any, Any]:
        """Return what can be chosen now: data to learn from, bases, data to measure on."""
        titles = [choice.title for choice in self._choices() if choice.learned]
        bases = self._models()
        chosen = data if data in titles or _is_path(data) else next(iter(titles), None)
        return (
            gr.update(choices=titles, value=chosen),
            gr.update(choices=bases, value=base or next(iter(bases), None)),
            self.offer_measure(chosen, measure),
        )

    def offer_measure(self, data: str | None, measure: str | None) -> Any:
        """Return what can be measured on, and the choice: what is held out of the data, else what was chosen before."""
        titles = [choice.title for choice in self._choices() if choice.benchmark is not None]
        kept = measure if measure in titles or _is_path(measure) else NOTHING
        return gr.update(choices=[*titles, NOTHING], value=data if data in titles else kept)

    def show_plan(self, request: gr.Request, *values: Any) -> tuple[str, Any, Any]:
        """Return what the form comes to, whether it can be started, and whether its step can be measured."""
        try:
            _, plan = self.planned_request(request, *values)
        except EmolaError as error:
            return message_html(str(error), "error"), gr.update(interactive=False), gr.update(visible=False)
        return plan_html(plan), gr.update(interactive=True), gr.update(visible=plan.step_s is None)

    def planned_request(self, request: gr.Request, *values: Any) -> tuple[TrainRequest, TrainPlan]:
        """Return what the form says and what it comes to.

        Raises:
            EmolaError: with a sentence, when something is missing or does not fit.
        """
        wanted = self._request(Wanted(*values), self._may_start(request))
        return wanted, plan_training(wanted, self._runs_folder)

    def _request(self, wanted: Wanted, trusted: bool) -> TrainRequest:
        if not wanted.data:
            raise InputError(
                "Choose what to learn from; a review release or a rendered data set appears here once made."
            )
        if not wanted.base or not wanted.config:
            raise InputError("Choose a base and a configuration.")
        if not trusted and wanted.base not in self._models():
            raise InputError("You may look at plans of the bases in the list; log in to name another.")
        measures = wanted.measure and wanted.measure != NOTHING
        return TrainRequest(
            data=self._data(wanted.data, trusted),
            config=CONFIGS / f"{Path(wanted.config).name}.yaml",
            base=wanted.base.strip(),
            max_steps=_whole_number(wanted.max_steps, "The number of steps") or None,
            seed=_whole_number(wanted.seed, "The seed"),
            measure=self._data(str(wanted.measure), trusted) if measures else None,
            held_out=_whole_number(wanted.held_out, "The number of items asked"),
        )

    def _data(self, name: str, trusted: bool) -> DataChoice:
        """Return the data of a title, or of a path that somebody typed who may."""
        choices = self._choices()
        if not trusted and name not in [choice.title for choice in choices]:
            raise InputError("You may look at plans of the data in the list; log in to name other data.")
        return choose(name.strip(), choices)


def config_names() -> list[str]:
    """Return the configurations of LoRA training that come with the project, the small one first."""
    found = []
    for path in sorted(CONFIGS.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and {"model", "data", "run"} <= content.keys() <= _SECTIONS:
            found.append(path.stem)
    return sorted(found, key=lambda name: ("tiny" not in name, name))


def _is_path(name: str | None) -> bool:
    return bool(name) and Path(str(name)).expanduser().exists()


def _whole_number(value: float | None, name: str) -> int:
    """Return what a field of the form holds; the field itself would only say "Error"."""
    if value is None or value < 0 or value != int(value):
        given = "left empty" if value is None else f"{value:g}"
        raise InputError(f"{name} must be a whole number, 0 or more, not {given}.")
    return int(value)
