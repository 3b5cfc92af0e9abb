"""The picture with its overlay as HTML: an image, the layers as SVG over it, and the chips that switch them."""

import base64
from collections.abc import Sequence
from html import escape
from itertools import count

import numpy as np
from numpy.typing import NDArray

from emola.faces.face import Face
from emola.faces.geometry import Evidence
from emola.faces.overlay_layers import Layer, build_layers
from emola.faces.overlay_svg import layers_to_svg
from emola.page_visits import Picture

SHOWN_SIDE = 1600
"""Longest side of the picture sent to the browser, in pixels; the overlay keeps the original's coordinates."""

INTAKE = """
<div class="intake">
  <label class="choose">Choose a picture
    <input type="file" class="visually-hidden" aria-label="Choose a picture"
      accept="image/*,.heic,.heif,.avif,.tif,.tiff"></label>
  <button type="button" class="quiet" data-act="camera">Use the camera</button>
  <span class="muted">or drop or paste one anywhere here</span>
  <span class="intake-note" role="status"></span>
</div>
<div class="camera" hidden>
  <video playsinline muted autoplay></video>
  <div><button type="button" data-act="snap">Take the picture</button>
  <button type="button" class="quiet" data-act="camera-off">Cancel</button></div>
</div>
"""
"""How a picture gets in; the part of the stage that never changes."""

_VIEWS = (
    '<span class="views"><button type="button" class="chip" data-act="zoom" aria-pressed="false">Zoom to face</button>'
    '<button type="button" class="chip" data-act="original" aria-pressed="false">Original only</button></span>'
)

_NOTICES = count(1)


def stage_html(picture: Picture, evidence: Sequence[Evidence] = ()) -> str:
    """Return the open picture with its layers, faces, gates and what found them.

    Args:
        picture: with its faces.
        evidence: what an answer's claims were held against, as one more layer; it starts switched off.
    """
    height, width = picture.image.shape[:2]
    layers = build_layers(picture.faces, {picture.chosen: evidence} if evidence else None)
    parts = [
        _faces_html(picture),
        f'<figure style="--ratio: {width / height:.4f}"><div class="zoomed" data-box="{_zoom_box(picture)}">'
        f'<img src="{data_url(picture.image)}" '
        f'alt="{escape(picture.name)}, {width} by {height} pixels, {_count(len(picture.faces))}">'
        f"{layers_to_svg(layers, (width, height))}"
        f'<svg class="measuring" viewBox="0 0 {width} {height}" aria-hidden="true"></svg></div></figure>',
        '<p class="measured" role="status"></p>',
        _layers_html(layers) if picture.faces else "",
        _facts_html(picture),
    ]
    return f'<div class="stage" data-version="{picture.number}">{"".join(parts)}</div>'


def empty_stage_html(examples: str, notice: str = "") -> str:
    """Return the stage before any picture is open: a sentence, or what went wrong, and the examples."""
    invitation = notice or '<p class="invitation">Choose a picture of a face to begin, or take one of these.</p>'
    return f'<div class="stage" data-version="empty-{next(_NOTICES)}">{invitation}{examples}</div>'


def data_url(image: NDArray[np.uint8], side: int = SHOWN_SIDE, quality: int = 88) -> str:
    """Return the picture as a JPEG data URL, its longest side at most ``side`` pixels."""
    import cv2  # after the page is up

    scale = side / max(image.shape[:2])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, jpeg = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


def _zoom_box(picture: Picture) -> str:
    """Return the chosen face with a margin as left, top, width and height, in parts of the picture."""
    if not picture.faces:
        return ""
    (x0, y0, x1, y1), (height, width) = picture.face.box, picture.image.shape[:2]
    part = min(1.0, 1.5 * max((x1 - x0) / width, (y1 - y0) / height))
    left = min(max((x0 + x1) / 2 / width - part / 2, 0.0), 1 - part)
    top = min(max((y0 + y1) / 2 / height - part / 2, 0.0), 1 - part)
    return f"{left:.4f} {top:.4f} {part:.4f}"


def _faces_html(picture: Picture) -> str:
    """Return one tab per face; they carry the numbers that stand on the boxes."""
    if not picture.faces:
        sentence = "No face was found in this picture. Choose one that shows a face of at least 24 pixels."
        return f'<p class="notice notice-error" role="alert">{sentence}</p>'
    tabs = "".join(
        f'<button type="button" class="chip" data-face="{index}" '
        f'aria-pressed="{str(index == picture.chosen).lower()}">Face {index + 1}</button>'
        for index in range(len(picture.faces))
    )
    return f'<div class="faces" role="group" aria-label="Faces, largest first">{tabs}{_VIEWS}</div>'


def _layers_html(layers: list[Layer]) -> str:
    chips = "".join(
        f'<button type="button" class="chip" data-layer="{escape(layer.name)}" '
        f'data-off="{"no" if _on(layer) else "yes"}" aria-pressed="{str(_on(layer)).lower()}">'
        f'<i style="background: {layer.css_colour}"></i>{escape(layer.title)}</button>'
        for layer in layers
    )
    return (
        f'<div class="layers" role="group" aria-label="Overlay layers">{chips}'
        '<label class="opacity">Opacity <input type="range" min="0.1" max="1" step="0.05" value="1"></label>'
        '<button type="button" class="quiet" data-act="save-picture">Save picture (PNG)</button></div>'
    )


def _on(layer: Layer) -> bool:
    """Evidence starts off: pointing at a claim shows it one by one."""
    return layer.on and layer.name != "evidence"


def _facts_html(picture: Picture) -> str:
    """Say what found the faces and what cannot be judged in the chosen one."""
    if not picture.faces:
        return ""
    face = picture.face
    facts = [f"Face {picture.chosen + 1} of {len(picture.faces)}", f"{face.size_px:.0f} px", *_pose(face)]
    facts += [f"points: {face.layout}", f"found by {face.backend} in {picture.faces_ms:.0f} ms"]
    gates = "".join(
        f'<li class="{"refused" if gate.refuses else "limited"}"><span aria-hidden="true">!</span> '
        f"{'Not described: ' if gate.refuses else ''}{escape(gate.reason)}</li>"
        for gate in face.gates
    )
    gates = f'<ul class="gates" aria-label="What cannot be judged">{gates}</ul>' if gates else ""
    return f'<p class="facts muted">{escape(" · ".join(facts))}</p>{gates}'


def _pose(face: Face) -> list[str]:
    if face.pose is None:
        return []
    return [f"yaw {face.pose.yaw:.0f}°, pitch {face.pose.pitch:.0f}°, roll {face.pose.roll:.0f}°"]


def _count(faces: int) -> str:
    return {0: "no face", 1: "one face"}.get(faces, f"{faces} faces")
