"""The agreement of a set of people on a set of pictures, from what each of them said. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from emola.taxonomy import EMOTIONS
from review.agreement import (
    AC1,
    ALPHA,
    FLEISS,
    OBSERVED,
    ORDINAL_ALPHA,
    POSITIVE,
    REPEATS,
    Counts,
    Estimate,
    cohen_kappa,
    estimate,
    estimate_mean,
    facs_index,
)
from review.agreement_gates import pass_gates
from review.records import INTENSITIES, VERDICTS

_PRESENCE: Final = ("absent", "present")


@dataclass(frozen=True)
class Coding:
    """What one person said about one description; units are number to (state, intensity or None)."""

    description_id: int
    reviewer_id: int
    verdicts: Mapping[int, str]
    units: Mapping[int, tuple[str, str | None]]
    emotion: str | None


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
        released: whether it passes the gates.
        reason: why, in words.
    """

    action_unit: int
    prevalence: float | None
    presence: Coefficients
    intensity: Estimate
    weighted_kappa: float | None
    released: bool
    reason: str


@dataclass(frozen=True)
class PairAgreement:
    """Two people on what both judged: Cohen's kappa of verdicts and of presence, and their mean FACS index."""

    first_id: int
    first: str
    second_id: int
    second: str
    descriptions: int
    verdict_kappa: float | None
    presence_kappa: float | None
    facs: float | None


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
    pairs: tuple[PairAgreement, ...]


@dataclass(frozen=True)
class _Table:
    """Counts (U, C) with the description of each unit."""

    counts: Counts
    clusters: Counts


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
    shared = _shared(codings)
    every = [coding for group in shared.values() for coding in group]
    units = sorted({unit for coding in every for unit in coding.units})
    rows = []
    for place, unit in enumerate(units):
        if progress is not None:
            progress(place / (len(units) + 1), f"AU{unit}")
        rows.append(_unit(shared, unit, repeats))
    presence = _table(shared, lambda coding: _presence(coding, units), _PRESENCE)
    indices = [facs_index([_present(coding) for coding in group]) for group in shared.values()]
    return AgreementReport(
        campaign_id,
        phase,
        len(shared),
        len({coding.reviewer_id for coding in every}),
        _coefficients(presence, repeats, positive=True),
        tuple(rows),
        _coefficients(_table(shared, lambda coding: dict(coding.verdicts), VERDICTS), repeats),
        _coefficients(_table(shared, _emotion, EMOTIONS), repeats),
        _intensity(shared, units, repeats),
        estimate_mean([index for index in indices if index is not None], repeats=repeats),
        tuple(_pairs(shared, logins)),
    )


def _shared(codings: Iterable[Coding]) -> dict[int, list[Coding]]:
    """Return the codings of each description that at least two people judged, people by id."""
    groups: dict[int, dict[int, Coding]] = defaultdict(dict)
    for coding in codings:
        groups[coding.description_id][coding.reviewer_id] = coding
    return {
        description: [group[person] for person in sorted(group)]
        for description, group in sorted(groups.items())
        if len(group) > 1
    }


def _presence(coding: Coding, units: Iterable[int]) -> dict[int, str]:
    """Return present or absent for the units judged; what cannot be seen or was not judged says nothing."""
    return {unit: coding.units[unit][0] for unit in units if coding.units.get(unit, ("", None))[0] in _PRESENCE}


def _present(coding: Coding) -> frozenset[int]:
    return frozenset(unit for unit, (state, _) in coding.units.items() if state == "present")


def _emotion(coding: Coding) -> dict[int, str]:
    return {} if coding.emotion is None else {0: coding.emotion}


def _degrees(coding: Coding, units: Iterable[int]) -> dict[int, str]:
    found = {unit: coding.units.get(unit, ("", None))[1] for unit in units}
    return {unit: degree for unit, degree in found.items() if degree is not None}


def _table(
    shared: Mapping[int, Sequence[Coding]], values: Callable[[Coding], Mapping[int, str]], categories: Sequence[str]
) -> _Table:
    """Count who said what: one row for each description and key that anybody judged."""
    rows: dict[tuple[int, int], list[int]] = {}
    for description, group in shared.items():
        for coding in group:
            for key, value in values(coding).items():
                row = rows.setdefault((description, key), [0] * len(categories))
                row[categories.index(value)] += 1
    counts = np.array(list(rows.values()), dtype=np.int64).reshape(len(rows), len(categories))
    return _Table(counts, np.array([description for description, _ in rows], dtype=np.int64))


def _coefficients(table: _Table, repeats: int, *, positive: bool = False) -> Coefficients:
    def measured(coefficient: Any) -> Estimate:
        return estimate(coefficient, table.counts, clusters=table.clusters, repeats=repeats)

    return Coefficients(
        measured(OBSERVED), measured(ALPHA), measured(FLEISS), measured(AC1), measured(POSITIVE) if positive else None
    )


def _intensity(shared: Mapping[int, Sequence[Coding]], units: Sequence[int], repeats: int) -> Estimate:
    table = _table(shared, lambda coding: _degrees(coding, units), INTENSITIES)
    return estimate(ORDINAL_ALPHA, table.counts, clusters=table.clusters, repeats=repeats)


def _unit(shared: Mapping[int, Sequence[Coding]], unit: int, repeats: int) -> UnitAgreement:
    table = _table(shared, lambda coding: _presence(coding, [unit]), _PRESENCE)
    presence = _coefficients(table, repeats, positive=True)
    judged = int(table.counts.sum())
    degrees = _cross(shared, lambda coding: _degrees(coding, [unit]), INTENSITIES)
    return UnitAgreement(
        unit,
        float(table.counts[:, 1].sum() / judged) if judged else None,
        presence,
        _intensity(shared, [unit], repeats),
        cohen_kappa(degrees, weights="quadratic"),
        *pass_gates(presence.observed.n, presence.alpha.value, presence.positive.value if presence.positive else None),
    )


def _cross(
    groups: Mapping[int, Sequence[Coding]], values: Callable[[Coding], Mapping[int, str]], categories: Sequence[str]
) -> Counts:
    """Return how often the first of two people said the row and the second the column, over all pairs."""
    table = np.zeros((len(categories), len(categories)), dtype=np.int64)
    for group in groups.values():
        for first, second in combinations(group, 2):
            one, two = values(first), values(second)
            for key in one.keys() & two.keys():
                table[categories.index(one[key]), categories.index(two[key])] += 1
    return table


def _pairs(shared: Mapping[int, Sequence[Coding]], logins: Mapping[int, str]) -> list[PairAgreement]:
    """Return the agreement of every two people who judged something in common."""
    together: dict[tuple[int, int], dict[int, Sequence[Coding]]] = defaultdict(dict)
    for description, group in shared.items():
        for first, second in combinations(group, 2):
            together[first.reviewer_id, second.reviewer_id][description] = (first, second)
    found = []
    for (one, two), groups in sorted(together.items()):
        units = sorted({unit for group in groups.values() for coding in group for unit in coding.units})
        presence = _cross(groups, lambda coding, units=units: _presence(coding, units), _PRESENCE)  # type: ignore[misc]
        indices = [facs_index([_present(coding) for coding in group]) for group in groups.values()]
        known = [index for index in indices if index is not None]
        found.append(
            PairAgreement(
                one,
                logins[one],
                two,
                logins[two],
                len(groups),
                cohen_kappa(_cross(groups, lambda coding: dict(coding.verdicts), VERDICTS)),
                cohen_kappa(presence),
                sum(known) / len(known) if known else None,
            )
        )
    return found
