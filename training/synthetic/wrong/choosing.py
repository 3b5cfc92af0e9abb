"""Which descriptions of a data set become wrong, and with which errors."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from training.synthetic.text.action_units import UnitDescription
from training.synthetic.text.emotions import EmotionDescription
from training.synthetic.truth import Truth
from training.synthetic.wrong.planting import CODES, Code, WrongAnswer, plant


@dataclass(frozen=True)
class WrongPlan:
    """How many descriptions are wrong, and how.

    Attributes:
        share: of the descriptions, 0 to 1; the number of wrong ones is exact up to rounding.
        errors: how many different ones each of them holds, where so many can be planted.
    """

    share: float = 0.0
    errors: int = 1


def choose_wrong(
    descriptions: Sequence[tuple[UnitDescription | EmotionDescription, Truth]], plan: WrongPlan, seed: Sequence[int]
) -> dict[int, WrongAnswer]:
    """Return the wrong answers by position among ``descriptions``.

    The codes are spread evenly: each wrong description takes those used least so far among the ones that fit it.

    Args:
        descriptions: correct ones with what their faces show.
        plan: how many of them, and how many errors.
        seed: of the choice; the same one gives the same answers.
    """
    rng = np.random.default_rng([*seed])
    chosen = rng.permutation(len(descriptions))[: round(plan.share * len(descriptions))]
    used: Counter[Code] = Counter()
    answers = {}
    for position in map(int, chosen):
        description, truth = descriptions[position]
        answer = next(_attempts(description, truth, plan.errors, used, np.random.default_rng([*seed, position])))
        used.update(error.code for error in answer.errors)
        answers[position] = answer
    return dict(sorted(answers.items()))


def _attempts(
    description: UnitDescription | EmotionDescription,
    truth: Truth,
    errors: int,
    used: Counter[Code],
    rng: np.random.Generator,
) -> Iterator[WrongAnswer]:
    """Yield the answers with as many errors as can be planted, the least used codes first."""
    order = sorted(CODES, key=lambda code: (used[code], rng.random()))
    codes: list[Code] = []
    best = None
    for code in order:
        answer = plant(description, truth, [*codes, code], rng)
        if answer is not None:
            codes.append(code)
            best = answer
        if len(codes) == errors:
            break
    if best is not None:
        yield best
