"""Direct preference optimisation (Rafailov et al., 2023) with the adapter switched off as the reference.

A segment weight above 1 makes corrected parts count more than the text both answers share (RLHF-V, Yu et al., 2023).
Weights are scaled to a mean of 1 within each answer, so that without segments this is plain DPO.
Letters used for shapes: B pairs, K columns from the first label on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from training.lora.loss import answer_log_probabilities

PAIR_TENSORS = ("token_weights", "counted")
"""Tensors of a batch of pairs that are not the model's inputs."""


def dpo_losses(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Return the loss of every pair.

    Args:
        policy: log-probability of chosen and rejected answers under the model that is trained, (2, B).
        reference: the same under the reference model, (2, B).
        beta: how closely the model is held to the reference.

    Returns:
        -log sigmoid(beta * margin), (B,); the margin is how much more the policy prefers the chosen answer than the
        reference does.
    """
    gains = policy - reference
    return -nn.functional.logsigmoid(beta * (gains[0] - gains[1]))


def preference_loss(model: Any, batch: dict[str, Tensor], *, beta: float) -> Tensor:
    """Return the summed loss of a batch of pairs.

    Args:
        model: an adapted EmoLA, wrapped in any way.
        batch: its inputs with ``labels``, chosen answers in the first half of the rows and rejected ones in the second;
            ``token_weights`` float (2B, T); ``counted`` float (B,), 0 for pairs that only stand in.
        beta: as in :func:`dpo_losses`.
    """
    inputs = {name: tensor for name, tensor in batch.items() if name not in PAIR_TENSORS}
    policy = _answer_scores(model, inputs, batch["token_weights"])
    with torch.no_grad(), adapter_off(model):
        reference = _answer_scores(model, inputs, batch["token_weights"])
    return (dpo_losses(policy, reference, beta) * batch["counted"]).sum()


@contextmanager
def adapter_off(model: Any) -> Iterator[None]:
    """Switch LoRA and the trained projectors off; afterwards the same parameters are trained as before."""
    adapted = model.module if hasattr(model, "module") else model
    trained = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    frozen = [parameter for parameter in adapted.parameters() if not parameter.requires_grad]
    try:
        with adapted.disable_adapter():
            yield
    finally:
        for parameters, wanted in ((trained, True), (frozen, False)):
            for parameter in parameters:
                parameter.requires_grad_(wanted)


def _answer_scores(model: nn.Module, inputs: dict[str, Tensor], weights: Tensor) -> Tensor:
    """Return the weighted log-probability of every answer, (2, B)."""
    log_probabilities, labelled = answer_log_probabilities(model, inputs)
    kept = weights[:, -log_probabilities.shape[1] :].to(log_probabilities.device)
    return (log_probabilities * kept * labelled).sum(dim=1).view(2, -1)
