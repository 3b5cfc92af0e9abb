"""The Review page: one component of our own, drawn and driven in the browser by page_assets/review.js."""

import gradio as gr

from review.page_frame import start_script

WAITING = '<p class="muted review-loading">Opening the next item …</p>'


def build_review() -> None:
    """Build the page inside the current blocks; everything else goes through the JSON API."""
    gr.HTML(WAITING, elem_id="review", apply_default_css=False, js_on_load=start_script("review.js"))
