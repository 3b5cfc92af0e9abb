"""Look of the page: a calm theme from system fonts with one accent, and the style sheet and scripts beside it."""

from functools import cache
from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "page_assets"

SYSTEM_FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONOSPACE_FONTS = ("ui-monospace", "Cascadia Mono", "Menlo", "Consolas", "monospace")

ACCENT = gr.themes.Color(
    c50="#eef7f8",
    c100="#d5ebee",
    c200="#aed8de",
    c300="#7dbfc9",
    c400="#46a0ae",
    c500="#1d8091",
    c600="#14697a",
    c700="#115564",
    c800="#0f4552",
    c900="#0c3843",
    c950="#06232b",
    name="accent",
)


def studio_theme() -> gr.themes.Base:
    """Return the theme; nothing in it is fetched from another host."""
    return gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=gr.themes.colors.slate,
        font=SYSTEM_FONTS,
        font_mono=MONOSPACE_FONTS,
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="white",
        button_primary_background_fill_dark="*primary_500",
        block_border_width="1px",
        block_shadow="none",
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        panel_background_fill="*background_fill_primary",  # as what is beside the form of Gradio's login page
        panel_background_fill_dark="*background_fill_primary",
    )


@cache
def asset(name: str) -> str:
    """Return the text of a style sheet or script of the page."""
    return (ASSETS / name).read_text(encoding="utf-8")


def page_head() -> str:
    """Return what goes into the document's head: the shared script."""
    return f"<script>{asset('page.js')}</script>"
