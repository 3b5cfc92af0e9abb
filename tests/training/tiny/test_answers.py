import numpy as np
import pytest
import torch

from emola.model.tokenization import encode_example
from emola.prompt import build_prompt
from emola.taxonomy import Side
from training.synthetic.text.emotions import FIRST, NEUTRAL
from training.synthetic.truth import Truth, UnitTruth, sample_truth
from training.tiny.answers import collate, encode_answer, sample_example, token_weights
from training.tiny.config import TinyConfig
from training.tiny.data import mirrored_truth
from training.tiny.vocabulary import make_tokenizer, special_ids


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocabulary")
    return make_tokenizer(TinyConfig(folder, folder, vocabulary=900, vocabulary_texts=300), folder)


def test_control_tokens_and_plain_text_survive(tokenizer) -> None:
    assert special_ids(tokenizer) == {"<unk>": 0, "<s>": 1, "</s>": 2, "<image>": 3}
    text = " AU12 - Lip corner puller: größer, 100 % 🙂\n2. AU4"
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_training_encodes_as_the_processor_does(tokenizer) -> None:
    question, answer = "What AUs are conveyed by this face?", "No action unit is active."
    example = encode_answer(tokenizer, question, answer, 5, 3.0)
    expected, labels = encode_example(tokenizer, build_prompt(question, "plain"), answer, 3, 5)
    assert example.ids == expected
    assert [weight > 0 for weight in example.weights] == [label != -100 for label in labels]
    assert example.weights[-1] == 3.0 and example.prompt_length == labels.count(-100)


def test_deciding_tokens_weigh_more() -> None:
    answer = " The following action units can be seen: AU12 rests with mild intensity."
    words = [
        (0, 4),
        (40, 45),
        (45, 51),
        (51, 56),
        (56, 61),
        (61, 71),
    ]  # " The", " AU12", " rests", " with", " mild", ...
    assert answer[40:45] == " AU12" and answer[56:61] == " mild"
    assert token_weights(answer, words, 4.0) == [4.0, 4.0, 1.0, 1.0, 2.0, 1.0]


@pytest.mark.parametrize("index", range(6))
def test_the_first_token_that_tells_a_neutral_face_from_others_decides(tokenizer, index: int) -> None:
    shown = FIRST[index].format(emotion="disgust", shade="revulsion", state="repelled")
    neutral = NEUTRAL[index]
    choices = []
    for text in (shown, neutral):
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        choices.append((encoded.input_ids, token_weights(text, encoded.offset_mapping, 8.0)))
    (ids, weights), (others, other_weights) = choices
    split = next(place for place, pair in enumerate(zip(ids, others, strict=False)) if pair[0] != pair[1])
    assert weights[split] == other_weights[split] == 8.0


def test_batch_is_padded_on_the_right_without_weight(tokenizer) -> None:
    rng = np.random.default_rng(0)
    truths = [Truth({}, "neutral", None, 0.0), sample_truth(rng), sample_truth(rng)]
    batch = collate([sample_example(tokenizer, "au", truth, 2, 4.0, rng) for truth in truths])
    for ids, weights, end in zip(batch.ids, batch.weights, batch.prompt_end, strict=True):
        assert (ids == 3).sum() == 2 and (weights[: end + 1] == 0).all() and weights[end + 1] > 0
        last = int(torch.nonzero(ids == 2).max())
        assert weights[last] == 4.0 and (weights[last + 1 :] == 0).all() and (ids[last + 1 :] == 0).all()


def test_mirrored_truth_swaps_sides_and_mirroring_twice_changes_nothing() -> None:
    truth = Truth({2: UnitTruth(0.5, Side.LEFT), 12: UnitTruth(0.4, Side.BOTH, 0.5)}, "happiness", None, 0.4)
    mirrored = mirrored_truth(truth)
    assert mirrored.action_units[2].side is Side.RIGHT
    assert mirrored.action_units[12].left == pytest.approx(truth.action_units[12].right)
    assert mirrored_truth(mirrored) == truth
