"""Errors in descriptions of action units."""

import re
from dataclasses import replace

from emola.taxonomy import ACTION_UNITS, Intensity, Side
from training.synthetic.text.action_units import (
    FEW,
    MANY,
    REST,
    UNEVEN,
    UnitDescription,
    UnitSentence,
    most_rests,
    unit_sentence,
)
from training.synthetic.text.degrees import INTENSITY_WORDS, capitalised, choose
from training.synthetic.text.hidden import PART_UNITS
from training.synthetic.truth import UnitTruth
from training.synthetic.wrong.change import (
    Change,
    Draft,
    false_intensity,
    false_rest,
    false_side,
    false_unit,
    other_side,
)
from training.synthetic.wrong.phrases import wrong_phrases

UnitDraft = Draft[UnitDescription]
UnitChange = Change[UnitDescription]

_LETTERS_APART = 2


def claim_absent(draft: UnitDraft) -> UnitChange | None:
    """Plant H1: a sentence about a unit that is absent, at its place in the list."""
    return _claim(draft, hidden=False)


def claim_covered(draft: UnitDraft) -> UnitChange | None:
    """Plant H7: a sentence about a unit whose region is covered."""
    return _claim(draft, hidden=True)


def _claim(draft: UnitDraft, *, hidden: bool) -> UnitChange | None:
    """Plant a sentence about a unit that cannot be seen, where the length of the other sentences still fits."""
    description, count = draft.description, len(draft.description.sentences)
    fits = draft.wish.unit is not None or _style(description, count) == _style(description, count + 1)
    if not count or not fits:
        return None
    number = false_unit(draft, hidden=hidden)
    if number is None:
        return None
    claimed = false_intensity(draft.rng)
    length = FEW if description.full else count + 1
    sentence = _mark_all(draft, unit_sentence(number, claimed, length, draft.rng))
    sentences = tuple(sorted((*description.sentences, sentence), key=lambda s: s.number))
    rests = {part: text for part, text in description.rests.items() if number not in PART_UNITS[part]}
    changed = replace(description, sentences=sentences, rests=rests)
    said = {"action_unit": number, "intensity": str(claimed.letter)}
    return Change(changed, number, said)


def leave_out(draft: UnitDraft) -> UnitChange | None:
    """Plant M1: leave out the sentence about a visible unit that no other sentence speaks of."""
    description, count = draft.description, len(draft.description.sentences)
    fits = draft.wish.unit is not None or _style(description, count) == _style(description, count - 1)
    if count < 2 or not fits:
        return None
    free = [s.number for s in description.sentences if _free(draft, s) and draft.wish.unit in (None, s.number)]
    if not free:
        return None
    number = choose(draft.rng, free)
    sentences = [s for s in description.sentences if s.number != number]
    following = next((i for i, s in enumerate(sentences) if s.number > number), None)
    if following is None:
        sentences[-1] = _append(sentences[-1], draft.mark(""))
    else:
        sentences[following] = replace(sentences[following], head=draft.mark("") + sentences[following].head)
    unit = draft.truth.visible()[number]
    right = {"action_unit": number, "side": str(unit.side), "intensity": str(unit.letter)}
    return Change(replace(description, sentences=tuple(sentences)), number, {}, right)


def mistake_unit(draft: UnitDraft) -> UnitChange | None:
    """Plant H2: another unit's name beside the number, or another unit's number and name beside what is described."""
    description, visible = draft.description, draft.truth.visible()
    numbers = [s.number for s in description.sentences]
    choices = []
    for place, sentence in enumerate(description.sentences):
        if not _free(draft, sentence):
            continue
        others = [n for n in wrong_phrases().confusable[sentence.number] if n not in visible]
        before = numbers[place - 1] if place else 0
        after = numbers[place + 1] if place + 1 < len(numbers) else max(ACTION_UNITS) + 1
        choices += [(sentence, n, False) for n in others]
        choices += [(sentence, n, True) for n in others if before < n < after]
    if not choices:
        return None
    sentence, other, whole = choose(draft.rng, choices)
    name = ACTION_UNITS[other].name
    if whole:
        wrong = replace(sentence, number=other, name=name, head=draft.mark(sentence.head))
    else:
        wrong = replace(sentence, name=name, head=sentence.head.replace("{name}", draft.mark("{name}")))
    said, right = {"action_unit": other}, {"action_unit": sentence.number}
    return Change(_put(description, sentence, wrong), sentence.number, said, right)


