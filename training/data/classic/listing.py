"""What a reader of a classic data set returns: pictures with labels, before any picture was opened."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from emola.errors import InputError
from training.data.records import Task
from training.data.samples import Fault


@dataclass(frozen=True)
class LabelledImage:
    """One picture and what its data set says of it.

    Attributes:
        id: unique within the data set.
        image: path relative to the data root, with forward slashes; the file need not exist.
        labels: ``{"emotion": name}`` or ``{"action_units": [numbers]}``, and what else is known: ``subject``,
            ``intensities`` (action-unit number as text to 0-5), ``face_box`` (x, y, width, height in pixels).
    """

    id: str
    image: str
    labels: dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """All pictures of one split.

    Attributes:
        task: what their labels answer.
        images: in the order of the label files.
        label_files: the files that were read; their bytes identify the data.
        left_out: rows that the protocol does not use (another class, an action unit that was not coded).
        subject_faults: subjects of the split without labels, and subjects in no fold; these are no rows.
    """

    task: Task
    images: tuple[LabelledImage, ...]
    label_files: tuple[Path, ...]
    left_out: tuple[Fault, ...] = field(default=())
    subject_faults: tuple[Fault, ...] = field(default=())


def check_subjects(there: Iterable[str], wanted: frozenset[str], everybody: frozenset[str]) -> tuple[Fault, ...]:
    """Return the subjects of a split that are not there, and those there that no fold knows.

    Args:
        there: subjects that have labels.
        wanted: those of the split.
        everybody: those of all folds.
    """
    found = set(there)
    missing = [Fault(name, "missing subject", "of this split, but without labels") for name in sorted(wanted - found)]
    unknown = [Fault(name, "unknown subject", "in no fold of the data set") for name in sorted(found - everybody)]
    return (*missing, *unknown)


def require_file(root: Path, relative: str, data_set: str) -> Path:
    """Return a label file of a data set.

    Raises:
        InputError: it is not there; the message names the whole path.
    """
    path = root / relative
    if not path.is_file():
        raise InputError(f"{data_set} needs {relative} in {root}, and there is no file {path}.")
    return path


def require_folder(root: Path, names: Sequence[str], data_set: str) -> Path:
    """Return the first of several folders that exists.

    Raises:
        InputError: none is there.
    """
    for name in names:
        if (root / name).is_dir():
            return root / name
    looked = " or ".join(str(root / name) for name in names)
    raise InputError(f"{data_set} needs the folder {' or '.join(names)} in {root}, and there is no {looked}.")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file that are not blank, with their number from 1.

    Raises:
        InputError: the file cannot be read as text.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text: {error}.") from error


def read_table(path: Path, usual: Sequence[str] = ()) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the header of a CSV file and its rows with their line numbers; every row is as long as the header.

    Args:
        path: of the file.
        usual: its columns where it may come without a header: a first line that names none of them is a row.

    Raises:
        InputError: the file is empty or cannot be read; a row of another length raises while the rows are read.
    """
    lines = read_lines(path)
    first = next(lines, None)
    if first is None:
        raise InputError(f"{path} is empty; expected a header and one row a picture.")
    header = _cells(first[1])
    if usual and not set(header) & set(usual):
        header, lines = list(usual), chain([first], lines)

    def rows() -> Iterator[tuple[int, list[str]]]:
        for number, line in lines:
            cells = _cells(line)
            if len(cells) != len(header):
                raise InputError(f"Line {number} of {path} has {len(cells)} columns, but its header {len(header)}.")
            yield number, cells

    return header, rows()


def whole_number(text: str, path: Path, line: int) -> int:
    """Return a number that a label file holds.

    Raises:
        InputError: it is no whole number.
    """
    digits = text.strip().removesuffix(".0")
    if not digits.removeprefix("-").isdecimal():
        raise InputError(f"Line {line} of {path} holds {text!r} where a whole number is expected.")
    return int(digits)


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("'\"").strip() for cell in next(csv.reader([line]))]
