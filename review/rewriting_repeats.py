"""What to offer for a sentence that only sums up, once some of what it repeats was rejected or exchanged. Pure."""

import re
from collections.abc import Mapping, Sequence

from emola.answer import split_claims
from emola.answer.sentences import sentence_spans
from emola.taxonomy import ACTION_UNITS
from review.records import ReviewState, VerdictState
from review.repeats import REJECTS, RepeatableClaim, find_repeats, group_repeats
from review.rewriting_emotions import propose_emotion

UNSAID = VerdictState("unsure")
_UNIT = re.compile(r"\bAU\s?0*(\d+)\b")
_LIST = re.compile(r"\bAU\s?\d+(?:(?:, and |, | and | or )AU\s?\d+)+|\bAU\s?\d+(?=[.!?]?\s*$)")


def offer_summaries(text: str, claims: Sequence[RepeatableClaim], state: ReviewState) -> dict[int, str | None]:
    """Return the rewrite of each stretch that is wrong because of what it repeats: "" to leave it out, None for none.

    Args:
        text: of the description.
        claims: of ``text``.
        state: the review.

    Returns:
        Rewrites by the last claim of the stretch; the others are left out with it.
    """
    repeats = find_repeats(claims)
    known = {claim.id: claim for claim in claims}
    sentences = set(sentence_spans(text))
    offers: dict[int, str | None] = {}
    for group in group_repeats(text, claims, repeats):
        said = [state.verdicts.get(claim.id) for claim in group]
        if not any(one is not None and one.follows and one.verdict == "wrong" for one in said):
            continue
        start, end = group[0].start, group[-1].end
        leaders = [known[number] for claim in group for number in repeats[claim.id]]
        offers[group[-1].id] = _offer(text[start:end], leaders, state) if (start, end) in sentences else None
    return offers


def _offer(sentence: str, leaders: Sequence[RepeatableClaim], state: ReviewState) -> str:
    """Return the rewrite of a sentence that repeats ``leaders``, some of which are wrong."""
    swaps: dict[int, int | None] = {}
    for leader in leaders:
        said = state.verdicts.get(leader.id, UNSAID)
        if leader.emotion is not None and state.emotion is not None and state.emotion.label != leader.emotion:
            return propose_emotion(sentence, leader.emotion, state.emotion.label, state.emotion.second)
        if said.verdict == "wrong" and said.code in REJECTS and leader.action_unit is not None:
            swaps |= dict.fromkeys((leader.action_unit, *leader.more_units), said.action_unit)
    return propose_summary(sentence, swaps) if swaps else ""


def propose_summary(text: str, swaps: Mapping[int, int | None]) -> str:
    """Return a sentence without the units that were rejected, or "" to leave it out.

    Numbers are exchanged and taken out of lists ("AU4, AU9 and AU10" becomes "AU4 and AU10"); where the result does
    not read as exactly the units that are left, the whole sentence is best left out.

    Args:
        text: the sentence.
        swaps: units that were rejected, each with the right one, or None where nothing takes its place.
    """
    found = [(claim.action_unit, *claim.more_units) for claim in split_claims(text)]
    wanted = {swaps.get(unit, unit) for units in found for unit in units if unit is not None} - {None}
    if not wanted or any(_mentions_name(text, unit) for unit in swaps):
        return ""
    offer = _LIST.sub(lambda found: _listed(found, swaps), text)
    offer = _UNIT.sub(lambda found: _number(int(found[1]), swaps), offer)
    claims = [claim for claim in split_claims(offer) if claim.kind == "action unit"]
    read = {unit for claim in claims for unit in (claim.action_unit, *claim.more_units)}
    return offer.strip() if read == wanted and not any(claim.negated for claim in claims) and "AU-" not in offer else ""


def _listed(found: re.Match[str], swaps: Mapping[int, int | None]) -> str:
    """Return a list of units after the swaps; one unit alone cannot stand where several did something together."""
    left = list(dict.fromkeys(swaps.get(int(number), int(number)) for number in _UNIT.findall(found[0])))
    names = [f"AU{unit}" for unit in left if unit is not None]
    at_end = not found.string[found.end() :].strip(" .!?\n")
    if not names or (len(names) < len(left) and len(names) == 1 and not at_end):
        return "AU-"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _number(unit: int, swaps: Mapping[int, int | None]) -> str:
    right = swaps.get(unit, unit)
    return "AU-" if right is None else f"AU{right}"


def _mentions_name(text: str, unit: int) -> bool:
    known = ACTION_UNITS.get(unit)
    return known is not None and known.name.casefold() in text.casefold()