def mistake_side(draft: UnitDraft) -> UnitChange | None:
    """Plant H3: the other side of a one-sided or uneven unit, else one side of a unit that acts on both."""
    uneven: list[UnitChange] = []
    even: list[UnitChange] = []
    for sentence in draft.description.sentences:
        if not _free(draft, sentence):
            continue
        unit = draft.truth.visible()[sentence.number]
        change = _swap_unevenness(draft, sentence, unit) if sentence.unevenness else _swap_side(draft, sentence, unit)
        if change is not None:
            (even if unit.side is Side.BOTH and not sentence.unevenness else uneven).append(change)
    return choose(draft.rng, uneven or even) if uneven or even else None


def _swap_side(draft: UnitDraft, sentence: UnitSentence, unit: UnitTruth) -> UnitChange | None:
    """Say a unit of the wrong side."""
    false = false_side(unit, sentence.number, draft.rng)
    if false is None:
        return None
    wrong = replace(sentence, cue=draft.mark(capitalised(false[0])))
    said, right = {"side": str(false[1])}, {"side": str(unit.side)}
    return Change(_put(draft.description, sentence, wrong), sentence.number, said, right)


def _swap_unevenness(draft: UnitDraft, sentence: UnitSentence, unit: UnitTruth) -> UnitChange:
    """Call the weaker side of a unit the stronger one."""
    stronger = Side.LEFT if unit.asymmetry > 0 else Side.RIGHT
    words = UNEVEN[other_side(stronger)].removeprefix(", ")
    wrong = replace(sentence, unevenness=", " + draft.mark(words))
    said, right = {"side": str(other_side(stronger))}, {"side": str(stronger)}
    return Change(_put(draft.description, sentence, wrong), sentence.number, said, right)


def mistake_intensity(draft: UnitDraft) -> UnitChange | None:
    """Plant H4: an intensity at least two letters from the true one."""
    free = [s for s in draft.description.sentences if _free(draft, s)]
    if not free:
        return None
    sentence = choose(draft.rng, free)
    letters = list(Intensity)
    true = letters.index(Intensity(sentence.letter))
    letter = choose(draft.rng, [x for i, x in enumerate(letters) if abs(i - true) >= _LETTERS_APART])
    word = choose(draft.rng, INTENSITY_WORDS[letter])
    wrong = replace(sentence, word=word, letter=str(letter), degree=draft.mark(sentence.degree))
    said, right = {"intensity": str(letter)}, {"intensity": sentence.letter}
    return Change(_put(draft.description, sentence, wrong), sentence.number, said, right)


def contradict(draft: UnitDraft) -> UnitChange | None:
    """Plant H8: call a part of the face at rest where the same text names a unit."""
    description, count = draft.description, len(draft.description.sentences)
    most = most_rests(count, full=description.full)
    found = false_rest(draft, [s.number for s in description.sentences]) if most else None
    if found is None:
        return None
    part, sentence, number = found
    kept = list(description.rests.items())[: most - 1]
    rests = {**dict(kept), part: draft.mark(sentence)}
    ordered = {part: rests[part] for part in REST if part in rests}
    return Change(replace(description, rests=ordered), number)


def add_remark(draft: UnitDraft, sentence: str, *, last: bool) -> UnitChange:
    """Plant a sentence that says nothing of a unit (H5, H9, H0): behind one of the units, or at the end."""
    description, words = draft.description, draft.mark(sentence)
    linked = [s for s in description.sentences if s.link]
    if linked and not last and draft.rng.random() < 0.5:
        behind = choose(draft.rng, linked)
        return Change(_put(description, behind, _append(behind, f" {words}")))
    return Change(replace(description, summary=f"{description.summary} {words}".strip()))


def _free(draft: UnitDraft, sentence: UnitSentence) -> bool:
    """Say whether an error may concern a unit: none does yet, and no sentence on units acting together names it."""
    named = re.search(rf"\bAU{sentence.number}\b", draft.description.together) is not None
    return sentence.number in draft.truth.visible() and sentence.number not in draft.touched and not named


def _style(description: UnitDescription, count: int) -> int:
    """Return how long the sentences of a description are with so many units."""
    return 0 if description.full else (count > FEW) + (count > MANY)


def _put(description: UnitDescription, old: UnitSentence, new: UnitSentence) -> UnitDescription:
    """Put one sentence in the place of another."""
    return replace(description, sentences=tuple(new if s is old else s for s in description.sentences))


def _append(sentence: UnitSentence, words: str) -> UnitSentence:
    """Add words behind the link of a unit, or where it has none, before its full stop."""
    return (
        replace(sentence, link=sentence.link + words)
        if sentence.link
        else replace(sentence, effect=sentence.effect + words)
    )


def _mark_all(draft: UnitDraft, sentence: UnitSentence) -> UnitSentence:
    """Mark everything that is said of a unit."""
    marks = draft.mark("")
    return _append(replace(sentence, head=marks[0] + sentence.head), marks[1])
