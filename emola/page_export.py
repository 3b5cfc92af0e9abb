"""Saving: the picture with its overlay as PNG, an answer as JSON; sent to the browser, never written to disk here."""

import base64
import io
import json
import re
from pathlib import PurePath
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from emola import __version__
from emola.document import describe_document
from emola.errors import InputError
from emola.faces.overlay import LAYER_NAMES, build_layers, draw_layers, draw_legend
from emola.page_studio import Studio
from emola.page_visits import Picture, Visit

PNG_SIDE = 4096
"""Longest side of a saved picture in pixels; larger ones are made smaller."""


def picture_file(visit: Visit, layers: list[str], opacity: float) -> dict[str, str]:
    """Return the open picture as a PNG whose text chunks say what was measured, by what and in which layout.

    Args:
        visit: whose picture.
        layers: names of the layers to draw; empty for the clean original.
        opacity: of the overlay, 0 to 1.

    Raises:
        InputError: no picture is open.
    """
    picture = visit.picture
    if picture is None:
        raise InputError("There is no picture to save yet; choose one first.")
    chosen = frozenset(layers) & frozenset(LAYER_NAMES)
    built = build_layers(picture.faces, {picture.chosen: visit.evidence()} if visit.evidence() else None)
    drawn = draw_layers(picture.image, built, chosen, min(max(opacity, 0.0), 1.0))
    image = Image.fromarray(draw_legend(drawn, built, chosen) if chosen else drawn)
    image.thumbnail((PNG_SIDE, PNG_SIDE))
    content = io.BytesIO()
    image.save(content, "PNG", pnginfo=_png_text(picture, visit, layers))
    return _file(f"{_stem(picture.name)}-landmarks.png", "image/png", content.getvalue())


def answer_file(studio: Studio, visit: Visit, slot: str) -> dict[str, str]:
    """Return a finished answer as the JSON document that the command line prints.

    Raises:
        InputError: there is no such answer yet.
    """
    answer = visit.answers.get(slot)
    if answer is None or answer.reading is None:
        raise InputError("There is no finished answer to save yet; press Describe first.")
    picture = answer.picture
    document = describe_document(
        picture.faces,
        picture.chosen,
        answer.texts,
        answer.reading,
        studio.shelf.get(answer.model),
        answer.settings,
        answer.timings_ms,
    )
    document |= {"picture": picture.name, "stopped": answer.stopped, "lineage": dict(answer.origin)}
    content = json.dumps(document, ensure_ascii=False, indent=2).encode()
    return _file(f"{_stem(picture.name)}-{_stem(answer.model)}.json", "application/json", content)


def _png_text(picture: Picture, visit: Visit, layers: list[str]) -> PngInfo:
    """Return the text chunks: enough to know later how this overlay was made."""
    facts: dict[str, Any] = {"Software": f"EmoLA studio {__version__}", "emola:layers": ", ".join(layers) or "none"}
    if picture.faces:
        facts |= {"emola:layout": picture.face.layout, "emola:face_backend": picture.face.backend}
    for slot, answer in visit.answers.items():
        facts[f"emola:{slot}_model"] = answer.model
        facts[f"emola:{slot}_settings"] = json.dumps(answer.settings.to_json())
    info = PngInfo()
    for key, value in facts.items():
        info.add_itxt(key, str(value))
    return info


def _file(name: str, kind: str, content: bytes) -> dict[str, str]:
    return {"name": name, "type": kind, "content": base64.b64encode(content).decode("ascii")}


def _stem(name: str) -> str:
    """Return a name that is safe in any file system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", PurePath(name).stem).strip("-.")[:60] or "picture"
