"""How often people changed a verdict once they had seen the evidence, in words and tables; no web framework here."""

from collections.abc import Mapping

from markupsafe import Markup

from review.page_dashboard_parts import note_html, rate_html
from review.page_html import NOTHING, join, percent, section_html, table_html
from review.page_words import unit_words
from review.store.evidence_changes import EvidenceChanges

MEANING = (
    "Where the share is high, people lean on the measurements and on what models answered rather than on the face, so "
    "agreement there is partly the machine's; it does not say who was right. Blind coding, or a campaign that never "
    "shows evidence, measures agreement without it."
)


def evidence_changes_html(changes: EvidenceChanges, names: Mapping[int, str]) -> Markup:
    """Return the part of the Agreement page about evidence; nothing where no campaign shows any.

    Args:
        changes: the counts.
        names: how each person is called to this reader; who is not in it is not shown.
    """
    if not changes.whole.n:
        return NOTHING
    people = [(names[person], rate_html(found)) for person, found in changes.people.items() if person in names]
    units = [
        ("no action unit" if unit is None else unit_words(unit), rate_html(found))
        for unit, found in changes.units.items()
    ]
    parts = [section_html("Changed after the evidence"), note_html(f"{_sentence(changes)} {MEANING}")]
    if people:
        parts.append(table_html(("Person", "Verdicts changed after the evidence"), people))
    return join([*parts, table_html(("Claims about", "Verdicts changed after the evidence"), units)])


def _sentence(changes: EvidenceChanges) -> str:
    whole = changes.whole
    if not whole.k:
        return f"None of {whole.n:,} verdicts was changed after evidence had been shown."
    verb = "was" if whole.k == 1 else "were"
    return f"{whole.k:,} of {whole.n:,} verdicts ({percent(whole.value)}) {verb} changed after evidence had been shown."
