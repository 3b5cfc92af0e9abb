"""What an observer saw on photographs: ``labels.json`` beside the pictures.

``{"photos": {FILE: {"faces": 1, "expression": "happiness", "aus_sure": [6, 12], "aus_likely": [25]}}}``; only pictures
with one face are used. Other keys are notes, and numbers that are no action unit of EmoLA are left out.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emola.errors import InputError
from emola.model.storage.json_file import read_json_object
from emola.taxonomy import ACTION_UNITS

LABELS = "labels.json"
_UNITS = ("aus_sure", "aus_likely")
_LISTED = 5
"""Mistakes named in one message; the rest is counted."""


@dataclass(frozen=True)
class PhotoLabel:
    """One photograph of one face.

    Attributes:
        path: of the picture.
        expression: emotion seen.
        sure: action units clearly visible.
        likely: action units that count neither for nor against a reading.
    """

    path: Path
    expression: str
    sure: frozenset[int]
    likely: frozenset[int]


def read_labels(folder: Path) -> list[PhotoLabel]:
    """Return the labels of the photographs with one face.

    Raises:
        InputError: ``labels.json`` is missing, damaged or of another form, a picture is missing, or no photograph has
            one face; mistakes of several photographs are named together.
    """
    path = folder / LABELS
    if not path.is_file():
        raise InputError(f"{path} is missing; it says what each photograph shows.")
    photos = read_json_object(path).get("photos")
    if not isinstance(photos, dict):
        raise InputError(f"{path} must hold an object 'photos' with one entry for each picture.")
    mistakes = [f"{name}: {fault}" for name, label in photos.items() if (fault := _fault(folder / name, label))]
    if mistakes:
        more = f"; and {len(mistakes) - _LISTED} more" if len(mistakes) > _LISTED else ""
        raise InputError(f"{path} cannot be used: {'; '.join(mistakes[:_LISTED])}{more}.")
    labels = [_label(folder / name, label) for name, label in photos.items() if label["faces"] == 1]
    if not labels:
        raise InputError(f"{path} names no photograph with one face, so there is nothing to describe.")
    return labels


def _fault(path: Path, label: Any) -> str:
    """Return what is wrong with an entry, or an empty text."""
    if not isinstance(label, dict) or not _is_number(label.get("faces")):
        return "'faces' must be the number of faces"
    if label["faces"] != 1:
        return ""
    if not isinstance(label.get("expression"), str):
        return "'expression' must be the name of an emotion"
    for key in _UNITS:
        units = label.get(key)
        if not isinstance(units, list) or not all(map(_is_number, units)):
            return f"{key!r} must be a list of action-unit numbers"
    return "" if path.is_file() else "there is no such picture"


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _label(path: Path, label: dict[str, Any]) -> PhotoLabel:
    sure, likely = (frozenset(set(label[key]) & set(ACTION_UNITS)) for key in _UNITS)
    return PhotoLabel(path, label["expression"], sure, likely)
