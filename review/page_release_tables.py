"""Releases, their manifests and checks as HTML; no web framework here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from review.page_html import NOTHING, badge_html, empty_html, join, moment, notice_html, table_html
from review.release_folder import ReleaseCheck
from review.releasing import ReleasePreview
from review.store.releases import ReleaseRecord

NONE_YET = empty_html(
    "No release yet",
    "A release is a folder with training texts, preference pairs and benchmark labels, made from what people have "
    "submitted. A lead makes one below as soon as something is reviewed.",
)
FORMATS = {"sft": "training texts", "preference": "preference pairs", "benchmark": "benchmark"}
KINDS = {"complete": "good", "writing": "wait", "withdrawn": "error"}


def releases_html(releases: Sequence[ReleaseRecord]) -> Markup:
    """Return every release: when, by whom, how many rows of each file, the manifest's hash."""
    if not releases:
        return NONE_YET
    rows = [
        (
            release.name,
            badge_html(release.state, KINDS[release.state]),
            moment(release.at),
            release.by_login,
            _counts(release.counts),
            Markup("<code>{}</code>").format((release.manifest_sha256 or "–")[:12]),
        )
        for release in releases
    ]
    return table_html(("Release", "State", "Made (UTC)", "By", "Rows", "Manifest"), rows)


def manifest_html(release: ReleaseRecord, manifest: Mapping[str, Any], *, may_download: bool) -> Markup:
    """Return what is in a release: its files with hashes, its makers' names, and the manifest itself."""
    files = [
        (name, f"{facts['rows']:,}", Markup("<code>{}</code>").format(str(facts["sha256"])[:16]))
        for name, facts in manifest.get("files", {}).items()
    ]
    facts = [
        ("Guideline", manifest.get("guideline_version")),
        ("Program", manifest.get("app_version")),
        ("Revision", manifest.get("git_revision") or "not known"),
        ("Event log up to", str(manifest.get("event_hash", ""))[:16]),
        ("Reviewers", _people(manifest.get("reviewers", ()))),
    ]
    link = Markup(
        '<p><a class="rv-link" href="./review-api/release?id={}" download>Download as zip</a> '
        '<span class="muted">texts and labels only, no pictures</span></p>'
    ).format(release.id)
    whole = Markup('<details><summary>The whole manifest</summary><pre class="rv-json">{}</pre></details>').format(
        json.dumps(manifest, indent=2, ensure_ascii=False)
    )
    parts = [
        link if may_download else NOTHING,
        table_html(("File", "Rows", "SHA-256"), files, numbers=(1,)),
        table_html(("Made with", ""), facts),
        whole,
    ]
    return Markup('<div class="rv-item">{}</div>').format(join(parts))


def check_html(check: ReleaseCheck) -> Markup:
    """Return whether every file is still what the manifest says."""
    if not check.problems:
        return notice_html(f"All {check.files} files with {check.rows:,} rows match the manifest.", "good")
    return join(notice_html(problem, "error") for problem in check.problems)


def preview_html(preview: ReleasePreview) -> Markup:
    """Return how many rows each file would have, and what would be left out and why."""
    rows = [(name, f"{count:,}") for name, count in preview.counts.items()]
    left = [
        (reason, FORMATS.get(form, form), f"{count:,}")
        for form, reasons in preview.left_out.items()
        for reason, count in reasons.items()
        if count
    ]
    parts = [table_html(("It would hold", "Rows"), rows, numbers=(1,))]
    if preview.is_empty:
        parts.insert(0, Markup("<p>Nothing reviewed yet fits this choice, so there is nothing to release.</p>"))
    if left:
        table = table_html(("Reason", "Of", "Descriptions"), left, numbers=(2,))
        parts.append(Markup("<details><summary>What is left out, and why</summary>{}</details>").format(table))
    return Markup('<div class="rv-item">{}</div>').format(join(parts))


def not_compared_html(count: int) -> Markup:
    """Return that some pictures must be compared first, or nothing."""
    if not count:
        return NOTHING
    are = "1 picture is" if count == 1 else f"{count:,} pictures are"
    return notice_html(
        f"{are} not compared with the evaluation pictures yet, or cannot be read. The numbers for training leave out "
        "what waits for that. Compare them now; making a release does it first anyway.",
        "wait",
    )


def _counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if isinstance(count, int)) or "–"


def _people(reviewers: Any) -> str:
    names = [str(person.get("name", person)) if isinstance(person, Mapping) else str(person) for person in reviewers]
    return ", ".join(names) or "none"
