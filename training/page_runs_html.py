"""What the Runs page shows, as HTML: the list of runs, the scores of one or two, and items beside their pictures.

Every text of a file is escaped here or where the report escapes it. Pictures are read by the server and put into the
page as small copies, so that no folder is opened to the browser.
"""

import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from emola.answer import Protocol
from emola.page_results import notice_html
from training.benchmark.item_scores import TOTALS
from training.benchmark.labels import Task
from training.benchmark.report_compare import Comparison, shown
from training.benchmark.report_gallery import item_card
from training.benchmark.report_html import comparison_html, judged_html, table_html
from training.benchmark.report_results import RunResult
from training.benchmark.report_tables import TASK_NAMES, TOTAL_NAMES, runs_table, totals_table
from training.benchmark.run_items import ReadItem, missed_and_invented
from training.benchmark.run_listing import FoundRun, RunLibrary, count_failed

PICTURE_SIDE = 200

_STATES = {"unfinished": "◌ not finished", "broken": "✗ cannot be read"}
_GROUPS: tuple[Task, ...] = ("emotion", "au")


def list_html(library: RunLibrary, runs: Sequence[FoundRun], protocol: Protocol, chosen: str | None) -> str:
    """Return the table of runs; scores that are not computed yet show as an ellipsis."""
    if not runs:
        return _in_page(_empty(library.folder))
    numbers = "".join(f'<th class="number" scope="col">{name}</th>' for name in TOTAL_NAMES.values())
    above = "".join(f'<th colspan="3" scope="colgroup">{TASK_NAMES[task]}</th>' for task in _GROUPS)
    head = (
        f'<tr><th colspan="5"></th>{above}</tr><tr><th scope="col">Run</th><th scope="col">Model</th>'
        '<th scope="col">Data</th><th scope="col">Written</th><th class="number" scope="col">Answers</th>'
        f"{numbers * len(_GROUPS)}</tr>"
    )
    body = "".join(_line(run, library.scored(run.key), protocol, run.key == chosen) for run in runs)
    return _in_page(f'<div class="wide"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>')


def scores_html(result: RunResult, other: RunResult | None, task: Task, protocol: Protocol) -> str:
    """Return the scores of a run, beside those of another one if it is given."""
    runs = [run for run in (result, other) if run is not None and task in run.tasks]
    parts = [f"<section><h3>{escape(run.name)}</h3>{_task_html(run, task, protocol)}</section>" for run in runs]
    tables = table_html(totals_table(runs)) + f'<div class="side-by-side">{"".join(parts)}</div>'
    return _in_page(f"{tables}<details><summary>What was run</summary>{table_html(runs_table(runs))}</details>")


def difference_html(comparison: Comparison) -> str:
    """Return the difference of two runs, with intervals, and what flipped."""
    return _in_page(comparison_html(comparison))


def items_html(
    result: RunResult, items: Sequence[ReadItem], protocol: Protocol, about: str | None, open_as: Task | None
) -> str:
    """Return items as cards.

    Args:
        result: their run.
        items: those of one page.
        protocol: by which they were read.
        about: the emotion or action unit they are judged by; None for the whole label.
        open_as: their task, for the button that opens an item in the demo; None for no button.
    """
    cards = [
        item_card(result, item.row, item.outcome, protocol, _more(result, item, about, open_as), PICTURE_SIDE)
        for item in items
    ]
    return _in_page(f'<div class="cards">{"".join(cards)}</div>') if cards else notice("No item is like that.")


def notice(sentence: str, kind: str = "info") -> str:
    """Return one sentence in a box."""
    return _in_page(notice_html(sentence, kind))


def _task_html(run: RunResult, task: Task, protocol: Protocol) -> str:
    return judged_html(run.tasks[task].judged[protocol], f"{run.name}: {TASK_NAMES[task].lower()}", protocol)


def _in_page(inner: str) -> str:
    return f'<div class="runs">{inner}</div>'


