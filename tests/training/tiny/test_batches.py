"""Batches of language training: the same for the same step, and each answer beside its own face."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from emola.taxonomy import EMOTIONS
from training.synthetic.fields import INDEX
from training.synthetic.truth import Truth, UnitTruth
from training.tiny.batches import GROUP, BatchMaker, Sources, Stage
from training.tiny.config import TinyConfig
from training.tiny.data import TinyData
from training.tiny.detections import ResidualBank
from training.tiny.priors import EVERYDAY_EMOTIONS, PriorSource
from training.tiny.tower import ROWS_OF_IMAGE
from training.tiny.vocabulary import make_tokenizer

FACES = 12


def face(number: int) -> Truth:
    """Face ``number`` shows an action unit of its own."""
    unit = list(INDEX)[number % len(INDEX)]
    return Truth({unit: UnitTruth(0.7)}, EMOTIONS[number % len(EMOTIONS)], None, 0.5)


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batches")
    config = TinyConfig(folder, folder, vocabulary=900, vocabulary_texts=300)
    rng, truths = np.random.default_rng(0), [face(number) for number in range(FACES)]
    activations = np.zeros((FACES, 20, 2), np.float32)
    for number, truth in enumerate(truths):
        activations[number, INDEX[next(iter(truth.action_units))]] = 0.7
    priors = np.repeat(np.arange(FACES, dtype=np.float32), 2 * 212).reshape(FACES, 2, 212)
    crops = rng.integers(0, 255, (FACES, 112, 112, 3)).astype(np.uint8)
    data = TinyData(crops, np.zeros((FACES, 2, 106, 2), np.float32), priors, activations, truths)
    bank = ResidualBank(np.zeros(212, np.float32), np.zeros((2, 2, 212), np.float32), np.arange(2))
    sources = Sources(data, PriorSource(data, bank, 0.0), make_tokenizer(config, folder))
    stage = Stage("joint", 3, 8, 4, 1e-3, 0.4, 0.3, 0.5)
    return lambda retell=None: BatchMaker(stage, sources, config, retell)


def test_a_step_is_the_same_whichever_came_before(maker) -> None:
    one, other = maker(), maker()
    for step in range(5):
        ahead = one.inputs(step)
    alone = other.inputs(4)
    assert torch.equal(ahead.batch.ids, alone.batch.ids) and torch.equal(ahead.units, alone.units)
    assert ahead.kind == alone.kind and not torch.equal(ahead.batch.ids, one.inputs(3).batch.ids)


def test_labels_and_prior_belong_to_the_same_face(maker) -> None:
    batches, kinds = maker(), set()
    for step in range(40):
        inputs = batches.inputs(step)
        kinds.add(inputs.kind)
        rows = (inputs.batch.ids == 3).sum(1)
        assert (rows == ROWS_OF_IMAGE * (inputs.pixels is not None) + (inputs.prior is not None)).all()
        assert (inputs.units.sum(1) == 1).all()
        if inputs.prior is not None:
            faces = inputs.prior[:, 0].round().long()
            assert torch.equal(inputs.units.argmax(1), faces % 20)
            assert torch.equal(inputs.emotions, faces % len(EMOTIONS))
    assert kinds == {"both", "image", "prior"}


def test_answers_are_retold_from_what_is_seen_and_labels_stay_true(maker) -> None:
    told: list[tuple] = []

    def at_rest(pixels, prior, truths):
        told.append((pixels is not None, prior is not None, len(truths)))
        return [Truth({}, "neutral", None, 0.0)] * len(truths)

    batches = maker(at_rest)
    for step in range(10 * GROUP):
        inputs = batches.inputs(step)
        assert (inputs.units.sum(1) == 1).all(), "the temporary heads still learn the truth"
        assert ((inputs.batch.weights > 0).sum(1) < 90).all(), "a face at rest takes few words"
        assert told[-1] == (inputs.pixels is not None, inputs.prior is not None, 16)
    assert len(told) == 10, "once for all steps of a group"


def test_texts_of_a_batch_have_similar_lengths(maker) -> None:
    batches = maker()
    for group in range(3):
        lengths = []
        for place in range(GROUP):
            weights = batches.inputs(group * GROUP + place).batch.weights
            lengths.append([int(torch.nonzero(row).max()) for row in weights])
        lengths.sort()
        assert all(max(short) <= min(long) for short, long in pairwise(lengths))


def test_faces_shown_by_their_prior_alone_are_half_as_in_everyday_photographs() -> None:
    """RAF-DB's shares for one half, the rendered ones for the other; its counts add up to its 12,271 photographs."""
    assert sum(EVERYDAY_EMOTIONS.values()) == 12_271
    truths = [Truth({}, emotion, None, 0.5) for emotion in (*EMOTIONS, *EMOTIONS[:5])]
    empty = np.zeros((len(truths), 2, 212), np.float32)
    data = TinyData(np.zeros(0, np.uint8), empty, empty, empty, truths)
    bank = ResidualBank(np.zeros(212, np.float32), empty, np.arange(len(truths)))
    source, rng = PriorSource(data, bank, 0.0), np.random.default_rng(3)
    rendered = np.array([truths.count(Truth({}, emotion, None, 0.5)) / 12 for emotion in EMOTIONS])
    for everyday in (False, True):
        drawn = [truths[face].emotion for face in source.choose(40_000, rng, everyday=everyday)]
        shares = np.array([drawn.count(emotion) / 40_000 for emotion in EMOTIONS])
        usual = np.array([EVERYDAY_EMOTIONS[emotion] / 12_271 for emotion in EMOTIONS])
        assert np.allclose(shares, (usual + rendered) / 2 if everyday else rendered, atol=0.015)
