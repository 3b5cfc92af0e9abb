"""A sentence about an emotion rewritten for the emotion that is seen. Pure."""

import re
from typing import Final

from emola.answer import split_claims
from emola.answer.mentions import find_emotion_mentions
from emola.errors import InputError
from emola.taxonomy import EMOTIONS

FORMS: Final = {
    "anger": ("anger", "angry"),
    "disgust": ("disgust", "disgusted"),
    "fear": ("fear", "afraid"),
    "happiness": ("happiness", "happy"),
    "neutral": ("neutrality", "neutral"),
    "sadness": ("sadness", "sad"),
    "surprise": ("surprise", "surprised"),
}
"""Noun and adjective of each emotion."""

_ADJECTIVE = re.compile(r"(?:y|ed|ful|ous|ing|id|al|ic|ive|able|ent|nt|ad|less|mad|proud|worried|afraid|content)$")
_NOUN = re.compile(r"(?:ness|ment|tion|sion|ury|joy|ety|urpose|melancholy|misery|fury|anxiety)$")


def propose_emotion(claim_text: str, wrong: str, right: str, second: str | None = None) -> str:
    """Return a claim about one emotion as one about another, such as "The person looks sad." for "... looks happy.".

    Where exchanging the words does not read as the right emotion, a plain sentence says it.

    Args:
        claim_text: the claim.
        wrong: the emotion that it names.
        right: the one that is seen.
        second: one that is seen beside it, or None.

    Raises:
        InputError: ``right`` or ``second`` is no emotion of the taxonomy.
    """
    for name in filter(None, (right, second)):
        if name not in FORMS:
            raise InputError(f"There is no emotion {name!r}; expected one of {', '.join(EMOTIONS)}.")
    plain = f"The face shows {FORMS[right][0]}{f' together with {FORMS[second][0]}' if second else ''}."
    if second is not None:
        return plain
    offer, end = "", 0
    forms: list[str] = []
    for mention in find_emotion_mentions(claim_text):
        if mention.emotion == wrong:
            forms.append(_exchanged(claim_text[mention.start : mention.end], right))
            offer += claim_text[end : mention.start] + forms[-1]
            end = mention.end
        elif mention.emotion == right:
            return plain
    offer = (offer + claim_text[end:]).strip()
    once = len({form.casefold() for form in forms}) == len(forms) > 0
    return offer if once and _reads_as(offer, right) else plain


def second_emotion(claim_text: str, first: str | None) -> str | None:
    """Return the other emotion that a claim about a mixed one names beside its first, or None."""
    named = [found.emotion for found in find_emotion_mentions(claim_text) if found.names_feeling]
    return next((emotion for emotion in named if emotion not in (first, "neutral")), None)


def _exchanged(word: str, right: str) -> str:
    """Return the noun or the adjective of the right emotion, as ``word`` is one or the other."""
    last = word.split()[-1].casefold()
    adjective = bool(_ADJECTIVE.search(last)) and not _NOUN.search(last)
    form = FORMS[right][adjective]
    return form[0].upper() + form[1:] if word[0].isupper() else form


def _reads_as(offer: str, right: str) -> bool:
    claims = [claim for claim in split_claims(offer) if claim.kind == "emotion"]
    named = {mention.emotion for mention in find_emotion_mentions(offer) if mention.names_feeling}
    return named == {right} and len(claims) == 1 and not claims[0].negated
