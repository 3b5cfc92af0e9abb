"""Part of the dashboard: what the corrections did to the scores of models, and whether more review matters."""

import gradio as gr
from markupsafe import Markup

from review.database import Database
from review.page_answering import Who, fill_on_open
from review.page_blind_checks import Runs
from review.page_dashboard_parts import note_html, rate_html
from review.page_html import NOTHING, READING, badge_html, empty_html, join, section_html, table_html
from review.page_run_import import RunImport
from review.page_words import unit_words
from review.rescoring import ScoreBoard, ScoreReport
from review.score_tables import (
    INCOMPLETE,
    NO_ROUGE,
    NOTHING_SCORED,
    ScoreTable,
    change_sentences,
    order_sentence,
    reviewed_table,
    run_names,
    scores_table,
    stop_sentence,
    units_table,
)
from review.store.people import require
from review.store.residual import UnitResidual

TITLE = "What the corrections did to the scores"
LEFT_TITLE = "What is still wrong, and whether more review matters"
HOW = (
    "Answers of imported benchmark runs about evaluation pictures, scored again at every change of gold, read by the "
    "strict protocol. Items without usable gold keep their old label and reference, so the order is that of the whole "
    "set as it stands. Action units that nobody judged on a face, or that people contest there, are not scored on it, "
    "as in a release; it also leaves out the units on which people agree too little (see Agreement). All campaigns."
)
REVIEWED = "Reviewed items alone, as the report on a release (benchmark report with --release, strict) before its gates"
RESIDUAL_NOTE = (
    "How often a claim is wrong comes from reviewed descriptions of the random stratum that are no more suspicious "
    "than the most suspicious one left; 95 % Wilson intervals. All campaigns, published descriptions."
)
EMPTY = empty_html(
    "No benchmark run is imported yet",
    "A lead takes one over below, or with python -m review import-predictions RUN; from then on every correction shows "
    "here what it did to the score of each model. Two runs or more give an order of models.",
)
NO_SAMPLE = "No published description is waiting for review: no claim is left to estimate."


def build_scores(database: Database, who: Who, runs: Runs) -> None:
    """Build the part inside the current blocks; it fills itself when the page opens.

    Args:
        database: the store.
        who: says who asks.
        runs: the finished benchmark runs that a lead can take over.
    """
    part = ScoresPart(database, who)
    RunImport(database, who, runs, part.load, part.body)


class ScoresPart:
    """Draws the part and fills it."""

    def __init__(self, database: Database, who: Who) -> None:
        self.board, self.who = ScoreBoard(database), who
        self.body = gr.HTML(READING, elem_id="scores", apply_default_css=False)
        fill_on_open(self.load, [self.body])

    def load(self, request: gr.Request) -> list[Markup]:
        """Return the scores as they are now."""
        require(self.who(request), "viewer")
        self.board.complete()
        return [scores_html(self.board.report())]


def scores_html(report: ScoreReport) -> Markup:
    """Return the part of the page."""
    return join([section_html(TITLE), _scores(report), section_html(LEFT_TITLE), _left(report)])


def _scores(report: ScoreReport) -> Markup:
    if not report.coverage.predictions:
        return EMPTY
    if not report.runs:
        said = NOTHING_SCORED.format(count=report.coverage.predictions)
        return empty_html("Nothing is scored yet", said if report.is_complete else INCOMPLETE)
    names = run_names(report.runs)
    parts = [note_html(HOW)]
    if not report.is_complete:
        parts.append(note_html(INCOMPLETE))
    if report.coverage.without_rouge:
        parts.append(note_html(NO_ROUGE.format(count=report.coverage.without_rouge)))
    if report.change is not None:
        parts.append(_change(change_sentences(report.change, names)))
    for task in dict.fromkeys(run.task for run in report.runs):
        parts.append(_table(scores_table(report, task)))
        parts.append(note_html(order_sentence(report, task)))
        parts.append(_folded(REVIEWED, reviewed_table(report, task)))
    return join([*parts, _table(units_table(report))])


def _table(table: ScoreTable) -> Markup:
    if not table.rows:
        return NOTHING
    rows = [(_unbroken(name), *cells) for name, *cells in table.rows]
    return table_html(table.heads, rows, caption=table.caption, numbers=range(1, len(table.heads)))


def _unbroken(name: str) -> Markup:
    return Markup('<span class="rv-nowrap">{}</span>').format(name)


def _folded(title: str, table: ScoreTable) -> Markup:
    if not table.rows:
        return NOTHING
    return Markup("<details><summary>{}</summary>{}</details>").format(title, _table(table))


def _change(sentences: list[str]) -> Markup:
    """Return what the latest change did: first what it was, then a line for each run."""
    lines = join(Markup("<li>{}</li>").format(sentence) for sentence in sentences[1:])
    return Markup('<section class="rv-needs"><h4>Latest change</h4><p>{}</p><ul>{}</ul></section>').format(
        sentences[0], lines
    )


def _left(report: ScoreReport) -> Markup:
    advice = join(
        Markup("<p>{} {}</p>").format(
            badge_html("stop rule", "good" if found.may_stop else "wait"), stop_sentence(task, found)
        )
        for task, found in report.advice.items()
    )
    if not report.residuals:
        return join([advice, note_html(NO_SAMPLE)])
    rows = [
        (_unbroken(unit_words(one.action_unit)), f"{one.left:,}", rate_html(one.rate), _expected(one))
        for one in _ordered(report)
    ]
    heads = ("Action unit", "Claims left", "Wrong", "Wrong ones left")
    return join([advice, note_html(RESIDUAL_NOTE), table_html(heads, rows, numbers=(1, 3))])


def _ordered(report: ScoreReport) -> list[UnitResidual]:
    """Return the units with the most wrong claims left first."""
    return sorted(report.residuals, key=lambda one: (-(one.expected or 0.0), one.action_unit))


def _expected(one: UnitResidual) -> str:
    if one.expected is None or one.low is None or one.high is None:
        return "–"
    return f"{one.expected:,.0f} ({one.low:,.0f} to {one.high:,.0f})"
