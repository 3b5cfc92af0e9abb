"""What the overlay's colours mean and in which landmark layouts its points were measured."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emola.faces.overlay_labels import Text
from emola.faces.overlay_layers import Layer, checked_names
from emola.faces.overlay_text import draw_text, text_width

_GROUND = (24, 27, 32)
_INK = (235, 238, 242)


@dataclass(frozen=True)
class LegendEntry:
    """One layer in the legend: its name, its title for people and its colour as ``#rrggbb``."""

    name: str
    title: str
    css_colour: str


@dataclass(frozen=True)
class Legend:
    """Entries in drawing order, and one sentence that names the landmark layouts and whose left is left."""

    entries: tuple[LegendEntry, ...]
    note: str


def legend(layers: Sequence[Layer], enabled: Collection[str] | None = None) -> Legend:
    """Return the legend of the layers that are shown; ``enabled`` as for ``draw_layers``."""
    shown = _shown(layers, enabled)
    layouts = list(dict.fromkeys(name for layer in shown for name in layer.layouts))
    note = f"Points: {', '.join(layouts)}" if layouts else "No points shown"
    entries = tuple(LegendEntry(layer.name, layer.title, layer.css_colour) for layer in shown)
    return Legend(entries, note)


def draw_legend(
    image: NDArray[np.uint8], layers: Sequence[Layer], enabled: Collection[str] | None = None
) -> NDArray[np.uint8]:
    """Return the picture with a legend in a strip below it: the same width, some lines of text higher.

    Args:
        image: RGB uint8 (H, W, 3), usually from ``draw_layers``; not changed.
        layers: the layers drawn.
        enabled: as for ``draw_layers``.
    """
    shown = _shown(layers, enabled)
    size = max(12.0, min(32.0, image.shape[1] / 45.0))
    labels = [(layer.title, layer.colour) for layer in shown] + [(legend(layers, enabled).note, _GROUND)]
    rows = _rows([(title, colour, text_width(title, size)) for title, colour in labels], image.shape[1], size)
    strip: NDArray[np.uint8] = np.full((round(size * (1.6 * len(rows) + 0.8)), image.shape[1], 3), _GROUND, np.uint8)
    for number, row in enumerate(rows):
        y = size * (1.2 + 1.6 * number)
        for x, title, colour in row:
            strip[round(y - 0.3 * size) : round(y + 0.3 * size), round(x) : round(x + 0.6 * size)] = colour
            draw_text(strip, Text(x + size, y, title, size, framed=False), _INK)
    return np.concatenate([image, strip])


def _rows(
    labels: Sequence[tuple[str, tuple[int, int, int], float]], width: float, size: float
) -> list[list[tuple[float, str, tuple[int, int, int]]]]:
    """Set the labels from left to right, breaking the line where the next one would not fit."""
    rows: list[list[tuple[float, str, tuple[int, int, int]]]] = [[]]
    x = size
    for title, colour, text_px in labels:
        if rows[-1] and x + 1.5 * size + text_px > width:
            rows.append([])
            x = size
        rows[-1].append((x, title, colour))
        x += 2.4 * size + text_px
    return rows


def _shown(layers: Sequence[Layer], enabled: Collection[str] | None) -> list[Layer]:
    chosen = None if enabled is None else checked_names(enabled)
    return [layer for layer in layers if (layer.on if chosen is None else layer.name in chosen)]
