"""The loss is on the answer and its end token only, and does not depend on how samples are put together."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from emola.model import EmolaProcessor
from training.data.samples import Sample
from training.lora.collator import Collator
from training.lora.loss import SAMPLE_WEIGHTS, answer_log_probabilities, answer_loss


def test_it_is_the_models_own_loss_summed(make_model: Callable[[], Any], make_batch: Callable[..., Any]) -> None:
    model, batch = make_model().eval(), make_batch()
    labels = batch["labels"]
    tokens = int((labels[:, 1:] != -100).sum())
    mean = model(**{name: value for name, value in batch.items() if name != SAMPLE_WEIGHTS}).loss
    assert answer_loss(model, batch).item() == pytest.approx(mean.item() * tokens, rel=1e-5)


def test_the_loss_is_on_answer_and_end_token_only(
    make_batch: Callable[..., Any], samples: list[Sample], processor: EmolaProcessor
) -> None:
    labels = make_batch(0)["labels"][0]
    learned = labels[labels != -100].tolist()
    assert learned[-1] == processor.tokenizer.eos_token_id
    assert processor.tokenizer.decode(learned[:-1]).strip() == samples[0].answer
    assert processor.image_token_index not in learned


def test_the_parts_add_up_to_the_whole(make_model: Callable[[], Any], make_batch: Callable[..., Any]) -> None:
    model = make_model().eval()
    together = answer_loss(model, make_batch(0, 1, 2, 3)).item()
    apart = sum(answer_loss(model, make_batch(place)).item() for place in range(4))
    assert together == pytest.approx(apart, rel=1e-5)


def test_a_sample_counts_by_its_weight(
    make_model: Callable[[], Any], make_batch: Callable[..., Any], samples: list[Sample], processor: EmolaProcessor
) -> None:
    model = make_model().eval()
    first, second = (answer_loss(model, make_batch(place)).item() for place in (0, 1))
    weighted = [replace(samples[0], weight=0.6), replace(samples[1], weight=0.25)]
    loss = answer_loss(model, Collator(processor, 2048)(weighted)).item()
    assert loss == pytest.approx(0.6 * first + 0.25 * second, rel=1e-5)


def test_accumulated_gradients_equal_those_of_the_whole_step(
    make_model: Callable[[], Any], make_batch: Callable[..., Any]
) -> None:
    gradients = []
    for groups in ([(0, 1, 2, 3)], [(0, 3), (1,), (2,)]):
        model = make_model().eval()
        for places in groups:
            answer_loss(model, make_batch(*places)).backward()
        gradients.append(model.prior_projector.linear_1.weight.grad)
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-4, rtol=1e-4)


def test_a_stand_in_counts_nothing(
    make_model: Callable[[], Any], processor: EmolaProcessor, samples: list[Sample]
) -> None:
    batch = Collator(processor, 2048)(samples[:1], counted=False)
    loss = answer_loss(make_model(), batch)
    loss.backward()
    assert float(loss.detach()) == 0.0


def test_log_probabilities_stand_where_the_labels_are(
    make_model: Callable[[], Any], make_batch: Callable[..., Any]
) -> None:
    batch = make_batch(0, 1)
    found, where = answer_log_probabilities(make_model().eval(), batch)
    assert where.sum() == (batch["labels"] != -100).sum()
    assert bool((found[~where] == 0).all()) and bool((found[where] < 0).all())


def test_gradient_checkpointing_changes_no_gradient(
    make_model: Callable[[], Any], make_batch: Callable[..., Any]
) -> None:
    gradients = []
    for checkpointing in (False, True):
        model = make_model().train()
        if checkpointing:
            model.activation_checkpointing_enable({"use_reentrant": False})
        answer_loss(model, make_batch()).backward()
        gradients.append(model.prior_projector.linear_1.weight.grad)
    torch.testing.assert_close(gradients[0], gradients[1])
