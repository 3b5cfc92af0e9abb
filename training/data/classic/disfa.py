"""DISFA, intensity of action units; one counts as present from intensity 2 on.

    ROOT/ActionUnit_Labels/SN001/SN001_au1.txt    lines ``frame,intensity``, frames from 1, intensity 0 to 5
    ROOT/Frames/SN001/00001.jpg                   frames of the left camera's videos

DISFA is published as videos. Take the frames out of them so that they count from 1 as the labels do:

    ffmpeg -i Videos_LeftCamera/LeftVideoSN001_comp.avi -q:v 2 Frames/SN001/%05d.jpg

With frames counted from 0 set ``frame_offset`` to -1. 27 subjects, 8 action units, three folds by subject. The videos
and the label files may differ by a frame or two at the end; frames without a picture are reported as missing.
"""

from pathlib import Path

from emola.errors import InputError
from training.data.classic.frames import FrameFolder
from training.data.classic.listing import (
    LabelledImage,
    Listing,
    check_subjects,
    read_lines,
    require_file,
    require_folder,
    whole_number,
)
from training.data.classic.spec import DataSpec
from training.data.folds import subjects_of
from training.data.unit_lists import classic_units

PRESENT_FROM = 2
"""Smallest intensity (0 to 5) that counts as present, as in the published protocol."""


def read_disfa(spec: DataSpec) -> Listing:
    """Return the frames of a split.

    Raises:
        InputError: a folder or file is missing, label files of a subject disagree, or the fold is not given.
    """
    subjects = subjects_of("disfa", spec.split, spec.fold)
    folder = require_folder(spec.root, ("ActionUnit_Labels",), "DISFA")
    frames = spec.images or "Frames"
    images: list[LabelledImage] = []
    files: list[Path] = []
    named = [path.name for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    there = [name for name in named if name in subjects]
    if not there:
        raise InputError(f"{folder} holds no subject of this split; expected folders such as SN001.")
    for subject in there:
        intensities, read = _read_subject(spec.root, subject)
        files += read
        pictures = FrameFolder(spec.root, f"{frames}/{subject}", spec.frame_offset)
        for index, (frame, levels) in enumerate(sorted(intensities.items())):
            if index % spec.every == 0:
                present = [unit for unit, level in levels.items() if level >= PRESENT_FROM]
                kept = {str(unit): level for unit, level in levels.items() if level > 0}
                labels = {"action_units": present, "intensities": kept, "subject": subject}
                images.append(LabelledImage(f"{subject}/{frame}", pictures.path(frame), labels))
    odd = check_subjects(named, subjects, subjects_of("disfa", "all", None))
    return Listing("au", tuple(images), tuple(files), subject_faults=odd)


def _read_subject(root: Path, subject: str) -> tuple[dict[int, dict[int, int]], list[Path]]:
    """Return frame to intensity of each action unit, and the files read."""
    files: list[Path] = []
    by_frame: dict[int, dict[int, int]] = {}
    for unit in classic_units("disfa"):
        path = require_file(root, f"ActionUnit_Labels/{subject}/{subject}_au{unit}.txt", "DISFA")
        files.append(path)
        levels = _read_levels(path)
        if by_frame and levels.keys() != by_frame.keys():
            raise InputError(f"{path} codes {len(levels)} frames, but {files[0].name} {len(by_frame)} or other ones.")
        for frame, level in levels.items():
            by_frame.setdefault(frame, {})[unit] = level
    return by_frame, files


def _read_levels(path: Path) -> dict[int, int]:
    """Return frame to intensity of one file."""
    levels: dict[int, int] = {}
    for number, line in read_lines(path):
        cells = line.split(",")
        if len(cells) != 2:
            raise InputError(f"Line {number} of {path} is {line!r}; expected 'frame,intensity'.")
        frame, level = (whole_number(cell, path, number) for cell in cells)
        if not 0 <= level <= 5:
            raise InputError(f"Line {number} of {path} has the intensity {level}; expected 0 to 5.")
        levels[frame] = level
    return levels
