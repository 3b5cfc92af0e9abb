"""The corrected text of a description, and the edit operations that lead to it. Pure.

Edits come from the replacements of verdicts and of marks. The operations tile the original text in order; what they
keep and what they write, joined, is the corrected text. Rules that are ours:

- A replacement without a list number keeps the number of its claim ("2. AU9 ..."), and the white space at its end.
- A missing action unit (code M1) becomes an item of its own where the text is a numbered list.
- A list that was numbered one by one is numbered anew.
- A mark inside a claim that was replaced changes nothing: the claim's new text stands.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from emola.errors import InputError
from review.numbering import Change, find_items, number_again
from review.records import MarkState, ReviewState, VerdictState

_LIST_MARK = re.compile(r"\s*(?:\d+[.)]|[-*•])[ \t]+")


class TextClaim(Protocol):
    """What is needed of a claim; rows of the database and the views of the pages both have it."""

    @property
    def id(self) -> int:
        """Key of the verdicts."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """The code point after the last."""


@dataclass(frozen=True)
class EditOp:
    """One step from the original text to the corrected one.

    Attributes:
        op: keep, delete, replace or insert.
        old_start: first code point in the original text.
        old_end: the one after the last.
        new_start: first code point in the corrected text.
        new_end: the one after the last.
        text: what a replacement or an insertion writes; "" otherwise.
        code: the error it mends; None for numbering and wording.
        severity: 1 to 3, or None.
        claim_id: the claim it belongs to, or None.
    """

    op: str
    old_start: int
    old_end: int
    new_start: int
    new_end: int
    text: str = ""
    code: str | None = None
    severity: int | None = None
    claim_id: int | None = None


def apply_edits(text: str, claims: Iterable[TextClaim], state: ReviewState) -> tuple[str, list[EditOp]]:
    """Return the corrected text and the operations that lead to it; no edit gives the text and one ``keep``.

    Args:
        text: the original, NFC.
        claims: of ``text``.
        state: the review; replacements of claims that are not among ``claims`` are ignored.

    Raises:
        InputError: a mark leaves the text, cuts through a replaced claim, or overlaps another one.
    """
    of_claims = [
        change
        for claim in sorted(claims, key=lambda claim: claim.start)
        if (verdict := state.verdicts.get(claim.id)) and (change := _claim_change(text, claim, verdict))
    ]
    of_marks = [change for mark in state.marks if (change := _mark_change(text, mark, of_claims))]
    changes = sorted([*of_claims, *of_marks], key=lambda change: (change.start, change.end))
    _check_apart(changes)
    return _operations(text, number_again(text, changes))


def replay(text: str, operations: Sequence[EditOp]) -> str:
    """Return the corrected text that ``operations`` make of ``text``."""
    return "".join(text[op.old_start : op.old_end] if op.op == "keep" else op.text for op in operations)


def _claim_change(text: str, claim: TextClaim, verdict: VerdictState) -> Change | None:
    """Return what a verdict writes in place of its claim, if that differs."""
    new = verdict.replacement
    old = text[claim.start : claim.end]
    if new is None or new == old:
        return None
    start, end = claim.start, claim.end
    if new:
        mark = _LIST_MARK.match(old)
        if mark and not _LIST_MARK.match(new):
            start += mark.end()
        if new == new.rstrip():
            end -= len(old) - len(old.rstrip())
    if end <= start or text[start:end] == new:
        return None
    return Change(start, end, new, verdict.code, verdict.severity, claim.id)


def _mark_change(text: str, mark: MarkState, of_claims: Sequence[Change]) -> Change | None:
    """Return what a mark writes, if it writes anything and no claim around it was replaced."""
    if mark.end > len(text):
        raise InputError(f"A marked span ends at {mark.end}, but the text has {len(text)} characters.")
    if mark.replacement is None or mark.replacement == text[mark.start : mark.end]:
        return None
    if mark.code == "M1" and mark.start == mark.end and not _LIST_MARK.match(mark.replacement):
        return _missing_item(text, mark, of_claims)
    if any(change.start <= mark.start and mark.end <= change.end for change in of_claims if mark.start < mark.end):
        return None
    if any(change.start < mark.start == mark.end < change.end for change in of_claims):
        return None
    return Change(mark.start, mark.end, mark.replacement, mark.code, mark.severity)


def _missing_item(text: str, mark: MarkState, of_claims: Sequence[Change]) -> Change:
    """Return what a missing action unit writes: the item after the one at its place, or plain text without a list."""
    items = find_items(text)
    at, new = mark.start, mark.replacement or ""
    if items:
        item = next((item for item in reversed(items) if item.start <= at), items[0])
        line_end = text.find("\n", item.start)
        at = len(text) if line_end < 0 else line_end + 1
        new = f"{item.number + 1}. {new.strip()}"
    for change in of_claims:
        at_line_start = change.start == 0 or text[change.start - 1] == "\n"
        if change.start < at <= change.end and not change.text and at_line_start:
            at = change.start
        elif change.start < at < change.end:
            at = change.end
    if items:
        new = f"{new}\n" if at == 0 or text[at - 1] == "\n" else f"\n{new}"
    return Change(at, at, new, mark.code, mark.severity)


def _check_apart(changes: Sequence[Change]) -> None:
    for before, after in pairwise(changes):
        if after.start < before.end:
            raise InputError(
                f"Two corrections overlap (characters {before.start} to {before.end} and {after.start} to "
                f"{after.end}); take one of them back."
            )


def _operations(text: str, changes: Sequence[Change]) -> tuple[str, list[EditOp]]:
    """Return the corrected text and the operations that tile ``text``."""
    operations: list[EditOp] = []
    at = length = 0
    for change in [*changes, Change(len(text), len(text), "")]:
        if at < change.start:
            operations.append(EditOp("keep", at, change.start, length, length + change.start - at))
            length += change.start - at
        if change.text or change.start < change.end:
            end = length + len(change.text)
            operations.append(
                EditOp(
                    _op(change),
                    change.start,
                    change.end,
                    length,
                    end,
                    change.text,
                    change.code,
                    change.severity,
                    change.claim_id,
                )
            )
            length = end
        at = change.end
    return replay(text, operations), operations


def _op(change: Change) -> str:
    if not change.text:
        return "delete"
    return "replace" if change.start < change.end else "insert"
