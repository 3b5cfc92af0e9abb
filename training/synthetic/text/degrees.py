"""Words for intensity and strength, and the one way in which the grammar draws among wordings."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from emola.taxonomy import Intensity

Choice = TypeVar("Choice")

INTENSITY_WORDS: dict[Intensity, tuple[str, ...]] = {
    Intensity.A: ("faint",),
    Intensity.B: ("slight", "mild"),
    Intensity.C: ("marked", "moderate"),
    Intensity.D: ("strong", "severe"),
    Intensity.E: ("maximum", "maximal"),
}
"""Adjectives of the FACS intensities."""

STRENGTH_WORDS: tuple[str, ...] = ("faint", "mild", "moderate", "strong", "extreme")
"""Adjectives of an emotion's strength in steps of 0.2."""


def choose(rng: np.random.Generator, wordings: Sequence[Choice]) -> Choice:
    """Return one of ``wordings``, each as likely."""
    return wordings[int(rng.integers(len(wordings)))]


def strength_step(strength: float) -> int:
    """Return the step 0 to 4 of a strength between 0 and 1."""
    return min(int(strength * 5 + 1e-9), 4)


def capitalised(text: str) -> str:
    """Return ``text`` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def joined(parts: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
