"""Answers as HTML: the text with its claims, action units, emotion under both protocols, and the evidence.

Every text that comes from a model, a file or a visitor is escaped here. Nothing is told by colour alone: each verdict
has a sign and a word, each number stands beside its name.
"""

import re
import unicodedata
from collections.abc import Mapping
from html import escape

from emola.answer.reading import EmotionReading
from emola.describe import FREE_QUESTION, ClaimReading, UnitChip
from emola.page_visits import Answer
from emola.taxonomy import ACTION_UNITS, Reliability, Side

TASK_TITLES = {"emotion": "Emotion", "au": "Action units", FREE_QUESTION: "Your question"}

INTENSITIES = {"A": "trace", "B": "slight", "C": "marked", "D": "severe", "E": "maximum"}
"""FACS words of the five intensities (Ekman, Friesen and Hager, 2002), the first where the manual has two."""

SIDES = {
    Side.BOTH: "both sides",
    Side.LEFT: "subject's left (right in the picture)",
    Side.RIGHT: "subject's right (left in the picture)",
}

RELIABILITIES = {
    Reliability.SUPPORTED: ("●", "holds on photographs"),
    Reliability.UNCERTAIN: ("◐", "uncertain on photographs"),
    Reliability.NOT_RELIABLE: ("○", "not reliable on photographs"),
    Reliability.UNMEASURED: ("–", "not measured on photographs"),
}

STANCES = {
    "supports": ("✓", "Geometry supports it"),
    "contradicts": ("✗", "Geometry contradicts it"),
    "unclear": ("?", "Geometry is unclear"),
    "not measurable": ("–", "Not measurable from geometry"),
}

HASH = re.compile(r"[0-9a-f]{40,64}")
SHORT_HASH = 10
"""Digits shown of a hash: enough to tell releases and revisions apart."""

EVIDENCE_NOTE = (
    '<h4>Evidence</h4><p class="muted">Compared with an average neutral face. Point at a row, or press it, to see what '
    "was measured. What geometry cannot measure is not wrong: a person has to look.</p>"
)


def notice_html(sentence: str, kind: str = "info") -> str:
    """Return one sentence in a box; ``kind`` is ``info``, ``wait`` or ``error``."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice notice-{escape(kind)}" role="{role}">{escape(sentence)}</p>'


def answer_html(answer: Answer, slot: str, sendable: bool = False) -> str:
    """Return the answer, with everything read from it once it is complete.

    Args:
        answer: as it stands now.
        slot: ``first`` or ``second``; the buttons say which answer they save or send.
        sendable: whether there is a review to send a finished answer to.
    """
    reading = answer.reading
    claims = [] if reading is None else reading.claims
    parts = [f'<header><h3>{escape(answer.model)}</h3><span class="muted">{_status(answer)}</span></header>']
    parts.append(f'<p class="origin muted">{origin_html(answer.origin)}</p>' if answer.origin else "")
    for task, text in answer.texts.items():
        own = [claim for claim in claims if claim.task == task]
        growing = "" if task in answer.finished else " growing"
        parts.append(f'<h4>{TASK_TITLES[task]}</h4><p class="answer-text{growing}">{claims_text(text, own)}</p>')
    if reading is not None:
        parts += [units_html(reading.action_units), emotion_html(reading.emotion_strict, reading.emotion_paper)]
        parts += [evidence_html(reading.claims), _buttons(slot, sendable and not answer.stopped)]
    state = "busy" if reading is None else "done"
    busy = str(reading is None).lower()
    return f'<article class="answer" data-state="{state}" aria-busy="{busy}">{"".join(parts)}</article>'


def origin_html(origin: Mapping[str, str]) -> str:
    """Return where a model comes from in one line; hashes are short, the whole one shows when it is pointed at."""
    return " · ".join(_fact(name.replace("_", " "), value) for name, value in origin.items())


def claims_text(text: str, claims: list[ClaimReading]) -> str:
    """Return ``text`` escaped, each claim about an action unit marked with its stance and points.

    Offsets count code points of the NFC text; a claim that overlaps an earlier one stays unmarked.
    """
    text = unicodedata.normalize("NFC", text)
    parts, position = [], 0
    for claim in sorted(claims, key=lambda claim: claim.start):
        if claim.evidence is None or claim.start < position:
            continue
        verdict = stance(claim)
        sign, words = STANCES[verdict]
        parts.append(escape(text[position : claim.start]))
        said = text[claim.start : claim.end]
        parts.append(
            f'<span class="claim claim-{_css(verdict)}" role="button" tabindex="0" {points_attributes(claim)}'
            f' title="{escape(_unit(claim.action_unit))}: {words}">{escape(said.rstrip())}'
            f'<span class="sign" aria-label="{words}">{sign}</span></span>{" " if said != said.rstrip() else ""}'
        )
        position = claim.end
    return "".join(parts) + escape(text[position:])


def stance(claim: ClaimReading) -> str:
    """Return how geometry stands to the claim as it stands, denied or not."""
    return str(claim.verdict or "not measurable")


def points_attributes(claim: ClaimReading) -> str:
    """Return the attributes by which the picture draws a claim's point pairs, or nothing to draw."""
    found = claim.evidence
    attributes = f'data-unit="{claim.action_unit}"'
    if found is None or not found.segments:
        return attributes
    pairs = [",".join(f"{float(value):.1f}" for point in pair for value in point) for pair in found.segments]
    return f'{attributes} data-points="{";".join(pairs)}" data-label="{escape(found.reason)}"'


