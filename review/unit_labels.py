"""Labels that follow from verdicts: what "wrong, H1" on a claim about AU6 says about AU6 itself. Pure.

The effects of the error codes are those of the project's taxonomy: H1 the unit is absent, H2 another unit is meant,
H3 and H4 leave it present, H7 it cannot be seen, M1 it is there and was left out, S1 only the wording is wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from emola.taxonomy import ACTION_UNITS
from review.records import EmotionState, ReviewState, UnitState, VerdictState


class JudgedClaim(Protocol):
    """What is needed of a claim; rows of the database and the views of the pages both have it."""

    @property
    def id(self) -> int:
        """Key of the verdicts."""

    @property
    def action_unit(self) -> int | None:
        """Number of the unit claimed, or None."""

    @property
    def more_units(self) -> Sequence[Any]:
        """Other units of phrases such as "raised eyebrows"."""

    @property
    def emotion(self) -> str | None:
        """The emotion that an emotion claim names, or None."""

    @property
    def negated(self) -> bool:
        """Whether the claim denies what it names."""

    @property
    def side(self) -> str:
        """Side stated, one of SIDES."""

    @property
    def intensity(self) -> str | None:
        """A to E where it was stated."""


_HIDDEN_REGIONS: Final[Mapping[int, tuple[str, ...]]] = {
    70: ("brows",),
    71: ("eyes",),
    72: ("mouth", "chin", "jaw"),
    73: ("brows", "eyes", "cheeks", "nose", "mouth", "chin", "jaw"),
    74: ("brows", "eyes", "cheeks", "nose", "mouth", "chin", "jaw"),
}
"""FACS visibility code to the regions of the taxonomy that it covers."""


def complete_units(claims: Iterable[JudgedClaim], state: ReviewState) -> dict[int, UnitState]:
    """Return what a review says of each action unit, those that only its verdicts decide included.

    What the reviewer set in the grid always counts. Then a confirmed claim beats a refuted one about the same unit,
    then come regions marked as not visible, and last the claims that were left undecided.

    Args:
        claims: of the description; those without a verdict say nothing.
        state: the review.
    """
    confirmed: dict[int, UnitState] = {}
    refuted: dict[int, UnitState] = {}
    undecided: dict[int, UnitState] = {}
    for claim in claims:
        verdict = state.verdicts.get(claim.id)
        units = [unit for unit in (claim.action_unit, *claim.more_units) if unit is not None]
        if verdict is None:
            continue
        if verdict.verdict in ("unsure", "cannot_judge"):
            undecided |= dict.fromkeys(units, UnitState("not_judged"))
        elif verdict.verdict == "correct" or verdict.code == "S1":
            confirmed |= _confirmed(claim, units)
        else:
            _refute(claim, verdict, units, confirmed, refuted)
    missed = {mark.action_unit: UnitState("present") for mark in state.marks if mark.code == "M1" and mark.action_unit}
    hidden = dict.fromkeys(_hidden(state.visibility), UnitState("not_visible"))
    return dict(sorted((undecided | hidden | refuted | missed | confirmed | dict(state.units)).items()))


def complete_emotion(claims: Iterable[JudgedClaim], state: ReviewState, *, task: str) -> EmotionState | None:
    """Return the emotion a review sees: what the reviewer set, else that of the first confirmed claim about one.

    In a description of action units only the first counts: "this often goes with anger" can be right on any face.

    Args:
        claims: of the description.
        state: the review.
        task: of the description, ``au`` or ``emotion``.
    """
    if state.emotion is not None or task != "emotion":
        return state.emotion
    for claim in claims:
        verdict = state.verdicts.get(claim.id)
        if claim.emotion and not claim.negated and verdict is not None and verdict.verdict == "correct":
            return EmotionState(claim.emotion)
    return None


def _confirmed(claim: JudgedClaim, units: Iterable[int]) -> dict[int, UnitState]:
    """Return the units of a claim that is right."""
    if claim.negated:
        return dict.fromkeys(units, UnitState("absent"))
    return dict.fromkeys(units, UnitState("present", claim.intensity, claim.side))


def _refute(
    claim: JudgedClaim,
    verdict: VerdictState,
    units: Iterable[int],
    confirmed: dict[int, UnitState],
    refuted: dict[int, UnitState],
) -> None:
    """Note what a wrong claim says about its units, and about the one that was named instead."""
    code = verdict.code
    if code == "H7":
        refuted |= dict.fromkeys(units, UnitState("not_visible"))
    elif code in ("H3", "H4"):
        confirmed |= dict.fromkeys(units, UnitState("present", claim.intensity if code == "H3" else None))
    elif code in ("H1", "H2"):
        refuted |= dict.fromkeys(units, UnitState("present" if claim.negated and code == "H1" else "absent"))
    if code in ("H2", "M1") and verdict.action_unit is not None:
        confirmed[verdict.action_unit] = UnitState("present")


def _hidden(visibility: Iterable[int]) -> list[int]:
    """Return the units of the regions that cannot be seen."""
    regions = {region for code in visibility for region in _HIDDEN_REGIONS.get(code, ())}
    return [number for number, unit in ACTION_UNITS.items() if unit.region in regions]
