"""Compare: a second answer beside the first, by another model or by the same one with other inputs or settings."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from emola.page_studio import Studio

INPUTS = [
    ("As it was trained", ""),
    ("Picture and landmarks", "both"),
    ("Landmarks alone", "prior"),
    ("Picture alone", "image"),
]
"""What the second answer may be given to read; the empty value leaves the choice to the checkpoint."""


@dataclass(frozen=True)
class ComparePanel:
    """The switch, the list of models, and what the second answer is asked with: switch, model, inputs, temperature."""

    switch: gr.Checkbox
    model: gr.Dropdown
    controls: list[Any]


def compare_panel(studio: Studio, any_model: bool) -> ComparePanel:
    """Build the panel inside the current blocks.

    Args:
        studio: whose shelf is offered.
        any_model: whether a visitor may name any folder or hub id (an option of the launch, off by default).
    """
    names = studio.shelf.names()
    switch = gr.Checkbox(False, label="Compare with a second answer on the same face", elem_id="compare")
    with gr.Group(visible=False, elem_classes="compare") as group:
        with gr.Row():
            last = names[-1] if names else None
            model = gr.Dropdown(names, value=last, label="Second model", elem_id="second-model", min_width=170)
            inputs = gr.Dropdown(INPUTS, value="", label="Second answer reads", elem_id="second-inputs", min_width=170)
            heat = gr.Slider(0, 2, value=0, step=0.05, label="Its temperature", min_width=170)
        if any_model:
            _model_field(studio, model)
    switch.change(lambda on: gr.update(visible=on), switch, group, api_visibility="private", show_progress="hidden")
    return ComparePanel(switch, model, [switch, model, inputs, heat])


def _model_field(studio: Studio, model: gr.Dropdown) -> None:
    """Let the visitor put one more model on the shelf; it loads in the background."""
    source = gr.Textbox(label="Another model: folder or hub id, BASE+ADAPTER for an adapter", max_length=300)
    add = gr.Button("Put it on the shelf", size="sm")

    def put(wanted: str) -> Any:
        if not wanted.strip():
            raise gr.Error("Name a folder or a hub id first.")
        name = studio.shelf.add(wanted.strip())
        studio.shelf.start(name)
        return gr.update(choices=studio.shelf.names(), value=name)

    add.click(put, source, model, api_visibility="private")
