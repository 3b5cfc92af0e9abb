"""The Runs page in a real browser: runs listed and compared, items filtered, one of them opened in the demo."""

import json
import os

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

PAGE = """
import sys
from pathlib import Path
import gradio as gr
from emola.page_demo import DemoTab
from emola.page_studio import Studio
from emola.page_theme import asset, page_head, studio_theme
from emola.shelf import ModelShelf
from training.page_runs import DemoLink, build_runs_page

with gr.Blocks() as page:
    with gr.Tabs(selected="demo") as tabs:
        with gr.Tab("Demo", id="demo"):
            demo = DemoTab(Studio(ModelShelf([])))

        def show(path, task, request):
            return gr.update(selected="demo"), *demo.open(demo.visit(request), path, path.name)

        build_runs_page(Path(sys.argv[1]), DemoLink(show, [tabs, demo.stage, *demo.answers]))
look = {"theme": studio_theme(), "css": asset("studio.css"), "head": page_head()}
page.launch(server_port=int(sys.argv[2]), footer_links=[], quiet=True, **look)
"""
EVIL = '<img src=x onerror="window.stolen = 1">'
FIRST = [("AU12 is present.", "12, 25"), ("AU4 is present.", "4"), (None, "1"), (f"AU1 {EVIL}", "2")]
SECOND = [("AU12 and AU25 are present.", "12, 25"), ("AU1 is present.", "4"), (None, "1"), ("AU2.", "2")]


@pytest.fixture
def runs(tmp_path, astronaut):
    """Two runs on the same four pictures, one that is not finished, and one that is damaged."""
    root, folder = tmp_path / "faces", tmp_path / "runs"
    root.mkdir()
    Image.fromarray(astronaut[0:300, 80:380]).save(root / "a.png")
    identity = {"decoding": {"name": "greedy", "seed": 0}, "image": "pad", "inputs": "both", "numbers": "float32"}
    description = {"format": 1, "identity": identity | {"questions": 4}, "model": "M", "data": "D", "root": str(root)}
    for name, lines in (("first", FIRST), ("second", SECOND), ("half", [])):
        run = folder / name
        run.mkdir(parents=True)
        (run / "run.json").write_text(json.dumps(description))
        rows = [
            {"id": f"face {n}", "task": "au", "prediction": said, "reference": "A face.", "label": label}
            | {"image": "a.png", "status": "failed" if said is None else "answered", "reason": "too dark"}
            for n, (said, label) in enumerate(lines)
        ]
        if rows:
            (run / "predictions_au.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "damaged").mkdir()
    (folder / "damaged" / "run.json").write_text("{")
    for age, name in enumerate(("first", "second")):
        os.utime(folder / name / "run.json", (1000 - age, 1000 - age))
        os.utime(folder / name / "predictions_au.jsonl", (1000 - age, 1000 - age))
    return folder


@pytest.fixture
def open_runs(start_page, page):
    """Serve the page on a folder of runs and open its tab."""

    def open_tab(folder):
        page.set_default_timeout(120_000)
        page.goto(f"{start_page(PAGE, folder)}?__theme=light")
        page.get_by_role("tab", name="Runs").click()

    return open_tab


def cards(page):
    return page.locator("#runs-items .card h4").all_inner_texts()


def choose(page, dropdown, name):
    page.click(f"{dropdown} input")
    page.get_by_role("option", name=name, exact=True).click()


def test_two_runs_are_compared_and_an_item_opens_in_the_demo(page, runs, open_runs, artefacts):
    open_runs(runs)
    page.wait_for_selector("#runs-scores svg")
    listed = page.locator("#runs-list tbody").inner_text()
    assert "0 of 4 questions are answered so far" in listed and "is damaged" in listed
    assert page.locator("#runs-list tr[aria-selected=true] .name").inner_text() == "first"
    choose(page, "#runs-other", "second")
    page.wait_for_selector("#runs-difference table")
    assert "first minus second on 4 items" in page.locator("#runs-difference caption").first.inner_text()
    page.screenshot(path=artefacts / "runs-scores.png", full_page=True)

    page.get_by_role("tab", name="Items").click()
    page.wait_for_selector("#runs-items .card")
    assert cards(page) == ["face 0", "face 2", "face 3"]  # wrong ones
    assert "missed AU25" in page.locator("#runs-items .card").first.inner_text()
    page.get_by_label("Flipped").check()
    page.wait_for_function("document.querySelectorAll('#runs-items .card h4')[1]?.textContent === 'face 1'")
    assert cards(page) == ["face 0", "face 1", "face 3"]
    page.get_by_label("No answer").check()
    page.wait_for_function("document.querySelectorAll('#runs-items .card').length === 1")
    assert "failed: too dark" in page.locator("#runs-items .card").inner_text()
    page.get_by_label("All", exact=True).check()
    choose(page, "#runs-about", "AU1 Inner brow raiser")
    page.wait_for_function("document.querySelectorAll('#runs-items .card').length === 2")
    assert cards(page) == ["face 2", "face 3"]
    assert "onerror" in page.locator("#runs-items .card").last.inner_text()
    assert page.evaluate("window.stolen") is None
    page.screenshot(path=artefacts / "runs-items.png", full_page=True)

    page.click("#runs-items button.open >> nth=0")
    page.wait_for_selector("#stage svg.overlay")
    assert page.get_by_role("tab", name="Demo").get_attribute("aria-selected") == "true"


def test_a_folder_without_runs_says_how_to_make_one(page, tmp_path, open_runs, artefacts):
    open_runs(tmp_path / "nothing")
    page.wait_for_selector("#runs-list .empty")
    page.wait_for_timeout(2000)  # what follows the first answer must leave the sentence where it is
    assert "python -m training.benchmark run" in page.locator("#runs-list").inner_text()
    assert not page.locator("#runs-run").is_visible()
    page.screenshot(path=artefacts / "runs-empty.png")
