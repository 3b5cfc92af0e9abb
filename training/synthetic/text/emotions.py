"""Descriptions of the emotion of a face: which it is, what suggests it, how strong it is and what is mixed in.

The first sentence names the emotion before any other word of feeling, so that readers of the first sentence
(the published FABA-Bench evaluation among them) find it there. A description is composed as an
:class:`EmotionDescription`, whose parts can be told apart and replaced, and then written out by its ``text``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from emola.taxonomy import Side
from training.synthetic.text.degrees import STRENGTH_WORDS, choose, joined, strength_step
from training.synthetic.text.hidden import hidden_sentence
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
FIRST = (
    "The person in the image shows {emotion}, in the form of {shade}.",
    "The facial expression conveys {emotion}; the person seems {state}.",
    "This face mainly expresses {emotion}, close to {shade}.",
    "What this face shows is {emotion}, and more exactly {shade}.",
    "The face gives an impression of {emotion}, as of a person who is {state}.",
    "The face can be read as {emotion}, and the person looks {state}.",
)
"""First sentences. Those of mixed emotions and of neutral faces begin with the same words: which emotion it is must not
be settled by how a sentence begins, of which a greedy answer takes the most frequent one."""

_FIRST_MIXED = (
    "The person in the image shows {emotion} first of all, but also {second}.",
    "The facial expression conveys {emotion}, mixed with {second}.",
    "This face mainly expresses {emotion}, together with some {second}.",
    "What this face shows is {emotion} with {second} in it, and {emotion} is stronger.",
    "The face gives an impression of {emotion} and, less strongly, of {second}.",
    "The face can be read as {emotion}, with some {second}.",
)
SUPPORT = (
    "This is suggested by the following cues: {cues}.",
    "Several cues support this: {cues}.",
    "It can be seen that {cues}.",
    "The impression comes from the face itself, as {cues}.",
)
SUPPORT_ONE = (
    "This is suggested by one cue: {cues}.",
    "It can be seen that {cues}.",
    "The impression comes from the face itself, as {cues}.",
)
STRENGTH = (
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
NEUTRAL = (
    "The person in the image shows a neutral and composed expression.",
    "The facial expression conveys a neutral state.",
    "This face mainly expresses a neutral, even mood.",
    "What this face shows is a neutral and calm state.",
    "The face gives an impression of a neutral mood.",
    "The face can be read as a neutral one.",
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
_NEUTRAL_ENDINGS_HIDDEN = (_NEUTRAL_ENDINGS[0], _NEUTRAL_ENDINGS[1])
_NEUTRAL_MOVING = (
    "It can be seen that {cues}, but this alone is too little for a clear emotion.",
    "Some movement is there, as {cues}, but it fits several feelings and supports none of them.",
)
MOST_CUES = 4
"""Units that a description speaks of at most, the strongest ones."""


@dataclass(frozen=True)
class EmotionDescription:
    """A description of an emotion in its parts.

    Attributes:
        sentences: templates with the slots ``{emotion}``, ``{second}``, ``{shade}``, ``{state}``, ``{compound}``,
            ``{word}`` (the strength) and ``{cues}``, as far as they need them.
        emotion: the emotion named.
        second: what is mixed in, or None.
        step: 0 to 4, the strength.
        cues: a clause about each unit spoken of, by ascending number.
    """

    sentences: tuple[str, ...]
    emotion: str
    second: str | None = None
    step: int = 0
    cues: dict[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The description as it is read."""
        slots = {"emotion": self.emotion, "second": self.second, "word": STRENGTH_WORDS[self.step]}
        if self.emotion in _SHADES:
            slots |= {"shade": _SHADES[self.emotion][self.step], "state": _STATES[self.emotion][self.step]}
        if self.second:
            slots["compound"] = _COMPOUNDS[frozenset({self.emotion, self.second})]
        if self.cues:
            slots["cues"] = joined(list(self.cues.values()))
        return " ".join(sentence.format(**slots) for sentence in self.sentences)


def describe_emotion(truth: Truth, rng: np.random.Generator) -> str:
    """Return a description of the emotion of a face, about 50 words.

    Args:
        truth: what is known of the face; only visible units are mentioned, in everyday words without numbers.
        rng: source of the wording; the same state gives the same text.
    """
    return compose_emotion(truth, rng).text


def compose_emotion(truth: Truth, rng: np.random.Generator) -> EmotionDescription:
    """Return the parts of the description that :func:`describe_emotion` writes out."""
    units = truth.visible()
    if truth.emotion == "neutral":
        return _neutral(truth, rng)
    sentences = [choose(rng, _FIRST_MIXED if truth.second_emotion else FIRST)]
    cues = _cues(units, rng)
    if cues:
        sentences.append(choose(rng, SUPPORT if len(cues) > 1 else SUPPORT_ONE))
    if hidden := hidden_sentence(truth.hidden, rng):
        sentences.append(hidden)
    sentences.append(choose(rng, _STRENGTH_MIXED if truth.second_emotion else STRENGTH))
    return EmotionDescription(
        tuple(sentences), truth.emotion, truth.second_emotion, strength_step(truth.strength), cues
    )


def _neutral(truth: Truth, rng: np.random.Generator) -> EmotionDescription:
    """Compose the description of a face without a particular emotion, at rest or with an ambiguous movement."""
    units, hidden = truth.visible(), truth.hidden
    first = choose(rng, NEUTRAL)
    if not units:
        rest = hidden_sentence(hidden, rng) or choose(rng, _NEUTRAL_REST)
        return EmotionDescription(
            (first, rest, choose(rng, _NEUTRAL_ENDINGS_HIDDEN if hidden else _NEUTRAL_ENDINGS)), "neutral"
        )
    moving = choose(rng, _NEUTRAL_MOVING)
    cues = _cues(units, rng)
    unseen = [hidden_sentence(hidden, rng)] if hidden else []
    sentences = (first, moving, *unseen, choose(rng, _NEUTRAL_ENDINGS[1:3]))
    return EmotionDescription(sentences, "neutral", cues=cues)


def _cues(units: Mapping[int, UnitTruth], rng: np.random.Generator) -> dict[int, str]:
    """Return what is seen of the strongest units, by ascending number."""
    strongest = sorted(units, key=lambda n: -units[n].intensity)[:MOST_CUES]
    return {n: cue_of(n, units[n], rng) for n in sorted(strongest)}


def cue_of(number: int, unit: UnitTruth, rng: np.random.Generator) -> str:
    """Return one clause about one unit, with its side when it acts on one side."""
    phrases = unit_phrases()[number]
    if unit.side is Side.BOTH:
        return choose(rng, phrases.cues)
    return choose(rng, phrases.one_sided).format(side=unit.side.value)
