"""``python -m review rescore``: what corrections did to the scores of benchmark runs, worked out from scratch."""

import argparse
import json

from review.console import Commands, add_command, open_database, progress_bar, say, say_table
from review.rescoring import ScoreBoard, ScoreReport, rescore_all
from review.score_tables import (
    NO_ROUGE,
    NO_RUN,
    NOTHING_SCORED,
    ScoreTable,
    change_sentences,
    order_sentence,
    report_json,
    reviewed_table,
    run_names,
    scores_table,
    stop_sentence,
    units_table,
)


def add_parsers(commands: Commands) -> None:
    """Add the command."""
    words = "Score the imported answers of benchmark runs from scratch, under old and new labels and references."
    parser = add_command(commands, "rescore", run_rescore, words, "python -m review rescore")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run_rescore(options: argparse.Namespace) -> int:
    """Score everything again and print it."""
    with open_database(options.db) as database:
        with progress_bar("scoring", "text") as progress:
            rescore_all(database, progress=progress)
        report = ScoreBoard(database).report()
    if options.json:
        say(json.dumps(report_json(report), indent=1))
    elif not report.coverage.predictions:
        say(NO_RUN)
    elif not report.runs:
        say(NOTHING_SCORED.format(count=report.coverage.predictions))
    else:
        _say_report(report)
    return 0


def _say_report(report: ScoreReport) -> None:
    names = run_names(report.runs)
    for task in dict.fromkeys(run.task for run in report.runs):
        for table in (scores_table(report, task), reviewed_table(report, task)):
            _say(table)
        say(order_sentence(report, task))
        if task in report.advice:
            say(stop_sentence(task, report.advice[task]))
        say("")
    _say(units_table(report))
    if report.change is not None:
        say("Latest change: " + " ".join(change_sentences(report.change, names)))
        say("")
    _say_residuals(report)
    if report.coverage.without_rouge:
        say(NO_ROUGE.format(count=report.coverage.without_rouge))


def _say(table: ScoreTable) -> None:
    if table.rows:
        say(table.caption)
        say_table(table.heads, table.rows)
        say("")


def _say_residuals(report: ScoreReport) -> None:
    rows = [
        (f"AU{one.action_unit}", one.left, one.rate.k, one.rate.n, one.rate.value, one.expected, one.low, one.high)
        for one in report.residuals
    ]
    if rows:
        say("Claims in descriptions nobody reviewed, judged by the random stratum (95 % Wilson intervals)")
        say_table(("unit", "claims left", "wrong", "of", "share", "wrong ones left", "low", "high"), rows)
