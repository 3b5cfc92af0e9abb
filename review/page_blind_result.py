"""The result of a blind check in words, numbers and lines; no web framework here."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from review.blind_report import BlindReport, interval_words
from review.blind_statistics import ALL, ClassComparison, Comparison, Difference
from review.page_html import (
    NOTHING,
    badge_html,
    bar_html,
    empty_html,
    join,
    notice_html,
    number,
    percent,
    progress_html,
    table_html,
    tiles_html,
)
from review.page_words import code_words

NONE_YET = empty_html(
    "No blind check yet",
    "It answers whether a new model invents less than the old one. It needs a finished benchmark run of each model on "
    "the same pictures (the Train page makes them); people then judge both texts about each face without knowing "
    "whose they are.",
)
SEALED = (
    "The models are called A and B, by chance, until every face is judged and decided or you close the campaign. "
    "Whoever knows which one is ahead, you included, may judge the next texts by that, or stop when the numbers look "
    "right."
)
NOTHING_JUDGED = empty_html(
    "No face is judged yet", "A face counts once all texts about it are submitted; reviewers find them in the queue."
)
HOW: Final = (
    "Errors per text, averaged over everyone who judged it; where a third person decided, that counts. Intervals are "
    "95 %, by drawing the faces anew. Each line is looked at by itself: where the models do not differ at all, four "
    "checks in ten will still show one line that seems to. A model that says less makes fewer errors per text, so look "
    "at the errors per claim and the missing units too."
)
FINDINGS = {
    "fewer": ("good", "fewer"),
    "more": ("error", "more"),
    "no difference": ("info", "no difference beyond chance"),
    "too few": ("wait", "too little to tell"),
    "none": ("info", "none found"),
}


def blind_result_html(report: BlindReport) -> Markup:
    """Return the result of one check as far as it is."""
    sealed = notice_html(SEALED) if report.check.sealed else NOTHING
    if report.comparison is None:
        return sealed + _tiles(report) + NOTHING_JUDGED
    apart = NOTHING
    if report.different_people:
        words = f"The two texts of {report.different_people} faces were judged by different people."
        apart = Markup('<p class="muted">{}</p>').format(words)
    parts = [sealed, _tiles(report), apart, _sentences(report), _table(report, report.comparison)]
    note = Markup('<p class="muted">{}</p>').format(HOW)
    return join([*parts, note, _downloads(report)])


def _tiles(report: BlindReport) -> Markup:
    judged, drawn = report.faces_judged, report.check.faces
    done = Markup("{} of {}{}").format(f"{judged:,}", f"{drawn:,}", progress_html(judged, drawn, "faces judged"))
    first = f"{report.check.old_first} of {len(report.check.pairs)}"
    tiles: list[tuple[str, object, str]] = [
        ("Faces judged", done, f"{report.check.campaign.submitted:,} of {report.check.campaign.total:,} reviews"),
        ("Old text judged first", first, "in an order of chance"),
    ]
    found = report.comparison
    if found is not None:
        claims = f"{number(found.first_claims, 1)} → {number(found.second_claims, 1)}"
        tiles.append(("Judged claims per text", claims, f"{report.first} → {report.second}"))
    return tiles_html(tiles)


def _sentences(report: BlindReport) -> Markup:
    """Return what was found: what differs first, all errors together before the kinds."""
    assert report.comparison is not None
    kinds = [kind for kind in report.comparison.classes if kind.finding != "none"]
    if not kinds:
        return notice_html("Nobody has found an error in any text.", "good")
    order = {"fewer": 0, "more": 0, "too few": 1, "no difference": 2}
    kinds.sort(key=lambda kind: (kind.code != ALL, order[kind.finding]))
    lines = join(Markup("<li>{}</li>").format(report.sentence(kind)) for kind in kinds)
    return Markup('<ul class="rv-findings">{}</ul>').format(lines)


def _table(report: BlindReport, found: Comparison) -> Markup:
    shown = [kind for kind in found.classes if kind.finding != "none"]
    widest = max((max(abs(k.difference.low), abs(k.difference.high)) for k in shown), default=0.0) or 1.0
    headers = ("Error", report.first, report.second, "Difference per text", "Per claim", "Faces differing", "Finding")
    rows: Sequence[Sequence[object]] = [_row(kind, widest, report.check.sealed) for kind in shown]
    none = [code_words(kind.code) for kind in found.classes if kind.finding == "none"]
    absent = Markup('<p class="muted">Found in no text: {}.</p>').format(", ".join(none)) if none else NOTHING
    return (table_html(headers, rows, numbers=(1, 2, 5)) if rows else NOTHING) + absent


def _row(kind: ClassComparison, widest: float, sealed: bool) -> tuple[object, ...]:
    sign, words = FINDINGS[kind.finding]
    if sealed and kind.finding in ("fewer", "more"):
        sign, words = "info", f"{words} from B"
    return (
        "all errors of fact" if kind.code == ALL else code_words(kind.code),
        number(kind.first),
        number(kind.second),
        _difference(kind.difference, widest),
        _per_claim(kind),
        f"{kind.faces_differing:,}",
        badge_html(words, sign),
    )


def _difference(difference: Difference, widest: float) -> Markup:
    bar = bar_html(difference.low, difference.value, difference.high, least=-widest, most=widest)
    return Markup("{}{}").format(bar, interval_words(difference))


def _per_claim(kind: ClassComparison) -> str:
    if kind.first_per_claim is None or kind.second_per_claim is None:
        return "–"
    return f"{percent(kind.first_per_claim)} → {percent(kind.second_per_claim)}"


def _downloads(report: BlindReport) -> Markup:
    """Return the report as two files inside the page, so that no address of it can be passed on."""
    as_json = json.dumps(report.to_json(), indent=2, ensure_ascii=False)
    name = f"blind check {report.check.campaign.name}"
    links = [
        Markup('<a class="rv-link" download="{}.{}" href="data:{};base64,{}">{}</a>').format(
            name, suffix, kind, b64encode(content.encode()).decode(), words
        )
        for suffix, kind, content, words in (
            ("csv", "text/csv", report.to_csv(), "Table (CSV)"),
            ("json", "application/json", as_json, "Everything (JSON)"),
        )
    ]
    return Markup('<p class="rv-downloads">{}</p>').format(Markup(" · ").join(links))
