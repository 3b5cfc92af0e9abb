"""The Train page without a browser: who may see jobs, logs and reports, and how many copies of reports there are."""

from pathlib import Path

import gradio as gr
import pytest

from training.jobs.plan import REPORT
from training.page_elements import HIDDEN
from training.page_train import TrainPage


@pytest.fixture
def page(jobs, tmp_path):
    """The page of which the visitor "ann" may see everything."""
    with gr.Blocks(), gr.Tabs(), gr.Tab("Train") as tab:
        return TrainPage(jobs, list, list, tmp_path, None, lambda _: True, None, tab, lambda request: request == "ann")


@pytest.fixture
def job(jobs, counting, wait_for):
    """A job that is over, with a report."""
    started = jobs.start("train", "A job with a title", [counting()])
    made = wait_for(jobs, started.id, "done")
    (made.folder / REPORT).parent.mkdir(parents=True, exist_ok=True)
    (made.folder / REPORT).write_text("first")
    return made


def test_only_those_who_may_see_them_get_jobs_logs_and_reports(page, job):
    seen, hidden = page.show(job.id, "ann"), page.show(job.id, "bob")
    assert "A job with a title" in seen[1] and "counted" in seen[3]["value"] and seen[7]["visible"]
    assert HIDDEN in hidden[1] and not hidden[0].active
    assert "A job with a title" not in repr(hidden) and "counted" not in repr(hidden)
    assert len(hidden) == len(seen) and hidden[2] == "" and not any(one["visible"] for one in hidden[3:])


def test_a_report_has_one_copy_that_follows_it(page, job):
    first = Path(page._report(job))
    (job.folder / REPORT).write_text("second")
    assert Path(page._report(job)) == first and first.read_text() == "second"
    assert list(first.parent.iterdir()) == [first]
