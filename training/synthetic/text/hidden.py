"""What is said of parts of a face that the picture does not show."""

from collections.abc import Set

import numpy as np

from training.synthetic.text.degrees import choose, joined

PART_UNITS = {
    "brows": frozenset({1, 2, 4}),
    "eyes": frozenset({5, 6, 7, 43}),
    "nose": frozenset({9, 10}),
    "mouth": frozenset({10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27}),
}
"""Action units that move each part of the face."""

_SENTENCES = (
    "The {parts} cannot be seen in this picture.",
    "The {parts} cannot be judged in this picture.",
    "Nothing can be said of the {parts} here.",
)


def hidden_sentence(hidden: Set[int], rng: np.random.Generator) -> str:
    """Return a sentence that names the parts of the face of which nothing can be seen; empty when all can be seen.

    Args:
        hidden: action units of which the picture shows nothing.
        rng: source of the wording; not used when nothing is hidden.
    """
    parts = [part for part, units in PART_UNITS.items() if units <= hidden]
    return choose(rng, _SENTENCES).format(parts=joined(parts).replace(" and ", " and the ")) if parts else ""
