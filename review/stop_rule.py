"""When more review would no longer change the order of the models. Pure; arrays in, numbers out.

The completion of the review is simulated (a posterior predictive simulation; Gelman et al., Bayesian Data Analysis,
2013, section 6.3): the labels of the items that nobody reviewed yet are drawn from what the random stratum shows, the
runs are ranked again, and it is counted how often the order of today stays. In each of the simulations

* for every action unit the share of labels that are wrong, and the share of missing ones, are drawn from their Beta
  posteriors under Jeffreys' prior, Beta(k + 1/2, n - k + 1/2), and with them the new labels of each item, each unit on
  its own;
* for emotions the share of changed labels is drawn likewise, and a changed one becomes one of the emotions that
  changed ones of the stratum became (any other emotion where there are none), weighted by a Bayesian bootstrap;
* the change of ROUGE-L of all runs is that of reviewed items of the stratum, weighted by a Bayesian bootstrap (Rubin,
  1981).

More review is said not to matter when the order stays in at least 95 % of the simulations. There must be enough to draw
from: at least 30 reviewed items of the random stratum, and so many that Wilson's 95 % interval of the share of
changed labels is at most 20 percentage points wide. All four numbers are project rules.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emola.taxonomy import EMOTIONS, SCORED_ACTION_UNITS
from review.rank_stability import (
    NONE,
    AnswerTable,
    Floats,
    Ints,
    WeightedScores,
    common_items,
    repeats_for,
    share_in_order,
    unit_f1_means,
    units_present,
)
from review.statistics import Rate, rate

ENOUGH: Final = 0.95
FEWEST: Final = 30
WIDEST: Final = 0.20
_CELLS: Final = 4_000_000
_DIGITS: Final = 9


@dataclass(frozen=True)
class StopAdvice:
    """Whether more review would change the order of the models.

    Attributes:
        unreviewed: items of the ranked runs that nobody reviewed yet.
        sampled: reviewed items of the random stratum that the simulation draws from.
        changed: share of them whose label changed.
        more_needed: reviews of the random stratum that are still missing for a statement; 0 where there are enough.
        stays: share of simulated completions in which the order of today holds; None without a statement.
        simulations: how many.
    """

    unreviewed: int
    sampled: int
    changed: Rate
    more_needed: int
    stays: float | None
    simulations: int

    @property
    def may_stop(self) -> bool:
        """Whether the order holds often enough."""
        return self.stays is not None and self.stays >= ENOUGH


def advise(table: AnswerTable, *, simulations: int | None = None, seed: int = 0) -> StopAdvice | None:
    """Return whether more review of one task's items matters; None where no two runs can be ranked.

    Args:
        table: all answers of one task.
        simulations: completions drawn; 1000 if None, and fewer for more than 4000 items left, down to 200.
        seed: of the drawing; the same seed gives the same advice.
    """
    shared = common_items(table)
    now = (
        WeightedScores(shared, "now")(np.ones((1, len(shared.old)), np.float32))[0]
        if len(shared.old)
        else np.full(1, np.nan)
    )
    if len(shared.runs) < 2 or np.isnan(now).any():
        return None
    left = int((~shared.reviewed).sum())
    # what the stratum shows does not depend on which runs answered
    sampled = int(table.sampled.sum())
    changed = rate(int((table.old != table.now)[table.sampled].sum()), sampled)
    more = reviews_needed(changed) - sampled if left else 0
    if more > 0:
        return StopAdvice(left, sampled, changed, more, None, 0)
    simulations = simulations or repeats_for(left)
    stays = 1.0 if not left else _stays(table, shared, now, simulations, seed)
    return StopAdvice(left, sampled, changed, 0, stays, simulations)


def reviews_needed(changed: Rate) -> int:
    """Return how many reviews of the random stratum a statement needs, if the share of changed labels stays."""
    share = changed.value if changed.value is not None else 0.5
    count = max(FEWEST, changed.n)
    while True:
        found = rate(round(share * count), count)
        if (found.high or 0.0) - (found.low or 0.0) <= WIDEST:
            return count
        count += 1


def _stays(table: AnswerTable, shared: AnswerTable, now: Floats, simulations: int, seed: int) -> float:
    """Return the share of completions that keep the order of ``now``."""
    random = np.random.default_rng(seed)
    order = np.argsort(-now, kind="stable")
    part = max(1, _CELLS // max(1, int((~shared.reviewed).sum())))
    kept = 0.0
    for start in range(0, simulations, part):
        size = min(part, simulations - start)
        complete = _emotions if table.task == "emotion" else _units
        scores = 100 * complete(table, shared, size, random)
        if shared.has_rouge:
            scores = scores + 100 * _rouge(shared, size, random)
        kept += size * share_in_order(np.nan_to_num(scores).round(_DIGITS), order)
    return kept / simulations


def _units(table: AnswerTable, shared: AnswerTable, size: int, random: np.random.Generator) -> Floats:
    """Return the mean F1 (S, R) of completions.

    Items left to review in which a unit has the same old label and the same runs say it are drawn together: how many of
    them get the unit is binomial.
    """
    left, known = ~shared.reviewed, shared.reviewed & (shared.now != NONE)
    was, became = (units_present(codes[table.sampled][:, None])[:, :, 0] for codes in (table.old, table.now))
    old, spoken = units_present(shared.old[left][:, None]), units_present(shared.said[left])
    truth, heard = units_present(shared.now[known][:, None]), units_present(shared.scored("now")[known])
    hits, labels, said = [], [], []
    for unit in range(len(SCORED_ACTION_UNITS)):
        wrong = _shares(int((was & ~became)[:, unit].sum()), int(was[:, unit].sum()), size, random)
        missing = _shares(int((~was & became)[:, unit].sum()), int((~was)[:, unit].sum()), size, random)
        kinds, counts = _alike(np.concatenate([old[:, unit], spoken[:, unit]], 1))
        chance = np.where(kinds[:, 0], 1 - wrong[:, None], missing[:, None])
        drawn = random.binomial(counts, chance).astype(float)
        hits.append(drawn @ kinds[:, 1:] + (heard & truth)[:, unit].sum(0))
        labels.append(drawn.sum(1, keepdims=True) + truth[:, unit].sum())
        said.append(np.broadcast_to(spoken[:, unit].sum(0) + heard[:, unit].sum(0), hits[-1].shape).astype(float))
    return unit_f1_means(np.stack(hits, 1), np.stack(labels, 1), np.stack(said, 1))


def _alike(rows: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Ints]:
    """Return the different rows (K, N) of some (I, N), and how often each occurs (K,)."""
    packed = np.packbits(rows, axis=1)
    _, first, counts = np.unique(packed, axis=0, return_index=True, return_counts=True)
    return rows[first], counts


def _emotions(table: AnswerTable, shared: AnswerTable, size: int, random: np.random.Generator) -> Floats:
    """Return the share of right emotions (S, R) of completions; only labels that change are looked at in each."""
    left, known = ~shared.reviewed, shared.reviewed & (shared.now != NONE)
    old, new = table.old[table.sampled], table.now[table.sampled]
    differs = (old != new) & (new != NONE)
    share = _shares(int(differs.sum()), len(old), size, random)
    classes, counts = np.unique(new[differs] if differs.any() else np.arange(len(EMOTIONS)), return_counts=True)
    targets = random.dirichlet(counts, size=size).cumsum(1)[:, :-1]
    labels, said = shared.old[left], shared.said[left]
    right = (said == labels[:, None]) & (labels != NONE)[:, None]
    readable = int((labels != NONE).sum() + known.sum())
    fixed = right.sum(0) + (shared.said[known] == shared.now[known][:, None]).sum(0)
    scores = np.empty((size, len(fixed)))
    for number in range(size):
        flips = np.flatnonzero(random.random(len(labels)) < share[number])
        drawn = _other(labels[flips], classes, targets[number], random)
        gained = (said[flips] == drawn[:, None]).sum(0) - right[flips].sum(0)
        scores[number] = (fixed + gained) / (readable + int((labels[flips] == NONE).sum()))
    return scores


def _other(labels: Ints, classes: Ints, bounds: Floats, random: np.random.Generator) -> Ints:
    """Return an emotion (N,) for each label that it may have become, never itself."""
    drawn = classes[np.searchsorted(bounds, random.random(len(labels)), side="left")]
    another = (labels + 1 + random.integers(0, len(EMOTIONS) - 1, len(labels))) % len(EMOTIONS)
    return np.asarray(np.where(drawn == labels, another, drawn))


def _rouge(shared: AnswerTable, size: int, random: np.random.Generator) -> Floats:
    """Return the mean ROUGE-L (S, R) of completions; without a reviewed item to draw from references stay."""
    left = ~shared.reviewed
    fixed = shared.rouge_now.sum(0)
    changes = (shared.rouge_now - shared.rouge_old)[shared.sampled]
    if not len(changes):
        return np.broadcast_to(fixed / len(left), (size, len(fixed)))
    shares = random.dirichlet(np.ones(len(changes)), size=size)
    drawn = np.stack([random.multinomial(int(left.sum()), one) for one in shares])
    return np.asarray((fixed + drawn @ changes) / len(left))


def _shares(k: int, n: int, size: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return draws (S,) from the posterior of a share."""
    return random.beta(k + 0.5, n - k + 0.5, size)
