"""One code path for ZeroGPU and everything else.

On a ZeroGPU Space a GPU exists only inside functions that ``spaces.GPU`` decorates; they run in a short-lived forked
worker, so their arguments are pickled and a ``threading.Event`` set outside is not seen inside. Anywhere else nothing
is wrapped and the package ``spaces`` is never imported.
"""

import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emola.model.loading import LoadedModel
    from emola.settings import GenerationSettings
    from emola.shelf import ModelShelf

SECONDS_PER_TOKEN = 0.03
"""Reserved GPU time for one token of a 7B model in bfloat16, launch overhead included."""

BASE_SECONDS = 10
"""Reserved GPU time for moving the model, the picture and the prompt."""


def on_zero_gpu() -> bool:
    """Return whether this process runs on a ZeroGPU Space."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def gpu(duration: int | Callable[..., int]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return ``spaces.GPU(duration=...)`` on ZeroGPU and a decorator that changes nothing elsewhere.

    Args:
        duration: seconds to reserve, or a function of the decorated function's arguments that returns them.
    """
    if not on_zero_gpu():
        return lambda function: function
    import spaces  # exists only on a Space; must be imported before anything touches CUDA

    decorator: Callable[[Callable[..., Any]], Callable[..., Any]] = spaces.GPU(duration=duration)
    return decorator


def text_streamer(shelf: "ModelShelf") -> Callable[..., Iterator[str]] | None:
    """Return a stand-in for :func:`emola.engine.stream_text` that runs on ZeroGPU; None where none is needed.

    The worker finds the model by its name on the shelf, because a model is never pickled. Stopping closes the
    worker's generator instead of setting the event.
    """
    if not on_zero_gpu():
        return None

    def seconds(_name: str, _crop: Any, _prior: Any, _question: str, settings: "GenerationSettings") -> int:
        return round(BASE_SECONDS + settings.max_new_tokens * SECONDS_PER_TOKEN)

    @gpu(duration=seconds)
    def run(name: str, crop: Any, prior: Any, question: str, settings: "GenerationSettings") -> Iterator[str]:
        from emola.engine import stream_text  # torch, inside the worker

        yield from stream_text(shelf.get(name), crop, prior, question, settings, threading.Event())

    def stream(
        loaded: "LoadedModel",
        crop: Any,
        prior: Any,
        question: str,
        settings: "GenerationSettings",
        cancel: threading.Event,
    ) -> Iterator[str]:
        for piece in run(shelf.name_of_loaded(loaded), crop, prior, question, settings):
            if cancel.is_set():
                return
            yield piece

    return stream
