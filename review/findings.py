"""What the lint finds, and how an entry of a list of action units begins."""

import re
from dataclasses import dataclass
from typing import Self

from review.claims import ParsedClaim

ENTRY = re.compile(
    r"\s*(?:[(\[]?\d{1,2}[.)\]]|[-*•–])?\s*[*_]*(?:AU|action unit)s?[\s_-]*[LR]?(\d{1,2})[A-E]?\b[*_]*(?=\s*[-–—:(])",
    re.IGNORECASE,
)
"""The start of an entry such as "1. AU4 - Brow lowerer: ..."; group 1 is the number."""


@dataclass(frozen=True)
class Finding:
    """One fault.

    Attributes:
        kind: short name of the check.
        code: error code of the taxonomy that it hints at (``review.records.CODES``).
        message: one plain sentence without its full stop.
        start: first code point in the text.
        end: code point after the last.
        claim_ord: place of the claim it is about; None for the text as a whole.
    """

    kind: str
    code: str
    message: str
    start: int
    end: int
    claim_ord: int | None = None

    @classmethod
    def about(cls, claim: ParsedClaim, kind: str, code: str, message: str) -> Self:
        """Return a finding about a whole claim."""
        return cls(kind, code, message, claim.start, claim.end, claim.ord)
