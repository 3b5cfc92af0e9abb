"""The wordings of wrong descriptions (``phrases.json``)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class WrongPhrases:
    """What is said wrongly.

    Attributes:
        confusable: units that a unit is mistaken for, by number.
        invented: sentences about persons, things and places that no picture shows.
        people: invented persons in the place of "The person in the image".
        inferred: sentences about states of mind and causes.
        hedges: boilerplate and disclaimers.
    """

    confusable: dict[int, tuple[int, ...]]
    invented: tuple[str, ...]
    people: tuple[str, ...]
    inferred: tuple[str, ...]
    hedges: tuple[str, ...]


@cache
def wrong_phrases() -> WrongPhrases:
    """Return the wordings."""
    content = json.loads((Path(__file__).parent / "phrases.json").read_text(encoding="utf-8"))
    confusable = {int(number): tuple(others) for number, others in content["confusable"].items()}
    lists = {name: tuple(content[name]) for name in ("invented", "people", "inferred", "hedges")}
    return WrongPhrases(confusable, **lists)
