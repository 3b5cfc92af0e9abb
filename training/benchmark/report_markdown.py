"""The tables of a report as Markdown, for a README or an issue."""

from collections.abc import Sequence

from training.benchmark.report_compare import Comparison, not_compared
from training.benchmark.report_folds import fold_tables
from training.benchmark.report_protocols import protocols_table
from training.benchmark.report_results import RunResult
from training.benchmark.report_tables import (
    FLIPS_SHOWN,
    TASK_NAMES,
    Table,
    cited_classic_table,
    cited_table,
    classes_table,
    comparison_table,
    flips_table,
    measures_table,
    runs_table,
    totals_table,
)


def report_markdown(runs: Sequence[RunResult], comparisons: Sequence[Comparison], releases: Sequence[Table]) -> str:
    """Return scores, differences and flips, the release, folds, classes, cited results and what was run, in order."""
    tables = [
        totals_table(runs),
        *(
            table
            for comparison in comparisons
            for table in (comparison_table(comparison), flips_table(comparison, FLIPS_SHOWN))
        ),
        *releases,
        *fold_tables(runs),
    ]
    for run in runs:
        for task, result in run.tasks.items():
            for protocol, judged in result.judged.items():
                name = f"{run.name}: {TASK_NAMES[task].lower()}, protocol {protocol}"
                tables += [classes_table(judged, name), measures_table(judged, f"{name}, beside S_re and S_ge")]
    tables += [cited_table(), cited_classic_table(), runs_table(runs), protocols_table(runs)]
    beside = [sentence + "\n"] if (sentence := _escape(not_compared(runs, comparisons))) else []
    return "# FABA-Bench report\n\n" + "\n".join([*beside, *map(table_markdown, tables)])


def table_markdown(table: Table) -> str:
    """Return a table under its caption; what Markdown or HTML would take for markup is escaped."""
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    drawn = ["| " + " | ".join(cell if cell == "---" else _escape(cell) for cell in line) + " |" for line in lines]
    return f"**{_escape(table.caption)}**\n\n" + "\n".join(drawn) + "\n"


def _escape(text: str) -> str:
    for mark in "\\`*|<>[]":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())
