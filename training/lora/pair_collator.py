"""From pairs to the tensors of one micro batch: chosen answers first, rejected ones after, with token weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from emola.errors import InputError
from emola.model import EmolaProcessor
from emola.model.tokenization import LABEL_IGNORED, encode_example
from training.lora.collator import Example, Measured, read_faces
from training.lora.pairs import Pair, Segments


@dataclass(frozen=True)
class PairCollator:
    """Makes the tensors of a micro batch of pairs.

    Args:
        processor: of the model.
        segment_weight: how much more a token of a corrected part counts than another one; 1 for plain DPO.
    """

    processor: EmolaProcessor
    segment_weight: float = 1.0

    def __call__(self, samples: Sequence[Pair], *, counted: bool = True) -> dict[str, Tensor]:
        """Return the model's inputs (2B rows), ``token_weights`` (2B, T) and ``counted`` (B,).

        Raises:
            ImageError: if a picture that could be read before is gone.
            InputError: if a prior that could be read before is gone.
        """
        answers = [(pair, pair.chosen, pair.chosen_segments) for pair in samples]
        answers += [(pair, pair.rejected, pair.rejected_segments) for pair in samples]
        images, priors = read_faces(samples, self.processor)
        batch = dict(
            self.processor(
                [self.processor.build_prompt(pair.question) for pair, _, _ in answers],
                None if images is None else images * 2,
                None if priors is None else priors * 2,
                answers=[text for _, text, _ in answers],
            )
        )
        weights = torch.zeros(batch["labels"].shape)
        for row, (pair, text, segments) in enumerate(answers):
            of_answer = self.token_weights(pair, text, segments)
            weights[row, weights.shape[1] - len(of_answer) :] = torch.tensor(of_answer)
        return {**batch, "token_weights": weights, "counted": torch.full((len(samples),), float(counted))}

    def token_weights(self, pair: Pair, text: str, segments: Segments) -> list[float]:
        """Return the weight of every token of an answer and of its end token; their mean is 1.

        A token that holds a code point of a segment belongs to it, and so does white space in front, which most
        tokenizers join with the word.
        """
        whole = self._answer_ids(pair, text)
        raw = [1.0] * len(whole)
        for start, end in segments:
            first = _shared(whole, self._answer_ids(pair, text[:start])[:-1]) if start else 0
            before_end = self._answer_ids(pair, text[:end])[:-1]
            last = max(_shared(whole, before_end), min(len(before_end), len(whole) - 1))
            raw[first:last] = [self.segment_weight] * (last - first)
        return [weight * len(raw) / sum(raw) for weight in raw]

    def _answer_ids(self, pair: Pair, text: str) -> list[int]:
        """Return the ids of an answer with its end token; none but that for a text of white space."""
        if not text.strip():
            return [self.processor.tokenizer.eos_token_id]
        ids, labels = _encode(self.processor, pair.question, text)
        return [token for token, label in zip(ids, labels, strict=True) if label != LABEL_IGNORED]


def measure_pairs(pairs: Sequence[Pair], processor: EmolaProcessor, max_length: int) -> Measured:
    """Count the tokens of both answers; pairs longer than ``max_length`` are left out, never cut."""
    examples, skipped = [], []
    for pair in tqdm(pairs, desc="counting tokens", unit="pair", disable=None, leave=False):
        try:
            length = max(len(_encode(processor, pair.question, text)[0]) for text in (pair.chosen, pair.rejected))
        except (InputError, ValueError) as error:
            skipped.append(f"{pair.id}: {error}")
            continue
        if length > max_length:
            skipped.append(f"{pair.id}: {length} tokens")
        else:
            examples.append(Example(pair, length, 1))
    return Measured(examples, (), tuple(skipped))


def _encode(processor: EmolaProcessor, question: str, text: str) -> tuple[list[int], list[int]]:
    """Return ids and labels of one question and answer."""
    rows = processor.count_rows(processor.inputs != "prior", processor.inputs != "image")
    prompt = processor.build_prompt(question)
    return encode_example(processor.tokenizer, prompt, text, processor.image_token_index, rows)


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many ids two lists share from their start."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
