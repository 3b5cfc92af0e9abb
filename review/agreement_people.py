"""How well each two people agree, and each person with all others. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from review.agreement import Estimate, estimate_cohen, estimate_mean, facs_index
from review.agreement_coding import PRESENCE, Groups, Meeting, cross, presence, present, verdicts
from review.records import VERDICTS


@dataclass(frozen=True)
class Likeness:
    """Two sides on what both judged: Cohen's kappa of verdicts and of presence, and their mean FACS index."""

    descriptions: int
    verdict_kappa: Estimate
    presence_kappa: Estimate
    facs: Estimate


@dataclass(frozen=True)
class PairAgreement:
    """Two people."""

    first_id: int
    first: str
    second_id: int
    second: str
    likeness: Likeness


@dataclass(frozen=True)
class PersonAgreement:
    """One person beside the ``others`` who judged the same descriptions."""

    person_id: int
    person: str
    others: int
    likeness: Likeness


def agree_in_pairs(groups: Groups, logins: Mapping[int, str], repeats: int) -> tuple[PairAgreement, ...]:
    """Return the agreement of every two people who judged something in common."""
    together: dict[tuple[int, int], list[Meeting]] = defaultdict(list)
    for group in groups.values():
        for first, second in combinations(group, 2):
            together[first.reviewer_id, second.reviewer_id].append([(first, second)])
    return tuple(
        PairAgreement(one, logins[one], two, logins[two], _likeness(met, repeats))
        for (one, two), met in sorted(together.items())
    )


def agree_with_others(groups: Groups, logins: Mapping[int, str], repeats: int) -> tuple[PersonAgreement, ...]:
    """Return the agreement of every person with all others, each of whom is compared alone."""
    met: dict[int, list[Meeting]] = defaultdict(list)
    others: dict[int, set[int]] = defaultdict(set)
    for group in groups.values():
        for person in group:
            rest = [other for other in group if other is not person]
            met[person.reviewer_id].append([(person, other) for other in rest])
            others[person.reviewer_id].update(other.reviewer_id for other in rest)
    return tuple(
        PersonAgreement(person, logins[person], len(others[person]), _likeness(met[person], repeats))
        for person in sorted(met)
    )


def _likeness(met: Sequence[Meeting], repeats: int) -> Likeness:
    units = sorted({unit for pairs in met for pair in pairs for coding in pair for unit in coding.units})
    seen = partial(presence, units=units)
    indices = [_index(pairs) for pairs in met]
    return Likeness(
        len(met),
        estimate_cohen(cross(met, verdicts, VERDICTS), repeats=repeats),
        estimate_cohen(cross(met, seen, PRESENCE), repeats=repeats),
        estimate_mean([index for index in indices if index is not None], repeats=repeats),
    )


def _index(pairs: Meeting) -> float | None:
    """Return the mean FACS index of the pairs of one description; None where nobody saw anything."""
    found = [facs_index([present(coding) for coding in pair]) for pair in pairs]
    known = [index for index in found if index is not None]
    return sum(known) / len(known) if known else None
