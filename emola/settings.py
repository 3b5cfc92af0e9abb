"""Settings that a user may change, as frozen values that travel with every answer."""

from dataclasses import asdict, dataclass
from typing import Any

TASKS: tuple[str, ...] = ("emotion", "au")
"""The two FABA tasks: the emotion in words, and the action units."""


@dataclass(frozen=True)
class GenerationSettings:
    """How the text is decoded.

    Attributes:
        max_new_tokens: most tokens of one answer; an answer may end earlier.
        temperature: 0 decodes greedily (repeatable); above 0 samples.
        top_p: probability mass kept when sampling, 0 < top_p <= 1.
        seed: seed of the sampling; unused when greedy.
    """

    max_new_tokens: int = 384
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no decoding has.

        Raises:
            ValueError: naming the field, the value and what was expected.
        """
        if not 1 <= self.max_new_tokens <= 4096:
            raise ValueError(f"max_new_tokens must be between 1 and 4096, not {self.max_new_tokens}.")
        if not 0 <= self.temperature <= 5:
            raise ValueError(f"temperature must be between 0 (greedy) and 5, not {self.temperature}.")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}.")

    @property
    def greedy(self) -> bool:
        """Whether the most likely token is always taken."""
        return self.temperature == 0

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return asdict(self)


PAPER_DECODING = GenerationSettings(max_new_tokens=2048, temperature=0.01, top_p=0.5)
"""The decoding of the published evaluation (EmoLA, eval_FABA.py), here seeded."""
