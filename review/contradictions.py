"""Where a description contradicts itself: pure functions over text and claims."""

from collections.abc import Iterable, Sequence

from emola.answer import read_emotion
from review.claims import ParsedClaim
from review.findings import ENTRY, Finding
from review.lexicons import lexicon, part_words
from review.soft_rules import part_units, soft_warnings

_CLOSED = 43


def find_contradictions(text: str, claims: Sequence[ParsedClaim], task: str) -> list[Finding]:
    """Return what cannot hold together, in no particular order.

    Repeated entries, units denied and affirmed, pairs that seldom go together, parts said to rest or to be hidden of
    which a unit is named, and a gaze with closed eyes.
    """
    return [
        *_repeated(text, claims),
        *_denied_and_affirmed(claims),
        *_together(text, claims, task),
        *_parts(text, claims),
        *(_emotion_without_cue(claims) if task == "emotion" else ()),
        *_gaze_with_closed_eyes(text, claims),
    ]


def first_emotion(claims: Sequence[ParsedClaim]) -> str | None:
    """Return the first emotion that is affirmed."""
    return next((claim.emotion for claim in claims if claim.emotion and not claim.negated), None)


def affirmed_units(claims: Sequence[ParsedClaim]) -> set[int]:
    """Return the action units that are said to be present."""
    return {unit for claim in claims if claim.kind == "au" and not claim.negated for unit in claim.units}


def _emotion_without_cue(claims: Sequence[ParsedClaim]) -> Iterable[Finding]:
    """Yield the emotion of a text that names no movement at all which would show it."""
    emotion = first_emotion(claims)
    if emotion in (None, "neutral") or affirmed_units(claims):
        return
    about = next(claim for claim in claims if claim.emotion == emotion)
    yield Finding.about(
        about, "emotion_without_cue", "H6", f"No movement of the face is named that would show {emotion}"
    )


def _parts(text: str, claims: Sequence[ParsedClaim]) -> Iterable[Finding]:
    """Yield sentences that call a part of the face at rest, or out of sight, of which a unit is named."""
    units = affirmed_units(claims)
    for claim in claims:
        said = text[claim.start : claim.end]
        for name, kind, words in (
            ("at_rest", "rest_and_unit", "is said to be at rest"),
            ("not_visible", "hidden_and_unit", "is said to be out of sight"),
        ):
            if claim.kind == "au" or not lexicon(name).search(said):
                continue
            for part, pattern in part_words().items():
                moving = sorted(units & part_units()[part])
                if moving and pattern.search(said):
                    message = f"The part '{part}' {words}, but AU{moving[0]} is named"
                    yield Finding.about(claim, kind, lexicon(name).code, message)


def _repeated(text: str, claims: Sequence[ParsedClaim]) -> Iterable[Finding]:
    """Yield list entries about a unit that an entry before was about."""
    seen: set[int] = set()
    for claim in claims:
        head = ENTRY.match(text[claim.start : claim.end]) if claim.kind == "au" else None
        if head is None:
            continue
        number = int(head.group(1))
        if number in seen:
            yield Finding.about(claim, "repeated_unit", "H8", f"AU{number} has an entry of its own already")
        seen.add(number)


def _denied_and_affirmed(claims: Sequence[ParsedClaim]) -> Iterable[Finding]:
    """Yield claims that deny a unit which another one affirms."""
    affirmed = affirmed_units(claims)
    for claim in claims:
        both = sorted(affirmed & set(claim.units)) if claim.negated else []
        if both:
            yield Finding.about(
                claim, "affirmed_and_denied", "H8", f"AU{both[0]} is denied here and affirmed elsewhere"
            )


def _together(text: str, claims: Sequence[ParsedClaim], task: str) -> Iterable[Finding]:
    """Yield the soft warnings about units that are affirmed, and about the emotion."""
    units = affirmed_units(claims)
    emotion = first_emotion(claims) or read_emotion(text).label if task == "emotion" else None
    for warning in soft_warnings(units, emotion):
        last = next((c for c in reversed(claims) if set(c.units) & set(warning.units) and not c.negated), None)
        code = "H6" if warning.kind == "emotion_units" else "H8"
        if last is None or warning.kind == "emotion_units":
            about = next((c for c in claims if c.kind == "emotion"), None) if warning.kind == "emotion_units" else None
            start, end = (about.start, about.end) if about else (0, len(text))
            yield Finding(warning.kind, code, warning.message, start, end, about.ord if about else None)
        else:
            yield Finding.about(last, warning.kind, code, warning.message)


def _gaze_with_closed_eyes(text: str, claims: Sequence[ParsedClaim]) -> Iterable[Finding]:
    if not any(_CLOSED in claim.units and not claim.negated for claim in claims):
        return
    for claim in claims:
        if _CLOSED in claim.units or claim.kind in ("intro", "boiler"):
            continue
        if match := lexicon("gaze").search(text[claim.start : claim.end]):
            message = f"{match.group()!r} cannot be seen when the eyes are closed (AU43)"
            yield Finding.about(claim, "gaze_eyes_closed", "H8", message)
