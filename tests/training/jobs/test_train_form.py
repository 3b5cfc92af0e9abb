"""The form of the Train page: what it offers, what it makes of its fields, and one sentence for a mistake."""

from types import SimpleNamespace

import gradio as gr
import pytest

from emola.errors import InputError
from training.jobs.choices import find_data_sets, review_release
from training.jobs.plan import plan_training
from training.page_train_form import NOTHING, TrainForm

LEAD, OTHER = SimpleNamespace(login="lea"), SimpleNamespace(login="ann")


@pytest.fixture
def form(tmp_path, make_set, make_release, small_base):
    """A form over a release of training corrections, a set of both splits and one that is all held out."""
    make_set("sets/sample", train=4, held_out=2)
    make_set("sets/unseen", held_out=3)
    folder = make_release("corrected", train=2, held_out=0)

    def choices():
        return [review_release(folder, tmp_path / "sets" / "sample"), *find_data_sets(tmp_path / "sets")]

    with gr.Blocks():
        return TrainForm(
            choices,
            lambda: [str(small_base)],
            tmp_path / "runs",
            lambda request: request is LEAD,
            lambda name: gr.HTML(),
        )


@pytest.fixture
def values(small_base):
    """Values of the form that can be started, some of them changed."""

    def make(**changed):
        fields = {"data": "sample", "config": "loop_tiny", "base": str(small_base), "measure": "sample"}
        return tuple((fields | {"max_steps": 0, "seed": 1, "held_out": 100} | changed).values())

    return make


def test_what_is_all_held_out_is_measured_on_and_not_learned_from(form):
    data, _, measure = form.load(None, None, None)
    assert data["choices"] == ["Release corrected", "sample"] and data["value"] == "Release corrected"
    assert measure["choices"] == ["sample", "unseen", NOTHING] and measure["value"] == NOTHING


def test_data_are_measured_on_what_is_held_out_of_them_else_on_what_was_chosen(form):
    assert form.offer_measure("sample", NOTHING)["value"] == "sample"
    assert form.offer_measure("Release corrected", "unseen")["value"] == "unseen"
    assert form.offer_measure("Release corrected", "gone")["value"] == NOTHING


def test_the_plan_of_a_release_of_training_corrections_promises_no_questions(form, values):
    html, go, time = form.show_plan(LEAD, *values(data="Release corrected", measure=NOTHING))
    assert "nothing more" in html and go["interactive"] and time["visible"]
    html, *_ = form.show_plan(LEAD, *values(data="Release corrected", measure="unseen"))
    assert "3 about emotions and 3 about action units" in html


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"max_steps": -5}, "steps must be a whole number, 0 or more, not -5"),
        ({"max_steps": 1.5}, "not 1.5"),
        ({"seed": None}, "The seed must be a whole number, 0 or more, not left empty"),
        ({"held_out": -1}, "items asked must be a whole number"),
        ({"base": "nope"}, "neither a folder nor a hub id"),
        ({"data": "nope"}, "There is no data nope"),
        ({"data": None}, "Choose what to learn from"),
        ({"measure": "nope"}, "There is no data nope"),
        ({"config": "emola_joint", "data": "unseen"}, "holds no descriptions to learn from"),
    ],
)
def test_a_mistake_is_one_sentence_and_cannot_be_started(form, values, changed, words):
    html, go, time = form.show_plan(LEAD, *values(**changed))
    assert words in html and "notice-error" in html
    assert not go["interactive"] and not time["visible"]


def test_only_who_may_start_jobs_names_other_folders(form, values, tmp_path):
    named = str(tmp_path / "sets" / "sample")
    request, _ = form.planned_request(LEAD, *values(data=named, measure=named))
    assert request.data.title == named and request.measure.benchmark == named
    assert plan_training(request, tmp_path).asked == {"au": 2, "emotion": 2}
    for changed in ({"data": named}, {"measure": named}, {"base": "/tmp"}):
        with pytest.raises(InputError, match="in the list"):
            form.planned_request(OTHER, *values(**changed))
    form.planned_request(OTHER, *values())
