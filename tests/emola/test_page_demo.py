"""What the demo remembers of a question while another one is asked."""

from types import SimpleNamespace

import gradio as gr

from emola.page_demo import DemoTab
from emola.page_studio import Studio
from emola.shelf import ModelShelf

VALUES = ("both", "", "m", 64, 0.0, 0, False, "m", "both", 0.0)


def test_the_late_end_of_an_old_answer_leaves_the_new_question_waiting(monkeypatch):
    with gr.Blocks():
        demo = DemoTab(Studio(ModelShelf([])))
    monkeypatch.setattr(demo, "_one_answer", lambda *_: iter(["one", "two"]))
    request = SimpleNamespace(session_hash="a")
    visit = demo.visit(request)
    demo.begin(request)
    old = demo.answer(request, *VALUES)
    next(old)
    demo.begin(request)
    old.close()
    assert visit.asking and not visit.cancel.is_set()
    list(demo.answer(request, *VALUES))
    assert not visit.asking
