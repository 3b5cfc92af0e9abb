"""Action units that a text states by layout: bare numbers in a list under "AUs:" or in a column "AU", and wide tables.

A wide table has its units in the heading row and what is said of them below ("| AU1 | AU2 |" over "| 0 | 1 |").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from emola.answer.lexicon import negation_patterns

_HEADED_LIST = re.compile(
    r"\b(?:action[ -]units?|AUs?)\b[^\n:]{0,60}:[*_]*[ \t]*\n+(?=[ \t]*(?:[-*•+][ \t]+)?[*_]*[LR]?\d)", re.IGNORECASE
)
_LISTED = re.compile(
    r"[ \t]*(?:[-*•+][ \t]+)?[*_]*(?P<unit>[LR]?0*(\d{1,2})[A-E]?[LR]?)[*_]*[ \t]*"
    r"(?:[(:–-](?![^\n]*\bAU)[^\n]*)?(?:\n|$)"
)
_UNIT_COLUMN = re.compile(r"[\s*_#]*(?:action\s+unit|AU)s?(?:\s*(?:number|no\.?|code|id|\#))?[\s*_]*", re.IGNORECASE)
_UNIT_CELL = re.compile(r"[\s*_\"']*(?:AU|action\s+unit)[\s_-]?0*(\d{1,2})\b[^|]*", re.IGNORECASE)
_NUMBER_CELL = re.compile(r"[\s*_\"']*0*(\d{1,2})[\s*_\"']*")
_RULE = re.compile(r"[\s|:–—-]+")
_MAY_HOLD_TABLE = re.compile(r"\||\bAUs?\d*,|,\s?AU", re.IGNORECASE)
_ROW = re.compile(r"^[ \t]*\|?[^|\n]+\|[^\n]*|^[^|\n,]+,[^\n]*", re.MULTILINE)


@dataclass(frozen=True)
class PlacedUnit:
    """One unit with the offsets of its cell or number; ``denied`` where a wide table denies it below."""

    start: int
    end: int
    number: int
    denied: bool = False


def find_placed_units(text: str) -> list[PlacedUnit]:
    """Return the units that ``text`` (NFC) states by layout, by position; [] fast for plain prose."""
    placed = list(_listed_units(text))
    if "\n" in text and _MAY_HOLD_TABLE.search(text):
        for table in _tables(text):
            placed += _wide_units(table) or _column_units(table)
    return sorted(placed, key=lambda unit: unit.start)


def _listed_units(text: str) -> Iterator[PlacedUnit]:
    """Yield the bare numbers of lists under a line such as "Active AUs:"."""
    for heading in _HEADED_LIST.finditer(text):
        line = _LISTED.match(text, heading.end())
        while line and line.end() > line.start():
            yield PlacedUnit(*line.span("unit"), int(line.group(2)))
            line = _LISTED.match(text, line.end())


Row = list[tuple[int, str]]
"""The cells of one row: offset into the text, and text."""


def _tables(text: str) -> Iterator[list[Row]]:
    """Yield the tables of a text, lines of the same number of cells that follow each other; rules are left out."""
    table: list[Row] = []
    last, mark = -1, ""
    for line in _ROW.finditer(text):
        follows = line.start() == last + 1
        own = "|" if "|" in line.group() else ","
        if table and not (follows and own == mark):
            yield table
            table = []
        last, mark = line.end(), own
        if not _RULE.fullmatch(line.group()):
            table.append(_cells(line.group(), line.start(), own))
    if table:
        yield table


def _cells(line: str, offset: int, mark: str) -> Row:
    """Return the cells of a line; the marks at its ends hold none."""
    if mark == "|" and (outer := re.fullmatch(r"[ \t]*\|?(.*?)\|?[ \t]*", line)):
        offset, line = offset + outer.start(1), outer.group(1)
    cells = []
    for cell in line.split(mark):
        cells.append((offset, cell))
        offset += len(cell) + 1
    return cells


def _wide_units(table: list[Row]) -> list[PlacedUnit]:
    """Return the units of a heading row with what the rows below say of them, [] for another table."""
    heading, rows = table[0], [row for row in table[1:] if len(row) == len(table[0])]
    pattern = _NUMBER_CELL if _UNIT_COLUMN.fullmatch(heading[0][1]) else _UNIT_CELL
    found = [(column, match) for column, (_, cell) in enumerate(heading) if (match := pattern.fullmatch(cell))]
    if len(found) < 2 or not rows or any(pattern.fullmatch(cell) for row in rows for _, cell in row if "AU" in cell):
        return []
    empty = negation_patterns().empty_cell
    units = []
    for column, match in found:
        start = heading[column][0] + match.start(1)
        denied = all(empty.fullmatch(row[column][1]) for row in rows)
        units.append(PlacedUnit(start, start + len(match.group(1)), int(match.group(1)), denied))
    return units


def _column_units(table: list[Row]) -> list[PlacedUnit]:
    """Return the bare numbers of a column that is headed as one of action units."""
    columns = [index for index, (_, cell) in enumerate(table[0]) if _UNIT_COLUMN.fullmatch(cell)]
    if not columns:
        return []
    cells = [row[columns[0]] for row in table[1:] if len(row) > columns[0]]
    found = [(offset, match) for offset, cell in cells if (match := _NUMBER_CELL.fullmatch(cell))]
    return [PlacedUnit(offset + match.start(1), offset + match.end(1), int(match.group(1))) for offset, match in found]
