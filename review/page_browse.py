"""Browse: find descriptions by what they say and what was said of them, and open one with its whole history."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.database import Database
from review.errors import NotAllowed
from review.page_answering import QUIET, Who, answering, asset, fill_on_open, sent_number, sent_text
from review.page_html import READING, empty_html, heading_html, notice_html
from review.page_item import is_lead, item_html, names_for
from review.page_listing import listing_html
from review.page_words import code_words, unit_words
from review.records import CODES
from review.store.browse import STATES, BrowseFilter, is_hidden, search
from review.store.campaign_records import all_campaign_rules
from review.store.history import gold_history, review_histories, skip_history
from review.store.items import load_item
from review.store.people import UserRecord, list_users, require
from review.store.reviews import reopen
from review.store.revisions import restore_revision, revisions

PAGE = 25
"""Rows of one page of results."""

HEADING = heading_html("Browse", "Find descriptions by what they say and what was said of them; open one to read it.")
OWN_ONLY = notice_html(
    "So that you stay unbiased, what others said is searched only on items that you have submitted, and the items of a "
    "blind campaign appear once you have."
)
BLIND = "This item waits for your blind coding; its text appears here once you have submitted it."
CHOOSE = empty_html("No item is open", "Choose a row: its text, reviews, gold and earlier versions appear here.")

ANY: tuple[str, str | int] = ("any", "")
DISAGREEMENTS = [ANY, ("people differ", "differ"), ("people agree", "agree")]


def build_browse(database: Database, who: Who) -> None:
    """Build the page inside the current blocks."""
    BrowsePage(database, who)


class BrowsePage:
    """Draws the page and answers its events."""

    def __init__(self, database: Database, who: Who) -> None:
        self.database, self.who = database, who
        gr.HTML(HEADING, apply_default_css=False)
        note = gr.HTML(OWN_ONLY, visible=False, apply_default_css=False)
        self.fields = _draw_fields()
        script: dict[str, Any] = {"js_on_load": asset("browse.js"), "apply_default_css": False}
        with gr.Row():
            with gr.Column(scale=5, min_width=340):
                results = gr.HTML(READING, elem_id="browse-results", **script)
            with gr.Column(scale=6, min_width=340):
                detail = gr.HTML(CHOOSE, elem_id="browse-item", **script)
        for field in self.fields:
            listener = field.submit if isinstance(field, gr.Textbox) else field.input
            listener(self.search, self.fields, results, **QUIET)
        results.turn(self.turn, set(self.fields), results, **QUIET)
        results.open(self.open, None, detail, **QUIET)
        detail.restore(self.restore, None, detail, **QUIET)
        detail.reopen(self.reopen, None, detail, **QUIET)
        fill_on_open(self.load, [results, detail, *self.fields[-2:], note])

    def load(self, request: gr.Request) -> list[Any]:
        """Return the first page of everything, and the item that the address names."""
        user = self.who(request)
        first = find(self.database, user, BrowseFilter(), 0)
        with self.database.read() as session:
            campaigns = [(campaign.name, campaign.id) for campaign in all_campaign_rules(session)]
            names = names_for(user, list_users(session))
        wanted = request.query_params.get("description", "")
        opened = show(self.database, user, int(wanted)) if wanted.isdecimal() else CHOOSE
        people = [(name, number) for number, name in names.items()]
        choices = [gr.update(choices=[ANY, *people]), gr.update(choices=[ANY, *campaigns])]
        return [first, opened, *choices, gr.update(visible=user.role == "reviewer")]

    @answering
    def search(self, request: gr.Request, *values: Any) -> Markup:
        """Return the first page of what the fields ask for."""
        return find(self.database, self.who(request), _filter(values), 0)

    @answering
    def turn(self, values: dict[Any, Any], event: gr.EventData, request: gr.Request) -> Markup:
        """Return another page."""
        user, wanted = self.who(request), _filter([values[field] for field in self.fields])
        return find(self.database, user, wanted, sent_number(event, "offset"))

    @answering
    def open(self, event: gr.EventData, request: gr.Request) -> Markup:
        """Return one description with its history."""
        return show(self.database, self.who(request), sent_number(event, "description"))

    @answering
    def restore(self, event: gr.EventData, request: gr.Request) -> Markup:
        """Make an earlier version of a review the newest one."""
        user = self._lead(request)
        number, version = sent_number(event, "review"), sent_number(event, "version")
        with self.database.write() as session:
            review = restore_revision(session, review_id=number, version=version, actor_id=user.id)
        said = notice_html("Restored as a new version; the older ones stay.", "good")
        return said + show(self.database, user, review.description_id)

    @answering
    def reopen(self, event: gr.EventData, request: gr.Request) -> Markup:
        """Give a submitted review back to its reviewer."""
        user = self._lead(request)
        number, reason = sent_number(event, "review"), sent_text(event, "reason")
        with self.database.write() as session:
            review = reopen(session, review_id=number, actor_id=user.id, reason=reason)
        said = notice_html("Reopened: its reviewer finds it in the queue, with your reason.", "good")
        return said + show(self.database, user, review.description_id)

    def _lead(self, request: gr.Request) -> UserRecord:
        user = self.who(request)
        require(user, "lead")
        return user


def _draw_fields() -> list[Any]:
    """Draw the filters in the order that ``_filter`` reads them."""
    with gr.Row(elem_classes="rv-filters"):
        text = gr.Textbox(label="Words in the text", max_length=200, elem_id="browse-text", min_width=180, scale=2)
        task = _choice("Task", [ANY, ("action units", "au"), ("emotion", "emotion")])
        unit = _choice("Action unit", [ANY, *((unit_words(number), number) for number in ACTION_UNITS)])
        emotion = _choice("Emotion", [ANY, *((name, name) for name in EMOTIONS)])
        split = _choice("Split", [ANY, *((name, name) for name in ("train", "eval", "probe"))])
    with gr.Row(elem_classes="rv-filters"):
        state = _choice("State", [ANY, *((name, name) for name in STATES)])
        code = _choice("Error code", [ANY, *((code_words(code), code) for code in CODES)])
        disagreement = _choice("Disagreement", DISAGREEMENTS)
        reviewer = _choice("Reviewer", [ANY])
        campaign = _choice("Campaign", [ANY])
    return [text, task, unit, emotion, split, state, code, disagreement, reviewer, campaign]


def find(database: Database, user: UserRecord, wanted: BrowseFilter, offset: int) -> Markup:
    """Return a page of what fits; a reviewer finds nothing by what they must not know yet."""
    require(user, "viewer")
    if user.role == "reviewer":
        wanted = replace(wanted, seen_by=user.id)
    with database.read() as session:
        page = search(session, wanted=wanted, offset=offset, limit=PAGE)
    return listing_html(page, offset, PAGE, codes=user.role != "reviewer")


def show(database: Database, user: UserRecord, description_id: int) -> Markup:
    """Return one description with its history, as far as ``user`` may read it."""
    require(user, "viewer")
    with database.read() as session:
        if user.role == "reviewer" and is_hidden(session, description_id=description_id, reviewer_id=user.id):
            raise NotAllowed(BLIND)
        item = load_item(session, description_id=description_id, reviewer_id=None if is_lead(user) else user.id)
        histories = review_histories(session, description_id=description_id)
        gold = gold_history(session, description_id=description_id)
        saved = {review.review_id: revisions(session, review_id=review.review_id) for review in histories}
        skips = skip_history(session, description_id=description_id)
    return item_html(user, item, histories, gold, saved, skips)


def _choice(label: str, choices: Sequence[tuple[str, str | int]]) -> gr.Dropdown:
    return gr.Dropdown(
        choices, value="", label=label, min_width=130, elem_id=f"browse-{label.lower().replace(' ', '-')}"
    )


def _filter(values: Sequence[Any]) -> BrowseFilter:
    """Return the filter that the fields of the page ask for; an empty field does not limit."""
    text, task, unit, emotion, split, state, code, disagreement, reviewer, campaign = (
        value or None for value in values
    )
    return BrowseFilter(
        action_unit=unit,
        emotion=emotion,
        code=code,
        disagreement=None if disagreement is None else disagreement == "differ",
        text=text.strip() if text else None,
        reviewer_id=reviewer,
        campaign_id=campaign,
        task=task,
        split=split,
        state=state,
    )
