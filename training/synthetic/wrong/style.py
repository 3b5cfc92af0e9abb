"""Slips of style (S1): nothing that is said changes."""

import re

import numpy as np

from training.synthetic.text.degrees import choose
from training.synthetic.wrong.marks import mark

_DOUBLED = re.compile(r"(?<= )(?:the|and|is|are|of|with|a|to)(?= )")
_AGREEMENT = re.compile(r"(?<= )(?:is|are)(?= )")
_START = re.compile(r"(?<=[.] )[A-Z][a-z]+(?= )")
_GAP = re.compile(r"(?<=[a-z])[.] (?=[A-Z][a-z])")


def slip(text: str, error: int, rng: np.random.Generator) -> str:
    """Return ``text`` with one marked slip: a doubled word, "is" for "are", a small initial or a missing space.

    Args:
        text: a written description; may hold the marks of other errors.
        error: number of this error.
        rng: source of the choice.
    """
    kinds = [list(pattern.finditer(text)) for pattern in (_DOUBLED, _AGREEMENT, _START, _GAP)]
    kind = choose(rng, [index for index, matches in enumerate(kinds) if matches])
    match = choose(rng, kinds[kind])
    word = match.group()
    wrong = (f"{word} {word}", "are" if word == "is" else "is", word.lower(), ".")[kind]
    return text[: match.start()] + mark(wrong, error) + text[match.end() :]
