"""Which descriptions of a data set become wrong, and with which errors."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from training.synthetic.text.action_units import UnitDescription
from training.synthetic.text.emotions import EmotionDescription
from training.synthetic.truth import Truth
from training.synthetic.wrong.habits import by_habit
from training.synthetic.wrong.planting import CODES, Code, WrongAnswer, plant


@dataclass(frozen=True)
class WrongPlan:
    """How many descriptions are wrong, and how.

    Attributes:
        share: of the descriptions, 0 to 1; the number of wrong ones is exact up to rounding.
        errors: how many different ones each of them holds, where so many can be planted.
        habits: they are those of a describer with habits (:func:`training.synthetic.wrong.habits.habits`), who errs
            alike whenever the same thing is seen; otherwise the codes are spread evenly, and by chance.
    """

    share: float = 0.0
    errors: int = 1
    habits: bool = False

    def count(self, descriptions: int) -> int:
        """Return how many of so many descriptions are to be wrong."""
        return round(self.share * descriptions)


def choose_wrong(
    descriptions: Sequence[tuple[UnitDescription | EmotionDescription, Truth]], plan: WrongPlan, seed: Sequence[int]
) -> dict[int, WrongAnswer]:
    """Return the wrong answers by position among ``descriptions``.

    By chance, the codes are spread evenly: each wrong description takes those used least so far among the ones that fit
    it. By habit, the wrong ones are drawn among those that give an occasion, and each takes the habits that it gives
    occasion for; there are fewer wrong ones than asked for where occasions are lacking.

    Args:
        descriptions: correct ones with what their faces show.
        plan: how many of them, and how many errors.
        seed: of the choice; the same one gives the same answers.
    """
    order = np.random.default_rng([*seed]).permutation(len(descriptions))
    wanted = plan.count(len(descriptions))
    used: Counter[Code] = Counter()
    answers: dict[int, WrongAnswer] = {}
    for position in map(int, order):
        if len(answers) == wanted:
            break
        description, truth = descriptions[position]
        rng = np.random.default_rng([*seed, position])
        if plan.habits:
            answer = by_habit(description, truth, plan.errors, rng)
        else:
            answer = next(_attempts(description, truth, plan.errors, used, rng))
        if answer is not None:
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
