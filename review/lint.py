"""Faults of a description that need neither its picture nor a person: pure functions over text and claims.

What the benchmark's published reader does with a text is from the reading of its code (``emola.answer``, protocol
``paper``): it takes every ``AU<number>`` as present, denied or not, and misses "AU 4".
"""

import re
from collections.abc import Iterable, Sequence

from emola.answer import protocol_version
from emola.answer.lexicon import cue_patterns, name_patterns
from emola.taxonomy import ACTION_UNITS
from review.claims import ParsedClaim
from review.contradictions import find_contradictions
from review.findings import ENTRY, Finding
from review.lexicons import lexicon, lexicon_version
from review.soft_rules import rules
from review.style_slips import style_slips

VERSION = 1
"""Counted up when a check changes."""

_CODE = re.compile(r"\bAU\d+")
_SPACED_CODE = re.compile(r"\b(?:AUs?[\s_#-]+|action[\s-]+units?\s+#?)(\d{1,2})\b", re.IGNORECASE)
_BODY = re.compile(r":\s*")
_NAME_REACH = 60


def lint_version() -> str:
    """Return the version of the checks with that of every list they use."""
    return f"lint {VERSION}; lists {lexicon_version()}; rules {rules()['version']}; {protocol_version('strict')}"


def lint(text: str, claims: Sequence[ParsedClaim], task: str) -> list[Finding]:
    """Return every fault of a description, in order of the text.

    Args:
        text: NFC.
        claims: its claims, from :func:`review.claims.parse_claims`.
        task: ``au`` or ``emotion``.
    """
    found = [finding for claim in claims for finding in _claim_findings(text, claim, task)]
    found += find_contradictions(text, claims, task)
    found += style_slips(text)
    if task == "au":
        found += _codes_missing(text, claims)
    return sorted(found, key=lambda finding: (finding.start, finding.end, finding.kind))


def _claim_findings(text: str, claim: ParsedClaim, task: str) -> Iterable[Finding]:
    """Yield the faults that one claim shows by itself."""
    said = text[claim.start : claim.end]
    if claim.kind == "boiler":
        yield Finding.about(claim, "boilerplate", "H0", "A disclaimer or refusal, which describes no face")
    for name, words in (
        ("overinference", "goes beyond what a face shows"),
        ("invention", "is no part of an expression"),
    ):
        if match := lexicon(name).search(said):
            message = f"{match.group().strip()!r} {words}"
            yield Finding(
                name, lexicon(name).code, message, claim.start + match.start(), claim.start + match.end(), claim.ord
            )
    if claim.kind != "au":
        return
    if claim.action_unit is not None and claim.action_unit not in ACTION_UNITS:
        message = f"AU{claim.action_unit} is none of the 20 action units of FABA-Instruct"
        yield Finding.about(claim, "unknown_unit", "H2", message)
        return
    yield from _name_and_number(said, claim)
    if claim.negated and task == "au" and _CODE.search(said):
        yield Finding.about(
            claim, "denied_code", "S1", f"The benchmark's reader takes the denied AU{claim.action_unit} as present"
        )


def _name_and_number(said: str, claim: ParsedClaim) -> Iterable[Finding]:
    """Yield where a number stands beside another unit's FACS name, or before another unit's description."""
    head = ENTRY.match(said)
    if head is None or claim.action_unit is None:
        return
    number = int(head.group(1))
    body = _BODY.search(said, head.end())
    named = said[head.end() : body.start() if body else head.end() + _NAME_REACH]
    names = {unit for unit, pattern in name_patterns().items() if pattern.search(named)}
    if names and number not in names:
        wrong = min(names)
        message = f"AU{number} is {_name(number)}, but the name beside it is that of AU{wrong}"
        yield Finding.about(claim, "name_number", "H2", message)
    elif body and (shown := _described_units(said[body.end() :])) and number not in shown:
        message = (
            f"AU{number} is {_name(number)}, but the words describe {' or '.join(f'AU{u}' for u in sorted(shown))}"
        )
        yield Finding.about(claim, "number_words", "H2", message)


def _described_units(words: str) -> set[int]:
    """Return the units that exact phrases of the first clause stand for."""
    clause = re.split(r"[,;.]", words, maxsplit=1)[0]
    found = {u for cue in cue_patterns() if cue.exactness == 2 and cue.pattern.search(clause) for u in cue.units}
    return found | {unit for unit, pattern in name_patterns().items() if pattern.search(clause)}


def _name(number: int) -> str:
    return ACTION_UNITS[number].name if number in ACTION_UNITS else "no unit of FABA-Instruct"


def _codes_missing(text: str, claims: Sequence[ParsedClaim]) -> Iterable[Finding]:
    """Yield what the benchmark's reader will not find: "AU 4" with a space, and units without any code."""
    written = {int(number[2:]) for number in _CODE.findall(text)}
    for claim in claims:
        missed = [unit for unit in claim.units if unit not in written and unit in ACTION_UNITS]
        if claim.kind != "au" or claim.negated or not missed:
            continue
        said = text[claim.start : claim.end]
        if spaced := _SPACED_CODE.search(said):
            message = f"{spaced.group()!r} is not read by the benchmark; it reads AU{int(spaced.group(1))}"
        else:
            message = f"No code AU{missed[0]} stands in the text, so the benchmark's reader misses it"
        yield Finding.about(claim, "missing_code", "S1", message)
