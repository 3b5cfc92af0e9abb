"""``python -m training.benchmark report RUN...``: one HTML file and one Markdown file about finished runs.

Each further run is compared with the first one on the same data: paired bootstrap of the difference, and which items
flipped. Runs on the folds of a classic data set are averaged instead: mean over action units, then over folds.
"""

import argparse
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from emola.errors import InputError, ResourceError

if TYPE_CHECKING:
    from training.benchmark.report_compare import Comparison
    from training.benchmark.report_results import RunResult
    from training.benchmark.report_tables import Table
    from training.data.records import Task


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "report",
        help="show and compare runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    runs = "folder of a finished run, or own predictions: a JSONL as score reads, or a folder of predictions_TASK.jsonl"
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help=runs)
    out = "HTML to write; the Markdown goes beside it (default: report.html in the first run, or beside a file)"
    parser.add_argument("--out", type=Path, metavar="REPORT.html", help=out)
    parser.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="resamples of the intervals (1000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling (default 0)")
    pictures = "most failures shown of each run and task; 0 keeps faces out of the file (default 24)"
    parser.add_argument("--pictures", type=int, default=24, metavar="N", help=pictures)
    folder = "a review release: scores with old and new labels and references of both tasks"
    parser.add_argument("--release", type=Path, metavar="FOLDER", help=folder)
    for task in ("emotion", "au"):
        release = f"{task} evaluation JSON of a review release: scores with old and new labels and references"
        parser.add_argument(f"--{task}-release", type=Path, metavar="JSON", help=release)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the report; 0.

    Raises:
        InputError: a folder is no finished run, or two runs are not on the same data.
        ResourceError: the report cannot be written.
    """
    from training.benchmark.report_html import report_html
    from training.benchmark.report_markdown import report_markdown, table_markdown
    from training.benchmark.report_results import read_runs
    from training.benchmark.report_tables import totals_table

    if min(options.bootstrap, options.seed, options.pictures) < 0:
        raise InputError("--bootstrap, --seed and --pictures must be 0 or more.")
    first = options.runs[0]
    page = options.out or (first.with_suffix(".html") if first.is_file() else first / "report.html")
    if page.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out must end in .html, not {page.name}.")
    runs = read_runs(options.runs, options.bootstrap, options.seed)
    comparisons = _compare_all(runs, options.bootstrap, options.seed)
    releases = _releases(options, runs)
    _write(page, report_html(runs, comparisons, releases, options.pictures))
    _write(page.with_suffix(".md"), report_markdown(runs, comparisons, releases))
    print(table_markdown(totals_table(runs)))
    print(f"Written to {page} and {page.with_suffix('.md')}.")
    return 0


def _compare_all(runs: "list[RunResult]", repeats: int, seed: int) -> "list[Comparison]":
    """Compare every later run with the first on the same data, on the tasks that both have."""
    from training.benchmark.report_compare import compare, runs_to_compare
    from training.benchmark.report_results import PROTOCOLS

    return [
        compare(first, other, task, protocol, repeats, seed)
        for first, other in runs_to_compare(runs)
        for task, protocol in product(first.tasks, PROTOCOLS)
        if task in other.tasks
    ]


def _releases(options: argparse.Namespace, runs: "list[RunResult]") -> "list[Table]":
    """Return the tables of the review releases that were given."""
    from training.benchmark.release import is_release, read_release_rows
    from training.benchmark.report_release import release_table

    tasks: tuple[Task, ...] = ("emotion", "au")
    given = [(task, path) for task in tasks if (path := getattr(options, f"{task}_release"))]
    if options.release:
        if not is_release(options.release):
            raise InputError(f"{options.release} is no review release: it holds no manifest.json of one.")
        answered = [task for task in tasks if any(task in run.tasks for run in runs)]
        given += [(task, options.release) for task in answered if read_release_rows(options.release, task)]
    return [release_table(runs, task, path, options.bootstrap, options.seed) for task, path in given]


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"{path} cannot be written: {error.strerror or error}.") from error
