"""Every handler of the pages asks who is calling; what a role may not do is refused on the server."""

import inspect
from types import SimpleNamespace

import gradio as gr
import pytest

from review.errors import NotAllowed
from review.page_adjudicate import build_adjudicate
from review.page_agreement import build_agreement
from review.page_blind_checks import build_blind_checks
from review.page_browse import build_browse
from review.page_campaigns import build_campaigns
from review.page_corrections import build_corrections
from review.page_dashboard import build_dashboard
from review.page_guidelines import build_guidelines
from review.page_releases import build_releases
from review.page_users import build_users
from review.store.guidelines import ensure_guideline


@pytest.fixture
def database_url(sqlite_url):
    """SQLite alone: what differs between the dialects is tested with the store."""
    return sqlite_url


BUILDERS = {
    "adjudicate": build_adjudicate,
    "agreement": build_agreement,
    "browse": build_browse,
    "blind-checks": lambda database, who: build_blind_checks(database, who, dict),
    "campaigns": build_campaigns,
    "corrections": build_corrections,
    "dashboard": build_dashboard,
    "guidelines": build_guidelines,
    "users": build_users,
}
LEAST_ROLE = {"adjudicate": "lead", "users": "lead", "corrections": "reviewer"}
"""From which role a page opens; the others open for viewers."""


def build(name, database, who, folder):
    with gr.Blocks() as page:
        if name == "releases":
            build_releases(database, who, folder)
        else:
            BUILDERS[name](database, who)
    return page


def stranger(request):
    raise NotAllowed("You are not signed in.")


def handlers(page):
    return [block.fn for block in page.fns.values() if block.fn is not None]


def call(handler):
    """Call a handler with a request, an event and otherwise nothing useful."""
    values = []
    for parameter in inspect.signature(handler).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL or parameter.default is not parameter.empty:
            continue
        known = {
            "request": SimpleNamespace(query_params={}),
            "event": SimpleNamespace(_data={"description": 1, "offset": 0, "review": 1, "version": 1, "reason": "x"}),
        }
        values.append(known.get(parameter.name))
    return handler(*values)


@pytest.mark.parametrize("name", [*BUILDERS, "releases"])
def test_no_handler_answers_a_stranger(name, database, tmp_path):
    page = build(name, database, stranger, tmp_path)
    assert handlers(page)
    for handler in handlers(page):
        if handler.__name__ == "opened":
            assert "You are not signed in" in call(handler)[0]
        else:
            with pytest.raises(gr.Error, match="You are not signed in"):
                call(handler)


@pytest.mark.parametrize("name", [*BUILDERS, "releases"])
@pytest.mark.parametrize("role", ["viewer", "reviewer", "lead"])
def test_pages_open_from_their_role_on(name, role, database, make_user, write, tmp_path):
    write(ensure_guideline, actor_id=None)
    user = make_user(role=role)
    page = build(name, database, lambda request: user, tmp_path)
    opened = next(handler for handler in handlers(page) if handler.__name__ == "opened")
    shown = str(call(opened)[0])
    ranks = ("viewer", "reviewer", "lead")
    if ranks.index(role) < ranks.index(LEAST_ROLE.get(name, "viewer")):
        assert "This needs the role" in shown
    else:
        assert "notice-error" not in shown


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_changes_need_a_lead(role, database, make_user, write, tmp_path):
    write(ensure_guideline, actor_id=None)
    user = make_user(role=role)
    changing = {
        "adjudicate": {"decided"},
        "blind-checks": {"show", "create_check"},
        "browse": {"restore", "reopen"},
        "campaigns": {"count", "look_again", "create", "widen", "move"},
        "guidelines": {"show_card", "keep_card", "publish_draft"},
        "releases": {"preview", "compare", "make"},
        "users": {"add", "pick", "change"},
    }
    for name, wanted in changing.items():
        page = build(name, database, lambda request: user, tmp_path)
        found = [one for one in handlers(page) if one.__name__ in wanted]
        assert {one.__name__ for one in found} == wanted
        for handler in found:
            with pytest.raises(gr.Error, match="needs the role lead"):
                call(handler)