def _line(run: FoundRun, result: RunResult | None, protocol: Protocol, chosen: bool) -> str:
    """Return one run's row of the list."""
    written = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.changed))
    if run.status != "finished":
        state = f'<td colspan="2"><span class="state state-{run.status}">{_STATES[run.status]}</span></td>'
        sentence = f'<td colspan="7">{escape(run.sentence)}</td>'
        return f'<tr><td><b>{escape(run.key)}</b></td>{state}<td class="time">{written}</td>{sentence}</tr>'
    name = f'<button type="button" class="name" data-run="{escape(run.key)}">{escape(run.key)}</button>'
    model, data = (escape(Path(str(run.description[what])).name) for what in ("model", "data"))
    titles = [escape(str(run.description[what])) for what in ("model", "data")]
    cells = "".join(_numbers(result, task, protocol) for task in _GROUPS)
    return (
        f'<tr aria-selected="{str(chosen).lower()}"><td>{name}</td><td class="path" title="{titles[0]}">{model}</td>'
        f'<td class="path" title="{titles[1]}">{data}</td><td class="time">{written}</td>'
        f'<td class="number">{_answers(result)}</td>{cells}</tr>'
    )


def _answers(result: RunResult | None) -> str:
    """Return how many items there are and how many of them failed."""
    if result is None:
        return "…"
    counts = count_failed(result).values()
    items, failed = sum(count for count, _ in counts), sum(count for _, count in counts)
    return f"{items}, {failed} failed" if failed else str(items)


def _numbers(result: RunResult | None, task: Task, protocol: Protocol) -> str:
    """Return the three totals of a task as cells; their intervals show when pointed at."""
    if result is None or task not in result.tasks:
        return f'<td class="number">{"…" if result is None else "–"}</td>' * len(TOTALS)
    scores = result.tasks[task].judged[protocol].scores
    cells = []
    for name in TOTALS:
        bounds = scores["intervals_95"].get(name)
        hint = f' title="95 % interval {bounds[0]:.1f} to {bounds[1]:.1f}"' if bounds else ""
        value = "–" if scores[name] is None else f"{scores[name]:.1f}"
        cells.append(f'<td class="number"{hint}>{value}</td>')
    return "".join(cells)


def _more(result: RunResult, item: ReadItem, about: str | None, open_as: Task | None) -> str:
    """Return what stands below the texts of an item: right or wrong, on which units, the other run, the button."""
    right = item.is_right(about)
    verdict = f'<span class="verdict {"right" if right else "wrong"}">{"✓ right" if right else "✗ wrong"}</span>'
    notes = [verdict]
    missed, invented = missed_and_invented(item.outcome)
    notes += [f"missed {shown(tuple(missed))}"] if missed else []
    notes += [f"wrongly named {shown(tuple(invented))}"] if invented else []
    notes += [f"the other run read {escape(shown(item.other.predicted))}"] if item.other is not None else []
    item_id = escape(str(item.row["id"]))
    attributes = f'data-from="{escape(result.name)}" data-task="{open_as}" data-item="{item_id}"'
    button = f'<button type="button" class="open" {attributes}>Open in the demo</button>' if open_as else ""
    return f"<p>{' · '.join(notes)}</p>{button}"


def _empty(folder: Path) -> str:
    """Return what to do when there is no run yet."""
    command = (
        "python -m training.synthetic make --out runs/faces --n 2000\n"
        "python -m training.benchmark run --model emola/weights/tiny --data runs/faces --out runs/bench"
    )
    return (
        f'<div class="empty"><p><b>No benchmark run lies in {escape(str(folder))} yet.</b> A run asks a model about '
        "every face of a data set and keeps the answers; this page then shows its scores, compares it with other runs "
        f"and opens any of its items in the demo. This makes one from rendered faces, offline:</p><pre>{command}</pre>"
        '<p class="muted">Runs may lie up to four folders deep. Choose the tab again to look for new ones.</p></div>'
    )
