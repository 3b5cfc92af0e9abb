"""Descriptions of action units: one sentence a unit with number, FACS name, what is seen, intensity and side."""

from collections.abc import Mapping

import numpy as np

from emola.taxonomy import ACTION_UNITS, Side
from training.synthetic.text.degrees import INTENSITY_WORDS, capitalised, choose, joined
from training.synthetic.text.phrases import relations, unit_phrases
from training.synthetic.truth import Truth, UnitTruth

_MANY = 4
_FEW = 2
_NOTICED_ASYMMETRY = 0.3

_INTRODUCTIONS = (
    "The following action units can be seen in this face:",
    "These action units are visible:",
    "The face shows these facial action units:",
    "This facial expression is made of the following action units:",
    "Several muscles of the face are at work:",
    "A look at the brows, the eyes and the mouth gives these action units:",
    "Based on the visible movements, the following action units are present:",
    "From the upper to the lower face, these action units take part:",
    "The expression can be described by these action units:",
)
_INTRODUCTIONS_ONE = (
    "One action unit can be seen in this face:",
    "Only one action unit is visible here:",
    "The face is almost at rest and shows one action unit:",
)
_REST = {
    "brows": ("The brows keep their usual place.", "The forehead stays smooth and the brows are at rest."),
    "eyes": ("The eyes look as they do at rest.", "The eyes and their lids stay relaxed."),
    "nose": ("The nose and the skin around it stay smooth.",),
    "mouth": ("The mouth and the jaw rest.", "The lips rest lightly and the jaw is relaxed."),
}
_REST_UNITS = {
    "brows": (1, 2, 4),
    "eyes": (5, 6, 7, 43),
    "nose": (9, 10),
    "mouth": (10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27),
}
_NEUTRAL = (
    "No action unit is active in this face.",
    "There are no active action units in this picture.",
    "None of the action units can be seen in this face.",
    "The face is at rest and shows no action unit.",
)
_NEUTRAL_ENDINGS = (
    "Such a face is often called neutral, and it suggests a calm state.",
    "The whole face looks calm, and its muscles seem to be at rest.",
    "So the facial muscles seem relaxed, as in a neutral face.",
)
_SUMMARIES = (
    "Taken together, {units} {make} up this expression.",
    "In short, the face is shaped by {units}.",
    "All in all, {units} can be read from this face.",
)


def describe_action_units(truth: Truth, rng: np.random.Generator) -> str:
    """Return a description of the visible action units of a face, usually 60 to 130 words.

    Args:
        truth: what is known of the face; units that are not visible are not named.
        rng: source of the wording; the same state gives the same text.
    """
    units = truth.visible()
    if not units:
        return " ".join([choose(rng, _NEUTRAL), *_rest_sentences(units, rng, 4), choose(rng, _NEUTRAL_ENDINGS)])
    introduction = choose(rng, _INTRODUCTIONS_ONE if len(units) == 1 else _INTRODUCTIONS)
    sentences = [_unit_sentence(n, unit, len(units), rng) for n, unit in units.items()]
    closing = _closing(units, rng)
    layout = choose(rng, (_numbered, _dashes, _running))
    return layout(introduction, sentences, closing)


def _unit_sentence(number: int, unit: UnitTruth, count: int, rng: np.random.Generator) -> str:
    """Return one or two sentences about one unit, shorter when many units have to be named."""
    phrases = unit_phrases()[number]
    name = ACTION_UNITS[number].name
    cue = choose(rng, phrases.cues)
    if unit.side is not Side.BOTH:
        cue = choose(rng, phrases.one_sided).format(side=unit.side.value)
    elif abs(unit.asymmetry) >= _NOTICED_ASYMMETRY:
        cue += ", more on the left than on the right" if unit.asymmetry > 0 else ", more on the right than on the left"
    head = choose(rng, (f"AU{number} - {name}: {capitalised(cue)}", f"AU{number} ({name}): {capitalised(cue)}"))
    if count > _MANY:
        return f"{head}, {_degree(unit, rng)}."
    effect = choose(rng, (f", so that {choose(rng, phrases.effects)}", f", and {choose(rng, phrases.effects)}"))
    link = _link(choose(rng, phrases.links), rng)
    if count <= _FEW:
        return f"{head}, {_degree(unit, rng)}{effect}. {link}"
    short = f"{head}, {_degree(unit, rng)}"
    return f"{short}. {link}" if rng.random() < 0.5 else f"{short}{effect}."


def _degree(unit: UnitTruth, rng: np.random.Generator) -> str:
    """Return a phrase that states the FACS intensity in words, sometimes with its letter."""
    word = choose(rng, INTENSITY_WORDS[unit.letter])
    return choose(
        rng,
        (
            f"with {word} intensity",
            f"with {word} intensity ({unit.letter})",
            f"at intensity {unit.letter} ({word})",
            f"a movement of {word} intensity",
            f"and the change is {word}",
            f"to a {word} degree",
        ),
    )


def _link(links: str, rng: np.random.Generator) -> str:
    """Return a sentence about the feelings that often go with a unit."""
    return choose(
        rng,
        (
            f"This is often linked with {links}.",
            f"It can be a sign of {links}.",
            f"Such a movement can go with {links}.",
            f"People show this in moments of {links}.",
        ),
    )


def _closing(units: Mapping[int, UnitTruth], rng: np.random.Generator) -> list[str]:
    """Return closing sentences: units that act together, parts of the face at rest, a summary for short texts."""
    together = [choose(rng, wordings) for numbers, wordings in relations() if all(n in units for n in numbers)]
    sentences = [f"{capitalised(choose(rng, together[:2]))}."] if together else []
    if len(units) <= _MANY:
        sentences += _rest_sentences(units, rng, max(1, 4 - len(units)))
    if len(units) < _MANY:
        named = joined([f"AU{n}" for n in units])
        sentences.append(choose(rng, _SUMMARIES).format(units=named, make="makes" if len(units) == 1 else "make"))
    return sentences


def _rest_sentences(units: Mapping[int, UnitTruth], rng: np.random.Generator, most: int) -> list[str]:
    """Return up to ``most`` sentences about parts of the face where nothing is visible."""
    free = [part for part, numbers in _REST_UNITS.items() if not any(n in units for n in numbers)]
    return [choose(rng, _REST[part]) for part in free[:most]]


def _numbered(introduction: str, sentences: list[str], closing: list[str]) -> str:
    """Return a numbered list, the usual form of FABA-Instruct."""
    lines = [introduction, *(f"{i}. {sentence}" for i, sentence in enumerate(sentences, 1))]
    return "\n".join([*lines, " ".join(closing)] if closing else lines)


def _dashes(introduction: str, sentences: list[str], closing: list[str]) -> str:
    """Return a list with dashes."""
    lines = [introduction, *(f"- {sentence}" for sentence in sentences)]
    return "\n".join([*lines, " ".join(closing)] if closing else lines)


def _running(introduction: str, sentences: list[str], closing: list[str]) -> str:
    """Return running text."""
    return " ".join([introduction.rstrip(":") + ".", *sentences, *closing])
