"""Descriptions of the emotion of a face: which it is, what suggests it, how strong it is and what is mixed in.

The first sentence names the emotion before any other word of feeling, so that readers of the first sentence
(the published FABA-Bench evaluation among them) find it there.
"""

from collections.abc import Mapping

import numpy as np

from emola.taxonomy import Side
from training.synthetic.text.degrees import STRENGTH_WORDS, choose, joined, strength_step
from training.synthetic.text.phrases import unit_phrases
from training.synthetic.truth import Truth, UnitTruth

_SHADES: dict[str, tuple[str, ...]] = {
    "happiness": ("contentment", "amusement", "joy", "delight", "great joy"),
    "sadness": ("gloom", "disappointment", "sorrow", "grief", "despair"),
    "surprise": ("curiosity", "wonder", "astonishment", "amazement", "disbelief"),
    "anger": ("annoyance", "irritation", "frustration", "outrage", "rage"),
    "disgust": ("dislike", "distaste", "aversion", "repulsion", "revulsion"),
    "fear": ("unease", "worry", "anxiety", "fright", "terror"),
}
_STATES: dict[str, tuple[str, ...]] = {
    "happiness": ("content", "amused", "happy", "cheerful", "overjoyed"),
    "sadness": ("gloomy", "disappointed", "sad", "sorrowful", "desperate"),
    "surprise": ("curious", "puzzled", "surprised", "astonished", "amazed"),
    "anger": ("annoyed", "irritated", "angry", "outraged", "furious"),
    "disgust": ("averse", "disdainful", "disgusted", "repelled", "revolted"),
    "fear": ("uneasy", "worried", "afraid", "frightened", "terrified"),
}
_COMPOUNDS: dict[frozenset[str], str] = {
    frozenset({"happiness", "surprise"}): "a glad surprise",
    frozenset({"happiness", "disgust"}): "an amused disgust",
    frozenset({"sadness", "fear"}): "a sad fear",
    frozenset({"sadness", "anger"}): "a hurt anger",
    frozenset({"sadness", "disgust"}): "a sad disgust",
    frozenset({"sadness", "surprise"}): "a sad surprise",
    frozenset({"fear", "anger"}): "a frightened anger",
    frozenset({"fear", "surprise"}): "a startled fear",
    frozenset({"fear", "disgust"}): "horror",
    frozenset({"anger", "surprise"}): "an angry surprise",
    frozenset({"anger", "disgust"}): "hatred",
    frozenset({"disgust", "surprise"}): "an appalled disgust",
}
_FIRST = (
    "The person in the image shows {emotion}, in the form of {shade}.",
    "The main emotion of this face is {emotion}, and the person looks {state}.",
    "This face mainly expresses {emotion}, close to {shade}.",
    "The facial expression conveys {emotion}; the person seems {state}.",
    "What this face shows is {emotion}, and more exactly {shade}.",
    "The face gives an impression of {emotion}, as of a person who is {state}.",
)
_FIRST_MIXED = (
    "The face shows a mix of {emotion} and {second}, in which {emotion} is stronger.",
    "The main emotion of this face is {emotion}, mixed with {second}.",
    "This face mainly expresses {emotion}, together with some {second}.",
    "The person in the image shows {emotion} first of all, but also {second}.",
)
_CUES = (
    "This is suggested by the following cues: {cues}.",
    "Several cues support this: {cues}.",
    "It can be seen that {cues}.",
    "The impression comes from the face itself, as {cues}.",
)
_CUES_ONE = (
    "This is suggested by one cue: {cues}.",
    "It can be seen that {cues}.",
    "The impression comes from the face itself, as {cues}.",
)
_STRENGTH = (
    "Together this points to {word} {emotion}.",
    "Overall, the {emotion} is {word}.",
    "So the strength of the {emotion} can be called {word}.",
    "Taken as a whole, the person seems to feel {word} {emotion}.",
)
_STRENGTH_MIXED = (
    "Together this points to {compound}, and its strength is {word}.",
    "So the whole could be called {compound}, of {word} strength.",
    "Overall, this can be read as {compound} of {word} strength.",
)
_NEUTRAL = (
    "The person in the image looks neutral and composed.",
    "The facial expression is neutral, and the face is at rest.",
    "This face shows a neutral state with little movement.",
    "The main impression of this face is neutral and calm.",
)
_NEUTRAL_REST = (
    "The forehead is smooth, the eyes look straight ahead and the mouth rests.",
    "The brows, the eyes and the mouth keep their usual place.",
    "The muscles around the eyes and the mouth stay at rest.",
    "The brows keep their place, the lids are relaxed and the lips rest lightly.",
)
_NEUTRAL_ENDINGS = (
    "A single strong feeling cannot be read from the face, which suggests a calm and even mood.",
    "The person may be calm, thoughtful or simply waiting.",
    "The whole face suggests an even, composed mood and a quiet moment.",
    "Little in the face points to a strong feeling, and the mood seems even.",
)
_NEUTRAL_MOVING = (
    "It can be seen that {cues}, but this alone is too little for a clear emotion.",
    "Some movement is there, as {cues}, but it fits several feelings and supports none of them.",
)
_MOST_CUES = 4