def units_html(chips: list[UnitChip]) -> str:
    """Return the action units read from the text, ascending: number, name, intensity, side, reliability."""
    if not chips:
        return '<h4>Action units read</h4><p class="muted">None was read from this text.</p>'
    return f'<h4>Action units read</h4><ul class="units">{"".join(map(_unit_html, chips))}</ul>'


def emotion_html(strict: EmotionReading | None, paper: EmotionReading | None) -> str:
    """Return the emotion under both protocols; nothing when no emotion was asked for."""
    if strict is None and paper is None:
        return ""
    rows = [
        ("strict", strict, "words and negations are read as they stand; unknown is a result"),
        ("paper", paper, "as the published evaluation reads it, with its faults"),
    ]
    cells = "".join(
        f"<div><dt>{name}</dt><dd><b>{escape(_emotion(found))}</b> <span class='muted'>{note}</span></dd></div>"
        for name, found, note in rows
    )
    return f'<h4>Emotion read</h4><dl class="emotion">{cells}</dl>'


def evidence_html(claims: list[ClaimReading]) -> str:
    """Return one row for all that is claimed alike of an action unit: stance, the words, and the reason with numbers.

    What can be measured comes first; the rest is folded away under its count.
    """
    alike: dict[tuple[int | None, str, str], list[ClaimReading]] = {}
    for claim in claims:
        if claim.evidence is not None:
            alike.setdefault((claim.action_unit, stance(claim), claim.evidence.reason), []).append(claim)
    if not alike:
        return '<h4>Evidence</h4><p class="muted">No claim in this text is about a known action unit.</p>'
    judged = [group for group in alike.values() if stance(group[0]) != "not measurable"]
    others = [group for group in alike.values() if stance(group[0]) == "not measurable"]
    parts = [EVIDENCE_NOTE, f'<ul class="evidence">{"".join(map(_evidence_row, judged))}</ul>' if judged else ""]
    if others:
        number = sum(map(len, others))
        count = f"{number} claim{'s' if number > 1 else ''} not measurable from geometry"
        rows = "".join(map(_evidence_row, others))
        parts.append(f'<details><summary>– {count}</summary><ul class="evidence">{rows}</ul></details>')
    return "".join(parts)


