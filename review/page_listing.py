"""A page of search results as HTML: one row a description, with a blurred thumbnail; no web framework here."""

from collections.abc import Sequence

from markupsafe import Markup

from review.page_html import NOTHING, empty_html, join, percent
from review.page_words import TASKS, code_words
from review.store.browse import BrowseRow, Page

LONGEST_EXCERPT = 240
"""Characters of the text in a row; two lines show fewer."""

NOTHING_FITS = empty_html(
    "No description fits",
    "Take a filter away, or write fewer words. To bring some in: python -m review import FILE --images FOLDER.",
)


def listing_html(page: Page, offset: int, limit: int, *, codes: bool, current: int | None = None) -> Markup:
    """Return the rows of a page with its place among all results.

    Args:
        page: the rows and how many there are in all.
        offset: of the first row.
        limit: rows on a full page.
        codes: whether the error codes that people gave may be shown.
        current: the description that is open beside the list.
    """
    if not page.rows:
        return Markup('<div class="rv-list">{}</div>').format(NOTHING_FITS)
    rows = join(_row_html(row, codes, row.description_id == current) for row in page.rows)
    last = offset + len(page.rows)
    turn = Markup(
        '<div class="rv-turn"><button type="button" data-offset="{}"{}>Previous</button>'
        '<span role="status">{} to {} of {}, most suspicious first</span>'
        '<button type="button" data-offset="{}"{}>Next</button></div>'
    ).format(
        max(0, offset - limit),
        NOTHING if offset else Markup(" disabled"),
        offset + 1,
        last,
        f"{page.total:,}",
        last,
        NOTHING if last < page.total else Markup(" disabled"),
    )
    return Markup('<div class="rv-list">{}<ol>{}</ol></div>').format(turn, rows)


def _row_html(row: BrowseRow, codes: bool, current: bool) -> Markup:
    excerpt = " ".join(row.text.split())[:LONGEST_EXCERPT]
    facts = join(Markup("<span>{}</span>").format(fact) for fact in _facts(row, codes))
    return Markup(
        '<li><button type="button" class="rv-row" data-open="{}" aria-current="{}">'
        '<img data-face="{}" data-view="thumb" alt="" loading="lazy"><span>'
        '<span class="rv-excerpt">{}</span><span class="rv-facts">{}</span></span></button></li>'
    ).format(row.description_id, str(current).lower(), row.image_id, excerpt, facts)


def _facts(row: BrowseRow, codes: bool) -> Sequence[str]:
    facts = [f"#{row.description_id}", TASKS[row.task], row.split]
    if row.emotion:
        facts.append(row.emotion)
    if row.suspicion is not None:
        facts.append(f"suspicion {percent(row.suspicion)}")
    facts.append({0: "not reviewed", 1: "1 review"}.get(row.reviews, f"{row.reviews} reviews"))
    if codes and row.codes:
        facts.append(", ".join(code_words(code) for code in row.codes))
    return facts