def describe_emotion(truth: Truth, rng: np.random.Generator) -> str:
    """Return a description of the emotion of a face, about 50 words.

    Args:
        truth: what is known of the face; only visible units are mentioned, in everyday words without numbers.
        rng: source of the wording; the same state gives the same text.
    """
    units = truth.visible()
    if truth.emotion == "neutral":
        return _neutral(units, rng)
    step = strength_step(truth.strength)
    sentences = [_first_sentence(truth, step, rng)]
    if units:
        cues = _cues(units, rng)
        sentences.append(choose(rng, _CUES if len(cues) > 1 else _CUES_ONE).format(cues=joined(cues)))
    sentences.append(_strength_sentence(truth, STRENGTH_WORDS[step], rng))
    return " ".join(sentences)


def _first_sentence(truth: Truth, step: int, rng: np.random.Generator) -> str:
    """Return the sentence that names the emotion, and the second one when there is one."""
    if truth.second_emotion:
        return choose(rng, _FIRST_MIXED).format(emotion=truth.emotion, second=truth.second_emotion)
    shade, state = _SHADES[truth.emotion][step], _STATES[truth.emotion][step]
    return choose(rng, _FIRST).format(emotion=truth.emotion, shade=shade, state=state)


def _strength_sentence(truth: Truth, word: str, rng: np.random.Generator) -> str:
    """Return the sentence about the strength of the emotion or of the mixture."""
    if truth.second_emotion:
        compound = _COMPOUNDS[frozenset({truth.emotion, truth.second_emotion})]
        return choose(rng, _STRENGTH_MIXED).format(compound=compound, word=word)
    return choose(rng, _STRENGTH).format(emotion=truth.emotion, word=word)


def _neutral(units: Mapping[int, UnitTruth], rng: np.random.Generator) -> str:
    """Return a description of a face that shows no particular emotion, at rest or with an ambiguous movement."""
    if units:
        moving = choose(rng, _NEUTRAL_MOVING).format(cues=joined(_cues(units, rng)))
        first = choose(rng, ("The face is mostly neutral.", "The expression is close to neutral."))
        return f"{first} {moving} {choose(rng, _NEUTRAL_ENDINGS[1:3])}"
    return f"{choose(rng, _NEUTRAL)} {choose(rng, _NEUTRAL_REST)} {choose(rng, _NEUTRAL_ENDINGS)}"


def _cues(units: Mapping[int, UnitTruth], rng: np.random.Generator) -> list[str]:
    """Return what is seen of the strongest units, by ascending number."""
    strongest = sorted(units, key=lambda n: -units[n].intensity)[:_MOST_CUES]
    return [_cue(n, units[n], rng) for n in sorted(strongest)]


def _cue(number: int, unit: UnitTruth, rng: np.random.Generator) -> str:
    """Return one clause about one unit, with its side when it acts on one side."""
    phrases = unit_phrases()[number]
    if unit.side is Side.BOTH:
        return choose(rng, phrases.cues)
    return choose(rng, phrases.one_sided).format(side=unit.side.value)
