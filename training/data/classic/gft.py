"""GFT, the Sayette Group Formation Task, occurrence of action units.

The videos come on application from the University of Pittsburgh and the coding apart from them (osf.io/7wcyz). No
public description names the published folders, so this is the layout to bring them into:

    ROOT/AU_OCC/001A.csv           a header with ``frame`` first and action units (``AU1`` or ``1``), one row a frame;
                                   0 absent, 1 present, anything else not coded
    ROOT/Frames/001A/123.jpg       frames of the videos, by the number that the coding gives them
    ROOT/train_subjects.txt        one subject a line: the published training partition
    ROOT/test_subjects.txt         one subject a line: the published test partition

96 subjects. The evaluation is on 10 action units. Frames on which one of them was not coded are left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from emola.errors import InputError
from training.data.classic.frames import FrameFolder
from training.data.classic.listing import (
    LabelledImage,
    Listing,
    read_lines,
    read_table,
    require_file,
    require_folder,
    whole_number,
)
from training.data.classic.spec import DataSpec
from training.data.samples import Fault
from training.data.unit_lists import classic_units

_COLUMN = re.compile(r"(?:AU)?\s*0*(\d+)", re.IGNORECASE)


def read_gft(spec: DataSpec) -> Listing:
    """Return the coded frames of a split.

    Raises:
        InputError: a folder, a column or the list of subjects is missing.
    """
    coding = require_folder(spec.root, ("AU_OCC",), "GFT")
    files = sorted(coding.glob("*.csv"))
    if spec.split != "all":
        path = require_file(spec.root, f"{spec.split}_subjects.txt", f"The split {spec.split} of GFT")
        subjects = {line for _, line in read_lines(path)}
        files = [path for path in files if path.stem in subjects]
    if not files:
        raise InputError(f"{coding} holds no label file such as 001A.csv for the subjects of this split.")
    images: list[LabelledImage] = []
    left_out: list[Fault] = []
    for path in files:
        folder = FrameFolder(spec.root, f"{spec.images or 'Frames'}/{path.stem}", spec.frame_offset)
        for index, (frame, codes) in enumerate(_coded_frames(path)):
            identifier = f"{path.stem}/{frame}"
            if index % spec.every:
                continue
            unclear = [unit for unit, code in codes.items() if code not in ("0", "1")]
            if unclear:
                left_out.append(
                    Fault(identifier, "not coded", f"AU{unclear[0]} has the code {codes[unclear[0]] or 'nothing'}")
                )
                continue
            present = [unit for unit, code in codes.items() if code == "1"]
            labels = {"action_units": present, "subject": path.stem}
            images.append(LabelledImage(identifier, folder.path(frame), labels))
    return Listing("au", tuple(images), tuple(files), tuple(left_out))


def _coded_frames(path: Path) -> Iterator[tuple[int, dict[int, str]]]:
    """Yield frame number and the code of each action unit, as written."""
    header, rows = read_table(path)
    columns: dict[int, int] = {}
    for place, name in enumerate(header[1:], start=1):
        match = _COLUMN.fullmatch(name)
        if match:
            columns[int(match.group(1))] = place
    missing = [str(unit) for unit in classic_units("gft") if unit not in columns]
    if missing:
        raise InputError(f"{path} has no column for the action units {', '.join(missing)}.")
    for number, cells in rows:
        yield whole_number(cells[0], path, number), {unit: cells[columns[unit]] for unit in classic_units("gft")}
