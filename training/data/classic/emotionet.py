"""EmotioNet, occurrence of action units. It has no published split: ask for "all".

Two kinds of label files, chosen by ``file``:

    ROOT/EmotioNet_FACS_aws_2020_24600.csv    the hand-coded part; save the published ``.xlsx`` as CSV, or name yours
                                              with ``file``. Columns ``URL``, ``orig_url`` and ``AU 1`` ... ``AU 60``
                                              (quoted in the original); ``emotionet_facs_24600.csv`` is found as well
    ROOT/dataFile_0001.txt, ...      the automatically coded million (``file="dataFile_*.txt"``), no header, separated
                                     by tabs: URL, original URL, then action units 1 to 60
    ROOT/Images/N_1/N_0000000001_00001.jpg    the part of the URL behind ``/Images/``, or the file's name alone

1 is present, 0 absent, anything else (999) not coded; pictures on which one of the twelve was not coded are left out.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from emola.errors import InputError
from training.data.classic.listing import LabelledImage, Listing, read_lines, read_table
from training.data.classic.spec import DataSpec
from training.data.samples import Fault
from training.data.unit_lists import classic_units

HAND_CODED = ("EmotioNet_FACS_aws_2020_24600.csv", "emotionet_facs_24600.csv")
_COLUMN = re.compile(r"AU\s*0*(\d+)", re.IGNORECASE)


def read_emotionet(spec: DataSpec) -> Listing:
    """Return all coded pictures.

    Raises:
        InputError: a split is asked for, or a label file or column is missing.
    """
    if spec.split != "all":
        raise InputError(f"EmotioNet has no published split; ask for split 'all' instead of {spec.split!r}.")
    patterns = (spec.file,) if spec.file else HAND_CODED
    found = (sorted(path for path in spec.root.glob(pattern) if path.is_file()) for pattern in patterns)
    files = next((paths for paths in found if paths), None)
    if not files:
        looked = " or ".join(str(spec.root / pattern) for pattern in patterns)
        raise InputError(f"EmotioNet needs its label file in {spec.root}, and there is no {looked}.")
    images: list[LabelledImage] = []
    left_out: list[Fault] = []
    for path in files:
        for url, codes in _rows(path):
            image = _picture(spec.root, spec.images or "Images", url)
            identifier = PurePosixPath(image).stem
            unclear = [unit for unit, code in codes.items() if code not in ("0", "1")]
            if unclear:
                left_out.append(Fault(identifier, "not coded", f"AU{unclear[0]} has the code {codes[unclear[0]]!r}"))
                continue
            present = [unit for unit, code in codes.items() if code == "1"]
            images.append(LabelledImage(identifier, image, {"action_units": present}))
    return Listing("au", tuple(images), tuple(files), tuple(left_out))


def _rows(path: Path) -> Iterator[tuple[str, dict[int, str]]]:
    """Yield URL and codes of each picture."""
    if path.suffix.lower() != ".csv":
        for number, line in read_lines(path):
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) < 2 + max(classic_units("emotionet")):
                raise InputError(f"Line {number} of {path} has {len(cells)} columns; expected two URLs and 60 codes.")
            yield cells[0], {unit: cells[unit + 1] for unit in classic_units("emotionet")}
        return
    header, rows = read_table(path)
    columns = _columns(header, path)
    for _, cells in rows:
        yield cells[header.index("URL")], {unit: _as_code(cells[columns[unit]]) for unit in classic_units("emotionet")}


def _columns(header: Sequence[str], path: Path) -> dict[int, int]:
    """Return the place of each action unit's column."""
    matches = {place: _COLUMN.fullmatch(name) for place, name in enumerate(header)}
    columns = {int(match.group(1)): place for place, match in matches.items() if match}
    missing = [f"AU {unit}" for unit in classic_units("emotionet") if unit not in columns]
    if "URL" not in header:
        missing.insert(0, "URL")
    if missing:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.")
    return columns


def _as_code(cell: str) -> str:
    """Return a code as spreadsheets write it (``1.0``) in one spelling."""
    return cell.removesuffix(".0")


def _picture(root: Path, folder: str, url: str) -> str:
    """Return where the picture of a URL lies: with its folders where they are there, else by its name alone."""
    path = PurePosixPath(unquote(urlsplit(url.strip("'\" ")).path))
    _, _, behind = str(path).partition("/Images/")
    nested = f"{folder}/{behind}"
    if behind and ".." not in PurePosixPath(behind).parts and (root / nested).is_file():
        return nested
    return f"{folder}/{path.name}"
