"""What the grammar says of each action unit (``phrases.json``): what one sees, its consequence, what goes with it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class UnitPhrases:
    """The wordings of one action unit; ``one_sided`` (with a ``{side}`` slot) is empty where the unit has no side."""

    cues: tuple[str, ...]
    effects: tuple[str, ...]
    links: tuple[str, ...]
    one_sided: tuple[str, ...] = ()


@cache
def _data() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "phrases.json").read_text(encoding="utf-8")))


@cache
def unit_phrases() -> dict[int, UnitPhrases]:
    """Return the wordings of the 20 action units by number."""
    return {
        int(n): UnitPhrases(**{kind: tuple(texts) for kind, texts in kinds.items()})
        for n, kinds in _data()["units"].items()
    }


@cache
def relations() -> tuple[tuple[tuple[int, ...], tuple[str, ...]], ...]:
    """Return sentences without full stop about units that act together, most specific first."""
    return tuple((tuple(entry["units"]), tuple(entry["wordings"])) for entry in _data()["relations"])
