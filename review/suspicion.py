"""How likely a description is wrong, and why: reasons in words with their log odds, and one score. Pure functions.

The score orders the queue; it is no verdict. Weights are in ``data/suspicion_weights.json``.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "suspicion_weights.json"
_LEAST = 0.05
"""Reasons that add less than this are not worth a line."""


@dataclass(frozen=True)
class Reason:
    """One reason: its kind, a sentence, how much it adds (log odds), the place of the claim it is about or None."""

    kind: str
    text: str
    weight: float
    claim_ord: int | None = None


@dataclass(frozen=True)
class ClaimFacts:
    """One claim, as :class:`review.claims.ParsedClaim`."""

    ord: int
    kind: str
    units: tuple[int, ...]
    emotion: str | None
    side: str
    intensity: str | None
    negated: bool


@dataclass(frozen=True)
class FindingFacts:
    """One lint finding."""

    kind: str
    message: str
    claim_ord: int | None


@dataclass(frozen=True)
class EvidenceFacts:
    """What geometry or a model says of one claim; ``strength`` is that of the geometry's measure, else empty."""

    claim_ord: int
    kind: str
    verdict: str
    reason: str
    strength: str = ""


@dataclass(frozen=True)
class DescriptionFacts:
    """All that is known of one description without a person."""

    description_id: int
    image_id: int
    task: str
    claims: tuple[ClaimFacts, ...]
    findings: tuple[FindingFacts, ...] = ()
    evidence: tuple[EvidenceFacts, ...] = ()

    @property
    def affirmed(self) -> dict[int, ClaimFacts]:
        """The first claim that affirms each unit."""
        found: dict[int, ClaimFacts] = {}
        for claim in self.claims:
            for unit in () if claim.negated else claim.units:
                found.setdefault(unit, claim)
        return found

    @property
    def emotion(self) -> str | None:
        """The first emotion that is affirmed."""
        return next((claim.emotion for claim in self.claims if claim.emotion and not claim.negated), None)


@dataclass(frozen=True)
class Suspicion:
    """Score from 0 to 1, and the reasons for it, the strongest first.

    What speaks for the text lowers the score and is not listed.
    """

    score: float
    reasons: tuple[Reason, ...]


def weights() -> Mapping[str, Any]:
    """Return the table of weights."""
    return _weights()


def suspicion_version() -> str:
    """Return the version of the weights."""
    return f"suspicion {weights()['version']}"


def own_reasons(facts: DescriptionFacts) -> list[Reason]:
    """Return the reasons that lint, geometry and models give for one description."""
    table = weights()["lint"]
    found = [
        Reason(finding.kind, f"{finding.message}.", table.get(finding.kind, 0.0), finding.claim_ord)
        for finding in facts.findings
    ]
    return found + [reason for item in facts.evidence if (reason := _of_evidence(item)) is not None]


def judge_suspicion(reasons: Iterable[Reason]) -> Suspicion:
    """Return the score of all reasons together.

    The strongest reason of each kind counts in full, further ones of the same kind by a share: two faults of one kind
    mostly have one cause.
    """
    by_kind: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        by_kind[reason.kind].append(reason)
    total = float(weights()["bias"])
    for same in by_kind.values():
        ordered = sorted((reason.weight for reason in same), key=abs, reverse=True)
        total += ordered[0] + float(weights()["again"]) * sum(ordered[1:])
    kept = [reason for same in by_kind.values() for reason in same if reason.weight >= _LEAST]
    return Suspicion(1 / (1 + math.exp(-total)), tuple(sorted(kept, key=lambda reason: -reason.weight)))


@cache
def _weights() -> dict[str, Any]:
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))


def _of_evidence(item: EvidenceFacts) -> Reason | None:
    table = weights()[item.kind]
    verdict = "weakly_supports" if item.verdict == "supports" and item.strength == "weak" else item.verdict
    weight = table.get(verdict)
    return None if weight is None else Reason(f"{item.kind}_{item.verdict}", item.reason, weight, item.claim_ord)
