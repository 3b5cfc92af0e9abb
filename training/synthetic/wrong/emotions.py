"""Errors in descriptions of emotions."""

from dataclasses import replace

from emola.taxonomy import EMOTIONS, Side
from training.synthetic.text.degrees import choose
from training.synthetic.text.emotions import (
    FIRST,
    MOST_CUES,
    STRENGTH,
    SUPPORT,
    SUPPORT_ONE,
    EmotionDescription,
    cue_of,
)
from training.synthetic.truth import Truth, prototypes
from training.synthetic.wrong.change import Change, Draft, false_intensity, false_rest, false_side, false_unit
from training.synthetic.wrong.phrases import wrong_phrases

EmotionDraft = Draft[EmotionDescription]
EmotionChange = Change[EmotionDescription]

_PERSON = "The person in the image"
_CORE = 0.5
"""Units that a prototype shows more often than this are its core."""


def claim_absent(draft: EmotionDraft) -> EmotionChange | None:
    """Plant H1: a cue that is absent, among the cues."""
    return _claim(draft, hidden=False)


def claim_covered(draft: EmotionDraft) -> EmotionChange | None:
    """Plant H7: a cue in a region that is covered."""
    return _claim(draft, hidden=True)


def _claim(draft: EmotionDraft, *, hidden: bool) -> EmotionChange | None:
    """Plant one cue more, if there is room for it."""
    cues = draft.description.cues
    number = false_unit(draft, hidden=hidden) if 0 < len(cues) < MOST_CUES else None
    if number is None:
        return None
    clause = draft.mark(cue_of(number, false_intensity(draft.rng), draft.rng))
    several = choose(draft.rng, SUPPORT)
    only_one = set(SUPPORT_ONE) - set(SUPPORT)
    sentences = tuple(several if sentence in only_one else sentence for sentence in draft.description.sentences)
    cues = dict(sorted({**cues, number: clause}.items()))
    return Change(replace(draft.description, sentences=sentences, cues=cues), number, {"action_unit": number})


def mistake_side(draft: EmotionDraft) -> EmotionChange | None:
    """Plant H3: a cue on the wrong side, rather of a unit that acts on one side."""
    changes = []
    for number in draft.description.cues:
        unit = draft.truth.visible().get(number)
        false = None if unit is None or number in draft.touched else false_side(unit, number, draft.rng)
        if unit is None or false is None:
            continue
        cues = {**draft.description.cues, number: draft.mark(false[0])}
        said, right = {"side": str(false[1])}, {"side": str(unit.side)}
        change = Change(replace(draft.description, cues=cues), number, said, right)
        changes.append((unit.side is not Side.BOTH, change))
    sided = [change for one_sided, change in changes if one_sided]
    return choose(draft.rng, sided or [change for _, change in changes]) if changes else None


def mistake_emotion(draft: EmotionDraft) -> EmotionChange | None:
    """Plant H6: an emotion of which the face shows less than half of the units, in the place of the true one."""
    description, truth = draft.description, draft.truth
    against = [emotion for emotion in EMOTIONS if emotion != "neutral" and contradicts(emotion, truth)]
    if draft.wish.emotion is not None and draft.wish.emotion != truth.emotion:
        against = [draft.wish.emotion]
    if truth.second_emotion or not against:
        return None
    emotion = choose(draft.rng, against)
    sentences = description.sentences
    if truth.emotion == "neutral":
        support = [choose(draft.rng, SUPPORT if len(description.cues) > 1 else SUPPORT_ONE)] if description.cues else []
        sentences = (choose(draft.rng, FIRST), *support, choose(draft.rng, STRENGTH))
    sentences = (sentences[0].replace("{emotion}", draft.mark("{emotion}")), *sentences[1:])
    said, right = {"emotion": emotion}, {"emotion": truth.emotion}
    return Change(replace(description, sentences=sentences, emotion=emotion), None, said, right)


def contradicts(emotion: str, truth: Truth) -> bool:
    """Say whether of no prototype of an emotion half of the core units are visible, and it is not the face's own."""
    if emotion in (truth.emotion, truth.second_emotion):
        return False
    cores = [{n for n, share, *_ in p.units if share > _CORE} for p in prototypes() if emotion in (p.emotion, p.second)]
    seen = set(truth.visible())
    return all(2 * len(core & seen) < len(core) for core in cores)


def contradict(draft: EmotionDraft) -> EmotionChange | None:
    """Plant H8: call a part of the face at rest that is said to move in the sentence before."""
    found = false_rest(draft, list(draft.description.cues))
    if found is None:
        return None
    _, sentence, number = found
    sentences = list(draft.description.sentences)
    place = next(i for i, text in enumerate(sentences) if "{cues}" in text) + 1
    sentences.insert(place, draft.mark(sentence))
    return Change(replace(draft.description, sentences=tuple(sentences)), number)


def add_remark(draft: EmotionDraft, sentence: str, *, last: bool) -> EmotionChange:
    """Plant a sentence that says nothing of a unit (H5, H9, H0), after the first sentence or at the end."""
    sentences = list(draft.description.sentences)
    place = len(sentences) if last else int(draft.rng.integers(1, len(sentences) + 1))
    sentences.insert(place, draft.mark(sentence))
    return Change(replace(draft.description, sentences=tuple(sentences)))


def invent_person(draft: EmotionDraft) -> EmotionChange | None:
    """Plant H5: give the person an age, a sex or a job."""
    first, *others = draft.description.sentences
    if not first.startswith(_PERSON):
        return None
    first = first.replace(_PERSON, draft.mark(choose(draft.rng, wrong_phrases().people)))
    return Change(replace(draft.description, sentences=(first, *others)))
