"""The loss: cross entropy of the answer and its end token, summed, so that batches of any size add up exactly.

Every token counts as much as its sample does (``Sample.weight``).

Letters used for shapes: B batch, T tokens, K columns from the first label on, V vocabulary.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from emola.model.tokenization import LABEL_IGNORED

SAMPLE_WEIGHTS = "sample_weights"
"""Name in a batch of what each row counts, float32 (B,)."""


def answer_log_probabilities(model: nn.Module, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the log-probability of every labelled token, and where they are.

    Prompts are padded on the left, so that all answers end at the right: logits are computed from the first label of
    the batch on only.

    Args:
        model: an EmoLA, adapted and wrapped in any way.
        batch: its inputs with ``labels``.

    Returns:
        float32 (B, K), 0 where there is no label, and bool (B, K).
    """
    labels = batch["labels"]
    columns = (labels != LABEL_IGNORED).any(dim=0).nonzero()
    first = int(columns[0]) if len(columns) else labels.shape[1] - 1
    inputs: dict[str, Any] = {name: value for name, value in batch.items() if name != "labels"}
    kept = labels.shape[1] - first + 1  # one more: the token before a label predicts it
    logits = model(**inputs, use_cache=False, logits_to_keep=kept).logits[:, :-1]  # (B, K, V)
    targets = labels[:, first:].to(logits.device)  # (B, K)
    losses = nn.functional.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=LABEL_IGNORED, reduction="none"
    )
    return -losses.view(targets.shape), targets != LABEL_IGNORED


def answer_loss(model: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the cross entropy of a batch's labelled tokens, each times the weight of its row, summed: float32 ()."""
    inputs = {name: value for name, value in batch.items() if name != SAMPLE_WEIGHTS}
    log_probabilities, _ = answer_log_probabilities(model, inputs)
    weights = batch[SAMPLE_WEIGHTS].to(log_probabilities.device)
    return -(log_probabilities.sum(dim=1) * weights).sum()
