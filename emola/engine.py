"""Generation: text pieces streamed from one loaded model, stoppable at any token.

Decoding runs in a thread of its own; the caller's iterator never blocks longer than one step, so a page that closes
the iterator stops the model within two tokens (transformers' own text streamer would go on to the end).
"""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from emola.errors import EmolaError, InputError, ResourceError
from emola.settings import GenerationSettings

if TYPE_CHECKING:
    from emola.model.loading import LoadedModel

UPDATE_INTERVAL_S = 0.04
"""Shortest time between two pieces: 25 updates a second are smooth to read and cheap to send."""

_SAMPLING = threading.Lock()
"""Held while an answer is sampled: torch has one random stream, and a seed must give one answer."""


class _Tokens(BaseStreamer):
    """Puts each new token id into a queue; the prompt, which comes first, is left out."""

    def __init__(self) -> None:
        self.queue: queue.Queue[int | Exception | None] = queue.Queue()
        self._prompt_seen = False

    def put(self, value: torch.Tensor) -> None:
        """Take the prompt (once) or one new token id."""
        if self._prompt_seen:
            self.queue.put(int(value.reshape(-1)[0]))
        self._prompt_seen = True

    def end(self) -> None:
        """Mark the end of the answer."""
        self.queue.put(None)


class _Cancelled(StoppingCriteria):
    """Ends the generation at the next step once any of the events is set."""

    def __init__(self, *events: threading.Event) -> None:
        self.events = events

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ARG002
        """Return whether each row is done: shape (B,), bool."""
        return torch.full(
            (input_ids.shape[0],),
            any(event.is_set() for event in self.events),
            device=input_ids.device,
            dtype=torch.bool,
        )


def stream_text(
    loaded: "LoadedModel",
    crop: NDArray[np.uint8] | None,
    prior: Any | None,
    question: str,
    settings: GenerationSettings,
    cancel: threading.Event,
) -> Iterator[str]:
    """Yield the answer in pieces as it is generated, at most 25 a second.

    Args:
        loaded: a model with its processor.
        crop: RGB uint8 face crop made by the checkpoint's ``crop_recipe``; None for a model asked by its prior alone.
        prior: an ``emola.faces.priors.recipes.Prior`` made by the checkpoint's ``prior_recipe``, or None.
        question: the user's question in plain words.
        settings: how to decode.
        cancel: set it to stop; closing the iterator stops as well and leaves the event as it is.

    Yields:
        New text since the last piece; the pieces joined are the answer.

    Raises:
        InputError: question and answer cannot fit the model's context, or the prior does not fit the model.
        ResourceError: the device ran out of memory.
    """
    inputs = _inputs(loaded, crop, prior, question)
    limit = _answer_limit(loaded, inputs["input_ids"].shape[1], settings)
    tokens, closed = _Tokens(), threading.Event()
    worker = threading.Thread(
        target=_generate,
        args=(loaded, inputs, settings, limit, tokens, _Cancelled(cancel, closed)),
        name="emola-generation",
        daemon=True,
    )
    worker.start()
    try:
        yield from _pieces(loaded.processor.tokenizer, tokens.queue)
    finally:
        closed.set()
        worker.join(timeout=60)


def _inputs(loaded: "LoadedModel", crop: NDArray[np.uint8] | None, prior: Any | None, question: str) -> Any:
    """Return the tensors of one question; what the processor refuses is the user's to mend."""
    processor = loaded.processor
    try:
        prompt = processor.build_prompt(question)
        return processor([prompt], images=None if crop is None else [crop], priors=None if prior is None else [prior])
    except ValueError as error:
        raise InputError(str(error)) from error


def _answer_limit(loaded: "LoadedModel", prompt_length: int, settings: GenerationSettings) -> int:
    """Return how many new tokens fit beside the prompt."""
    context = int(loaded.model.config.get_text_config().max_position_embeddings)
    if prompt_length >= context:
        raise InputError(
            f"The question is too long: with the face it takes {prompt_length} tokens, and {loaded.name} reads at "
            f"most {context}; please ask in fewer words."
        )
    return min(settings.max_new_tokens, context - prompt_length)


def _generate(
    loaded: "LoadedModel",
    inputs: Any,
    settings: GenerationSettings,
    limit: int,
    tokens: _Tokens,
    cancelled: _Cancelled,
) -> None:
    """Run the decoding to its end and hand every failure to the reader of the queue."""
    options: dict[str, Any] = {"do_sample": not settings.greedy}
    if not settings.greedy:
        options |= {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": 0}
    try:
        with torch.inference_mode(), nullcontext() if settings.greedy else _SAMPLING:
            if not settings.greedy:
                torch.manual_seed(settings.seed)
            model: Any = loaded.model
            model.generate(
                **_on_device(inputs, loaded),
                max_new_tokens=limit,
                streamer=tokens,
                stopping_criteria=StoppingCriteriaList([cancelled]),
                **options,
            )
    except torch.OutOfMemoryError:
        tokens.queue.put(ResourceError("The device ran out of memory; ask for a shorter answer or load in 4 bits."))
    except EmolaError as error:
        tokens.queue.put(error)
    except (RuntimeError, ValueError) as error:
        tokens.queue.put(EmolaError(f"{loaded.name} failed while it was answering: {error}"))


def _on_device(inputs: Any, loaded: "LoadedModel") -> dict[str, torch.Tensor]:
    """Move the inputs to the model; floating-point ones take the model's dtype."""
    return {
        name: value.to(loaded.device, loaded.dtype) if value.is_floating_point() else value.to(loaded.device)
        for name, value in inputs.items()
    }


def _pieces(tokenizer: Any, tokens: "queue.Queue[int | Exception | None]") -> Iterator[str]:
    """Yield decoded text since the last piece, holding back characters whose bytes are not complete."""
    ids: list[int] = []
    sent = 0
    last = 0.0
    while True:
        token = tokens.get()
        if isinstance(token, Exception):
            raise token
        if token is not None:
            ids.append(token)
            if time.monotonic() - last < UPDATE_INTERVAL_S:
                continue
        text = tokenizer.decode(ids, skip_special_tokens=True)
        if token is not None:
            text = text.rstrip("\ufffd")
        if len(text) > sent:
            yield text[sent:]
            sent, last = len(text), time.monotonic()
        if token is None:
            return
