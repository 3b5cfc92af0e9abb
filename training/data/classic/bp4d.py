"""BP4D-Spontaneous, occurrence of action units.

    ROOT/AUCoding/AU_OCC/F001_T1.csv    or ROOT/AUCoding/F001_T1.csv: a header with action-unit numbers, the first
                                        column is the frame; 0 absent, 1 present, 9 not coded
    ROOT/Sequences/F001/T1/2440.jpg     or ROOT/Sequences(2D+3D)/...; numbers padded to two, three or four digits

41 subjects (F001 to F023, M001 to M018), tasks T1 to T8, 12 action units, three folds by subject. Copies differ by one
in the numbering of the frames: with pictures counted from 0 against labels counted from 1, set ``frame_offset`` to -1.
Frames on which one of the twelve was not coded are left out.
"""

from collections.abc import Iterator
from pathlib import Path

from emola.errors import InputError
from training.data.classic.frames import FrameFolder
from training.data.classic.listing import (
    LabelledImage,
    Listing,
    check_subjects,
    read_table,
    require_folder,
    whole_number,
)
from training.data.classic.spec import DataSpec
from training.data.folds import subjects_of
from training.data.samples import Fault
from training.data.unit_lists import classic_units


def read_bp4d(spec: DataSpec) -> Listing:
    """Return the coded frames of a split.

    Raises:
        InputError: a folder or a column is missing, or the fold is not given.
    """
    subjects = subjects_of("bp4d", spec.split, spec.fold)
    coding = require_folder(spec.root, ("AUCoding/AU_OCC", "AUCoding"), "BP4D")
    frames = require_folder(spec.root, (spec.images,) if spec.images else ("Sequences", "Sequences(2D+3D)"), "BP4D")
    by_file = {path: path.stem.split("_")[0] for path in sorted(coding.glob("*_T*.csv"))}
    files = [path for path, subject in by_file.items() if subject in subjects]
    if not files:
        raise InputError(f"{coding} holds no label file such as F001_T1.csv for the subjects of this split.")
    images: list[LabelledImage] = []
    left_out: list[Fault] = []
    for path in files:
        subject, video = path.stem.split("_", 1)
        relative = frames.relative_to(spec.root).as_posix()
        folder = FrameFolder(spec.root, f"{relative}/{subject}/{video}", spec.frame_offset)
        for index, (frame, codes) in enumerate(_coded_frames(path)):
            identifier = f"{subject}/{video}/{frame}"
            if index % spec.every:
                continue
            if not set(codes.values()) <= {0, 1}:
                unit = next(number for number, code in codes.items() if code not in (0, 1))
                left_out.append(Fault(identifier, "not coded", f"AU{unit} has the code {codes[unit]}"))
                continue
            present = [number for number, code in codes.items() if code == 1]
            images.append(LabelledImage(identifier, folder.path(frame), {"action_units": present, "subject": subject}))
    odd = check_subjects(by_file.values(), subjects, subjects_of("bp4d", "all", None))
    return Listing("au", tuple(images), tuple(files), tuple(left_out), odd)


def _coded_frames(path: Path) -> Iterator[tuple[int, dict[int, int]]]:
    """Yield frame number and the code of each action unit."""
    header, rows = read_table(path)
    columns = {name: place for place, name in enumerate(header) if place > 0}
    missing = [str(unit) for unit in classic_units("bp4d") if str(unit) not in columns]
    if missing:
        raise InputError(f"{path} has no column for the action units {', '.join(missing)}.")
    for number, cells in rows:
        frame = whole_number(cells[0], path, number)
        yield frame, {unit: whole_number(cells[columns[str(unit)]], path, number) for unit in classic_units("bp4d")}
