"""Data sets by name: FABA-Instruct and the classic ones, all opened the same way."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from emola.errors import InputError
from training.data.classic.affectnet import read_affectnet
from training.data.classic.bp4d import read_bp4d
from training.data.classic.building import build_samples
from training.data.classic.disfa import read_disfa
from training.data.classic.emotionet import read_emotionet
from training.data.classic.gft import read_gft
from training.data.classic.listing import Listing
from training.data.classic.raf_db import read_raf_db
from training.data.classic.spec import DataSpec
from training.data.samples import DataReport, Sample, read_faba

__all__ = ["FABA", "READERS", "DataSpec", "open_data"]

FABA: Final = "faba"

READERS: Final[Mapping[str, Callable[[DataSpec], Listing]]] = MappingProxyType(
    {
        "affectnet": read_affectnet,
        "bp4d": read_bp4d,
        "disfa": read_disfa,
        "emotionet": read_emotionet,
        "gft": read_gft,
        "raf-db": read_raf_db,
    }
)
"""Name to reader of the classic data sets; each module's docstring is the folder layout it expects."""


def open_data(spec: DataSpec) -> tuple[list[Sample], DataReport]:
    """Return the samples of a data set and the report on what was left out and why.

    Raises:
        InputError: an unknown name, a wrong option, a layout that is not the published one, no usable sample, or
            faults that are refused.
    """
    _check(spec)
    if spec.name == FABA:
        return _open_faba(spec)
    samples, report = build_samples(spec, READERS[spec.name](spec))
    if not samples:
        raise InputError(f"{spec.name} in {spec.root} has no usable sample:\n{report.summary()}")
    return samples, report


def _check(spec: DataSpec) -> None:
    """Raise for everything that is wrong with a spec, at once."""
    problems = []
    known = [FABA, *READERS]
    if spec.name not in known:
        near = difflib.get_close_matches(spec.name, known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        problems.append(f"there is no data set {spec.name!r} (known are {', '.join(known)}){meant}")
    if not spec.root.is_dir():
        problems.append(f"there is no folder {spec.root}")
    if spec.split not in ("train", "test", "all"):
        problems.append(f"split must be train, test or all, not {spec.split!r}")
    if spec.every < 1:
        problems.append(f"every must be at least 1, not {spec.every}")
    for name in ("images", "file", "priors"):
        value = getattr(spec, name)
        if value is not None and (PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts):
            problems.append(f"{name} must be a path inside the data root, not {value!r}")
    if spec.name == FABA and (spec.file is None or spec.task is None):
        problems.append("faba needs the JSON's path inside the data root as file, and its task")
    if problems:
        told = "; ".join(problems)
        raise InputError(f"The data set cannot be opened: {told}{'' if told.endswith('?') else '.'}")


def _open_faba(spec: DataSpec) -> tuple[list[Sample], DataReport]:
    """Read a FABA-Instruct JSON; its priors are those it names."""
    assert spec.file is not None
    assert spec.task is not None
    return read_faba(
        spec.root / spec.file,
        spec.root,
        spec.task,
        prior_dim=spec.prior_dim,
        prior_recipe=spec.prior_recipe,
        faults=spec.faults,
        workers=spec.workers,
    )
