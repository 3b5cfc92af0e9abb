"""The data root of a FABA-Instruct JSON: the folder that the picture paths inside it start from.

FABA-Instruct as published lies at ``data/FABAInstruct/train/train_au_anno.json`` and names its pictures
``FABAInstruct/train/images/...``, so its root is ``data``, two folders above the JSON.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from emola.errors import InputError

_PARENTS_TRIED: Final = 4
_LONGEST_NAME: Final = 4096
"""Bytes of a path on Linux (PATH_MAX); no file system takes more."""


def find_data_root(file: Path, pictures: Iterable[str], option: str | None = None) -> Path:
    """Return the nearest of the four folders above a JSON from which a picture that it names is found, resolved.

    Args:
        file: the JSON, or a place beside it.
        pictures: paths of pictures as the JSON writes them; absolute and climbing ones say nothing about the root.
        option: of the command line, with which a person gives the folder instead; None where there is no such.

    Raises:
        InputError: no picture is named, or none is found from any of them.
    """
    names = [name for name in dict.fromkeys(pictures) if "\0" not in name and len(name) < _LONGEST_NAME]
    if not names:
        raise InputError(f"{file} names no picture; expected a FABA-Instruct JSON, with a path under 'image'.")
    for folder in list(file.resolve().parents)[:_PARENTS_TRIED]:
        if any((folder / name).is_file() for name in filter(in_one_spelling, names)):
            return folder
    remedy = (
        f"give the folder they start from ({option})" if option else "put them where one of the folders above it is"
    )
    raise InputError(f"None of the pictures that {file} names was found; {remedy}.")


def in_one_spelling(written: str) -> str | None:
    """Return a picture's path as POSIX writes it; None where it is absolute or climbs, and so leaves any data root."""
    pure = PurePosixPath(written.replace("\\", "/"))
    if pure.is_absolute() or PureWindowsPath(written).drive or ".." in pure.parts or "\0" in written:
        return None
    return pure.as_posix()
