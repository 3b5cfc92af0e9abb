"""Steps are a pure function of the seed; each sample comes once an epoch; processes share a step."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.lora.batches import MicroBatch, batches_of, count_rounds, plan_steps, split_step

lengths_of_samples = st.lists(st.integers(5, 900), min_size=1, max_size=300)


@given(lengths_of_samples, st.integers(1, 17), st.integers(1, 3), st.integers(0, 99), st.booleans())
def test_each_sample_comes_once_an_epoch(lengths: list[int], batch: int, epochs: int, seed: int, group: bool) -> None:
    steps = plan_steps(lengths, batch, epochs, seed, group=group)
    assert Counter(index for step in steps for index in step) == dict.fromkeys(range(len(lengths)), epochs)
    per_epoch = -(-len(lengths) // batch)
    assert len(steps) == epochs * per_epoch
    assert max(len(step) for step in steps) <= batch
    assert steps == plan_steps(lengths, batch, epochs, seed, group=group)


@given(lengths_of_samples, st.integers(1, 9), st.integers(1, 4), st.integers(1, 4))
def test_processes_share_a_step_without_loss(lengths: list[int], batch: int, micro: int, processes: int) -> None:
    steps = plan_steps(lengths, batch, 1, 0, group=True)
    rounds = count_rounds(batch, micro, processes)
    of_all = [batches_of(steps, lengths, micro, process, processes, rounds) for process in range(processes)]
    assert {len(batches) for batches in of_all} == {len(steps) * rounds}
    counted = [
        index for batches in of_all for micro_batch in batches if micro_batch.counted for index in micro_batch.indices
    ]
    assert sorted(counted) == list(range(len(lengths)))
    assert all(1 <= len(micro_batch.indices) <= micro for batches in of_all for micro_batch in batches)


def test_a_step_by_hand() -> None:
    lengths = [10, 30, 20, 40, 50]
    assert split_step([0, 1, 2, 3, 4], lengths, 2, 2, 2) == [
        [MicroBatch((4, 1)), MicroBatch((3, 2))],
        [MicroBatch((0,)), MicroBatch((0,), counted=False)],
    ]


def test_grouping_pads_less_and_begins_with_the_longest() -> None:
    lengths = [(17 * number) % 400 + 10 for number in range(640)]

    def padding(group: bool) -> int:
        steps = plan_steps(lengths, 16, 1, 1, group=group)
        return sum(max(lengths[index] for index in step) * len(step) for step in steps) - sum(lengths)

    assert padding(True) < 0.1 * padding(False)
    first = plan_steps(lengths, 16, 1, 1, group=True)[0]
    assert max(lengths[index] for index in first) == max(lengths)
    assert plan_steps(lengths, 16, 1, 1, group=True) != plan_steps(lengths, 16, 1, 2, group=True)


@pytest.mark.parametrize(
    ("batch", "micro", "processes", "rounds"), [(64, 16, 4, 1), (64, 16, 1, 4), (64, 2, 1, 32), (5, 2, 2, 2)]
)
def test_rounds(batch: int, micro: int, processes: int, rounds: int) -> None:
    assert count_rounds(batch, micro, processes) == rounds
