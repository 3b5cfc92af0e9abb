"""Descriptions of action units: one sentence a unit with number, FACS name, what is seen, intensity and side.

A description is composed as a :class:`UnitDescription`, whose parts can be told from one another and replaced, and then
written out by its ``text``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emola.taxonomy import ACTION_UNITS, Side
from training.synthetic.text.degrees import INTENSITY_WORDS, capitalised, choose, joined
from training.synthetic.text.hidden import PART_UNITS, hidden_sentence
from training.synthetic.text.phrases import relations, unit_phrases
from training.synthetic.truth import Truth, UnitTruth

MANY = 4
"""Descriptions of more units keep each of them short and leave out the parts at rest."""

FEW = 2
"""Descriptions of so many units or fewer say of each what follows from it and what goes with it."""

Layout = Literal["numbers", "dashes", "running"]
_LAYOUTS: tuple[Layout, ...] = ("numbers", "dashes", "running")
NOTICED_ASYMMETRY = 0.3
"""Lowest share that the weaker side lacks of which descriptions speak."""

_OPENINGS = ("", "Here, ", "In this face, ", "In this picture, ", "On this face, ")
"""What descriptions begin with, whether units follow or none: the first words must not tell how many are named."""

_ACTIVE = ("visible", "active", "at work", "present", "engaged", "to be seen", "involved")
INTRODUCTIONS = tuple(f"{opening}{{units}} {{are}} {state}:" for opening in _OPENINGS for state in _ACTIVE)
"""First sentences with the slots ``{units}`` and ``{are}``. All units are named at once, before any of them is
described: a model that decides unit by unit, each after a long sentence, names more of them than it sees (measured on
500 faces: a macro-F1 of 0.72 where its own state told 0.78)."""

REST = {
    "brows": ("The brows keep their usual place.", "The forehead stays smooth and the brows are at rest."),
    "eyes": ("The eyes look as they do at rest.", "The eyes and their lids stay relaxed."),
    "nose": ("The nose and the skin around it stay smooth.",),
    "mouth": ("The mouth and the jaw rest.", "The lips rest lightly and the jaw is relaxed."),
}
_NEUTRAL = tuple(f"no action unit {state}." for state in ("is active", "can be seen", "is visible", "is at work"))
_NEUTRAL_ENDINGS = (
    "Such a face is often called neutral, and it suggests a calm state.",
    "The whole face looks calm, and its muscles seem to be at rest.",
    "So the facial muscles seem relaxed, as in a neutral face.",
)
_NEUTRAL_HIDDEN = _NEUTRAL[1:2]
_NEUTRAL_ENDINGS_HIDDEN = ("What can be seen of the face looks calm.", "As far as it can be seen, the face is at rest.")
SUMMARIES = (
    "Taken together, {units} {make} up this expression.",
    "In short, the face is shaped by {units}.",
    "All in all, {units} can be read from this face.",
)
UNEVEN = {
    Side.LEFT: ", more on the left than on the right",
    Side.RIGHT: ", more on the right than on the left",
}
"""What is said of a unit that is stronger on one side."""

_HEADS = ("AU{number} - {name}", "AU{number} ({name})")
_DEGREES = (
    "with {word} intensity",
    "with {word} intensity ({letter})",
    "at intensity {letter} ({word})",
    "a movement of {word} intensity",
    "and the change is {word}",
    "to a {word} degree",
)
_LINKS = (
    "This is often linked with {links}.",
    "It can be a sign of {links}.",
    "Such a movement can go with {links}.",
    "People show this in moments of {links}.",
)


@dataclass(frozen=True)
class UnitSentence:
    """What is said of one unit.

    ``head`` has the slots ``{number}`` and ``{name}``, ``degree`` the slots ``{word}`` and ``{letter}``; ``cue`` begins
    with a capital, ``unevenness`` and ``effect`` with a comma; ``link`` is a sentence. The last three may be empty.
    """

    number: int
    name: str
    head: str
    cue: str
    unevenness: str
    degree: str
    word: str
    letter: str
    effect: str = ""
    link: str = ""

    @property
    def text(self) -> str:
        """The sentence or sentences."""
        head = self.head.format(number=self.number, name=self.name)
        degree = self.degree.format(word=self.word, letter=self.letter)
        text = f"{head}: {self.cue}{self.unevenness}, {degree}{self.effect}."
        return f"{text} {self.link}" if self.link else text


@dataclass(frozen=True)
class UnitDescription:
    """A description of action units in its parts.

    Attributes:
        introduction: first sentence; with units it ends with a colon and may have the slots ``{units}`` and ``{are}``.
        sentences: one a unit, by ascending number.
        together: sentence about units that act together, or empty.
        hidden: sentence about parts of the face that cannot be seen, or empty.
        rests: sentences about parts of the face where nothing is visible, by part.
        summary: last sentence with the slots ``{units}`` and ``{make}``, or empty; without units it is closed already.
        layout: form of the list.
        full: whether every unit gets long sentences, and every part at rest and a summary are named.
    """

    introduction: str
    sentences: tuple[UnitSentence, ...]
    together: str
    hidden: str
    rests: dict[str, str]
    summary: str
    layout: Layout
    full: bool = False

    @property
    def named(self) -> str:
        """The units that are described, such as "AU1, AU4 and AU25"; empty without units."""
        return joined([f"AU{sentence.number}" for sentence in self.sentences]) if self.sentences else ""

    @property
    def closing(self) -> list[str]:
        """The sentences after the units."""
        summary = self.summary.format(units=self.named, make="makes" if len(self.sentences) == 1 else "make")
        return [sentence for sentence in (self.together, self.hidden, *self.rests.values(), summary) if sentence]

    @property
    def text(self) -> str:
        """The description as it is read."""
        sentences = [sentence.text for sentence in self.sentences]
        introduction = self.introduction.format(units=self.named, are="is" if len(sentences) == 1 else "are")
        if self.layout == "running":
            return " ".join([introduction.rstrip(":.") + ".", *sentences, *self.closing])
        marks = [f"{i}. " if self.layout == "numbers" else "- " for i in range(1, len(sentences) + 1)]
        lines = [introduction, *(mark + text for mark, text in zip(marks, sentences, strict=True))]
        return "\n".join([*lines, " ".join(self.closing)] if self.closing else lines)


def describe_action_units(truth: Truth, rng: np.random.Generator) -> str:
    """Return a description of the visible action units of a face, usually 60 to 130 words.

    Args:
        truth: what is known of the face; units that are not visible are not named.
        rng: source of the wording; the same state gives the same text.
    """
    return compose_action_units(truth, rng).text


def compose_action_units(truth: Truth, rng: np.random.Generator, *, full: bool = False) -> UnitDescription:
    """Return the parts of the description that :func:`describe_action_units` writes out.

    Args:
        truth: what is known of the face.
        rng: source of the wording.
        full: long sentences about every unit, for texts as long as those of FABA-Instruct (150 to 200 words).
    """
    units = truth.visible()
    if not units:
        return _at_rest(truth, rng)
    introduction = choose(rng, INTRODUCTIONS)
    count = FEW if full else len(units)
    sentences = tuple(unit_sentence(n, unit, count, rng) for n, unit in units.items())
    together = _together(units, rng)
    hidden = hidden_sentence(truth.hidden, rng)
    rests = _rest_sentences(truth, rng, most_rests(len(units), full=full))
    summary = choose(rng, SUMMARIES) if full else ""
    return UnitDescription(introduction, sentences, together, hidden, rests, summary, choose(rng, _LAYOUTS), full)


def most_rests(count: int, *, full: bool = False) -> int:
    """Return how many parts at rest a description of so many units names at most."""
    if full:
        return len(REST)
    return max(1, 4 - count) if count <= MANY else 0


def _at_rest(truth: Truth, rng: np.random.Generator) -> UnitDescription:
    """Compose the description of a face of which no unit is visible."""
    introduction = capitalised(choose(rng, _OPENINGS) + choose(rng, _NEUTRAL_HIDDEN if truth.hidden else _NEUTRAL))
    hidden, rests = hidden_sentence(truth.hidden, rng), _rest_sentences(truth, rng, 4)
    ending = choose(rng, _NEUTRAL_ENDINGS_HIDDEN if truth.hidden else _NEUTRAL_ENDINGS)
    return UnitDescription(introduction, (), "", hidden, rests, ending, "running")


def unit_sentence(number: int, unit: UnitTruth, count: int, rng: np.random.Generator) -> UnitSentence:
    """Return what is said of one unit, shorter when many units (``count`` of them) have to be named."""
    phrases = unit_phrases()[number]
    cue, unevenness = choose(rng, phrases.cues), ""
    if unit.side is not Side.BOTH:
        cue = choose(rng, phrases.one_sided).format(side=unit.side.value)
    elif abs(unit.asymmetry) >= NOTICED_ASYMMETRY:
        unevenness = UNEVEN[Side.LEFT if unit.asymmetry > 0 else Side.RIGHT]
    head = choose(rng, _HEADS)
    effect = link = ""
    if count <= MANY:
        effect = choose(rng, (f", so that {choose(rng, phrases.effects)}", f", and {choose(rng, phrases.effects)}"))
        links = choose(rng, phrases.links)
        link = choose(rng, _LINKS).format(links=links)
    word, degree = choose(rng, INTENSITY_WORDS[unit.letter]), choose(rng, _DEGREES)
    if FEW < count <= MANY:
        effect, link = ("", link) if rng.random() < 0.5 else (effect, "")
    name = ACTION_UNITS[number].name
    return UnitSentence(number, name, head, capitalised(cue), unevenness, degree, word, str(unit.letter), effect, link)


def _together(units: Mapping[int, UnitTruth], rng: np.random.Generator) -> str:
    """Return a sentence about units that act together, or an empty text."""
    together = [choose(rng, wordings) for numbers, wordings in relations() if all(n in units for n in numbers)]
    return f"{capitalised(choose(rng, together[:2]))}." if together else ""


def _rest_sentences(truth: Truth, rng: np.random.Generator, most: int) -> dict[str, str]:
    """Return up to ``most`` sentences about parts of the face where all is seen and nothing moves, by part."""
    taken = truth.hidden | truth.visible().keys()
    free = [part for part, numbers in PART_UNITS.items() if not numbers & taken]
    return {part: choose(rng, REST[part]) for part in free[:most]}
