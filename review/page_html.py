"""Pieces of HTML that the pages share. Whatever is not Markup is escaped when it is put in; no web framework here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

NOTHING = Markup("")

READING = Markup('<p class="muted">Reading the database …</p>')
"""What stands on a page until its content has arrived."""

SIGNS = {"info": "•", "good": "✓", "wait": "!", "error": "✗"}
"""What a notice or a badge can be; each has a sign of its own beside its colour."""


def notice_html(sentence: str | Markup, kind: str = "info") -> Markup:
    """Return one sentence in a box; ``kind`` is one of SIGNS."""
    role = "alert" if kind == "error" else "status"
    return Markup('<p class="notice notice-{}" role="{}">{}</p>').format(kind, role, sentence)


def heading_html(title: str, purpose: str) -> Markup:
    """Return the page's title and one sentence that says what it is for."""
    return Markup('<h2 class="rv-title">{}</h2><p class="muted rv-purpose">{}</p>').format(title, purpose)


def section_html(title: str) -> Markup:
    """Return the title of a part of the page."""
    return Markup('<h3 class="rv-section">{}</h3>').format(title)


def empty_html(title: str, what_to_do: str) -> Markup:
    """Return what stands where there is nothing to show yet: that it is so, and what to do."""
    return Markup('<div class="rv-empty"><h3>{}</h3><p>{}</p></div>').format(title, what_to_do)


def badge_html(words: object, kind: str = "info") -> Markup:
    """Return a word with the sign of its kind, so that colour is never alone."""
    return Markup('<span class="rv-badge rv-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        kind, SIGNS[kind], words
    )


def table_html(
    headers: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", numbers: Iterable[int] = ()
) -> Markup:
    """Return a table.

    Args:
        headers: column titles.
        rows: cells, escaped unless they are Markup; the first cell of a row is its title.
        caption: said above the table, for readers and screen readers.
        numbers: indexes of the columns that hold numbers, set to the right.
    """
    right = set(numbers)

    def cell(tag: str, index: int, value: object) -> Markup:
        scope = Markup(' scope="row"') if tag == "th" else NOTHING
        return Markup("<{}{}{}>{}</{}>").format(tag, scope, _class(index in right), value, tag)

    head = join(
        Markup('<th scope="col"{}>{}</th>').format(_class(index in right), title) for index, title in enumerate(headers)
    )
    body = join(
        Markup("<tr>{}</tr>").format(
            join(cell("td" if index else "th", index, value) for index, value in enumerate(row))
        )
        for row in rows
    )
    title = Markup("<caption>{}</caption>").format(caption) if caption else NOTHING
    return Markup(
        '<div class="rv-scroll"><table class="rv-table">{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(title, head, body)


def tiles_html(tiles: Iterable[tuple[str, object, str]]) -> Markup:
    """Return large numbers in a row; each tile is title, number and a remark."""
    cells = join(
        Markup('<div class="rv-tile"><dt>{}</dt><dd>{}</dd><dd class="muted">{}</dd></div>').format(*tile)
        for tile in tiles
    )
    return Markup('<dl class="rv-tiles">{}</dl>').format(cells)


def bar_html(low: float, value: float, high: float, *, least: float = 0.0, most: float = 1.0) -> Markup:
    """Return a dot with its interval on a line from ``least`` to ``most``; the numbers stand beside it as text.

    Args:
        low: lower end of the interval.
        value: the estimate.
        high: upper end of the interval.
        least: left end of the line.
        most: right end of the line.
    """

    def place(number: float) -> float:
        return round(100 * min(max((number - least) / (most - least), 0.0), 1.0), 1)

    return Markup(
        '<span class="rv-bar" aria-hidden="true"><i style="left:{}%;width:{}%"></i><b style="left:{}%"></b></span>'
    ).format(place(low), round(place(high) - place(low), 1), place(value))


def progress_html(part: int, whole: int, label: str) -> Markup:
    """Return a progress bar with its numbers as text."""
    share = round(100 * part / whole, 1) if whole else 0.0
    return Markup(
        '<div class="rv-progress" role="progressbar" aria-valuemin="0" aria-valuemax="{}" aria-valuenow="{}" '
        'aria-label="{}"><i style="width:{}%"></i></div>'
    ).format(whole, part, label, share)


def moment(at: datetime | None) -> str:
    """Return a time in UTC to the minute, or a dash."""
    return "–" if at is None else at.strftime("%Y-%m-%d %H:%M")


def percent(share: float | None) -> str:
    """Return a share as a whole percentage, with one digit below ten per cent, or a dash."""
    if share is None:
        return "–"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def number(value: float | None, digits: int = 2) -> str:
    """Return a number with ``digits`` decimals, or a dash where it is not defined."""
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def join(parts: Iterable[Any]) -> Markup:
    """Return the parts one after the other, each escaped unless it is Markup."""
    return NOTHING.join(parts)


def _class(right: bool) -> Markup:
    return Markup(' class="rv-number"') if right else NOTHING
