"""What scoring costs beside the package that it equals, and what a second process saves; ratios of one process."""

import json
import os
import random
import time
from collections.abc import Callable
from statistics import median

import pytest
from rouge import Rouge as Package

from training.benchmark.bootstrap import intervals
from training.benchmark.item_scores import ItemScores
from training.benchmark.items import read_items
from training.benchmark.outcomes import judge
from training.benchmark.rouge_l import pltrdy_rouge_l
from training.benchmark.score import ScoringSettings, judge_all

ROUNDS = 5
PARTS = ["The inner brows are raised", "AU12 pulls the lip corners up", "no frown is seen", "AU25: the lips part"]


def seconds(run: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    run()
    return clock() - start


def text(numbers: random.Random, words: int = 180) -> str:
    """Sentences of an action-unit answer, as long as those of FABA-Instruct."""
    said = []
    while sum(len(sentence.split()) for sentence in said) < words:
        said.append(
            f"{numbers.choice(PARTS)}, with {numbers.choice(['slight', 'marked'])} intensity {numbers.random():.3f}"
        )
    return ". ".join(said) + "."


@pytest.fixture(scope="module")
def pairs():
    numbers = random.Random(0)
    return [(text(numbers), text(numbers)) for _ in range(12)]


def test_rouge_beats_the_package_that_it_equals(pairs):
    package = Package(metrics=["rouge-l"])

    def theirs() -> None:
        for prediction, reference in pairs:
            package.get_scores(prediction, reference, avg=True)

    def ours() -> None:
        for prediction, reference in pairs:
            pltrdy_rouge_l(prediction, reference)

    ratio = median(seconds(theirs) / seconds(ours) for _ in range(ROUNDS))
    print(f"\npltrdy ROUGE-L: {ratio:.1f} times as fast as the rouge package")
    assert ratio >= 5


def test_resampling_many_items_costs_less_than_reading_them(pairs, tmp_path):
    """A thousand resamples of n items against reading n answers: 95 % intervals must not be what one waits for."""
    numbers = random.Random(1)
    path = tmp_path / "P.jsonl"
    rows = [{"id": n, "prediction": text(numbers), "reference": text(numbers), "label": [1, 12]} for n in range(400)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    items = read_items(path)
    outcomes = []
    reading = seconds(lambda: outcomes.extend(judge(item, "au", "strict") for item in items))
    scores = ItemScores(outcomes, "au", "strict")
    resampling = seconds(lambda: intervals(len(outcomes), scores, 1000, 0))
    print(
        f"\n1,000 resamples cost {resampling / reading:.2f} times reading; {1e3 * reading / len(items):.2f} ms an item"
    )
    assert resampling <= 2 * reading


def test_two_processes_share_the_work(tmp_path):
    if os.getloadavg()[0] + 1 > (os.cpu_count() or 1):
        pytest.skip("needs two cores that nobody else uses")
    numbers = random.Random(2)
    rows = [{"id": n, "prediction": text(numbers), "reference": text(numbers), "label": [1]} for n in range(1200)]
    path = tmp_path / "P.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    items = read_items(path)
    halves = [(items[0::2], 1), (items[1::2], 2)]  # texts of their own, since those that were read are remembered
    settings = [(half, ScoringSettings("au", "strict", workers=workers)) for half, workers in halves]
    one, two = (seconds(lambda ask=ask: judge_all(*ask), time.perf_counter) for ask in settings)
    ratio = one / two
    print(f"\nTwo processes: {ratio:.2f} times as fast as one")
    assert ratio >= 1.3
