"""What a review must have before it can be submitted. Pure."""

from collections.abc import Iterable
from typing import Protocol

from emola.errors import InputError
from review.records import JUDGED_KINDS, ReviewState


class CountedClaim(Protocol):
    """What is needed of a claim; rows of the database and the views of the pages both have it."""

    @property
    def id(self) -> int:
        """Key of the verdicts."""

    @property
    def ord(self) -> int:
        """Place in the description, from 0."""

    @property
    def kind(self) -> str:
        """One of CLAIM_KINDS."""


def require_complete(claims: Iterable[CountedClaim], state: ReviewState, *, blind: bool) -> None:
    """Raise InputError naming what is missing: blind coding, verdicts on what the text claims, codes of what is wrong.

    Args:
        claims: of the description.
        state: the review.
        blind: whether the campaign has the face coded before its text is shown.
    """
    if blind and not state.blind_done:
        raise InputError("Code the face before its text first: this campaign is blind.")
    known = {claim.id: claim for claim in claims}
    if unknown := set(state.verdicts) - set(known):
        raise InputError(f"The review judges claim {min(unknown)}, which this description does not have.")
    missing = [c.ord + 1 for c in known.values() if c.kind in JUDGED_KINDS and c.id not in state.verdicts]
    if missing:
        raise InputError(f"Give a verdict on claim {_listed(missing)} first.")
    bare = [known[key].ord + 1 for key, said in state.verdicts.items() if said.verdict == "wrong" and not said.code]
    if bare:
        raise InputError(f"Say what is wrong with claim {_listed(bare)}: choose an error code.")


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
