"""Guidelines: the cards that reviewers work by, every version of them, and the lead's way to publish a new one."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from emola.errors import InputError
from review.database import Database
from review.guidelines import changed_cards, guideline_from_json
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_guideline_cards import card_names, card_texts, guideline_html, with_card
from review.page_html import READING, heading_html, notice_html
from review.page_item import is_lead
from review.store.guidelines import current_guideline, ensure_guideline, list_guidelines, publish_guideline
from review.store.people import require

HEADING = heading_html("Guidelines", "What each action unit and each error code means here, in our own words.")
HOW = notice_html("Change as many cards as you like, then publish them together. Older versions stay readable.")
MOST_FIELDS = 6
"""Text fields of the largest card."""


def build_guidelines(database: Database, who: Who) -> None:
    """Build the page inside the current blocks; a database without a guideline gets the packaged one."""
    with database.write() as session:
        ensure_guideline(session, actor_id=None)
    GuidelinesPage(database, who)


class GuidelinesPage:
    """Draws the page and answers its events."""

    def __init__(self, database: Database, who: Who) -> None:
        self.database, self.who = database, who
        cards = gr.HTML(HEADING + READING, elem_id="guidelines", apply_default_css=False)
        with gr.Accordion("Publish a new version", open=False, visible=False) as editor:
            gr.HTML(HOW, apply_default_css=False)
            self.draft = gr.State(None)
            self.chosen = gr.Dropdown(label="Card", elem_id="guideline-card", filterable=True)
            self.fields = [gr.Textbox(lines=2, max_length=2000, visible=False) for _ in range(MOST_FIELDS)]
            keep = gr.Button("Put this card into the draft", elem_id="guideline-keep")
            changes = gr.HTML("", elem_id="guideline-changes", apply_default_css=False)
            with gr.Row():
                version = gr.Textbox(label="Name of the version", max_length=40, elem_id="guideline-version")
                why = gr.Textbox(label="What changed, and why", max_length=400, elem_id="guideline-why", scale=3)
            publish = gr.Button("Publish", variant="primary", elem_id="guideline-publish")
        outputs = [cards, editor, self.draft, self.chosen, changes]
        self.chosen.change(self.show_card, [self.chosen, self.draft], self.fields, **QUIET)
        keep.click(self.keep_card, {self.chosen, self.draft, *self.fields}, [self.draft, changes], **QUIET)
        publish.click(self.publish_draft, [self.draft, version, why], outputs, **QUIET)
        fill_on_open(self.load, outputs)

    def load(self, request: gr.Request) -> list[Any]:
        """Return the page, and for a lead the draft: a copy of the version in force."""
        user = self.who(request)
        require(user, "viewer")
        with self.database.read() as session:
            records = list_guidelines(session)
        page = HEADING + guideline_html(records)
        newest = records[0].guideline
        choices = gr.update(choices=card_names(newest), value=None)
        return [page, gr.update(visible=is_lead(user)), newest.to_json(), choices, changes_html([])]

    @answering
    def show_card(self, name: str | None, document: dict[str, Any], request: gr.Request) -> list[Any]:
        """Return the chosen card's texts in the fields; fields that it does not need are hidden."""
        require(self.who(request), "lead")
        texts = card_texts(guideline_from_json(document), name) if name else {}
        shown = [gr.update(label=label, value=text, visible=True) for label, text in texts.items()]
        return shown + [gr.update(value="", visible=False)] * (MOST_FIELDS - len(shown))

    @answering
    def keep_card(self, values: dict[Any, Any], request: gr.Request) -> tuple[dict[str, Any], Markup]:
        """Put the fields into the draft."""
        require(self.who(request), "lead")
        draft, texts = guideline_from_json(values[self.draft]), [values[field] for field in self.fields]
        changed = with_card(draft, values[self.chosen], texts)
        with self.database.read() as session:
            current = current_guideline(session)
        return changed.to_json(), changes_html(changed_cards(current.guideline, changed) if current else [])

    @answering
    def publish_draft(self, document: dict[str, Any], name: str, why: str, request: gr.Request) -> list[Any]:
        """Publish the draft as a version that counts from now on."""
        user = self.who(request)
        require(user, "lead")
        guideline = guideline_from_json({**document, "version": name, "summary": why})
        with self.database.write() as session:
            current = current_guideline(session)
            if current is not None and not changed_cards(current.guideline, guideline):
                raise InputError("The draft changes no card; put a changed card into it first.")
            publish_guideline(session, guideline=guideline, actor_id=user.id)
        return self.load(request)


def changes_html(names: list[str]) -> Markup:
    """Return what the draft changes, in words."""
    if not names:
        return notice_html("The draft changes nothing yet.")
    return notice_html(f"The draft changes: {', '.join(names)}.", "wait")
