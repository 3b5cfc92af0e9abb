"""Subject-exclusive folds of BP4D and DISFA, kept as data in ``folds.json`` with a version."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from emola.errors import InputError

FOLDS_FILE: Final = Path(__file__).parent / "folds.json"
Split = Literal["train", "test", "all"]


@functools.cache
def load_folds(data_set: str) -> Mapping[int, frozenset[str]]:
    """Return fold number to the subjects that are tested in it, for "bp4d" or "disfa"."""
    content = json.loads(FOLDS_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({int(fold): frozenset(subjects) for fold, subjects in content[data_set].items()})


def folds_version() -> int:
    """Return the version of the lists; it rises whenever one changes."""
    return int(json.loads(FOLDS_FILE.read_text(encoding="utf-8"))["version"])


def subjects_of(data_set: str, split: Split, fold: int | None) -> frozenset[str]:
    """Return the subjects of a split: the fold's for "test", those of the other folds for "train".

    Raises:
        InputError: the split needs a fold and none, or an unknown one, is given.
    """
    folds = load_folds(data_set)
    everybody = frozenset().union(*folds.values())
    if split == "all":
        return everybody
    if fold is None or fold not in folds:
        known = ", ".join(str(number) for number in folds)
        given = "" if fold is None else f", not {fold}"
        raise InputError(f"{data_set} is split by subject: give the fold to hold out, one of {known}{given}.")
    return folds[fold] if split == "test" else everybody - folds[fold]
