"""The loss curve of a run as inline SVG; the colours are those of the page's style."""

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 30

Point = tuple[float, float]


def loss_chart(steps: Sequence[Point], held_out: Sequence[Point], title: str) -> str:
    """Return the loss of every step as a line, and held-out losses as points on the same axes.

    Args:
        steps: step and loss, two or more, ascending.
        held_out: step and loss.
        title: what a screen reader says.
    """
    losses = [loss for _, loss in (*steps, *held_out)]
    high, last = max(losses), steps[-1][0]
    low = 0.0 if 2 * min(losses) < high else min(losses)  # a small fall of a small loss must be seen too

    def place(step: float, loss: float) -> Point:
        x = _LEFT + step / last * (_WIDTH - _LEFT - _RIGHT)
        return x, _TOP + (1 - (loss - low) / ((high - low) or 1.0)) * (_HEIGHT - _TOP - _BOTTOM)

    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in steps))
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>' for x, y in (place(*point) for point in held_out))
    marks = "".join(_grid_line(place(0, value)[1], value) for value in (low, (low + high) / 2, high))
    ends = f'<text x="{_LEFT}" y="{_HEIGHT - 8}">step 0</text>'
    ends += f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">step {last:g}</text>'
    name = escape(title, quote=True)
    opening = (
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {_WIDTH} {_HEIGHT}" xmlns="http://www.w3.org/2000/svg">'
    )
    return f'{opening}<title>{name}</title>{marks}<polyline points="{line}"/>{dots}{ends}</svg>'


def _grid_line(y: float, value: float) -> str:
    """Return a horizontal line with its number."""
    line = f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
