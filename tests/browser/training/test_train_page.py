"""The Train page in a real browser: a plan, a job that moves, a reload, a stop, a job that runs to its report."""

import re
import shutil

import pytest

pytestmark = pytest.mark.browser

PAGE = """
import sys
from pathlib import Path
import gradio as gr
from emola.page_theme import asset, page_head, studio_theme
from training.jobs.board import Jobs
from training.jobs.choices import find_data_sets
from training.page_train import ShelfLink, build_train_page

folder, data, model = map(Path, sys.argv[1:4])
with gr.Blocks() as page:
    offered = gr.Markdown(elem_id="offered")
    with gr.Tabs(selected="first"):
        with gr.Tab("First", id="first"):
            gr.Markdown("The first tab")
        shelf = ShelfLink(lambda source: [source], [offered])
        build_train_page(Jobs(folder), lambda: find_data_sets(data), lambda: [str(model)], folder, shelf)
look = {"theme": studio_theme(), "css": asset("studio.css"), "head": page_head()}
page.launch(server_port=int(sys.argv[4]), footer_links=[], quiet=True, **look)
"""


@pytest.fixture
def open_train(start_page, page, tmp_path, faces, taught_model):
    """Serve the page and open its tab; called again it is what a reload by another visitor sees."""
    page.set_default_timeout(240_000)
    address = start_page(PAGE, tmp_path / "jobs", faces, taught_model)

    def open_tab():
        page.goto(f"{address}?__theme=light")
        page.get_by_role("tab", name="Train & benchmark").click()
        page.wait_for_selector("#train-plan dl")

    return open_tab


def fill(page, steps, held_out):
    page.fill("#train-steps input", str(steps))
    page.fill("#train-held-out input", str(held_out))
    page.press("#train-held-out input", "Tab")
    page.wait_for_function(
        "(wanted) => new RegExp(wanted).test(document.querySelector('#train-plan').innerText)",
        arg=rf"(?<![\d,]){steps:,} steps",
    )


def steps_done(page):
    found = re.match(r"([\d,]+) of ", page.locator("#train-job .numbers").inner_text())
    return int(found[1].replace(",", "")) if found else 0


def test_a_job_moves_survives_a_reload_and_is_stopped(page, open_train, artefacts):
    open_train()
    fill(page, 5000, 0)
    plan = page.locator("#train-plan").inner_text()
    assert "32 descriptions" in plan and "for weights and optimizer" in plan and "unknown" in plan
    page.click("#train-start")
    page.wait_for_selector("#train-job svg polyline")
    before = steps_done(page)
    page.wait_for_function(
        f"parseInt(document.querySelector('#train-job .numbers').innerText.replace(',', '')) > {before}"
    )
    assert "loss" in page.locator("#train-job .numbers").inner_text()
    page.screenshot(path=artefacts / "train-running.png", full_page=True)
    open_train()
    page.wait_for_selector("#train-job .job[data-state=running]")
    assert page.locator("#train-jobs li").count() == 1
    page.click("#train-stop")
    page.wait_for_selector("#train-job .job[data-state=cancelled]")
    page.wait_for_selector("#train-resume")
    page.wait_for_selector("#train-stop", state="hidden")


@pytest.mark.timeout(600)  # the page and a job load the libraries
def test_a_mistake_is_told_and_a_step_is_measured(page, open_train, artefacts):
    open_train()
    assert page.input_value("#train-measure input") == "small faces"
    assert "2 about action units" in page.locator("#train-plan").inner_text()
    page.fill("#train-steps input", "-5")
    page.press("#train-steps input", "Tab")
    page.wait_for_selector("#train-plan .notice-error")
    assert "0 or more, not -5" in page.locator("#train-plan").inner_text()
    page.wait_for_selector("#train-start[disabled]")
    page.wait_for_selector("#train-time", state="hidden")
    page.screenshot(path=artefacts / "train-mistake.png")
    fill(page, 40, 2)
    page.click("#train-time")
    page.wait_for_function("document.querySelector('#train-plan').innerText.includes('s a step in ')", timeout=400_000)
    page.wait_for_selector("#train-time", state="hidden")
    assert not page.locator("#train-offer").is_visible()
    page.screenshot(path=artefacts / "train-measured.png")


@pytest.mark.timeout(1000)  # five commands, each of which loads the libraries
def test_a_job_runs_to_its_report_and_offers_its_adapter(page, open_train, artefacts):
    open_train()
    fill(page, 3, 1)
    page.click("#train-start")
    page.wait_for_selector("#train-job .job[data-state=done]", timeout=900_000)
    assert page.locator("#train-job .stages li.state-done").count() == 5
    assert "Sample answers" in page.locator("#train-job").inner_text()
    page.screenshot(path=artefacts / "train-done.png", full_page=True)
    page.click("#train-offer")
    page.wait_for_function("document.querySelector('#offered').innerText.includes('adapter')")
    assert "+" in page.locator("#offered").inner_text()


def test_nothing_to_learn_from_is_said(page, start_page, tmp_path, faces, taught_model):
    shutil.rmtree(faces)
    page.goto(start_page(PAGE, tmp_path / "jobs", faces, taught_model))
    page.get_by_role("tab", name="Train & benchmark").click()
    page.wait_for_selector("#train-plan .notice-error", timeout=120_000)
    assert "appears here once made" in page.locator("#train-plan").inner_text()
    assert page.locator("#train-start").is_disabled()
