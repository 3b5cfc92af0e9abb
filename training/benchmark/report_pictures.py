"""Bars, confusion matrices and histograms as inline SVG; no script, and the colours are those of the page's style."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_ROW: Final = 24
_LABEL_WIDTH: Final = 210
_PLOT_WIDTH: Final = 360
_CELL: Final = 52


@dataclass(frozen=True)
class Bar:
    """One bar from 0 to 1 (None draws its note, or "not defined") with its interval; pale if it enters no score."""

    label: str
    value: float | None
    interval: tuple[float, float] | None = None
    note: str = ""
    pale: bool = False


def bar_chart(bars: Sequence[Bar], title: str) -> str:
    """Return horizontal bars from 0 to 1 with whiskers for the intervals."""
    height = _ROW * len(bars) + 26
    width = _LABEL_WIDTH + _PLOT_WIDTH + 110
    parts = [_open(width, height, title)]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x = _x(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height - 20}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 6}" text-anchor="middle">{tick:g}</text>')
    for place, bar in enumerate(bars):
        parts += _bar(bar, 6 + place * _ROW)
    return "".join([*parts, "</svg>"])


def _bar(bar: Bar, top: float) -> list[str]:
    """Return the elements of one bar."""
    middle = top + _ROW / 2 - 2
    parts = [f'<text x="{_LABEL_WIDTH - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>']
    if bar.value is None:
        return [
            *parts,
            f'<text class="muted" x="{_x(0) + 6}" y="{middle + 4}">{escape(bar.note) or "not defined"}</text>',
        ]
    shade = ' opacity="0.35"' if bar.pale else ""
    size = f'width="{bar.value * _PLOT_WIDTH:.1f}" height="{_ROW - 6}"'
    parts.append(f'<rect class="bar" x="{_x(0)}" y="{top}" {size}{shade}/>')
    if bar.interval is not None:
        low, high = (_x(bound) for bound in bar.interval)
        whisker = f"M{low:.1f} {middle - 4}v8m0-4H{high:.1f}m0-4v8"
        parts.append(f'<path class="whisker" d="{whisker}"/>')
    end = _x(max(bar.value, bar.interval[1] if bar.interval else 0)) + 6
    parts.append(f'<text class="value" x="{end:.1f}" y="{middle + 4}">{bar.value:.2f} {escape(bar.note)}</text>')
    return parts


def confusion_chart(rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]], title: str) -> str:
    """Return a matrix of counts, labels down and predictions across, shaded by the share of the row."""
    left, top = 120, 76
    parts = [_open(left + _CELL * len(columns) + 10, top + _CELL * len(rows) * 0.62 + 8, title)]
    step = _CELL * 0.62
    for column, name in enumerate(columns):
        x = left + column * _CELL + _CELL / 2
        parts.append(f'<text transform="rotate(-40 {x} {top - 8})" x="{x}" y="{top - 8}">{escape(name)}</text>')
    for row, (name, line) in enumerate(zip(rows, counts, strict=True)):
        y = top + row * step
        parts.append(f'<text x="{left - 8}" y="{y + step / 2 + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        total = sum(line)
        for column, count in enumerate(line):
            share = count / total if total else 0.0
            x = left + column * _CELL
            kind = "hit" if rows[row] == columns[column] else "miss"
            size = f'width="{_CELL - 2}" height="{step - 2:.1f}"'
            parts.append(f'<rect class="cell {kind}" x="{x}" y="{y:.1f}" {size} fill-opacity="{share:.3f}"/>')
            shown = f'<text x="{x + _CELL / 2}" y="{y + step / 2 + 4:.1f}" text-anchor="middle">{count}</text>'
            parts.append(shown if count else "")
    return "".join([*parts, "</svg>"])


def histogram(
    groups: dict[str, Sequence[float]], title: str, unit: str, bins: int = 20, top: float | None = None
) -> str:
    """Return histograms of several groups of numbers on one axis, one below the other.

    Args:
        groups: numbers by name.
        title: what is counted.
        unit: of the numbers.
        bins: bars of each group.
        top: end of the axis; the largest number if None.
    """
    values = [value for group in groups.values() for value in group]
    if not values:
        return f'<p class="muted">{escape(title)}: nothing to show.</p>'
    low, high = min(0.0, *values), top or max(values)
    span = (high - low) or 1.0
    band, width = 84, 640
    parts = [_open(width, band * len(groups) + 22, title)]
    for place, (name, numbers) in enumerate(groups.items()):
        base = band * (place + 1) - 4
        counts = [0] * bins
        for number in numbers:
            counts[min(int((number - low) / span * bins), bins - 1)] += 1
        most = max(counts) or 1
        step = (width - 150) / bins
        for index, count in enumerate(counts):
            tall = count / most * (band - 24)
            box = f'x="{140 + index * step:.1f}" y="{base - tall:.1f}" width="{step - 1:.1f}" height="{tall:.1f}"'
            parts.append(f'<rect class="bar" {box}><title>{count}</title></rect>')
        mean = f"mean {sum(numbers) / len(numbers):.3g}" if numbers else "none"
        parts.append(f'<text x="132" y="{base - 30}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<text class="muted" x="132" y="{base - 14}" text-anchor="end">{mean}, n {len(numbers)}</text>')
    bottom = band * len(groups) + 14
    parts.append(f'<text class="tick" x="140" y="{bottom}">{low:.3g}</text>')
    parts.append(f'<text class="tick" x="{width - 10}" y="{bottom}" text-anchor="end">{high:.3g} {escape(unit)}</text>')
    return "".join([*parts, "</svg>"])


def _x(value: float) -> float:
    """Return the place of a value from 0 to 1."""
    return _LABEL_WIDTH + value * _PLOT_WIDTH


def _open(width: float, height: float, title: str) -> str:
    """Return the opening of a picture; its title is what a screen reader says."""
    name = escape(title, quote=True)
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px"'
    return f'<svg role="img" aria-label="{name}" {box} xmlns="http://www.w3.org/2000/svg"><title>{name}</title>'
