"""Word lists of the lint (``data/lexicons.json``), compiled once."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "lexicons.json"


@dataclass(frozen=True)
class Lexicon:
    """One list: the error code that its words hint at, and the compiled words."""

    code: str
    pattern: re.Pattern[str]

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first place where one of the words stands."""
        return self.pattern.search(text)


@cache
def lexicon(name: str) -> Lexicon:
    """Return the list ``name``: boilerplate, overinference, invention, gaze, at_rest or not_visible."""
    entry = _content()[name]
    return Lexicon(entry["code"], _words(entry["patterns"]))


@cache
def part_words() -> dict[str, re.Pattern[str]]:
    """Return the words for the parts of a face: brows, eyes, nose, mouth."""
    parts = _content()["part_words"]
    return {part: _words(patterns) for part, patterns in parts.items() if part != "about"}


def lexicon_version() -> str:
    """Return the version of the lists."""
    return str(_content()["version"])


def _words(patterns: list[str]) -> re.Pattern[str]:
    """Compile patterns as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


@cache
def _content() -> dict[str, Any]:
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))
