"""Guideline cards as HTML, and as the text fields in which a lead changes them; no web framework here."""

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from emola.errors import InputError
from emola.taxonomy import ACTION_UNITS
from review.guidelines import BANDS, CodeCard, Guideline, UnitCard, changed_cards, guideline_from_json
from review.page_html import join, moment, table_html
from review.store.guidelines import GuidelineRecord

UNIT_LABELS = ("Look for", "Mistaken for", *(f"Intensity {band}" for band in BANDS), "A still picture cannot show")
CODE_LABELS = ("Name", "What it means", "Example", "When it is not this", "Effect on the labels")
RULE_LABELS = ("Rule",)


def guideline_html(records: Sequence[GuidelineRecord]) -> Markup:
    """Return the version in force (the first of ``records``) with its index, then the list of versions."""
    newest = records[0].guideline
    rules = join(
        Markup('<section class="rv-card"><h4>{}</h4><p>{}</p></section>').format(title, text)
        for title, text in newest.general.items()
    )
    parts = [
        Markup('<p class="muted">Version <b>{}</b>, in force since {} UTC. {}</p>').format(
            newest.version, moment(records[0].active_from), newest.summary
        ),
        _index_html(newest),
        Markup('<h3 id="rules">Rules for every item</h3><div class="rv-cards">{}</div>').format(rules),
        Markup('<h3 id="units">Action units</h3><div class="rv-cards">{}</div>').format(
            join(map(unit_card_html, newest.units.values()))
        ),
        Markup('<h3 id="codes">Error codes</h3><div class="rv-cards">{}</div>').format(
            join(map(code_card_html, newest.codes.values()))
        ),
        versions_html(records),
    ]
    return join(parts)


def unit_card_html(card: UnitCard) -> Markup:
    """Return one action unit's card; it fits a column of 300 px."""
    unit = ACTION_UNITS[card.number]
    bands = join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(band, card.intensity[band]) for band in BANDS)
    rows = [("Look for", card.look_for), ("Mistaken for", card.mistaken_for)]
    rows += [("Intensity", Markup('<dl class="rv-bands">{}</dl>').format(bands))]
    rows += [("A still picture cannot show", card.still_picture)]
    return _card_html(f"AU{card.number}", unit.name, unit.region, rows)


def code_card_html(card: CodeCard) -> Markup:
    """Return one error code's card; it fits a column of 300 px."""
    rows = [("Means", card.means), ("Example", card.example), ("Not this", card.not_this), ("Effect", card.effect)]
    return _card_html(card.code, card.name, "", rows)


def versions_html(records: Sequence[GuidelineRecord]) -> Markup:
    """Return every version: since when, and which cards differ from the version before."""
    rows = []
    for record, before in zip(records, [*records[1:], None], strict=True):
        changed = "first version" if before is None else ", ".join(changed_cards(before.guideline, record.guideline))
        rows.append((record.version, moment(record.active_from), changed, record.guideline.summary))
    table = table_html(("Version", "In force since (UTC)", "Cards changed", "Why"), rows)
    return Markup('<h3 id="versions">Versions</h3>') + table


def card_names(guideline: Guideline) -> list[str]:
    """Return the names of every card, in the order of the page."""
    return [*guideline.general, *(f"AU{number}" for number in guideline.units), *guideline.codes]


def card_texts(guideline: Guideline, name: str) -> dict[str, str]:
    """Return the texts of one card by their labels.

    Raises:
        InputError: there is no such card.
    """
    if name in guideline.general:
        return dict(zip(RULE_LABELS, (guideline.general[name],), strict=True))
    if name in guideline.codes:
        code = guideline.codes[name]
        texts = (code.name, code.means, code.example, code.not_this, code.effect)
        return dict(zip(CODE_LABELS, texts, strict=True))
    unit = guideline.units.get(_number(name))
    if unit is None:
        raise InputError(f"There is no card {name!r}; choose one of the list.")
    bands = [unit.intensity[band] for band in BANDS]
    return dict(zip(UNIT_LABELS, (unit.look_for, unit.mistaken_for, *bands, unit.still_picture), strict=True))


def with_card(guideline: Guideline, name: str | None, texts: Sequence[str]) -> Guideline:
    """Return ``guideline`` with the texts of one card changed; texts beyond its fields are ignored.

    Raises:
        InputError: there is no such card, or a text is empty or too long.
    """
    if not name:
        raise InputError("Choose a card first.")
    count = len(card_texts(guideline, name))
    values = [str(text or "") for text in texts[:count]]
    if name in guideline.general:
        changed = replace(guideline, general={**guideline.general, name: values[0]})
    elif name in guideline.codes:
        changed = replace(guideline, codes={**guideline.codes, name: CodeCard(name, *values)})
    else:
        bands = dict(zip(BANDS, values[2:-1], strict=True))
        card = UnitCard(_number(name), values[0], values[1], bands, values[-1])
        changed = replace(guideline, units={**guideline.units, card.number: card})
    return guideline_from_json(changed.to_json())


def _index_html(guideline: Guideline) -> Markup:
    links = [("rules", "Rules"), ("units", "Action units"), ("codes", "Error codes"), ("versions", "Versions")]
    cards = [(f"AU{number}", f"AU{number}") for number in guideline.units] + [(c, c) for c in guideline.codes]
    return Markup('<nav class="rv-index" aria-label="Cards"><p>{}</p><p>{}</p></nav>').format(
        _links_html(links, ""), _links_html(cards, "card-")
    )


def _links_html(links: Sequence[tuple[str, str]], prefix: str) -> Markup:
    return join(Markup('<a href="#{}{}">{}</a> ').format(prefix, target, words) for target, words in links)


def _card_html(name: str, title: str, remark: str, rows: Sequence[tuple[str, str | Markup]]) -> Markup:
    fields = join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, text) for label, text in rows)
    return Markup(
        '<section class="rv-card" id="card-{}"><h4><b>{}</b> {} <span class="muted">{}</span></h4><dl>{}</dl></section>'
    ).format(name, name, title, remark, fields)


def _number(name: str) -> int:
    return int(name[2:]) if name.startswith("AU") and name[2:].isdecimal() else 0
