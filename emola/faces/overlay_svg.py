"""Overlay layers as SVG for the page: one group per layer, so that CSS alone switches them on and off.

Groups carry ``class="layer layer-NAME"`` and ``data-layer``; evidence carries ``data-au``, ``data-verdict`` and
``data-on-face``, face boxes carry ``data-face`` (position from 0). Everything that came from data is escaped; there
are no scripts, links or styles inside.
"""

from collections.abc import Sequence
from html import escape

from emola.faces.overlay_labels import Text
from emola.faces.overlay_layers import Layer, Mark
from emola.faces.overlay_shapes import Line

_EDGE = "#101216"
_FONT = 'font-family="system-ui, sans-serif" font-weight="600"'


def layers_to_svg(layers: Sequence[Layer], size: tuple[int, int]) -> str:
    """Return one ``<svg>`` in the picture's pixel coordinates that scales with the picture under it.

    Args:
        layers: from :func:`emola.faces.overlay_layers.build_layers`.
        size: width and height of the picture in pixels.
    """
    width, height = size
    groups = "".join(_group(layer, size) for layer in layers)
    return (
        f'<svg class="overlay" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="xMidYMid meet" role="img" aria-label="{escape(_summary(layers))}">{groups}</svg>'
    )


def _summary(layers: Sequence[Layer]) -> str:
    faces = len({mark.face for layer in layers for mark in layer.marks})
    layouts = list(dict.fromkeys(name for layer in layers for name in layer.layouts))
    count = {0: "no face", 1: "one face"}.get(faces, f"{faces} faces")
    return f"Overlay: {count}" + (f", points measured as {' and '.join(layouts)}" if layouts else "")


def _group(layer: Layer, size: tuple[int, int]) -> str:
    marks = "".join(_mark(layer, mark, size) for mark in layer.marks)
    opacity = "" if layer.opacity == 1.0 else f' opacity="{layer.opacity:g}"'
    return (
        f'<g class="layer layer-{layer.name}" data-layer="{layer.name}" fill="none" stroke="{layer.css_colour}" '
        f'stroke-linecap="round" stroke-linejoin="round"{opacity}>{marks}</g>'
    )


def _mark(layer: Layer, mark: Mark, size: tuple[int, int]) -> str:
    lines = "".join(_path_data(line) for line in mark.lines)
    dots = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in mark.dots.tolist())
    parts = [f"<title>{escape(mark.title)}</title>"] if mark.title else []
    if layer.name == "box":
        parts.append(f'<path class="hit" d="{lines}" fill="#000" fill-opacity="0" stroke="none"/>')
    parts += [
        _path(data, width, mark.edge_width) for data, width in ((lines, mark.width), (dots, mark.dot_width)) if data
    ]
    parts.append(_texts(mark.texts, layer.css_colour, size))
    return f"<g{_attributes(layer, mark)}>{''.join(parts)}</g>"


def _attributes(layer: Layer, mark: Mark) -> str:
    if layer.name == "box":
        return f' class="face-box" data-face="{mark.face}"'
    if mark.action_unit is None:
        return f' data-on-face="{mark.face}"'
    verdict = escape(mark.verdict)
    return f' class="evidence" data-au="{mark.action_unit}" data-verdict="{verdict}" data-on-face="{mark.face}"'


def _path(data: str, width: float, edge_width: float) -> str:
    path = f'<path d="{data}" stroke-width="{_n(width)}"/>'
    if not edge_width:
        return path
    edge = f'stroke="{_EDGE}" stroke-opacity="0.55" stroke-width="{_n(width + 2 * edge_width)}"'
    return f'<path class="halo" d="{data}" {edge}/>{path}'


def _path_data(line: Line) -> str:
    points = line.tolist()
    closed = len(points) > 2 and points[0] == points[-1]
    data = "L".join(f"{_n(x)} {_n(y)}" for x, y in (points[:-1] if closed else points))
    return f"M{data}{'Z' if closed else ''}"


def _texts(texts: Sequence[Text], colour: str, size: tuple[int, int]) -> str:
    """Return labels moved inside the picture: those on plates, then those with a dark edge."""
    framed = "".join(_plate(text, colour, size) for text in texts if text.framed)
    bare = [text for text in texts if not text.framed]
    if not bare:
        return framed
    edge = f'stroke="{_EDGE}" stroke-width="{_n(bare[0].size / 5)}" paint-order="stroke"'
    shared = f'{_FONT} font-size="{_n(bare[0].size)}" dominant-baseline="central" fill="{colour}" {edge}'
    return f"{framed}<g {shared}>{''.join(_bare(text, size) for text in bare)}</g>"


def _bare(text: Text, size: tuple[int, int]) -> str:
    x, y = _inside(text, size)
    return f'<text x="{_n(x)}" y="{_n(y)}">{escape(text.text)}</text>'


def _plate(text: Text, colour: str, size: tuple[int, int]) -> str:
    x, y = _inside(text, size)
    plate = (
        f'<rect x="{_n(x)}" y="{_n(y - text.height / 2)}" width="{_n(text.width)}" height="{_n(text.height)}" '
        f'rx="{_n(0.25 * text.size)}" fill="{_EDGE}" fill-opacity="0.85" stroke="none"/>'
    )
    middle = f'x="{_n(x + text.width / 2)}" y="{_n(y)}" text-anchor="middle" dominant-baseline="central" stroke="none"'
    return f'{plate}<text {middle} {_FONT} font-size="{_n(text.size)}" fill="{colour}">{escape(text.text)}</text>'


def _inside(text: Text, size: tuple[int, int]) -> tuple[float, float]:
    """Return the left edge and vertical middle that keep a label in the picture."""
    x = max(0.0, min(text.x, size[0] - text.width))
    return x, max(text.height / 2, min(text.y, size[1] - text.height / 2))


def _n(value: float) -> str:
    """Return one decimal without a trailing zero."""
    return f"{value:.1f}".removesuffix(".0")
