"""The Runs page without a browser: who may see faces and answers."""

from types import SimpleNamespace

import gradio as gr
import pytest

from training.benchmark.run_listing import RunLibrary
from training.page_elements import HIDDEN
from training.page_runs import DemoLink, RunsPage


@pytest.fixture
def opened():
    return []


@pytest.fixture
def page(make_run, opened):
    """The page on one run, which the visitor "ann" may see."""
    link = DemoLink(lambda path, task, request: opened.append(path.name) or ["shown"], [])
    with gr.Blocks(), gr.Tabs(), gr.Tab("Runs") as tab:
        return RunsPage(
            RunLibrary(make_run("run", au=[("AU12 is present.", "12, 25")]).parent),
            link,
            None,
            lambda request: request == "ann",
            tab,
        )


def test_only_those_who_may_see_them_get_faces_and_answers(page, opened):
    run = page.library.runs()[0].key
    chosen = (run, None, "au", "strict", "all", "", 0)
    seen, hidden = page.show_items("ann", *chosen), page.show_items("bob", *chosen)
    first = str(page.library.result(run).tasks["au"].rows[0]["id"])
    assert first in seen[0] and HIDDEN not in seen[0]
    assert HIDDEN in hidden[0] and first not in hidden[0] and hidden[1] == "" and hidden[4] == 0
    assert page.show_scores(*chosen)[1], "scores show nobody's face"

    event = SimpleNamespace(key=run, task="au", item=first)
    with pytest.raises(gr.Error, match="Only reviewers"):
        page.open_item(event, "bob")
    assert opened == []
