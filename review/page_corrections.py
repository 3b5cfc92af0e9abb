"""My corrections: what was decided differently from me and why, and what I submitted, to take back where I erred."""

from itertools import groupby

import gradio as gr
from markupsafe import Markup

from review.database import Database
from review.page_answering import QUIET, Who, answering, asset, fill_on_open, sent_number
from review.page_html import NOTHING, READING, empty_html, heading_html, join, moment, notice_html, section_html
from review.page_words import TASKS, target_words, value_words
from review.store.corrections import Correction, list_corrections
from review.store.people import UserRecord, require
from review.store.reviews import undo_submit
from review.store.submissions import Submission, list_submissions

HEADING = heading_html(
    "My corrections",
    "Where a third person decided differently from you, and what you submitted. Nobody else sees this page of yours.",
)
NONE_YET = empty_html(
    "No decision differs from yours",
    "When another person judges the same description differently, a third one decides. If the decision is not yours, "
    "it appears here with the reason.",
)
NONE_SUBMITTED = empty_html("Nothing of yours is submitted", "Start at Queue; what you submit appears here.")
EXCERPT = 150
"""Characters of a text that tell one submission from another."""


def build_corrections(database: Database, who: Who) -> None:
    """Build the page inside the current blocks."""
    script = asset("corrections.js")
    body = gr.HTML(HEADING + READING, js_on_load=script, elem_id="corrections", apply_default_css=False)

    def load(request: gr.Request) -> list[Markup]:
        user = who(request)
        require(user, "reviewer")
        return [HEADING + page_html(database, user)]

    @answering
    def withdraw(event: gr.EventData, request: gr.Request) -> Markup:
        user = who(request)
        require(user, "reviewer")
        with database.write() as session:
            review = undo_submit(session, review_id=sent_number(event, "review"), reviewer_id=user.id)
        link = Markup('<a class="rv-link" href="./review?description={}">Open it in Review</a>')
        said = Markup("Item {} is taken back and counts when you submit it again. {}").format(
            review.description_id, link.format(review.description_id)
        )
        return HEADING + notice_html(said, "good") + page_html(database, user)

    body.withdraw(withdraw, None, body, **QUIET)
    fill_on_open(load, [body])


def page_html(database: Database, user: UserRecord) -> Markup:
    """Return the corrections and the submissions of one person."""
    with database.read() as session:
        found = list_corrections(session, reviewer_id=user.id)
        submitted = list_submissions(session, reviewer_id=user.id)
    return corrections_html(found) + section_html("What you submitted, the latest first") + submissions_html(submitted)


def corrections_html(found: list[Correction]) -> Markup:
    """Return the corrections, one block a description, the latest first."""
    if not found:
        return NONE_YET
    blocks = [_item_html(list(group)) for _, group in groupby(found, key=lambda one: (one.description_id, one.at))]
    return Markup('<div class="rv-corrections">{}</div>').format(join(blocks))


def submissions_html(submitted: list[Submission]) -> Markup:
    """Return the submissions, each with a button that takes it back while nobody decides about it."""
    if not submitted:
        return NONE_SUBMITTED
    return Markup('<ol class="rv-submitted">{}</ol>').format(join(map(_submission_html, submitted)))


def _submission_html(one: Submission) -> Markup:
    facts = [f"{moment(one.submitted_at)} UTC", TASKS[one.task], one.campaign]
    facts.append(f"{one.wrong} of {one.judged} claims wrong")
    if one.changed_after_hint:
        facts.append(f"{one.changed_after_hint} changed after the evidence")
    act = Markup('<button type="button" data-withdraw="{}">Withdraw</button>').format(one.review_id)
    if one.decided:
        act = Markup('<span class="muted">decided by a third person; ask a lead to reopen it</span>')
    return Markup(
        '<li><img data-face="{}" data-view="thumb" alt=""><div><p class="rv-facts"><a class="rv-link" '
        'href="./browse?description={}">Item {}</a> · {}</p><p>{}</p></div>{}</li>'
    ).format(one.image_id, one.description_id, one.description_id, " · ".join(facts), one.text[:EXCERPT], act)


def _item_html(group: list[Correction]) -> Markup:
    first = group[0]
    lines = join(
        Markup(
            '<li><p class="rv-about">{}</p><dl class="rv-versus"><div><dt>You</dt><dd>{}{}</dd></div>'
            "<div><dt>Decided</dt><dd><b>{}</b></dd></div><div><dt>Why</dt><dd>{}</dd></div></dl></li>"
        ).format(
            one.about.strip() or target_words(one.target, one.target_key, {}),
            value_words(one.target, one.mine, one.text),
            Markup(' <span class="muted">(changed after the evidence)</span>') if one.changed_after_hint else NOTHING,
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
