"""The repaired reading rules: negation by words and phrases, a full vocabulary, and "unknown" as a result."""

import re
from collections import Counter
from dataclasses import dataclass

from emola.answer.claims import Claim, action_unit_claims
from emola.answer.headings import spans_under_headings
from emola.answer.lexicon import main_emotion_pattern
from emola.answer.mentions import find_emotion_mentions
from emola.answer.negation import negated
from emola.answer.sentences import normalise
from emola.taxonomy import ACTION_UNITS

_SCORE = re.compile(
    r"[\"'*_ \t]*[:=|(–-][\"'*_ \t]*"
    r"(?:(?:confidence|probability|score|likelihood)[ \t:=]*)?(\d{1,3}(?:\.\d+)?)(?![\w.,]*\d)"
)


@dataclass(frozen=True)
class EmotionWord:
    """One emotion word of a text with code-point offsets into its NFC form."""

    start: int
    end: int
    text: str
    emotion: str
    names_feeling: bool
    negated: bool
    sentence: int
    announced: bool
    score: float | None = None


def emotion_words(text: str) -> list[EmotionWord]:
    """Return every emotion word of ``text``, denied ones included, in order."""
    text = normalise(text)
    words = []
    for index, (start, end, under_denial) in enumerate(spans_under_headings(text)):
        sentence = text[start:end]
        mentions = find_emotion_mentions(sentence)
        announced = main_emotion_pattern().search(sentence)
        denied = [under_denial or no for no in negated(sentence, [(m.start, m.end) for m in mentions])]
        for mention, no in zip(mentions, denied, strict=True):
            after = announced is not None and mention.start >= announced.start()
            span = (start + mention.start, start + mention.end)
            score = _score(sentence, mention.end)
            words.append(
                EmotionWord(*span, text[slice(*span)], mention.emotion, mention.names_feeling, no, index, after, score)
            )
    return words


def _score(sentence: str, end: int) -> float | None:
    """Return the number behind a word that is its score or share ("happy: 10%", "| Sad | 0.90 |"), or None."""
    match = _SCORE.match(sentence, end)
    return float(match.group(1)) if match else None


def strict_emotion(words: list[EmotionWord]) -> str | None:
    """Return the emotion that a text states, or None when it states none.

    Denied words never count, hints ("smiling") only where no word names a feeling. The highest score decides where
    several emotions have one; else what is announced as the main emotion; else the first sentence with such words, by
    majority, the first word at a tie.
    """
    affirmed = [word for word in words if not word.negated]
    named = [word for word in affirmed if word.names_feeling] or affirmed
    if not named:
        return None
    scored = {word.emotion: word.score for word in reversed(named) if word.score is not None}
    if len(scored) > 1:
        return max(reversed(scored), key=lambda emotion: scored[emotion])
    announced = [word for word in named if word.announced]
    if announced:
        return announced[0].emotion
    first = [word.emotion for word in named if word.sentence == named[0].sentence]
    return Counter(first).most_common(1)[0][0]


@dataclass(frozen=True)
class UnitState:
    """What a text says of one unit: present or denied, with the claims that say so, explicit ones before phrases."""

    number: int
    present: bool
    claims: tuple[Claim, ...]


def strict_action_units(text: str) -> list[UnitState]:
    """Return the state of every unit of the taxonomy that ``text`` speaks of, by number.

    Numbers and FACS names beat everyday phrases; of equal claims, one that affirms the unit wins.
    """
    by_unit: dict[int, list[Claim]] = {}
    for claim in action_unit_claims(normalise(text)):
        for number in (claim.action_unit, *claim.more_units):
            if number in ACTION_UNITS:
                by_unit.setdefault(number, []).append(claim)
    states = []
    for number in sorted(by_unit):
        claims = sorted(by_unit[number], key=lambda claim: not claim.explicit)
        deciding = [claim for claim in claims if claim.explicit] or claims
        present = any(not claim.negated for claim in deciding)
        agreeing = tuple(claim for claim in claims if claim.negated != present)
        states.append(UnitState(number, present, agreeing))
    return states
