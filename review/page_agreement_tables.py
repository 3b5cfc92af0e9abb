"""The agreement report as HTML: the gates in words, numbers with their intervals; no web framework here."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from review.agreement import Estimate
from review.agreement_gates import ALPHA_GATE, ENOUGH, INDEX_GATE
from review.agreement_people import Likeness
from review.agreement_report import AgreementReport, Coefficients, UnitAgreement
from review.agreement_spans import SpanAgreement
from review.page_html import (
    badge_html,
    bar_html,
    empty_html,
    join,
    number,
    percent,
    section_html,
    table_html,
    tiles_html,
)
from review.page_words import unit_words

NOTHING_SHARED = empty_html(
    "No description has two reviews yet",
    "Agreement needs two people on the same descriptions: set 2 people per description or more under Campaigns, and "
    "let a second person review.",
)
PHASES = {
    "blind": "Action units and emotion as coded before the text was shown.",
    "final": "Action units and emotion as submitted, after reading the text: agreement may be flattered by it.",
    "mixed": "Some campaigns were coded blind, others after reading the text.",
}
READING = (
    f"Gate of a release: an action unit counts when the interval of alpha begins at {ALPHA_GATE} or above and the "
    f"FACS index is at least {INDEX_GATE:.2f}; else it is marked as contested. Intervals are 95 %, by bootstrap over "
    "pictures. Planted errors are left out. Where nearly every judgement is the same, alpha can be low although people "
    "agree; AC1 does not suffer from that."
)


def agreement_html(report: AgreementReport, names: Mapping[int, str]) -> Markup:
    """Return the whole report.

    Args:
        report: the numbers.
        names: how each person is called to this reader.
    """
    if not report.descriptions:
        return NOTHING_SHARED
    parts = [
        _tiles_html(report),
        Markup('<p class="notice notice-info">{}</p>').format(gates_words(report.units)),
        Markup('<p class="muted">{} {}</p>').format(READING, PHASES[report.phase]),
        section_html("Each action unit"),
        _units_html(report.units),
        section_html("Everything together"),
        _overall_html(report),
        section_html("Each person, and each pair of people"),
        _people_html(report, names),
        section_html("Free spans marked as wrong"),
        _spans_html(report.spans),
    ]
    return join(parts)


def gates_words(units: Sequence[UnitAgreement]) -> str:
    """Return which action units pass the gates of a release and which do not, in one or two sentences."""
    passing = [f"AU{unit.action_unit}" for unit in units if unit.released]
    unmeasured = [f"AU{unit.action_unit}" for unit in units if unit.gate == "not measured"]
    contested = [f"AU{unit.action_unit}" for unit in units if unit.gate == "contested"]
    sentences = [f"{_names(passing)} may enter a benchmark release." if passing else "No action unit passes yet."]
    if contested:
        sentences.append(f"Contested: {_names(contested)}.")
    if unmeasured:
        why = f"since under {ENOUGH} pictures were judged twice, or all judgements are the same"
        sentences.append(f"Not measured yet, {why}: {_names(unmeasured)}.")
    return " ".join(sentences)


def estimate_html(found: Estimate, *, bar: bool = True, least: float = 0.0) -> Markup:
    """Return a coefficient with its interval as a line and as text."""
    if found.value is None:
        return Markup('<span class="muted">not defined</span>')
    if found.low is None or found.high is None:
        return Markup("{}").format(number(found.value))
    line = bar_html(found.low, found.value, found.high, least=least) if bar else Markup("")
    return Markup('{} <span class="rv-nowrap">{} <span class="muted">({} to {})</span></span>').format(
        line, number(found.value), number(found.low), number(found.high)
    )


def _tiles_html(report: AgreementReport) -> Markup:
    def tile(title: str, found: Estimate, remark: str) -> tuple[str, object, str]:
        interval = "" if found.low is None else f"{number(found.low)} to {number(found.high)} · "
        return title, number(found.value), f"{interval}{remark}"

    return tiles_html(
        [
            ("Judged by two or more", f"{report.descriptions:,}", f"descriptions, by {report.people} people"),
            tile("Verdicts on claims", report.verdicts.alpha, "alpha"),
            tile("Action units present", report.presence.alpha, "alpha"),
            tile("Emotion", report.emotion.alpha, "alpha"),
            tile("FACS index", report.facs, "per picture, 1 is full"),
        ]
    )


def _units_html(units: Sequence[UnitAgreement]) -> Markup:
    intensity = ("Intensity (alpha)", "Intensity (weighted kappa)")
    headers = ("Action unit", "Judged twice", "Present", "Alpha", "FACS index", "AC1", *intensity, "Release")
    rows = [
        (
            unit_words(unit.action_unit),
            f"{unit.presence.observed.n:,}",
            percent(unit.prevalence),
            estimate_html(unit.presence.alpha),
            estimate_html(unit.presence.positive, bar=False) if unit.presence.positive else "–",
            estimate_html(unit.presence.ac1, bar=False),
            estimate_html(unit.intensity, bar=False),
            estimate_html(unit.weighted_kappa, bar=False),
            Markup('<span title="{}">{}</span>').format(unit.reason, _gate_html(unit)),
        )
        for unit in units
    ]
    return table_html(headers, rows, numbers=(1, 2))


def _gate_html(unit: UnitAgreement) -> Markup:
    if unit.released:
        return badge_html("passes", "good")
    return badge_html(unit.gate, "wait")


def _overall_html(report: AgreementReport) -> Markup:
    kinds: list[tuple[str, Coefficients]] = [
        ("Verdicts on claims", report.verdicts),
        ("Action units present or absent", report.presence),
        ("Emotion", report.emotion),
    ]
    rows: list[Sequence[object]] = [
        (
            title,
            f"{found.observed.n:,}",
            estimate_html(found.observed, bar=False),
            estimate_html(found.alpha, bar=False),
            estimate_html(found.kappa, bar=False),
            estimate_html(found.ac1, bar=False),
        )
        for title, found in kinds
    ]
    rows.append(
        ("Intensity A to E", f"{report.intensity.n:,}", "–", estimate_html(report.intensity, bar=False), "–", "–")
    )
    headers = ("Judgement", "Judged twice", "Same", "Krippendorff's alpha", "Fleiss' kappa", "Gwet's AC1")
    return table_html(headers, rows, numbers=(1,))


def _people_html(report: AgreementReport, names: Mapping[int, str]) -> Markup:
    headers = ("People", "Descriptions", "Verdicts (Cohen's kappa)", "Presence (Cohen's kappa)", "FACS index")
    rows: list[Sequence[object]] = []
    if len(report.each_person) > 2:  # with two, it is the pair twice over
        for one in report.each_person:
            others = "one other" if one.others == 1 else f"{one.others} others"
            rows.append((f"{names.get(one.person_id, '?')} with {others}", *_likeness(one.likeness)))
    for pair in report.pairs:
        both = f"{names.get(pair.first_id, '?')} and {names.get(pair.second_id, '?')}"
        rows.append((both, *_likeness(pair.likeness)))
    return table_html(headers, rows, numbers=(1,))


def _likeness(found: Likeness) -> tuple[object, ...]:
    measured = (found.verdict_kappa, found.presence_kappa, found.facs)
    return f"{found.descriptions:,}", *(estimate_html(value, bar=False) for value in measured)


def _spans_html(spans: SpanAgreement) -> Markup:
    """Return F1 and alpha of free spans; kappa has no units to count there."""
    if not spans.descriptions:
        return Markup('<p class="muted">Nobody has marked a free span on a description with two reviews yet.</p>')
    headers = ("Descriptions with a span", "F1, same ends", "F1, overlapping", "Alpha over characters")
    row = (f"{spans.descriptions:,}", *(estimate_html(e, bar=False) for e in (spans.exact, spans.partial, spans.alpha)))
    return table_html(headers, [row], numbers=(0,))


def _names(units: Sequence[str]) -> str:
    return units[0] if len(units) == 1 else f"{', '.join(units[:-1])} and {units[-1]}"
