"""AffectNet, the seven emotions of FABA-Bench.

The release of aligned pictures, used when it is there:

    ROOT/train_set/images/123.jpg    ROOT/train_set/annotations/123_exp.npy    (and val_set, which serves as test)

The first release, whole pictures with a box around the face:

    ROOT/Manually_Annotated_file_lists/training.csv    and validation.csv, with ``subDirectory_filePath``, ``face_x``,
                                                       ``face_y``, ``face_width``, ``face_height``, ``expression``
    ROOT/Manually_Annotated_Images/1/abc.jpg           or ROOT/Manually_Annotated/Manually_Annotated_Images/1/abc.jpg

Copies of ``validation.csv`` come with and without a header; without one the columns are those nine in this order, with
``facial_landmarks`` before ``expression``, and ``valence`` and ``arousal`` at the end.

Its box goes into the labels as ``face_box``; cut the faces out and name their folder with ``images`` before training.
Expression 0 to 6 is neutral, happiness, sadness, surprise, fear, disgust, anger. 7 contempt, 8 none, 9 uncertain and
10 no face are left out.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emola.errors import InputError
from training.data.classic.listing import (
    LabelledImage,
    Listing,
    read_table,
    require_file,
    require_folder,
    whole_number,
)
from training.data.classic.spec import DataSpec
from training.data.samples import Fault

EMOTION_OF = {0: "neutral", 1: "happiness", 2: "sadness", 3: "surprise", 4: "fear", 5: "disgust", 6: "anger"}
OTHER_CLASSES = {7: "contempt", 8: "none", 9: "uncertain", 10: "no face"}
_FOLDER_OF = {"train": "train_set", "test": "val_set"}
_LIST_OF = {"train": "training.csv", "test": "validation.csv"}
_LISTS = "Manually_Annotated_file_lists"
_PICTURES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")
_BOX = ("face_x", "face_y", "face_width", "face_height")
_COLUMNS = ("subDirectory_filePath", *_BOX, "facial_landmarks", "expression", "valence", "arousal")


def read_affectnet(spec: DataSpec) -> Listing:
    """Return the pictures of a split; "test" is the published validation set.

    Raises:
        InputError: neither release is there, or a label cannot be read.
    """
    splits = ("train", "test") if spec.split == "all" else (spec.split,)
    if any((spec.root / folder).is_dir() for folder in _FOLDER_OF.values()):
        rows = [row for split in splits for row in _aligned(spec, split)]
    else:
        require_folder(spec.root, (_LISTS,), "AffectNet without train_set and val_set")
        rows = [row for split in splits for row in _whole(spec, split)]
    images, left_out = [], []
    for labels_file, expression, image in rows:
        if expression in EMOTION_OF:
            images.append(LabelledImage(image.id, image.image, {"emotion": EMOTION_OF[expression], **image.labels}))
        elif expression in OTHER_CLASSES:
            left_out.append(Fault(image.id, "another class", OTHER_CLASSES[expression]))
        else:
            raise InputError(f"{labels_file} holds the expression {expression} for {image.id}; expected 0 to 10.")
    files = tuple(dict.fromkeys(row[0] for row in rows))
    return Listing("emotion", tuple(images), files, tuple(left_out))


def _aligned(spec: DataSpec, split: str) -> Iterator[tuple[Path, int, LabelledImage]]:
    """Yield label file, expression and picture of the aligned release."""
    folder = require_folder(spec.root, (_FOLDER_OF[split],), "AffectNet")
    pictures = spec.images or "images"
    for path in sorted((folder / "annotations").glob("*_exp.npy")):
        number = path.name.removesuffix("_exp.npy")
        image = LabelledImage(f"{folder.name}/{number}", f"{folder.name}/{pictures}/{number}.jpg", {})
        yield path, _expression(path), image


def _whole(spec: DataSpec, split: str) -> Iterator[tuple[Path, int, LabelledImage]]:
    """Yield label file, expression and picture of the first release."""
    path = require_file(spec.root, f"{_LISTS}/{_LIST_OF[split]}", "AffectNet")
    header, rows = read_table(path, _COLUMNS)
    wanted = ("subDirectory_filePath", "expression")
    folder = spec.images or next((name for name in _PICTURES if (spec.root / name).is_dir()), _PICTURES[0])
    missing = [name for name in wanted if name not in header]
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.")
    name_at, expression_at = (header.index(name) for name in wanted)
    box = [header.index(name) for name in _BOX if name in header]
    for number, cells in rows:
        labels = {}
        sides = [cells[place] for place in box]
        if len(box) == 4 and spec.images is None and "NULL" not in sides:  # rows without a face have no box
            labels["face_box"] = [whole_number(side, path, number) for side in sides]
        image = f"{folder}/{cells[name_at]}"
        yield path, whole_number(cells[expression_at], path, number), LabelledImage(cells[name_at], image, labels)


def _expression(path: Path) -> int:
    """Return the number in an ``_exp.npy`` file, which holds it as text or as a number."""
    try:
        return int(np.load(path, allow_pickle=False).item())
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} does not hold one expression number.") from error
