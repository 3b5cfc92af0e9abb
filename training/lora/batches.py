"""Which samples form which optimizer step, and how a step is spread over processes and micro batches.

Both are pure functions of the seed and the lengths: a run that is killed and started again continues with the very
same steps, and the samples of a step do not depend on how many processes there are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

_WINDOW: Final = 50
"""Steps among which samples are sorted by length, as transformers' length-grouped sampler does."""


@dataclass(frozen=True)
class MicroBatch:
    """Samples of one forward pass of one process.

    Attributes:
        indices: which samples.
        counted: False for a stand-in whose loss counts nothing, so that every process takes part in every round.
    """

    indices: tuple[int, ...]
    counted: bool = True


def plan_steps(lengths: Sequence[int], batch_size: int, epochs: int, seed: int, *, group: bool) -> list[list[int]]:
    """Return the samples of every optimizer step of a run; each sample comes once an epoch.

    Args:
        lengths: tokens of each sample.
        batch_size: samples of a step; the last one of an epoch may have fewer.
        epochs: passes over the data.
        seed: of the order.
        group: sort by length among the samples of 50 steps, so that a step holds similar lengths. The first step then
            holds the longest of its window: too little memory shows at once.
    """
    steps: list[list[int]] = []
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(lengths))
        if not group:
            steps += [order[start : start + batch_size].tolist() for start in range(0, len(order), batch_size)]
            continue
        window = batch_size * _WINDOW
        for start in range(0, len(order), window):
            part = sorted(order[start : start + window].tolist(), key=lambda index: -lengths[index])
            batches = [part[at : at + batch_size] for at in range(0, len(part), batch_size)]
            steps += [batches[at] for at in (0, *(1 + rng.permutation(len(batches) - 1)))]
    return steps


def count_rounds(batch_size: int, micro_batch_size: int, processes: int) -> int:
    """Return how many micro batches each process takes in one step."""
    return math.ceil(batch_size / (micro_batch_size * processes))


def split_step(
    step: Sequence[int], lengths: Sequence[int], micro_batch_size: int, processes: int, rounds: int
) -> list[list[MicroBatch]]:
    """Return the micro batches of a step: for each round one per process, similar lengths together.

    Args:
        step: samples of the step.
        lengths: tokens of each sample.
        micro_batch_size: samples of one micro batch at most.
        processes: how many there are.
        rounds: micro batches of each process; :func:`count_rounds` of the whole batch size.
    """
    order = sorted(step, key=lambda index: (-lengths[index], index))
    together = micro_batch_size * processes
    spread = []
    for round_number in range(rounds):
        part = order[round_number * together : (round_number + 1) * together]
        shares = [tuple(part[process::processes]) for process in range(processes)]
        spread.append([MicroBatch(share) if share else MicroBatch((order[-1],), counted=False) for share in shares])
    return spread


def batches_of(
    steps: Sequence[Sequence[int]],
    lengths: Sequence[int],
    micro_batch_size: int,
    process: int,
    processes: int,
    rounds: int,
) -> list[MicroBatch]:
    """Return all micro batches of one process, ``rounds`` for each step."""
    return [
        shares[process] for step in steps for shares in split_step(step, lengths, micro_batch_size, processes, rounds)
    ]
