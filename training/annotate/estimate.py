"""What a run will cost, stated before it starts.

Tokens of a picture follow the rule that OpenAI publishes for its GPT-4o family at high detail: 85, and 170 for each
tile of 512 x 512 pixels. Other endpoints count otherwise; give the number per picture then. Words count as 1.4 tokens.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.annotate.messages import load_prompts
from training.data.records import Task

TOKENS_PER_WORD: Final = 1.4
_BASE, _PER_TILE, _TILE_PX = 85, 170, 512
_QUESTION_WORDS: Final = 12


@dataclass(frozen=True)
class Prices:
    """Price of a million tokens in any currency; None when not known."""

    input: float | None = None
    output: float | None = None

    def cost(self, input_tokens: float, output_tokens: float) -> float | None:
        """Return what so many tokens cost, or None when a price is not known."""
        if self.input is None or self.output is None:
            return None
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


@dataclass(frozen=True)
class Estimate:
    """Expected size of a run: requests, tokens per picture, tokens in and out, and the cost where prices are known."""

    requests: int
    picture_tokens: int
    input_tokens: int
    output_tokens: int
    cost: float | None

    def summary(self) -> str:
        """Return the estimate as one sentence."""
        cost = "cost unknown, for --price-input and --price-output were not given"
        if self.cost is not None:
            cost = f"about {self.cost:,.2f} at the prices given"
        return (
            f"{self.requests:,} requests, about {self.input_tokens:,} input tokens ({self.picture_tokens} per picture) "
            f"and {self.output_tokens:,} output tokens: {cost}."
        )


def picture_tokens(max_side: int) -> int:
    """Return the tokens of a square picture of this side, the most that one of at most that size counts for."""
    return _BASE + _PER_TILE * math.ceil(max_side / _TILE_PX) ** 2


def estimate(tasks: Sequence[Task], per_picture: int, max_tokens: int, prices: Prices) -> Estimate:
    """Return what one request per entry of ``tasks`` will take.

    Args:
        tasks: the task of each request still to be made.
        per_picture: tokens that a picture counts for.
        max_tokens: longest answer.
        prices: of a million tokens.
    """
    prompts = load_prompts()
    tokens_in = tokens_out = 0.0
    for task, count in Counter(tasks).items():
        words = len(prompts["system"][task].split()) + _QUESTION_WORDS
        tokens_in += count * (words * TOKENS_PER_WORD + per_picture)
        tokens_out += count * min(max_tokens, prompts["words_expected"][task] * TOKENS_PER_WORD)
    cost = prices.cost(tokens_in, tokens_out)
    return Estimate(len(tasks), per_picture, round(tokens_in), round(tokens_out), cost)
