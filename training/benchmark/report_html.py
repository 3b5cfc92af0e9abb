"""One self-contained HTML file of a report: no script, no link, nothing loaded from anywhere."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from emola.answer import Protocol
from training.benchmark.cited import cited_results
from training.benchmark.outcomes import MAIN_ROUGE
from training.benchmark.report_compare import Comparison, not_compared
from training.benchmark.report_folds import fold_tables
from training.benchmark.report_gallery import gallery
from training.benchmark.report_pictures import Bar, bar_chart, confusion_chart, histogram
from training.benchmark.report_protocols import protocols_table
from training.benchmark.report_results import Judged, RunResult, TaskResult
from training.benchmark.report_tables import (
    FLIPS_SHOWN,
    TASK_NAMES,
    Table,
    cited_classic_table,
    cited_table,
    class_name,
    classes_table,
    comparison_table,
    flips_table,
    measures_table,
    runs_table,
    totals_table,
)

_STYLE: Final = Path(__file__).with_name("report.css")
_SHOWN_PROTOCOL: Final[Protocol] = "strict"
_PROTOCOLS_NOTE: Final = (
    "Protocol <b>paper</b> repeats the published evaluation, quirks included; <b>strict</b> reads what the text means, "
    "and counts an answer without a label, or no answer, as wrong. S_re is recognition (accuracy, or mean F1 of action "
    "units), S_ge is mean ROUGE-L, S_rege their sum."
)


def report_html(
    runs: Sequence[RunResult], comparisons: Sequence[Comparison], releases: Sequence[Table], pictures: int
) -> str:
    """Return the page.

    Args:
        runs: scored.
        comparisons: of later runs with the first one.
        releases: totals before and after a review release, if there is one.
        pictures: most failures shown of each run and task.
    """
    parts = ["<h1>FABA-Bench report</h1>", f"<p>{_PROTOCOLS_NOTE}</p>", table_html(totals_table(runs))]
    if comparisons:
        parts.append("<h2>Differences</h2>")
        parts.append(f'<div class="pairs">{"".join(map(comparison_html, comparisons))}</div>')
    if sentence := not_compared(runs, comparisons):
        parts.append(f'<p class="muted">{escape(sentence)}</p>')
    if folds := fold_tables(runs):
        parts += ["<h2>Classic data sets</h2>", *(table_html(table) for table in folds)]
    if releases:
        parts += ["<h2>Review release</h2>", *(table_html(table) for table in releases)]
    for run in runs:
        parts += [_task(run, result, pictures) for result in run.tasks.values()]
    parts += ["<h2>Cited results</h2>", f"<p>{escape(cited_results()['note'])}</p>"]
    parts += [table_html(cited_table()), table_html(cited_classic_table())]
    parts += ["<h2>What was run</h2>", table_html(runs_table(runs)), table_html(protocols_table(runs))]
    style = _STYLE.read_text(encoding="utf-8")
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head = f"{meta}<title>FABA-Bench</title><style>{style}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>{"".join(parts)}</main></body></html>\n'


def table_html(table: Table) -> str:
    """Return a table with every cell escaped."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    caption = f"<caption>{escape(table.caption)}</caption>"
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def comparison_html(comparison: Comparison) -> str:
    """Return the differences of two runs with their intervals, and the items that flipped."""
    flips = table_html(flips_table(comparison, FLIPS_SHOWN))
    note = (
        f'<p class="muted">{comparison.left_out} items are in one of the runs only.</p>' if comparison.left_out else ""
    )
    table = table_html(comparison_table(comparison))
    count = len(comparison.flips)
    return f"<section>{table}{note}<details><summary>Flipped items ({count})</summary>{flips}</details></section>"


def _task(run: RunResult, result: TaskResult, pictures: int) -> str:
    """Return everything about one task of one run."""
    name = f"{run.name}: {TASK_NAMES[result.task].lower()}"
    parts = [f"<h2>{escape(name)}</h2>"]
    parts += [judged_html(judged, name, protocol) for protocol, judged in result.judged.items()]
    parts += _distributions(result, name)
    parts.append(f"<h3>What went wrong under {_SHOWN_PROTOCOL}</h3>{gallery(run, result, _SHOWN_PROTOCOL, pictures)}")
    return "".join(parts)


def judged_html(judged: Judged, name: str, protocol: Protocol) -> str:
    """Return one task of one run under one protocol: F1 as bars, all numbers, and the confusion matrix of emotions.

    Args:
        judged: the scores.
        name: of run and task, for captions.
        protocol: under which.
    """
    parts = [f"<figure>{_bars(judged, f'{name}, F1 under {protocol}')}</figure>"]
    inner = table_html(classes_table(judged, f"Protocol {protocol}"))
    inner += table_html(measures_table(judged, f"Beside S_re and S_ge, protocol {protocol}"))
    parts.append(f"<details><summary>Numbers under {protocol}</summary>{inner}</details>")
    if "confusion" in judged.scores:
        confusion = judged.scores["confusion"]
        title = f"{name}, labels against answers under {protocol}"
        chart = confusion_chart(confusion["rows"], confusion["columns"], confusion["counts"], title)
        parts.append(f"<figure>{chart}<figcaption>Labels down, answers across, {protocol}.</figcaption></figure>")
    return "".join(parts)


def _bars(judged: Judged, title: str) -> str:
    bars = [
        Bar(class_name(key), row["f1"], row["f1_interval_95"], _labels_note(row), pale=not row.get("scored", True))
        for key, row in judged.classes.items()
    ]
    note = "behind each bar F1 and the number of labels, whiskers are 95 % intervals"
    return f"{bar_chart(bars, title)}<figcaption>{escape(title)}; {note}.</figcaption>"


def _labels_note(row: Mapping[str, Any]) -> str:
    """Return what stands behind a bar: of how many labels it is."""
    if not row["support"]:
        return "no labels"
    return f"of {row['support']}" if row["f1"] is not None else f"not defined of {row['support']}"


def _distributions(result: TaskResult, name: str) -> list[str]:
    """Return the histograms of lengths and of ROUGE-L."""
    words: dict[str, Sequence[float]] = {
        "answers": [len(row["prediction"].split()) for row in result.rows if row["prediction"] is not None],
        "references": [len(row["reference"].split()) for row in result.rows if row.get("reference")],
    }
    rouges: dict[str, Sequence[float]] = {
        f"{protocol} ({MAIN_ROUGE[protocol]})": [
            value for outcome in judged.outcomes if (value := outcome.rouge[MAIN_ROUGE[protocol]]) is not None
        ]
        for protocol, judged in result.judged.items()
    }
    charts = ((words, "lengths in words", "words", None), (rouges, "ROUGE-L of each item, F from 0 to 1", "F", 1.0))
    return [
        f"<figure>{histogram(groups, f'{name}, {what}', unit, top=top)}"
        f"<figcaption>{escape(name)}, {what}.</figcaption></figure>"
        for groups, what, unit, top in charts
    ]
