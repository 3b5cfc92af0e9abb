"""The conflicts of one description as HTML: two nameless columns, a third way, a reason; no web framework here."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from emola.taxonomy import ACTION_UNITS, EMOTIONS
from review.page_html import join
from review.page_item import thread_html
from review.page_words import INTENSITIES, SIDES, STATES, VERDICTS, code_words, target_words, unit_words, value_words
from review.records import CODES
from review.store.adjudication import AdjudicationRecord, Conflict
from review.store.items import ItemView

Options = Sequence[tuple[str, str]]

MIRROR = "The subject's left is on your right."
KEYS = "1 A · 2 B · 3 other · J K next, previous · R reason · Enter decide and go on"


def conflicts_html(record: AdjudicationRecord, item: ItemView, agreed: int) -> Markup:
    """Return the page of one adjudication.

    Args:
        record: what was leased, with its conflicts and the reviewers' letters instead of their names.
        item: the description.
        agreed: how many targets the reviewers agree on.
    """
    cards = join(_conflict_html(index, conflict, item) for index, conflict in enumerate(record.conflicts))
    return Markup(
        '<div class="rv-adjudicate" data-adjudication="{}" data-version="{}"><aside>{}{}{}</aside>'
        '<section aria-label="Conflicts"><p class="rv-agreed">{}</p>{}</section>'
        '<div class="rv-foot"><span class="muted">{}</span><span class="rv-left muted" role="status"></span>'
        '<button type="button" class="rv-primary" data-act="decide">Decide and go on</button></div></div>'
    ).format(
        record.id,
        record.version,
        _face_html(item),
        _text_html(item, record.conflicts),
        thread_html(item.description_id, nameless=True),
        _settled(agreed),
        cards,
        KEYS,
    )


def _settled(agreed: int) -> str:
    if not agreed:
        return "Decide what the reviewers judged differently:"
    things = "1 judgement" if agreed == 1 else f"{agreed} judgements"
    return f"Both reviewers agree on {things}; settled and not shown. Decide the rest:"


def _face_html(item: ItemView) -> Markup:
    return Markup(
        '<figure class="rv-face"><img data-face="{}" data-view="full" alt="Face of item {}">'
        "<figcaption>{}</figcaption></figure>"
    ).format(item.image_id, item.description_id, MIRROR)


def _text_html(item: ItemView, conflicts: Sequence[Conflict]) -> Markup:
    """Return the whole text with the claims in conflict marked."""
    disputed = {conflict.target_key for conflict in conflicts if conflict.target == "claim"}
    parts = [
        Markup('<mark data-claim="{}">{}</mark>').format(claim.id, claim.text)
        if str(claim.id) in disputed
        else claim.text
        for claim in item.claims
    ]
    kind = "Action units" if item.task == "au" else "Emotion"
    return Markup('<h4>{}: the text as it was written</h4><p class="rv-text">{}</p>').format(kind, join(parts))


def _conflict_html(index: int, conflict: Conflict, item: ItemView) -> Markup:
    kind = {"claim": "Claim", "unit": "Action unit", "emotion": "Emotion", "text": "Text"}[conflict.target]
    claims = {claim.id: claim.text for claim in item.claims}
    choices = join(
        _choice_html(index, number, letter, value_words(conflict.target, value, item.text))
        for number, (letter, value) in enumerate(conflict.values, 1)
    )
    other = _choice_html(index, len(conflict.values) + 1, "", _other_html(conflict.target, item.text))
    return Markup(
        '<fieldset class="rv-conflict" tabindex="-1" data-target="{}" data-key="{}"><legend>'
        '<span class="muted">{}</span> {}</legend><div class="rv-choices">{}{}</div>'
        '<label class="rv-reason"><span>Why</span> <input name="reason" maxlength="1000" '
        'placeholder="Both reviewers will read this" autocomplete="off"></label></fieldset>'
    ).format(
        conflict.target,
        conflict.target_key,
        kind,
        target_words(conflict.target, conflict.target_key, claims),
        choices,
        other,
    )


def _choice_html(index: int, number: int, letter: str, words: str | Markup) -> Markup:
    title = f"Reviewer {letter}" if letter else "Something else"
    return Markup(
        '<label class="rv-choice{}"><input type="radio" name="conflict-{}" value="{}"><kbd>{}</kbd> <b>{}</b>'
        '<span class="rv-said">{}</span></label>'
    ).format("" if letter else " rv-other", index, letter, number, title, words)


def _other_html(target: str, text: str) -> Markup:
    """Return the fields in which a third value is given."""
    codes: Options = [("", "no code"), *((code, code_words(code)) for code in CODES)]
    units: Options = [("", "no action unit"), *((str(number), unit_words(number)) for number in ACTION_UNITS)]
    fields: dict[str, list[tuple[str, str, Options]]] = {
        "claim": [
            ("verdict", "Verdict", [(name, " ".join(words)) for name, words in VERDICTS.items()]),
            ("code", "Error code", codes),
            ("action_unit", "Right action unit", units),
        ],
        "unit": [
            ("state", "State", list(STATES.items())),
            ("intensity", "Intensity", [("", "no intensity"), *INTENSITIES.items()]),
            ("side", "Side", [("N", "side not stated"), *SIDES.items()]),
        ],
        "emotion": [("label", "Emotion", [(name, name) for name in EMOTIONS])],
    }
    if target == "text":
        area = '<span class="rv-fields"><textarea name="text" rows="4" aria-label="Corrected text">{}</textarea></span>'
        return Markup(area).format(text)
    return Markup('<span class="rv-fields">{}</span>').format(join(_select_html(*field) for field in fields[target]))


def _select_html(name: str, label: str, options: Options) -> Markup:
    return Markup('<select name="{}" aria-label="{}">{}</select>').format(
        name, label, join(Markup('<option value="{}">{}</option>').format(*option) for option in options)
    )


def other_value(target: str, fields: Mapping[str, Any]) -> dict[str, Any] | str:
    """Return a third value from the fields that the page sent: JSON, or the words of a text; empty is None."""
    given = {name: str(value) or None for name, value in fields.items()}
    if target == "claim":
        unit = given.get("action_unit")
        number = int(unit) if unit and unit.isdecimal() else None
        return {"verdict": given.get("verdict"), "code": given.get("code"), "action_unit": number}
    if target == "unit":
        return {name: given.get(name) for name in ("state", "intensity", "side")}
    if target == "emotion":
        return {"label": given.get("label"), "second": None, "confidence": 2}
    return str(fields.get("text", ""))
