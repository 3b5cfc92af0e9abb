"""A description as claims: what ``emola.answer`` finds, with the kinds and sides that reviewers judge.

The claims tile the NFC text: the first starts at 0, each starts where the one before ends, the last ends at the length
of the text.
"""

from dataclasses import dataclass

from emola.answer import Claim as AnswerClaim
from emola.answer import split_claims
from emola.answer.mentions import find_emotion_mentions
from emola.taxonomy import Side
from review.lexicons import lexicon

VERSION = 1
"""Counted up when the kinds below change."""

_SIDES = {Side.LEFT: "L", Side.RIGHT: "R", Side.BOTH: "B"}


@dataclass(frozen=True)
class ParsedClaim:
    """One claim as it is stored.

    Attributes:
        ord: place in the text, from 0.
        kind: one of ``review.records.CLAIM_KINDS``.
        start: first code point, in the NFC text.
        end: code point after the last.
        action_unit: number of the unit claimed; ``more_units`` holds the others of one phrase ("raised eyebrows").
        more_units: see above.
        emotion: name of the emotion claimed, for an emotion claim.
        side: the subject's own: N not stated, L, R, B.
        intensity: FACS letter A to E, or None.
        negated: True where the text denies it.
        explicit: True for a number or FACS name, False for an everyday phrase.
    """

    ord: int
    kind: str
    start: int
    end: int
    action_unit: int | None = None
    more_units: tuple[int, ...] = ()
    emotion: str | None = None
    side: str = "N"
    intensity: str | None = None
    negated: bool = False
    explicit: bool = False

    @property
    def units(self) -> tuple[int, ...]:
        """Every action unit that the claim is about."""
        return () if self.action_unit is None else (self.action_unit, *self.more_units)


def parse_claims(text: str, task: str) -> tuple[ParsedClaim, ...]:
    """Return the claims of ``text``; together they are the whole text.

    A mere hint of an emotion ("the lids stay relaxed") is a detail, unless it is all that a description of an emotion
    says of it.

    Args:
        text: NFC.
        task: ``au`` or ``emotion``.
    """
    found = split_claims(text)
    named = [claim.kind == "emotion" and _names_feeling(claim.text) for claim in found]
    hints_count = task == "emotion" and not any(named)
    judged = [
        c.kind == "action unit" or n or (hints_count and c.kind == "emotion") for c, n in zip(found, named, strict=True)
    ]
    first = judged.index(True) if any(judged) else len(found)
    return tuple(
        _judged(i, claim) if judged[i] else ParsedClaim(i, _other_kind(claim.text, i < first), claim.start, claim.end)
        for i, claim in enumerate(found)
    )


def _names_feeling(text: str) -> bool:
    return any(mention.names_feeling for mention in find_emotion_mentions(text))


def _judged(place: int, claim: AnswerClaim) -> ParsedClaim:
    return ParsedClaim(
        ord=place,
        kind="au" if claim.kind == "action unit" else "emotion",
        start=claim.start,
        end=claim.end,
        action_unit=claim.action_unit,
        more_units=claim.more_units,
        emotion=claim.name if claim.kind == "emotion" else None,
        side=_SIDES[claim.side] if claim.side_stated else "N",
        intensity=str(claim.intensity) if claim.intensity else None,
        negated=claim.negated,
        explicit=claim.explicit,
    )


def _other_kind(text: str, before_claims: bool) -> str:
    """Return what a stretch without unit or emotion is: boilerplate, an introduction, or a detail."""
    if lexicon("boilerplate").search(text):
        return "boiler"
    return "intro" if before_claims else "detail"
