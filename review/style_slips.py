"""Slips of grammar and format (S1), which change nothing that is said."""

import re

from review.findings import Finding

_SLIPS = (
    (re.compile(r"\b(?!that|had)(\w+) \1\b", re.IGNORECASE), "A word stands twice"),
    (re.compile(r"(?<=[a-z])[.](?=[A-Z][a-z])"), "A space is missing between two sentences"),
    (re.compile(r"(?<=[a-z][.]\s)[a-z]\w+"), "A sentence begins with a small letter"),
    (
        re.compile(
            r"(?:^|[.,;:] |\b(?:and|that|so|while) )(?:the |both )?(?:inner |outer |upper |lower )?"
            r"(?:eyebrows|brows|lips|lids|eyelids|eyes|cheeks|corners|nostrils) is\b",
            re.IGNORECASE,
        ),
        "A plural stands with 'is'",
    ),
    (
        re.compile(
            r"(?<!of )(?<!of the )(?<!and the )(?<!and )\bthe (?:\w+ ){0,2}"
            r"(?:jaw|nose|mouth|chin|face|forehead|expression|person|skin|lip) are\b",
            re.IGNORECASE,
        ),
        "A singular stands with 'are'",
    ),
)


def style_slips(text: str) -> list[Finding]:
    """Return doubled words, missing spaces, small initials and verbs that do not agree."""
    return [
        Finding("style", "S1", f"{message}: {match.group().strip()!r}", match.start(), match.end())
        for pattern, message in _SLIPS
        for match in pattern.finditer(text)
    ]
