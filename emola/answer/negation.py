"""Negation at the level of words and phrases, with the clause as its scope."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from emola.answer.lexicon import negation_patterns

_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|looks?|seems?|appears?|shows?)\b", re.IGNORECASE)
_PREDICATE = re.compile(rf"[\s)]*{_FINITE.pattern}", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|nor)\b", re.IGNORECASE)
_DETERMINED = re.compile(
    r"\b(?:the|this|his|her|their|it|he|she|they|is|are|was|were|shows?|looks?|seems?|with)\b", re.IGNORECASE
)
_PARENTHESIS = re.compile(r"^\s*(?:\([^)]*\)|—[^—]{1,80}—)")


@dataclass(frozen=True)
class Chain:
    """Mentions joined by nothing but commas, "and", "or": ``first`` and ``last`` are positions in the mention list."""

    first: int
    last: int


def chains(sentence: str, spans: Sequence[tuple[int, int]]) -> list[Chain]:
    """Group mentions that are joined to one list ("AU1, AU2 and AU4"), by position."""
    rules = negation_patterns()
    groups: list[Chain] = []
    for index, (start, end) in enumerate(spans):
        if groups:
            between = sentence[spans[index - 1][1] : start]
            clause = any(_FINITE.search(sentence[a:b]) for a, b in (spans[index - 1], (start, end)))
            lead = sentence[spans[groups[-1].first - 1][1] if groups[-1].first else 0 : spans[groups[-1].first][0]]
            clause = clause or (between.strip() == "," and _set_apart(lead, sentence, end, opens=not groups[-1].first))
            if rules.chain.match(between) and (not clause or _OR.search(between)):
                groups[-1] = Chain(groups[-1].first, index)
                continue
        groups.append(Chain(index, index))
    return groups


def _set_apart(lead: str, sentence: str, end: int, *, opens: bool) -> bool:
    """Say whether a list is over before the unit that ends at ``end`` ("Without AU6, AU12 looks posed").

    ``opens`` says whether ``lead`` starts the sentence ("Rather than AU6, AU12").
    """
    rules = negation_patterns()
    if opens and rules.instead.match(lead):
        return True
    return rules.aside.match(lead) is not None and _PREDICATE.match(sentence, end) is not None


def negated(sentence: str, spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Say of each mention (start, end; in order, no overlap) whether the sentence denies it.

    A negative word reaches forward to the next mention, or list of mentions, of its clause; after a mention it counts
    when it is said of the mention itself ("is absent", "cannot be seen"). "not only", "no doubt"
    and their like deny nothing.
    """
    rules, text = negation_patterns(), _without_harmless(sentence)
    result = [False] * len(spans)
    denied_list = False
    marks_lead = bool(spans) and rules.marked.search(sentence[: spans[0][0]]) is not None
    for chain in chains(sentence, spans):
        start, end = spans[chain.first][0], spans[chain.last][1]
        floor = spans[chain.first - 1][1] if chain.first else 0
        ceiling = spans[chain.last + 1][0] if chain.last + 1 < len(spans) else len(text)
        before, after = text[floor:start], text[end : ceiling + 1]
        denied_list = _under_denying_heading(before, denied_list)
        whole = (
            denied_list
            or (chain.first > 0 and _example_of_nothing(sentence, spans[chain.first - 1], start))
            or (chain.first > 0 and result[chain.first - 1] and rules.likewise.search(before) is not None)
            or _crossed_out(before, after, marks_lead)
            or _denied_by_words(before, sentence[start:end], after)
        )
        for index in range(chain.first, chain.last + 1):
            result[index] = whole or _denies_itself(text, sentence, spans[index])
    return result


def _without_harmless(sentence: str) -> str:
    """Blank out phrases that look negative and deny nothing, keeping every offset."""
    return negation_patterns().harmless.sub(lambda match: " " * len(match.group()), sentence)


def _denies_itself(text: str, sentence: str, span: tuple[int, int]) -> bool:
    """Say whether a mention holds its own negation ("the brows are not raised", "non-angry").

    ``text`` is the sentence without its harmless phrases.
    """
    rules = negation_patterns()
    if rules.prefixed.search(text, max(0, span[0] - 5), span[0]):
        return True
    return rules.inside.search(text[slice(*span)]) is not None and not _whole_phrase(sentence[slice(*span)])


def _whole_phrase(phrase: str) -> bool:
    """Say whether the phrase starts with its negative word, which then is part of its meaning ("no emotion")."""
    return bool(re.match(r"(?:no|not|without|lack\w*|absence|devoid|\w*n['’]t)\b", phrase, re.IGNORECASE))


def _under_denying_heading(text: str, denied: bool) -> bool:
    """Say whether a mention stands under a heading such as "Not visible:", given the text before it back to another.

    ``denied`` says whether that other mention does.
    """
    rules = negation_patterns()
    head, colon, _ = text.rpartition(":")
    if colon and rules.heading.search(head):
        return True
    return denied and not (colon and rules.affirming_heading.search(head))


def _example_of_nothing(sentence: str, before: tuple[int, int], start: int) -> bool:
    """Say whether a mention is an example of what the phrase before it denies ("no strong emotion such as joy")."""
    if not _whole_phrase(sentence[slice(*before)]):
        return False
    return negation_patterns().examples.match(sentence[before[1] : start]) is not None


def _crossed_out(before: str, after: str, marks_lead: bool) -> bool:
    """Say whether a cross, an empty box or a JSON field before it denies the mention.

    Marks stand all before their units or all behind them.
    """
    rules = negation_patterns()
    if rules.denied_field.search(before):
        return True
    found = rules.crossed_before.search(before) if marks_lead else rules.crossed_after.match(after)
    return found is not None


def _denied_by_words(before: str, mention: str, after: str) -> bool:
    """Say whether the words before or after the mention deny it; "all but" it turns what is said of the rest round."""
    rules = negation_patterns()
    if rules.all_but.search(before):
        return rules.after.search(before + after) is None
    return _denied_before(before, mention) or _denied_after(after)


def _denied_before(text: str, mention: str) -> bool:
    """Say whether a negative word in the clause before the mention reaches it."""
    rules = negation_patterns()
    breaks = list(rules.breaks.finditer(text))
    clause = text[breaks[-1].end() :] if breaks else text
    words = list(rules.before.finditer(clause))
    if not words:
        return False
    between = clause[words[-1].end() :]
    if len(between.split()) >= rules.farthest:
        return False
    tail = re.split(r"\band\b", between, flags=re.IGNORECASE)[-1] if re.search(r"\band\b", between, re.I) else None
    if tail is None:
        return True
    plain = len(tail.split()) <= 1 and not _DETERMINED.search(tail) and not _FINITE.search(mention)
    return plain and rules.before_nouns.search(clause) is not None


def _denied_after(text: str) -> bool:
    """Say whether the rest of the clause denies the mention."""
    rules = negation_patterns()
    if rules.verdict.match(text):
        return True
    text = rules.appositions.sub(" ", _PARENTHESIS.sub("", text), count=1)
    if rules.verdict.match(text):
        return True
    stop = re.search(rf"{rules.breaks.pattern}|\band\b", text, re.IGNORECASE)
    return rules.after.search(text[: stop.start()] if stop else text) is not None
