"""Releases: immutable folders of training data, preference pairs and benchmark labels, made from gold."""

import json
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from emola.errors import InputError
from review.database import Database
from review.duplicates import compare_pictures
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_html import READING, heading_html, notice_html, section_html
from review.page_item import is_lead
from review.page_release_file import find_release
from review.page_release_tables import check_html, manifest_html, not_compared_html, preview_html, releases_html
from review.releasing import ReleaseQuery, make_release, preview_release, verify_release
from review.store.campaign_records import all_campaign_rules
from review.store.needs import count_not_compared
from review.store.people import UserRecord, require
from review.store.releases import list_releases

HEADING = heading_html(
    "Releases", "What leaves this database: files that never change, each row traced back to the verdicts behind it."
)
BASES = [
    ("everything reviewed (one person is enough)", "single"),
    ("two people agreed, or adjudicated", "agreed"),
    ("adjudicated only", "adjudicated"),
]
TASKS = [("action units", "au"), ("emotion", "emotion")]


def build_releases(database: Database, who: Who, folder: Path) -> None:
    """Build the page inside the current blocks; releases are written below ``folder``."""
    ReleasesPage(database, who, folder)


class ReleasesPage:
    """Draws the page and answers its events."""

    def __init__(self, database: Database, who: Who, folder: Path) -> None:
        self.database, self.who, self.folder = database, who, folder
        table = gr.HTML(HEADING + READING, elem_id="releases", apply_default_css=False)
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=380, visible=False) as one:
                gr.HTML(section_html("One release"), apply_default_css=False)
                chosen = gr.Dropdown(label="Release", elem_id="release-chosen")
                verify = gr.Button("Verify the files", elem_id="release-verify")
                detail = gr.HTML("", elem_id="release-detail", apply_default_css=False)
            with gr.Column(scale=2, min_width=320, visible=False) as forms:
                gr.HTML(section_html("Make a release"), apply_default_css=False)
                name = gr.Textbox(label="Name", max_length=80, placeholder="2026-11-first", elem_id="release-name")
                basis = gr.Dropdown(BASES, value="single", label="What counts", elem_id="release-basis")
                tasks = gr.CheckboxGroup(TASKS, value=["au", "emotion"], label="Tasks")
                campaigns = gr.Dropdown(label="Campaigns (none chosen: all)", multiselect=True)
                new = gr.HTML("", elem_id="release-new", apply_default_css=False)
                compare = gr.Button("Compare the new pictures", elem_id="release-compare", visible=False)
                preview = gr.HTML("", elem_id="release-preview", apply_default_css=False)
                make = gr.Button("Make the release", variant="primary", elem_id="release-make")
        outputs: list[Any] = [table, chosen, detail, one]
        wanted: list[Any] = [basis, tasks, campaigns]
        coming: list[Any] = [new, compare, preview, make]
        for field in wanted:
            field.input(self.preview, wanted, coming, **QUIET)
        compare.click(self.compare, wanted, coming, api_visibility="private", show_progress_on=compare)
        chosen.input(self.show, chosen, detail, **QUIET)
        verify.click(self.verify, chosen, detail, **QUIET)
        make.click(self.make, [name, *wanted], [*outputs, name], api_visibility="private", show_progress_on=make)
        fill_on_open(self.load, [*outputs, forms, campaigns, *coming])

    def load(self, request: gr.Request) -> list[Any]:
        """Return the releases, and for a lead what the next one would hold."""
        user = self.who(request)
        require(user, "viewer")
        with self.database.read() as session:
            campaigns = [(campaign.name, campaign.id) for campaign in all_campaign_rules(session)]
        preview = self._preview(read_query("single", ["au", "emotion"], [])) if is_lead(user) else [gr.skip()] * 4
        return [
            *self._shown(user, chosen=self._newest()),
            gr.update(visible=is_lead(user)),
            gr.update(choices=campaigns),
            *preview,
        ]

    @answering
    def preview(self, basis: str, tasks: list[str], campaigns: list[int], request: gr.Request) -> list[Any]:
        """Return what a release of this selection would hold, and what it would leave out."""
        require(self.who(request), "lead")
        return self._preview(read_query(basis, tasks, campaigns))

    @answering
    def compare(
        self,
        basis: str,
        tasks: list[str],
        campaigns: list[int],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (how gradio hands it in)
    ) -> list[Any]:
        """Compare the pictures that are new with all others, and return what a release would hold now."""
        require(self.who(request), "lead")
        query = read_query(basis, tasks, campaigns)
        compare_pictures(self.database, progress=lambda done, total: progress((done, total), unit="pictures"))
        return self._preview(query)

    @answering
    def show(self, release_id: int | None, request: gr.Request) -> Markup:
        """Return the manifest of a release."""
        user = self.who(request)
        require(user, "viewer")
        release = find_release(self.database, release_id)
        return manifest_html(release, read_manifest(Path(release.folder)), may_download=is_lead(user))

    @answering
    def verify(self, release_id: int | None, request: gr.Request) -> Markup:
        """Check every file of a release against its manifest."""
        user = self.who(request)
        require(user, "viewer")
        release = find_release(self.database, release_id)
        found = check_html(verify_release(Path(release.folder), self.database))
        return found + manifest_html(release, read_manifest(Path(release.folder)), may_download=is_lead(user))

    @answering
    def make(
        self,
        name: str,
        basis: str,
        tasks: list[str],
        campaigns: list[int],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (how gradio hands it in)
    ) -> list[Any]:
        """Write a release."""
        user = self.who(request)
        require(user, "lead")
        if not (name or "").strip():
            raise InputError("Give the release a name first; it names the folder too.")
        made = make_release(
            self.database,
            name=name.strip(),
            folder=self.folder,
            query=read_query(basis, tasks, campaigns),
            actor_id=user.id,
            progress=lambda done, total: progress((done, total), unit="descriptions"),
        )
        return [*self._shown(user, f"“{made.name}” is written and will never change.", made.id), ""]

    def _newest(self) -> int | None:
        with self.database.read() as session:
            complete = [release for release in list_releases(session) if release.state == "complete"]
        return max((release.id for release in complete), default=None)

    def _preview(self, query: ReleaseQuery) -> list[Any]:
        """Return what is to be compared first, what the release would hold, and the buttons; nothing long is done."""
        with self.database.read() as session:
            new = count_not_compared(session)
        found = preview_release(self.database, query=query, compare=False)
        ready = gr.update(interactive=bool(new) or not found.is_empty)
        return [not_compared_html(new), gr.update(visible=bool(new)), preview_html(found), ready]

    def _shown(self, user: UserRecord, said: str = "", chosen: int | None = None) -> list[Any]:
        with self.database.read() as session:
            releases = list_releases(session)
        complete = [(release.name, release.id) for release in releases if release.state == "complete"]
        release = next((release for release in releases if release.id == chosen), None)
        detail = ""
        if release is not None:
            detail = manifest_html(release, read_manifest(Path(release.folder)), may_download=is_lead(user))
        notice = notice_html(said, "good") if said else ""
        return [
            HEADING + notice + releases_html(releases),
            gr.update(choices=complete, value=chosen),
            detail,
            gr.update(visible=bool(complete)),
        ]


def read_query(basis: str, tasks: list[str], campaigns: list[int]) -> ReleaseQuery:
    """Return what the fields select; no campaign means all of them."""
    if not tasks:
        raise InputError("Choose at least one task.")
    return ReleaseQuery(campaign_ids=tuple(campaigns) or None, min_basis=basis, tasks=tuple(tasks))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a release.

    Raises:
        InputError: the folder or its manifest is gone or cannot be read.
    """
    try:
        document = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"The manifest of {folder.name} cannot be read: {type(error).__name__}.") from error
    if not isinstance(document, dict):
        raise InputError(f"The manifest of {folder.name} is no JSON object.")
    return document
