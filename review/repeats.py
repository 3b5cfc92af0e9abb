"""Claims that only repeat what other claims of the same text say ("AU9 and AU10 act together"). Pure.

A repeat names nothing but units (or the emotion) that the text claims elsewhere at greater length, and states no side
and no intensity of its own. Its verdict follows from the verdicts of the claims it repeats, unless a reviewer gives
it one of its own. Neighbouring repeats of one sentence are shown and corrected together. The Review page works out the
same, key by key, in page_assets/repeats.js.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, Protocol

from emola.answer.sentences import sentence_spans
from review.records import ReviewState, VerdictState
from review.unit_labels import JudgedClaim

REJECTS: Final = ("H1", "H2", "H7")
"""Codes by which a claim about an action unit leaves its unit unsupported: what repeats it is wrong as well."""
KEEPS: Final = ("S1", "H0")
"""Codes that leave what a claim says as it was; so do H3 and H4 for a repeat that states no side, no intensity."""

_OPEN: Final = ("unsure", "cannot_judge")


class RepeatableClaim(JudgedClaim, Protocol):
    """What is needed of a claim, beside what labels need of it."""

    @property
    def kind(self) -> str:
        """One of CLAIM_KINDS."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """The code point after the last."""


def find_repeats(claims: Iterable[RepeatableClaim]) -> dict[int, tuple[int, ...]]:
    """Return the claims that only repeat others: the id of each with the ids of those that it repeats.

    The claim that says most about a unit, the longest one, speaks for it; of an emotion it is the first one.
    """
    claims = sorted(claims, key=lambda claim: claim.start)
    speakers: dict[tuple[object, bool], RepeatableClaim] = {}
    for claim in claims:
        for topic in _topics(claim):
            known = speakers.get(topic)
            if known is None or (claim.kind == "au" and claim.end - claim.start > known.end - known.start):
                speakers[topic] = claim
    speaking = {claim.id for claim in speakers.values()}
    found = {}
    for claim in claims:
        repeated = list({speakers[topic].id: speakers[topic] for topic in _topics(claim)}.values())
        if repeated and claim.id not in speaking and not any(_adds(claim, other) for other in repeated):
            found[claim.id] = tuple(other.id for other in repeated)
    return found


def group_repeats(
    text: str, claims: Iterable[RepeatableClaim], repeats: Mapping[int, tuple[int, ...]]
) -> list[tuple[RepeatableClaim, ...]]:
    """Return the stretches of neighbouring repeats, each within one sentence and of one kind.

    Args:
        text: of the description.
        claims: of ``text``.
        repeats: of ``find_repeats``.
    """
    starts = [start for start, _ in sentence_spans(text)]

    def place(claim: RepeatableClaim) -> tuple[int, str, bool]:
        return sum(start <= claim.start for start in starts), claim.kind, claim.id in repeats

    ordered = sorted(claims, key=lambda claim: claim.start)
    return [tuple(group) for (_, _, is_repeat), group in groupby(ordered, key=place) if is_repeat]


def follow(text: str, claims: Sequence[RepeatableClaim], state: ReviewState) -> ReviewState:
    """Return ``state`` with the verdict of every repeat that nobody gave one of its own.

    Args:
        text: of the description.
        claims: of ``text``.
        state: the review; verdicts in it that follow are worked out anew.
    """
    repeats = find_repeats(claims)
    if not repeats:
        return state
    verdicts = dict(state.verdicts)
    for group in group_repeats(text, claims, repeats):
        stored = [verdicts.get(claim.id) for claim in group]
        if any(said is not None and not said.follows for said in stored):
            continue
        fresh = [_followed(claim, [verdicts.get(number) for number in repeats[claim.id]]) for claim in group]
        for claim, said in zip(group, _accepted(stored, fresh) or fresh, strict=True):
            if said is None or None in fresh:
                verdicts.pop(claim.id, None)
            else:
                verdicts[claim.id] = said
    return replace(state, verdicts=verdicts)


def _topics(claim: RepeatableClaim) -> list[tuple[object, bool]]:
    """Return what a claim is about, each with whether it is denied."""
    if claim.kind == "au" and claim.action_unit is not None:
        return [(unit, claim.negated) for unit in (claim.action_unit, *claim.more_units)]
    return [(claim.emotion, claim.negated)] if claim.kind == "emotion" and claim.emotion else []


def _adds(claim: RepeatableClaim, other: RepeatableClaim) -> bool:
    """Say whether a claim states a side or an intensity that the one it repeats does not."""
    return claim.side not in ("N", other.side) or claim.intensity not in (None, other.intensity)


def _followed(claim: RepeatableClaim, said: Sequence[VerdictState | None]) -> VerdictState | None:
    """Return what follows for a repeat, or None where one of the verdicts leaves it open."""
    given = [one for one in said if one is not None and (one.verdict != "wrong" or one.code)]
    if len(given) < len(said):
        return None
    for one in given:
        if one.verdict != "wrong" or _stays_true(claim, one):
            continue
        if claim.kind == "au" and one.code not in (*REJECTS, "H3", "H4"):
            return None
        return VerdictState("wrong", one.code, action_unit=one.action_unit, follows=True)
    undecided = next((one.verdict for one in given if one.verdict in _OPEN), None)
    return VerdictState(undecided or "correct", follows=True)


def _stays_true(claim: RepeatableClaim, said: VerdictState) -> bool:
    """Say whether what was wrong with a claim leaves its repeat as true as it was."""
    beside = (said.code == "H3" and claim.side == "N") or (said.code == "H4" and claim.intensity is None)
    return said.code in KEEPS or beside


def _accepted(
    stored: Sequence[VerdictState | None], fresh: Sequence[VerdictState | None]
) -> Sequence[VerdictState | None] | None:
    """Return the stored verdicts of a stretch whose rewrite was taken, while the reason for it still holds."""

    def holds(old: VerdictState | None, new: VerdictState | None) -> bool:
        if old is None or new is None or old.replacement is None:
            return False
        fact = (new.verdict, new.code, new.action_unit)
        return new.verdict != "wrong" or fact == (old.verdict, old.code, old.action_unit)

    wrong = any(new is not None and new.verdict == "wrong" for new in fresh)
    return stored if wrong and all(holds(*pair) for pair in zip(stored, fresh, strict=True)) else None
