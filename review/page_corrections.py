"""My corrections: what was decided differently from me, and why."""

from itertools import groupby

import gradio as gr
from markupsafe import Markup

from review.database import Database
from review.page_answering import Who, fill_on_open
from review.page_html import READING, empty_html, heading_html, join, moment
from review.page_words import target_words, value_words
from review.store.corrections import Correction, list_corrections
from review.store.people import require

HEADING = heading_html(
    "My corrections", "Where a third person decided differently from you. Nobody else sees this page of yours."
)
NONE_YET = empty_html(
    "No decision differs from yours",
    "When another person judges the same description differently, a third one decides. If the decision is not yours, "
    "it appears here with the reason.",
)


def build_corrections(database: Database, who: Who) -> None:
    """Build the page inside the current blocks."""
    body = gr.HTML(HEADING + READING, elem_id="corrections", apply_default_css=False)

    def load(request: gr.Request) -> list[Markup]:
        user = who(request)
        require(user, "reviewer")
        with database.read() as session:
            found = list_corrections(session, reviewer_id=user.id)
        return [HEADING + corrections_html(found)]

    fill_on_open(load, [body])


def corrections_html(found: list[Correction]) -> Markup:
    """Return the corrections, one block a description, the latest first."""
    if not found:
        return NONE_YET
    blocks = [_item_html(list(group)) for _, group in groupby(found, key=lambda one: (one.description_id, one.at))]
    return Markup('<div class="rv-corrections">{}</div>').format(join(blocks))


def _item_html(group: list[Correction]) -> Markup:
    first = group[0]
    lines = join(
        Markup(
            '<li><p class="rv-about">{}</p><dl class="rv-versus"><div><dt>You</dt><dd>{}</dd></div>'
            "<div><dt>Decided</dt><dd><b>{}</b></dd></div><div><dt>Why</dt><dd>{}</dd></div></dl></li>"
        ).format(
            one.about.strip() or target_words(one.target, one.target_key, {}),
            value_words(one.target, one.mine, one.text),
            value_words(one.target, one.decided, one.text),
            one.reason or Markup('<span class="muted">no reason was written</span>'),
        )
        for one in group
    )
    return Markup(
        '<article class="rv-review"><header class="rv-facts"><img data-face="{}" data-view="thumb" alt="">'
        '<span>Decided {} UTC</span><a class="rv-link" href="./browse?description={}">Item {}</a></header>'
        '<ul class="rv-decided">{}</ul></article>'
    ).format(first.image_id, moment(first.at), first.description_id, first.description_id, lines)
