"""The agreement of a set of people on a set of pictures, from what each of them said. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from emola.taxonomy import EMOTIONS
from review.agreement import (
    AC1,
    ALPHA,
    FLEISS,
    OBSERVED,
    ORDINAL_ALPHA,
    POSITIVE,
    REPEATS,
    Estimate,
    estimate,
    estimate_cohen,
    estimate_mean,
    facs_index,
)
from review.agreement_coding import (
    PRESENCE,
    Coding,
    Groups,
    Table,
    count_values,
    cross,
    degrees,
    emotion,
    meetings,
    presence,
    present,
    shared,
    verdicts,
)
from review.agreement_gates import Gate, pass_gates
from review.agreement_people import PairAgreement, PersonAgreement, agree_in_pairs, agree_with_others
from review.agreement_spans import SpanAgreement, agree_on_spans
from review.records import INTENSITIES, VERDICTS


@dataclass(frozen=True)
class Coefficients:
    """Every coefficient of one kind of judgement; ``positive`` only where there is a category to be positive about."""

    observed: Estimate
    alpha: Estimate
    kappa: Estimate
    ac1: Estimate
    positive: Estimate | None = None


@dataclass(frozen=True)
class UnitAgreement:
    """The agreement on one action unit.

    Attributes:
        action_unit: its number.
        prevalence: share of present among all judgements.
        presence: agreement on present or absent.
        intensity: ordinal alpha of A to E where it was called present.
        weighted_kappa: Cohen's kappa of the intensity with quadratic weights, all pairs of people together.
        gate: whether it passes the gates of a release.
        reason: why, in words.
    """

    action_unit: int
    prevalence: float | None
    presence: Coefficients
    intensity: Estimate
    weighted_kappa: Estimate
    gate: Gate
    reason: str

    @property
    def released(self) -> bool:
        """Whether it passes the gates."""
        return self.gate == "passes"


@dataclass(frozen=True)
class AgreementReport:
    """How well people agree in a campaign, or in all of them when ``campaign_id`` is None.

    Attributes:
        campaign_id: which campaign.
        phase: "blind" where action units were coded before the text was shown, "final", or "mixed".
        descriptions: judged by at least two people.
        people: who judged them.
        presence: of all action units together.
        units: one by one, by number.
        verdicts: on claims.
        emotion: the label.
        intensity: ordinal alpha over all units.
        facs: the FACS agreement index of a picture.
        spans: free spans of text.
        each_person: each person beside the others.
        pairs: of people.
    """

    campaign_id: int | None
    phase: str
    descriptions: int
    people: int
    presence: Coefficients
    units: tuple[UnitAgreement, ...]
    verdicts: Coefficients
    emotion: Coefficients
    intensity: Estimate
    facs: Estimate
    spans: SpanAgreement
    each_person: tuple[PersonAgreement, ...]
    pairs: tuple[PairAgreement, ...]


def report(
    codings: Sequence[Coding],
    logins: Mapping[int, str],
    *,
    campaign_id: int | None = None,
    phase: str = "final",
    repeats: int = REPEATS,
    progress: Callable[[float, str], object] | None = None,
) -> AgreementReport:
    """Return the agreement of ``codings``.

    Args:
        codings: one a person and description; descriptions that one person judged are left out.
        logins: id of a person to the name to show.
        campaign_id: for the report.
        phase: for the report.
        repeats: bootstrap samples of every interval.
        progress: called with the share done and what comes next.
    """
    groups = shared(codings)
    every = [coding for group in groups.values() for coding in group]
    units = sorted({unit for coding in every for unit in coding.units})
    rows = []
    for place, unit in enumerate(units):
        if progress is not None:
            progress(place / (len(units) + 1), f"AU{unit}")
        rows.append(_unit(groups, unit, repeats))
    seen = count_values(groups, partial(presence, units=units), PRESENCE)
    indices = [facs_index([present(coding) for coding in group]) for group in groups.values()]
    return AgreementReport(
        campaign_id,
        phase,
        len(groups),
        len({coding.reviewer_id for coding in every}),
        _coefficients(seen, repeats, positive=True),
        tuple(rows),
        _coefficients(count_values(groups, verdicts, VERDICTS), repeats),
        _coefficients(count_values(groups, emotion, EMOTIONS), repeats),
        _intensity(groups, units, repeats),
        estimate_mean([index for index in indices if index is not None], repeats=repeats),
        agree_on_spans(groups, repeats),
        agree_with_others(groups, logins, repeats),
        agree_in_pairs(groups, logins, repeats),
    )


def _coefficients(table: Table, repeats: int, *, positive: bool = False) -> Coefficients:
    def measured(coefficient: Any) -> Estimate:
        return estimate(coefficient, table.counts, clusters=table.clusters, repeats=repeats)

    return Coefficients(
        measured(OBSERVED), measured(ALPHA), measured(FLEISS), measured(AC1), measured(POSITIVE) if positive else None
    )


def _intensity(groups: Groups, units: Sequence[int], repeats: int) -> Estimate:
    table = count_values(groups, partial(degrees, units=units), INTENSITIES)
    return estimate(ORDINAL_ALPHA, table.counts, clusters=table.clusters, repeats=repeats)


def _unit(groups: Groups, unit: int, repeats: int) -> UnitAgreement:
    table = count_values(groups, partial(presence, units=[unit]), PRESENCE)
    seen = _coefficients(table, repeats, positive=True)
    judged = int(table.counts.sum())
    scored = cross(meetings(groups), partial(degrees, units=[unit]), INTENSITIES)
    return UnitAgreement(
        unit,
        float(table.counts[:, 1].sum() / judged) if judged else None,
        seen,
        _intensity(groups, [unit], repeats),
        estimate_cohen(scored, weights="quadratic", repeats=repeats),
        *pass_gates(seen.observed.n, seen.alpha.value, seen.alpha.low, seen.positive.value if seen.positive else None),
    )
