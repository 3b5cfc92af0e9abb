"""The picture people look at: measured points of a face as layers, drawn into a picture or written as SVG.

Layers are data first (:func:`build_layers`); :func:`draw_layers` draws them into a copy of the picture,
:func:`layers_to_svg` writes them for the page, and :func:`legend` says what the colours mean and in which landmark
layout the points were measured.
"""

from emola.faces.overlay_draw import draw_layers
from emola.faces.overlay_layers import LAYER_NAMES, Layer, Mark, build_layers
from emola.faces.overlay_legend import Legend, LegendEntry, draw_legend, legend
from emola.faces.overlay_svg import layers_to_svg

__all__ = [
    "LAYER_NAMES",
    "Layer",
    "Legend",
    "LegendEntry",
    "Mark",
    "build_layers",
    "draw_layers",
    "draw_legend",
    "layers_to_svg",
    "legend",
]
