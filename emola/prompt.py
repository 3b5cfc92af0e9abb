"""The words around a question: prompt templates and the fixed benchmark questions. Pure.

One prompt is one user turn. The image placeholder stands first in it, exactly once, wherever the question had it:
that is how EmoLA was trained (LLaVA's ``preprocess_multimodal`` moves ``<image>`` to the front and adds a newline).
The processor turns this one placeholder into as many ids as the picture and the prior have rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from emola.errors import InputError

IMAGE_TOKEN: Final = "<image>"

_VICUNA_V1_SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
_VICUNA_V1_EVAL_SYSTEM = (
    "A chat between a curious human and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the human's questions."
)


@dataclass(frozen=True)
class Conversation:
    """A single-turn chat template.

    Attributes:
        name: key in :data:`CONVERSATIONS`, stored in the model's config as ``conversation``.
        system: sentence before the first turn, empty for none.
        source: where the wording comes from.
    """

    name: str
    system: str
    source: str

    def render(self, question: str) -> str:
        """Return the prompt up to and including ``ASSISTANT:``; ``question`` must not hold the placeholder."""
        turn = f"USER: {IMAGE_TOKEN}\n{question} ASSISTANT:"
        return f"{self.system} {turn}" if self.system else turn


CONVERSATIONS: Final[Mapping[str, Conversation]] = MappingProxyType(
    {
        conversation.name: conversation
        for conversation in (
            Conversation("vicuna_v1", _VICUNA_V1_SYSTEM, "EmoLA training: LLaVA conversation 'v1'"),
            Conversation("vicuna_v1_eval", _VICUNA_V1_EVAL_SYSTEM, "EmoLA evaluation: LLaVA conversation 'llava_v1'"),
            Conversation("plain", "", "EmoLA-tiny: no system sentence"),
        )
    }
)
"""Known templates by name. ``vicuna_v1`` is what EmoLA was trained with ("curious user"); the published evaluation
script asks with ``vicuna_v1_eval`` ("curious human"), a mismatch of the authors that is kept to reproduce numbers."""

QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "emotion": "What emotions are conveyed by this face?",
        "au": "What AUs are conveyed by this face?",
    }
)
"""The two fixed questions of FABA-Bench (published evaluation script), by task."""


def get_conversation(name: str) -> Conversation:
    """Return the template called ``name``.

    Raises:
        ValueError: if there is none; the message lists the known names.
    """
    if name not in CONVERSATIONS:
        raise ValueError(f"There is no conversation template called {name!r}; known are {', '.join(CONVERSATIONS)}.")
    return CONVERSATIONS[name]


def build_prompt(question: str, conversation: str = "vicuna_v1") -> str:
    r"""Return the full prompt for one question about one face.

    Args:
        question: what to ask. Every ``<image>`` in it is taken out, so that a user who types the placeholder cannot
            add image rows; surrounding white space is dropped, as in training.
        conversation: name of the template, a key of :data:`CONVERSATIONS`.

    Returns:
        Text with exactly one ``<image>``, followed by a newline and the question, ending in ``ASSISTANT:``.

    Raises:
        InputError: if the question is empty.
        ValueError: if the template is unknown.
    """
    template = get_conversation(conversation)
    while IMAGE_TOKEN in question:  # taking one out may join the halves of another
        question = question.replace(IMAGE_TOKEN, "")
    question = question.strip()
    if not question:
        raise InputError("The question is empty: ask something about the face.")
    return template.render(question)
