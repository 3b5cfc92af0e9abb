"""The tabs that training adds to the studio: benchmark runs, and jobs that train and measure."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr

from training.jobs.board import Jobs
from training.jobs.choices import DataChoice, find_data_sets, review_release
from training.jobs.places import jobs_folder
from training.page_blind import BlindChecks
from training.page_runs import DemoLink, build_runs_page
from training.page_train import ShelfLink, build_train_page

Releases = Callable[[], list[tuple[Path, Path]]]
"""Folder and data root of every complete review release, the newest first."""

DATA: Final = Path("data")
"""Where the README puts data sets: below the folder that the studio is started in."""

StudioTab = Callable[[Any, gr.Tabs], None]


def runs_tab(runs: Path, blind: BlindChecks | None, may_see: Callable[[gr.Request], bool]) -> StudioTab:
    """Return what builds the tab of the benchmark runs, whose pictures open in the demo.

    Args:
        runs: their folder.
        blind: how reviewers are asked which of two runs is better, or None.
        may_see: whether a visitor may see faces and answers.
    """

    def build(demo: Any, tabs: gr.Tabs) -> None:
        def open_picture(path: Path, task: str, request: gr.Request) -> tuple[Any, ...]:
            opened = demo.open(demo.visit(request), path, path.name)
            return gr.Tabs(selected="demo"), gr.update(value=task), *opened

        link = DemoLink(open_picture, [tabs, demo.controls[0], demo.stage, *demo.answers])
        build_runs_page(runs, link, blind, may_see)

    return build


def train_tab(
    runs: Path,
    files: Path,
    bases: Sequence[str],
    releases: Releases,
    may_start: Callable[[gr.Request], bool],
    blind: BlindChecks | None,
    may_see: Callable[[gr.Request], bool],
) -> StudioTab:
    """Return what builds the tab "Train & benchmark".

    Args:
        runs: jobs go into its folder ``jobs``.
        files: data sets below it, below ``runs`` and below ``data`` can be chosen too, the sample project among them.
        bases: models that can be trained further.
        releases: what can be learned from.
        may_start: whether a visitor may start processes.
        blind: how reviewers are asked which of two models is better, or None.
        may_see: whether a visitor may see jobs with their logs and reports.
    """

    def choices() -> list[DataChoice]:
        found = [review_release(folder, root) for folder, root in releases()]
        return [*found, *find_data_sets(files, runs, DATA)]

    def build(demo: Any, tabs: gr.Tabs) -> None:
        def offer(source: str) -> tuple[Any, ...]:
            return gr.Tabs(selected="demo"), *demo.beside_base(source)

        shelf = ShelfLink(offer, [tabs, *demo.comparing])
        jobs = Jobs(jobs_folder(runs))
        build_train_page(jobs, choices, lambda: list(bases), runs, shelf, may_start, blind, may_see)

    return build
