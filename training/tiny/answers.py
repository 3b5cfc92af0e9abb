"""Questions and answers as token batches, with more weight on the tokens that decide what is said.

Sequences are padded on the right: with causal attention padding after the end changes nothing before it.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from emola.prompt import IMAGE_TOKEN, QUESTIONS, build_prompt
from emola.taxonomy import EMOTIONS
from training.synthetic.text import ask, describe_action_units, describe_emotion
from training.synthetic.truth import Truth

Task = Literal["emotion", "au"]

FIXED_QUESTION_SHARE = 0.3
"""Share of examples that ask the two fixed questions of the benchmark, which the demo asks as well."""

_OPENING = 24
"""Characters at the start of an answer whose tokens count as deciding."""

_DECIDING = re.compile(
    r"\bAU\d+(?:,| and| are| is)?|\n\S*|\. (?=AU)|\b(?:left|right|mix|mixed|at rest)\b|\b(?:a )?(?:"
    + "|".join(EMOTIONS)
    + r")\b"
)
"""Words that decide what is said. The article counts with the emotion: only a neutral face is called "a" something, so
that the choice falls there (with a weight of 1, 45 of 71 neutral faces were called something else)."""

_DEGREES = re.compile(
    r"\b(?:faint|slight|mild|marked|moderate|strong|severe|maximum|maximal|extreme)\b|\(([A-E])\)|intensity [A-E]"
)


@dataclass(frozen=True)
class Example:
    """Token ids of one question with its answer, the loss weight of each token, and the length of the prompt."""

    ids: list[int]
    weights: list[float]
    prompt_length: int


@dataclass(frozen=True)
class Batch:
    """Token ids of one batch.

    Attributes:
        ids: (B, T) int64, padded on the right with 0.
        weights: (B, T) float32 loss weight of predicting each token, 0 on prompt and padding.
        prompt_end: (B,) int64 position of the last prompt token.
    """

    ids: Tensor
    weights: Tensor
    prompt_end: Tensor


def sample_question(task: Task, rng: np.random.Generator) -> str:
    """Return the benchmark's fixed question or one of the grammar's."""
    return QUESTIONS[task] if rng.random() < FIXED_QUESTION_SHARE else ask(task, rng)


def describe(task: Task, truth: Truth, rng: np.random.Generator) -> str:
    """Return an answer of the grammar."""
    return describe_emotion(truth, rng) if task == "emotion" else describe_action_units(truth, rng)


def token_weights(answer: str, offsets: list[tuple[int, int]], decision: float) -> list[float]:
    """Return the loss weight of each token of an answer: ``decision`` where it decides, half of it for degrees.

    Args:
        answer: the text.
        offsets: first and last character (exclusive) of each token; the leading space is part of the first word.
        decision: weight of a deciding token; others count 1.
    """
    weights = [decision if start < _OPENING else 1.0 for start, _ in offsets]
    ends = [end for _, end in offsets]
    for pattern, weight in ((_DECIDING, decision), (_DEGREES, max(1.0, decision / 2))):
        for match in pattern.finditer(answer):
            index = bisect_right(ends, match.start())
            while index < len(offsets) and offsets[index][0] < match.end():
                weights[index] = max(weights[index], weight)
                index += 1
    return weights


def encode_prompt(tokenizer: Any, question: str, rows: int) -> list[int]:
    """Return the token ids of a question about a face, whose image span has ``rows`` rows."""
    before, after = build_prompt(question, "plain").split(IMAGE_TOKEN)
    image = tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
    opening = [tokenizer.bos_token_id, *tokenizer.encode(before, add_special_tokens=False)]
    return [*opening, *[image] * rows, *tokenizer.encode(after, add_special_tokens=False)]


def encode_answer(tokenizer: Any, question: str, answer: str, rows: int, decision: float) -> Example:
    """Return one example as the processor encodes it.

    Args:
        tokenizer: of the model.
        question: of the user.
        answer: that the model shall give.
        rows: rows of the image span.
        decision: weight of deciding tokens.
    """
    prompt = encode_prompt(tokenizer, question, rows)
    text = f" {answer}"
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    weights = token_weights(text, encoded["offset_mapping"], decision)
    ids = [*prompt, *encoded["input_ids"], tokenizer.eos_token_id]
    return Example(ids, [0.0] * len(prompt) + weights + [decision], len(prompt))


def sample_example(
    tokenizer: Any, task: Task, truth: Truth, rows: int, decision: float, rng: np.random.Generator
) -> Example:
    """Return a freshly worded question and answer about a face; the arguments are those of :func:`encode_answer`."""
    question, answer = sample_question(task, rng), describe(task, truth, rng)
    return encode_answer(tokenizer, question, answer, rows, decision)


def collate(examples: list[Example]) -> Batch:
    """Return examples as one batch, padded to the longest."""
    longest = max(len(example.ids) for example in examples)
    ids = torch.zeros(len(examples), longest, dtype=torch.int64)
    weights = torch.zeros(len(examples), longest)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        weights[row, : len(example.ids)] = torch.tensor(example.weights)
    return Batch(ids, weights, torch.tensor([example.prompt_length - 1 for example in examples]))
