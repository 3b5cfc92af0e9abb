"""Labels of an answer under a named protocol: ``paper`` (published rules, bug for bug) or ``strict`` (repaired)."""

import re
from dataclasses import dataclass
from typing import Literal

from emola.answer.lexicon import negation_patterns, vocabulary
from emola.answer.paper import paper_action_units, paper_emotion
from emola.answer.strict import EmotionWord, UnitState, emotion_words, strict_action_units, strict_emotion
from emola.taxonomy import ACTION_UNITS, Intensity, Side

Protocol = Literal["paper", "strict"]
Status = Literal["read", "unknown", "crash"]

_STRICT_FILES = ("action_unit_cues", "degree_words", "emotion_words", "negation")
_LONGEST_PART = 300


@dataclass(frozen=True)
class ActionUnitReading:
    """One action unit that an answer speaks of; ``present`` is False where the answer denies it.

    ``side`` is the subject's own (both where none is stated), ``intensity_word`` is as written, and ``spans`` are the
    (start, end) of the claims in the NFC text; the ``paper`` protocol reads numbers only.
    """

    number: int
    name: str
    side: Side = Side.BOTH
    intensity: Intensity | None = None
    intensity_word: str = ""
    present: bool = True
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class EmotionReading:
    """The emotion of an answer.

    ``status`` is "read", "unknown" (no emotion stated) or "crash" (the published code stops with an error);
    ``label`` is None in the last two. ``reason`` names the deciding rule, ``words`` the words that strict found.
    """

    label: str | None
    status: Status
    reason: str
    words: tuple[EmotionWord, ...] = ()


def read_emotion(text: str, protocol: Protocol = "strict") -> EmotionReading:
    """Return the emotion that ``text`` states; never raises for any text.

    Raises:
        ValueError: for another protocol name.
    """
    if _checked(protocol) == "paper":
        read = paper_emotion(text)
        return EmotionReading(read.label, "read" if read.label else "crash", read.reason)
    words = emotion_words(text)
    label = strict_emotion(words)
    if label is None:
        return EmotionReading(None, "unknown", "every word denied" if words else "no word found", tuple(words))
    return EmotionReading(label, "read", "words", tuple(words))


def read_action_units(text: str, protocol: Protocol = "strict") -> list[ActionUnitReading]:
    """Return the action units that ``text`` says are present, ascending, each once.

    Raises:
        ValueError: for another protocol name.
    """
    if _checked(protocol) == "paper":
        return [ActionUnitReading(number, ACTION_UNITS[number].name) for number in paper_action_units(text)]
    return [reading for reading in read_action_unit_states(text) if reading.present]


def read_action_unit_states(text: str) -> list[ActionUnitReading]:
    """Return every action unit that ``text`` affirms or denies, ascending, read strictly."""
    return [_reading(state) for state in strict_action_units(text)]


def states_no_action_unit(text: str) -> bool:
    """Say whether ``text`` states outright that no action unit is active, which is an answer and not "unknown".

    "No action units can be identified" says that none is seen, and is one; "can be determined", "I am unable to" and
    "sorry" say that nobody could tell, and are not.
    """
    rules = negation_patterns()
    return any(not rules.no_reading.search(_around(text, match)) for match in rules.no_units.finditer(text))


def _around(text: str, match: re.Match[str]) -> str:
    """Return the sentence or line that holds a match."""
    before = re.split(r"[.!?\n]", text[max(0, match.start() - _LONGEST_PART) : match.start()])[-1]
    after = text[match.end() : match.end() + _LONGEST_PART]
    return before + match.group() + re.split(r"[.!?\n]", after, maxsplit=1)[0]


def protocol_version(protocol: Protocol) -> str:
    """Return the version of a protocol's vocabularies, to be named in reports."""
    names = ("faba_lists",) if _checked(protocol) == "paper" else _STRICT_FILES
    return ", ".join(f"{name} {vocabulary(name)['version']}" for name in names)


def _checked(protocol: str) -> str:
    """Return the protocol name, or raise."""
    if protocol not in ("paper", "strict"):
        raise ValueError(f"unknown protocol {protocol!r}; expected 'paper' or 'strict'")
    return protocol


def _reading(state: UnitState) -> ActionUnitReading:
    """Merge the claims about one unit: the first intensity and the first side that are stated."""
    intensity = next((claim for claim in state.claims if claim.intensity is not None), None)
    sides = [claim.side for claim in state.claims if claim.side_stated]
    return ActionUnitReading(
        state.number,
        ACTION_UNITS[state.number].name,
        side=_merged_side(sides),
        intensity=intensity.intensity if intensity else None,
        intensity_word=intensity.intensity_word if intensity else "",
        present=state.present,
        spans=tuple((claim.start, claim.end) for claim in state.claims),
    )


def _merged_side(sides: list[Side]) -> Side:
    """Return the side that all claims state, both where they differ or state none."""
    return sides[0] if sides and all(side is sides[0] for side in sides) else Side.BOTH