def comparison_html(first: Answer, second: Answer) -> str:
    """Return which action units both answers name and which only one, and both emotions."""
    readings = [answer.reading for answer in (first, second) if answer.reading is not None]
    if len(readings) < 2:
        return ""
    ours, theirs = ({chip.number for chip in reading.action_units} for reading in readings)
    names = (f"{first.model} (left)", f"{second.model} (right)")
    rows = [
        ("Both name", ours & theirs),
        (f"Only {names[0]}", ours - theirs),
        (f"Only {names[1]}", theirs - ours),
    ]
    cells = "".join(f"<div><dt>{escape(title)}</dt><dd>{escape(_units(units))}</dd></div>" for title, units in rows)
    emotions = [reading.emotion_strict for reading in readings]
    if None not in emotions:
        same = "the same emotion" if _emotion(emotions[0]) == _emotion(emotions[1]) else "different emotions"
        words = f"{same}: {_emotion(emotions[0])} and {_emotion(emotions[1])}"
        cells += f"<div><dt>Emotion (strict)</dt><dd>{escape(words)}</dd></div>"
    return f'<section class="comparison"><h3>Where they differ</h3><dl class="emotion">{cells}</dl></section>'


def _fact(name: str, value: str) -> str:
    if not HASH.fullmatch(value):
        return f"{escape(name)} {escape(value)}"
    return f'{escape(name)} <abbr title="{value}">{value[:SHORT_HASH]}</abbr>'


def _status(answer: Answer) -> str:
    if answer.reading is None:
        return "answering ..."
    total = sum(value for step, value in answer.timings_ms.items() if step.endswith("_total"))
    ended = "stopped after" if answer.stopped else "answered in"
    return f"{ended} {total / 1000:.1f} s"


def _buttons(slot: str, sendable: bool) -> str:
    save = f'<button type="button" class="quiet" data-save="{escape(slot)}">Save this answer (JSON)</button>'
    send = (
        f' <button type="button" class="quiet" data-send="{escape(slot)}" title="Keeps this face and the text on this '
        'server for its reviewers">Send to review (keeps this face)</button>'
    )
    return f'<p class="answer-buttons">{save}{send if sendable else ""} <span role="status"></span></p>'


def _unit_html(chip: UnitChip) -> str:
    sign, words = RELIABILITIES[chip.reliability]
    intensity = "" if chip.intensity is None else f"{chip.intensity} {INTENSITIES[chip.intensity]}"
    details = [text for text in (intensity, "" if chip.side is None else SIDES[chip.side]) if text]
    return (
        f'<li class="unit unit-{_css(chip.reliability)}" data-unit="{chip.number}"><b>AU{chip.number}</b> '
        f'{escape(chip.name)} <span class="muted">{escape(" · ".join(details))}</span> '
        f'<span class="reliability"><span aria-hidden="true">{sign}</span> {words}</span></li>'
    )


def _evidence_row(alike: list[ClaimReading]) -> str:
    first = alike[0]
    verdict, reason = stance(first), first.evidence.reason if first.evidence else ""
    sign, words = STANCES[verdict]
    quotes = " ".join(f"<q>{escape(words)}</q>" for words in dict.fromkeys(claim.text.strip() for claim in alike))
    return (
        f'<li class="proof proof-{_css(verdict)}" role="button" tabindex="0" {points_attributes(first)}>'
        f'<span><span class="verdict"><span class="sign" aria-hidden="true">{sign}</span> {words}</span> '
        f"· <b>{escape(_unit(first.action_unit))}</b></span><span>{quotes}</span>"
        f'<span class="muted">{escape(reason)}</span></li>'
    )


def _emotion(found: EmotionReading | None) -> str:
    if found is None:
        return "not asked"
    return found.label or ("the published reader fails on this text" if found.status == "crash" else "unknown")


def _unit(number: int | None) -> str:
    return "no action unit" if number is None else f"AU{number} {ACTION_UNITS[number].name}"


def _units(numbers: set[int]) -> str:
    return ", ".join(_unit(number) for number in sorted(numbers)) or "none"


def _css(words: str) -> str:
    return words.replace(" ", "-")
