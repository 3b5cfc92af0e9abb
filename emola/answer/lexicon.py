"""The vocabularies of ``emola/answer/data``, compiled once: names, cue phrases, emotions, degrees, negation."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emola.taxonomy import ACTION_UNITS, EMOTIONS, Intensity

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class CuePattern:
    """One everyday phrase: the action units that it states and how exact it is (2 exact, 1 general, 0 weak)."""

    units: tuple[int, ...]
    pattern: re.Pattern[str]
    exactness: int


@dataclass(frozen=True)
class NegationPatterns:
    """Compiled entries of ``negation.json`` and the longest reach of a negation in words."""

    breaks: re.Pattern[str]
    before: re.Pattern[str]
    before_nouns: re.Pattern[str]
    after: re.Pattern[str]
    verdict: re.Pattern[str]
    at_rest: re.Pattern[str]
    affirmed: re.Pattern[str]
    likewise: re.Pattern[str]
    aside: re.Pattern[str]
    instead: re.Pattern[str]
    appositions: re.Pattern[str]
    all_but: re.Pattern[str]
    marked: re.Pattern[str]
    empty_cell: re.Pattern[str]
    denied_field: re.Pattern[str]
    conclusion: re.Pattern[str]
    status_below: re.Pattern[str]
    field_below: re.Pattern[str]
    crossed_before: re.Pattern[str]
    crossed_after: re.Pattern[str]
    inside: re.Pattern[str]
    heading: re.Pattern[str]
    affirming_heading: re.Pattern[str]
    examples: re.Pattern[str]
    harmless: re.Pattern[str]
    prefixed: re.Pattern[str]
    chain: re.Pattern[str]
    no_units: re.Pattern[str]
    no_reading: re.Pattern[str]
    farthest: int


@dataclass(frozen=True)
class DegreePatterns:
    """Compiled entries of ``degree_words.json``; the words of one intensity are one pattern."""

    words: dict[Intensity, re.Pattern[str]]
    letters: re.Pattern[str]
    numbers: re.Pattern[str]
    left: re.Pattern[str]
    right: re.Pattern[str]
    both: re.Pattern[str]
    viewer: re.Pattern[str]


@cache
def vocabulary(name: str) -> dict[str, Any]:
    """Return one vocabulary file of this package, by name without ending."""
    return dict(json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8")))


def _words(fragments: list[str]) -> re.Pattern[str]:
    """Compile fragments as whole words, longer ones first."""
    ordered = sorted(fragments, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)", re.IGNORECASE)


@cache
def name_patterns() -> dict[int, re.Pattern[str]]:
    """Return one pattern a unit for its FACS name and its other names."""
    data = vocabulary("action_unit_cues")
    forms: dict[str, str] = data["name_words"]
    patterns = {}
    for number, unit in ACTION_UNITS.items():
        parts = [forms.get(word, re.escape(word)) for word in unit.name.lower().split()]
        patterns[number] = _words([r"[\s-]+".join(parts), *data["other_names"].get(str(number), [])])
    return patterns


@cache
def cue_patterns() -> tuple[CuePattern, ...]:
    """Return the everyday phrases, exact ones first."""
    data = vocabulary("action_unit_cues")
    entries = [((int(n),), 2, phrases) for n, phrases in data["cues"].items()]
    entries += [(tuple(entry["units"]), 1, entry["patterns"]) for entry in data["general"]]
    entries += [((int(n),), 0, phrases) for n, phrases in data["weak"].items()]
    return tuple(
        CuePattern(units, re.compile(rf"\b{_expand(phrase, data['macros'])}\b", re.IGNORECASE), exactness)
        for units, exactness, phrases in entries
        for phrase in phrases
    )


def _expand(phrase: str, macros: dict[str, str]) -> str:
    """Replace the {MACROS} of a phrase; a macro may hold others."""
    return re.sub(r"\{([A-Z]+)\}", lambda match: _expand(macros[match.group(1)], macros), phrase)


@cache
def movement_patterns() -> dict[int, re.Pattern[str]]:
    """Return one pattern a unit for the words of its movement, which need no part of the face beside them."""
    movements: dict[str, str] = vocabulary("action_unit_cues")["movements"]
    return {int(number): _words([words]) for number, words in movements.items()}


@cache
def hedge_pattern() -> re.Pattern[str]:
    """Return the words by which a sentence speaks of what is usual and not of this face."""
    return re.compile(vocabulary("action_unit_cues")["hedges"], re.IGNORECASE)


@cache
def emotion_patterns() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """Return (emotion, whether its words name the feeling, pattern) in the order of the taxonomy."""
    emotions = vocabulary("emotion_words")["emotions"]
    return tuple(
        (emotion, kind == "words", _words(emotions[emotion][kind]))
        for emotion in EMOTIONS
        for kind in ("words", "cues")
    )


@cache
def main_emotion_pattern() -> re.Pattern[str]:
    """Return the phrases that announce the main emotion."""
    return re.compile(vocabulary("emotion_words")["main_emotion"], re.IGNORECASE)


@cache
def negation_patterns() -> NegationPatterns:
    """Return the compiled negation vocabulary."""
    data = vocabulary("negation")
    keys = [key for key in data if key not in ("version", "about", "macros", "farthest")]
    joined = {key: "|".join(data[key]) if isinstance(data[key], list) else data[key] for key in keys}
    compiled = {key: re.compile(_expand(joined[key], data["macros"]), re.IGNORECASE) for key in keys}
    return NegationPatterns(farthest=int(data["farthest"]), **compiled)


@cache
def degree_patterns() -> DegreePatterns:
    """Return the compiled words for intensities and sides; letters are upper case."""
    data = vocabulary("degree_words")
    return DegreePatterns(
        words={Intensity(letter): _words(words) for letter, words in data["intensities"].items()},
        letters=re.compile(data["letters"]),
        **{k: re.compile(data[k], re.IGNORECASE) for k in ("numbers", "left", "right", "both", "viewer")},
    )
