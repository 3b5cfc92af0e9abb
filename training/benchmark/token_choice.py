"""Which token comes next: the most likely one, or one drawn by a random stream of the question's own.

Drawing adds Gumbel noise to the log-probabilities and takes the largest, which is an exact draw from the distribution.
The noise of a question depends on its task, id and the seed alone, so an answer is the same in any batch, on any
process and after any restart.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor
from transformers.generation.logits_process import TemperatureLogitsWarper, TopPLogitsWarper

from emola.settings import GenerationSettings


def random_stream(seed: int, key: tuple[str, str]) -> torch.Generator:
    """Return the random stream of a question, on the CPU."""
    digest = hashlib.sha256(f"{seed}\0{key[0]}\0{key[1]}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


class TokenChoice:
    """Turns logits into scores whose largest is the chosen token.

    Args:
        settings: greedy, or temperature and top_p.
    """

    def __init__(self, settings: GenerationSettings) -> None:
        self.greedy = settings.greedy
        self._seed = settings.seed
        if not settings.greedy:
            self._temperature = TemperatureLogitsWarper(settings.temperature)
            self._top_p = TopPLogitsWarper(settings.top_p) if settings.top_p < 1 else None

    def stream(self, key: tuple[str, str]) -> torch.Generator:
        """Return the random stream of a question."""
        return random_stream(self._seed, key)

    def scores(self, logits: Tensor, streams: Sequence[torch.Generator]) -> Tensor:
        """Return scores (B, V) of logits (B, V); each row takes V numbers from its stream unless greedy."""
        if self.greedy:
            return logits
        ids: Any = None  # neither warper looks at the tokens before
        scores = self._temperature(ids, logits.float())
        if self._top_p is not None:
            scores = self._top_p(ids, scores)
        uniform = torch.stack(
            [torch.rand(logits.shape[-1], generator=stream, dtype=torch.float64) for stream in streams]
        )
        noise = -torch.log(-torch.log(uniform.clamp_min(torch.finfo(torch.float64).tiny)))
        chosen: Tensor = scores.double() + noise.to(scores.device)
        return chosen


class DrawnTokens(LogitsProcessor):
    """The same draw inside ``generate``: greedy decoding then takes the drawn token.

    Args:
        choice: how to draw.
        keys: task and id of each row of the batch.
    """

    def __init__(self, choice: TokenChoice, keys: Sequence[tuple[str, str]]) -> None:
        self._choice = choice
        self._streams = [choice.stream(key) for key in keys]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:  # noqa: ARG002
        """Return the scores of one step, (B, V)."""
        return self._choice.scores(scores, self._streams)  # type: ignore[return-value]
