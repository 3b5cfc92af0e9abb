"""Numbered lists in a description: where their items are, and numbering them anew after an edit. Pure."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

_NUMBER = re.compile(r"^[ \t]*(\d+)(?=[.)][ \t])", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """A stretch of the original text (code points) and what is written in its place, with the error it mends."""

    start: int
    end: int
    text: str
    code: str | None = None
    severity: int | None = None
    claim_id: int | None = None


@dataclass(frozen=True)
class ListItem:
    """The number at the start of a line; ``run`` tells lists apart and is None where numbers are not one by one."""

    start: int
    number: int
    run: int | None


@dataclass(frozen=True)
class _Piece:
    """A stretch of the corrected text: kept from ``old_start`` on, or written by a change."""

    new_start: int
    new_end: int
    old_start: int
    change: int | None


def find_items(text: str) -> list[ListItem]:
    """Return the numbered lines of ``text`` in order; a list goes on while the number grows."""
    runs: list[list[tuple[int, int]]] = []
    for match in _NUMBER.finditer(text):
        found = (match.start(1), int(match.group(1)))
        if runs and found[1] > runs[-1][-1][1]:
            runs[-1].append(found)
        else:
            runs.append([found])
    return [
        ListItem(start, number, run if _one_by_one(members) else None)
        for run, members in enumerate(runs)
        for start, number in members
    ]


def number_again(text: str, changes: Sequence[Change]) -> list[Change]:
    """Return ``changes``, in order and apart, with those added that number every list of ``text`` anew."""
    if not changes:
        return []
    items = {item.start: item for item in find_items(text)}
    following: dict[int, int] = {}
    for item in items.values():
        if item.run is not None:
            following.setdefault(item.run, item.number)
    corrected, pieces = _pieces(text, changes)
    starts = [piece.new_start for piece in pieces]
    run = next(iter(following), None)
    kept: list[Change] = []
    written: dict[int, list[Change]] = {}
    for match in _NUMBER.finditer(corrected):
        start, end = match.span(1)
        piece = pieces[bisect_right(starts, start) - 1]
        at = piece.old_start + start - piece.new_start
        item_run = run if piece.change is not None else items[at].run if at in items else None
        if item_run is None or end > piece.new_end:
            continue
        run = item_run
        number, following[run] = str(following[run]), following[run] + 1
        if number != match.group(1):
            fix = Change(at, at + end - start, number)
            (kept if piece.change is None else written.setdefault(piece.change, [])).append(fix)
    mended = [_rewrite(change, written.get(index, [])) for index, change in enumerate(changes)]
    return sorted([*mended, *kept], key=lambda change: (change.start, change.end))


def _one_by_one(members: Sequence[tuple[int, int]]) -> bool:
    return all(number == members[0][1] + step for step, (_, number) in enumerate(members))


def _pieces(text: str, changes: Sequence[Change]) -> tuple[str, list[_Piece]]:
    """Return the corrected text and what each part of it comes from; parts without length are left out."""
    parts: list[str] = []
    pieces: list[_Piece] = []
    at = length = 0
    for index, change in enumerate([*changes, Change(len(text), len(text), "")]):
        for old_start, part, source in ((at, text[at : change.start], None), (0, change.text, index)):
            if part:
                pieces.append(_Piece(length, length + len(part), old_start, source))
                parts.append(part)
                length += len(part)
        at = change.end
    return "".join(parts), pieces


def _rewrite(change: Change, fixes: Sequence[Change]) -> Change:
    """Return ``change`` with the numbers in its own text mended."""
    written = change.text
    for fix in reversed(fixes):
        written = written[: fix.start] + fix.text + written[fix.end :]
    return replace(change, text=written)
