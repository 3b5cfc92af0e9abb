"""The hallucination atlas as HTML: error code by action unit, for one pose and one quality gate; no framework here."""

from collections.abc import Sequence

from markupsafe import Markup

from review.guidelines import packaged_guideline
from review.page_html import NOTHING, empty_html, join, percent
from review.page_words import unit_words
from review.store.dashboard import AtlasCell

FEWEST = 5
"""A rate on fewer claims is drawn pale and marked, since its interval spans more than half of the scale (Wilson)."""

NOTHING_HERE = empty_html(
    "The atlas is empty here",
    "It fills with submitted reviews of claims. Choose another pose or quality, or wait for more reviews.",
)


def atlas_html(cells: Sequence[AtlasCell]) -> Markup:
    """Return a table of error rates, one row a code, one column an action unit.

    Args:
        cells: of one pose and one gate; cells without an action unit are not about one.
    """
    known = {(cell.code, cell.action_unit): cell for cell in cells if cell.rate.n}
    if not any(cell.rate.k for cell in known.values()):
        return NOTHING_HERE
    codes = [code for code in packaged_guideline().codes if any(key[0] == code and known[key].rate.k for key in known)]
    units = sorted({unit for _, unit in known if unit is not None})
    columns: list[int | None] = [*units, *([None] if any(unit is None for _, unit in known) else [])]
    most = max(cell.rate.value or 0.0 for cell in known.values())
    head = join(
        Markup('<th scope="col" class="rv-number" title="{}">{}</th>').format(
            "claims about no action unit" if unit is None else unit_words(unit),
            "other" if unit is None else f"AU{unit}",
        )
        for unit in columns
    )
    rows = join(
        Markup('<tr><th scope="row"><abbr title="{}">{}</abbr> {}</th>{}</tr>').format(
            packaged_guideline().codes[code].means,
            code,
            packaged_guideline().codes[code].name.lower(),
            join(_cell_html(known.get((code, unit)), most) for unit in columns),
        )
        for code in codes
    )
    return Markup(
        '<div class="rv-scroll"><table class="rv-table rv-atlas"><thead><tr><th scope="col">Error</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(head, rows)


def _cell_html(cell: AtlasCell | None, most: float) -> Markup:
    if cell is None or cell.rate.value is None:
        return Markup('<td class="muted">·</td>')
    rate = cell.rate
    assert rate.low is not None and rate.high is not None and rate.value is not None
    title = f"{rate.k} of {rate.n} claims; {percent(rate.low)} to {percent(rate.high)}"
    if not rate.k:
        return Markup('<td class="muted" title="{}">0</td>').format(title)
    few = Markup('<b aria-label="few claims">*</b>') if rate.n < FEWEST else NOTHING
    share = round(60 * rate.value / most)
    return Markup(
        '<td title="{}" style="background: color-mix(in srgb, var(--studio-bad) {}%, transparent)">{}{}</td>'
    ).format(title, share if rate.n >= FEWEST else share // 3, percent(rate.value), few)
