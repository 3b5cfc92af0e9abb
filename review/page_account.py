"""My account: who one is here, and a new password of one's own."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from emola.errors import InputError
from review.database import Database
from review.page_access import end_sessions
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_html import READING, heading_html, notice_html
from review.store.people import HUB, SHORTEST_PASSWORD, UserRecord, change_own_password

HEADING = heading_html("My account", "Your role here, your name in releases, and your password.")
SECRET: dict[str, Any] = {"type": "password", "max_length": 1024}
NO_PASSWORD = "You came in without a password, so there is none to change."
CHANGED = "Your password is changed. You stay signed in here; everywhere else you have to sign in again."
NOT_TWICE = "The new password was not written the same way twice."


def build_account(database: Database, who: Who, has_passwords: bool) -> None:
    """Build the page inside the current blocks.

    Args:
        database: the store.
        who: says whose account it is.
        has_passwords: whether people sign in by passwords of this database.
    """
    body = gr.HTML(HEADING + READING, elem_id="account", apply_default_css=False)
    with gr.Column(visible=has_passwords, elem_classes="rv-narrow"):
        old = gr.Textbox(label="Present password", elem_id="account-old", **SECRET)
        wanted = f"New password ({SHORTEST_PASSWORD} characters or more)"
        new = gr.Textbox(label=wanted, elem_id="account-new", **SECRET)
        again = gr.Textbox(label="New password again", elem_id="account-again", **SECRET)
        change = gr.Button("Change my password", variant="primary", elem_id="account-change")

    def load(request: gr.Request) -> list[Markup]:
        return [HEADING + account_html(who(request), has_passwords)]

    @answering
    def changed(present: str, wanted: str, repeated: str, request: gr.Request) -> list[Any]:
        user = who(request)
        if wanted != repeated:
            raise InputError(NOT_TWICE)
        with database.write() as session:
            change_own_password(session, user_id=user.id, old=present, new=wanted)
        end_sessions(request, user.login)
        said = notice_html(CHANGED, "good")
        return [HEADING + said + account_html(user, has_passwords), "", "", ""]

    gr.on([change.click, again.submit], changed, [old, new, again], [body, old, new, again], **QUIET)
    fill_on_open(load, [body])


def account_html(user: UserRecord, has_passwords: bool) -> Markup:
    """Return who somebody is here."""
    level = "not stated" if user.facs_level == "none" else user.facs_level
    from_hub = user.login.startswith(HUB)
    by = "EMOLA_ROLES of this Space gives the role, a lead the" if from_hub else "A lead changes role and"
    facts = Markup(
        "<p>You are <b>{}</b>, {}; FACS training: {}. In releases and to other reviewers you are <b>R{:02d}</b>. "
        "{} training on the Users page.</p>"
    ).format(user.name, user.role, level, user.id, by)
    return facts if has_passwords else facts + notice_html(NO_PASSWORD)
