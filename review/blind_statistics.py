"""What a blind check says: how often each model makes each kind of error, and whether the difference is beyond chance.

The unit is the face: both models describe the same faces, so their difference is taken face by face and its interval
by drawing faces anew (percentile bootstrap over pairs, Efron and Tibshirani 1993). Pure; no database here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from review.agreement import CONFIDENCE, REPEATS
from review.release_rows import FACT_CODES

Finding = Literal["fewer", "more", "no difference", "too few", "none"]
Floats = NDArray[np.float64]

ALL: Final = "all"
"""The class of every error of fact, H1 to H9."""
CLASSES: Final = (ALL, *sorted(FACT_CODES), "M1")
FEWEST_DIFFERENT: Final = 6
"""Faces on which the models differ before a difference is believed: with five, all in one direction, a two-sided sign
test still gives 2 / 2**5 = 0.06, with six 0.03. A bootstrap alone is too sure of few faces."""


@dataclass(frozen=True)
class TextCounts:
    """What people found in one text, averaged over them where they differ and nobody decided.

    Attributes:
        claims: judged right or wrong in their facts; those undecided, boilerplate and style do not count.
        wrong: claims with an error, by code.
        marked: further errors marked in the text, by code; M1 is what is missing.
    """

    claims: float
    wrong: Mapping[str, float]
    marked: Mapping[str, float]


@dataclass(frozen=True)
class JudgedFace:
    """One face with both models' texts; ``same_people`` says whether the same people judged all of them."""

    image_id: int
    first: tuple[TextCounts, ...]
    second: tuple[TextCounts, ...]
    same_people: bool = True


@dataclass(frozen=True)
class Difference:
    """Second minus first, with the interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassComparison:
    """One kind of error in both models' texts.

    Attributes:
        code: of the taxonomy, or ALL.
        first: errors per text of the first model.
        second: of the second one.
        difference: of the two, per text.
        first_per_claim: share of the first model's judged claims with this error; None where no claim was judged, and
            for M1, which is no claim.
        second_per_claim: of the second one.
        claim_difference: of the two shares.
        faces_differing: on how many faces the models differ.
        finding: what may be said of the difference per text; "none" where neither model makes this error.
    """

    code: str
    first: float
    second: float
    difference: Difference
    first_per_claim: float | None
    second_per_claim: float | None
    claim_difference: Difference | None
    faces_differing: int
    finding: Finding


@dataclass(frozen=True)
class Comparison:
    """Every class, the texts and the judged claims per text of both models."""

    faces: int
    first_claims: float
    second_claims: float
    classes: tuple[ClassComparison, ...]


def compare(faces: Sequence[JudgedFace], *, repeats: int = REPEATS, seed: int = 0) -> Comparison | None:
    """Return the comparison of two models over the faces that were judged; None without any.

    Args:
        faces: each with at least one text of either model.
        repeats: bootstrap samples.
        seed: of them.
    """
    if not faces:
        return None
    texts = np.array([[len(face.first), len(face.second)] for face in faces], dtype=float)
    claims = np.array([[sum(t.claims for t in side) for side in (face.first, face.second)] for face in faces])
    drawn = np.random.default_rng(seed).multinomial(len(faces), np.full(len(faces), 1 / len(faces)), size=repeats)
    classes = tuple(_compare_class(code, faces, texts, claims, drawn.astype(float)) for code in CLASSES)
    first_claims, second_claims = (float(share) for share in claims.sum(0) / texts.sum(0))
    return Comparison(len(faces), first_claims, second_claims, classes)


def _compare_class(
    code: str, faces: Sequence[JudgedFace], texts: Floats, claims: Floats, drawn: Floats
) -> ClassComparison:
    wrong = np.array([[_sum(side, code, marks=False) for side in (face.first, face.second)] for face in faces])
    errors = np.array([[_sum(side, code, marks=True) for side in (face.first, face.second)] for face in faces])
    rates = errors.sum(0) / texts.sum(0)
    difference = _difference(errors, texts, drawn)
    differing = int((~np.isclose(*(errors / texts).T)).sum())
    has_claims = code != "M1" and bool((claims.sum(0) > 0).all())
    shares = wrong.sum(0) / claims.sum(0) if has_claims else None
    return ClassComparison(
        code=code,
        first=float(rates[0]),
        second=float(rates[1]),
        difference=difference,
        first_per_claim=None if shares is None else float(shares[0]),
        second_per_claim=None if shares is None else float(shares[1]),
        claim_difference=_difference(wrong, claims, drawn) if has_claims else None,
        faces_differing=differing,
        finding="none" if not errors.any() else _finding(difference, differing),
    )


def _difference(counts: Floats, out_of: Floats, drawn: Floats) -> Difference:
    """Return the difference of two ratios of sums over faces, (F, 2) each, with its interval."""
    value = np.diff(counts.sum(0) / out_of.sum(0))[0]
    below = drawn @ out_of
    ratios = np.divide(drawn @ counts, below, out=np.full(below.shape, np.nan), where=below > 0)
    low, high = np.nanquantile(np.diff(ratios)[:, 0], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Difference(float(value), float(low), float(high))


def _finding(difference: Difference, differing: int) -> Finding:
    if difference.low <= 0 <= difference.high:
        return "no difference"
    if differing < FEWEST_DIFFERENT:
        return "too few"
    return "fewer" if difference.value < 0 else "more"


def _sum(texts: Sequence[TextCounts], code: str, *, marks: bool) -> float:
    codes = sorted(FACT_CODES) if code == ALL else [code]
    return sum(
        text.wrong.get(name, 0.0) + (text.marked.get(name, 0.0) if marks else 0.0) for text in texts for name in codes
    )
