"""RAF-DB, the basic-emotion part.

    ROOT/EmoLabel/list_patition_label.txt    lines like ``train_00001.jpg 5`` (the file name is spelled that way)
    ROOT/Image/aligned/train_00001_aligned.jpg

Labels 1 to 7 are surprise, fear, disgust, happiness, sadness, anger, neutral. The split is part of the file name:
12,271 training and 3,068 test pictures. ``images`` may name another folder of aligned pictures with the same names.
"""

from pathlib import Path

from emola.errors import InputError
from training.data.classic.listing import LabelledImage, Listing, read_lines, require_file
from training.data.classic.spec import DataSpec

LABELS_FILE = "EmoLabel/list_patition_label.txt"
EMOTION_OF = {1: "surprise", 2: "fear", 3: "disgust", 4: "happiness", 5: "sadness", 6: "anger", 7: "neutral"}


def read_raf_db(spec: DataSpec) -> Listing:
    """Return the pictures of a split.

    Raises:
        InputError: the label file is missing or holds something else.
    """
    path = require_file(spec.root, LABELS_FILE, "RAF-DB")
    folder = spec.images or "Image/aligned"
    found = []
    for number, line in read_lines(path):
        name, label = _entry(path, number, line)
        if spec.split == "all" or name.startswith(spec.split):
            image = f"{folder}/{Path(name).stem}_aligned{Path(name).suffix}"
            found.append(LabelledImage(Path(name).stem, image, {"emotion": EMOTION_OF[label]}))
    return Listing("emotion", tuple(found), (path,))


def _entry(path: Path, number: int, line: str) -> tuple[str, int]:
    """Return file name and label of a line."""
    cells = line.split()
    valid = len(cells) == 2 and cells[0].startswith(("train", "test")) and cells[1] in {str(key) for key in EMOTION_OF}
    if not valid:
        raise InputError(f"Line {number} of {path} is {line!r}; expected 'train_00001.jpg 5' with a label from 1 to 7.")
    return cells[0], int(cells[1])
