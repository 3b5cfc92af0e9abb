"""What the shape of a face lets one expect, learned from the data set itself: pure functions on measured meshes.

Most texts are right, so they teach which face shapes go with which action units; a text that differs much from what
the other texts say of similar faces is suspicious (the idea of confident learning, Northcutt et al. 2021). Every face
is judged by a ridge regression that has not seen its own text. This reaches units that no published measure of
landmarks covers, but it proves nothing: it orders a queue.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emola.faces.geometry import measure_all
from emola.faces.geometry_table import geometry_table
from emola.taxonomy import ACTION_UNITS
from review.intensities import intensity_reasons
from review.learning import Floats, auc, calibrate, out_of_fold
from review.suspicion import DescriptionFacts, Reason, weights

Mesh = NDArray[np.floating[Any]]
"""(478, 3) in pixels, as ``python -m emola faces`` measures it."""

COMPONENTS = 30
"""Main directions of variation of the aligned meshes that are used beside the measures."""
FEWEST = 12
"""Texts that must name a unit, and that must not, before anything is expected of it."""
USEFUL_AUC = 0.65
"""Least share of pairs of faces that the expectation must order rightly to be used."""
_SIDES = {"L": 1.0, "R": -1.0}
_SIDE_NAMES = {"L": "left", "R": "right"}


@dataclass(frozen=True)
class Expectation:
    """What is expected of one unit.

    Attributes:
        probability: of the unit, by image.
        score: the standardised score behind it, by image.
        common: share of the texts that name the unit.
        useful: whether the scores order the texts well enough to be reasons.
    """

    probability: Mapping[int, float]
    score: Mapping[int, float]
    common: float
    useful: bool


def shape_reasons(every: Sequence[DescriptionFacts], meshes: Mapping[int, Mesh]) -> dict[int, list[Reason]]:
    """Return the reasons that the shapes give, by description.

    Args:
        every: all descriptions.
        meshes: image to its (478, 3) mesh in pixels, faces that may not be judged left out.
    """
    images = sorted(meshes)
    found: dict[int, list[Reason]] = defaultdict(list)
    if len(images) < 2 * FEWEST:
        return found
    measures = [measure_all(meshes[image]) for image in images]
    features = _features([meshes[image] for image in images], measures)
    index = {image: row for row, image in enumerate(images)}
    seen = [facts for facts in every if facts.image_id in index]
    scores: dict[int, Mapping[int, float]] = {}
    for unit in ACTION_UNITS:
        expected = expect_unit(unit, seen, features, index)
        if expected is None:
            continue
        scores[unit] = expected.score
        for facts in seen if expected.useful else ():
            found[facts.description_id] += _unit_reasons(unit, facts, expected)
    for description, reason in intensity_reasons(every, scores):
        found[description].append(reason)
    spread = _asymmetries(measures)
    for facts in seen:
        found[facts.description_id] += _side_reasons(facts, spread[index[facts.image_id]])
    return found


def expect_unit(
    unit: int, every: Sequence[DescriptionFacts], features: Floats, index: Mapping[int, int]
) -> Expectation | None:
    """Return how likely a unit is on each face, by the action-unit texts of the others; None for too few texts.

    Args:
        unit: action unit.
        every: descriptions whose image is in ``index``.
        features: (N, D), one row a face.
        index: image to its row.
    """
    named = {index[facts.image_id]: float(unit in facts.affirmed) for facts in every if facts.task == "au"}
    rows, labels = np.array(list(named), dtype=int), np.array(list(named.values()))
    if min(labels.sum(), len(labels) - labels.sum()) < FEWEST:
        return None
    scores = out_of_fold(features, rows, labels)
    slope, offset = calibrate(scores[rows], labels)
    likely = 1 / (1 + np.exp(-(slope * scores + offset)))
    standard = (scores - scores.mean()) / (scores.std() + 1e-9)
    return Expectation(
        probability={image: float(likely[row]) for image, row in index.items()},
        score={image: float(standard[row]) for image, row in index.items()},
        common=float(labels.mean()),
        useful=auc(scores[rows], labels) >= USEFUL_AUC,
    )


def _features(meshes: Sequence[Mesh], measures: Sequence[Mapping[str, float]]) -> Floats:
    """Return (N, D): every measure, and the main components of the meshes without position, size and turn."""
    names = sorted(set.intersection(*(set(values) for values in measures)))
    measured = np.array([[values[name] for name in names] for values in measures])
    aligned = _aligned(np.stack([mesh[:468].astype(np.float64) for mesh in meshes]))
    flat = aligned.reshape(len(aligned), -1)
    flat -= flat.mean(axis=0)
    _, directions = np.linalg.eigh(flat.T @ flat)
    return np.nan_to_num(np.hstack([measured, flat @ directions[:, -COMPONENTS:]]))


def _aligned(meshes: Floats) -> Floats:
    """Return (N, V, 3) meshes turned, shifted and scaled onto their mean (generalised Procrustes, two rounds)."""
    centred = meshes - meshes.mean(axis=1, keepdims=True)
    centred = centred / np.linalg.norm(centred, axis=(1, 2), keepdims=True)
    target = centred[0]
    for _ in range(2):
        left, _, right = np.linalg.svd(np.einsum("nvi,vj->nij", centred, target))
        sign = np.sign(np.linalg.det(left @ right))
        left[:, :, -1] *= sign[:, None]
        turned = centred @ (left @ right)
        target = turned.mean(axis=0)
    return np.asarray(turned)


def _unit_reasons(unit: int, facts: DescriptionFacts, expected: Expectation) -> list[Reason]:
    """Return why a claimed unit, or one left out, is surprising on this face."""
    table = weights()["shape"]
    likely = expected.probability[facts.image_id]
    surprise = _logit(expected.common) - _logit(likely)
    percent = f"{likely:.0%} of similar faces are said to show {_title(unit)} ({expected.common:.0%} of all)."
    claim = facts.affirmed.get(unit)
    if claim is not None and surprise > 0:
        weight = table["absent"] * min(surprise, table["most"])
        return [Reason("shape_absent", f"Only {percent}", weight, claim.ord)]
    if claim is None and facts.task == "au" and surprise < 0 and likely > table["likely"]:
        weight = table["omission"] * min(_logit(likely), table["most"])
        return [Reason("shape_omission", f"{percent[0].upper()}{percent[1:]} It is not named here.", weight)]
    return []


def _asymmetries(measures: Sequence[Mapping[str, float]]) -> list[dict[int, float]]:
    """Return for each face how much each unit acts more on the subject's left, in standard deviations."""
    found: list[dict[int, float]] = [{} for _ in measures]
    for unit, rule in geometry_table().rules.items():
        leading = rule.supports[0][0] if rule.supports else None
        if leading is None or not leading.measure.sided:
            continue
        name, sign = leading.measure.name, 1.0 if leading.above else -1.0
        values = np.array(
            [sign * (m.get(f"{name}_left", math.nan) - m.get(f"{name}_right", math.nan)) for m in measures]
        )
        scale = np.nanstd(values)
        for row, value in enumerate((values - np.nanmedian(values)) / scale if scale > 0 else values * math.nan):
            if math.isfinite(value):
                found[row][unit] = float(value)
    return found


def _side_reasons(facts: DescriptionFacts, asymmetry: Mapping[int, float]) -> list[Reason]:
    """Return where the stated side of a unit does not show in the face, or the other one does."""
    table = weights()["shape"]
    found = []
    for unit, claim in facts.affirmed.items():
        if claim.side not in _SIDES or unit not in asymmetry:
            continue
        lacking = table["side_from"] - _SIDES[claim.side] * asymmetry[unit]
        if lacking > 0:
            side = _SIDE_NAMES[claim.side]
            text = f"{_title(unit)} is said of the subject's {side}, but the two halves of this face do not differ so."
            found.append(Reason("shape_side", text, table["side"] * min(lacking, table["most"]), claim.ord))
    return found


def _logit(share: float) -> float:
    return math.log(share / (1 - share)) if 0 < share < 1 else math.copysign(20.0, share - 0.5)


def _title(unit: int) -> str:
    return f"AU{unit} {ACTION_UNITS[unit].name}"
