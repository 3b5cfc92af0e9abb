"""``python -m emola extract-priors SOURCE --recipe R``: prior vectors for a data set.

SOURCE is a FABA-Instruct JSON or a folder of pictures. With a JSON whose data root holds the output folder, a copy of
the JSON is written beside the priors in which ``landmark`` names them, ready for training: of
``data/FABAInstruct/train/train_au_anno.json`` it is ``data/priors-RECIPE/train_au_anno.json``.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from emola.data_root import find_data_root, in_one_spelling
from emola.errors import InputError, PriorError
from emola.prior_extraction import ExtractionPlan, ExtractionReport, extract_priors, prior_file

SUMMARY = "compute the prior vectors of a data set, resumable"

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".heic", ".heif", ".avif"}
)
"""Endings by which pictures in a folder are known, in lower case."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``extract-priors`` and its options."""
    description = (
        SUMMARY + ". Safe to kill; the same command continues. Of a JSON, a copy that names the new priors is written "
        "into the output folder; train on that copy."
    )
    parser = commands.add_parser("extract-priors", help=SUMMARY, description=description)
    parser.add_argument("source", type=Path, metavar="JSON", help="a FABA-Instruct JSON, or a folder of pictures")
    parser.add_argument("--recipe", required=True, help="emola-2024, insightface-106 or mediapipe-106")
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="data root of the paths (default: the nearest folder above the JSON from which a picture is found)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="output (default: priors-RECIPE in the data root)")
    parser.add_argument("--face-models", type=Path, metavar="DIR", help="an InsightFace model pack on disk")
    parser.add_argument("--workers", type=int, default=_cores(), metavar="N", help="processes (default: all cores)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the priors and print what became of the pictures; 1 when no picture has one.

    Raises:
        InputError: the source, the data root, the recipe or the output folder cannot be used.
    """
    if options.workers < 1:
        raise InputError(f"--workers must be at least 1, not {options.workers}.")
    source: Path = options.source
    records = None if source.is_dir() else read_records(source)
    if records is None and options.images is not None:
        raise InputError("--images is the data root of a JSON's paths; a folder of pictures is given alone.")
    root = source.resolve() if records is None else data_root(source, records, options.images, "--images")
    images = list_pictures(root) if records is None else pictures_of(records, root)
    if not images:
        raise InputError(f"{source} names no picture; give a FABA-Instruct JSON or a folder of pictures.")
    out = (options.out or root / f"priors-{options.recipe}").resolve()
    plan = ExtractionPlan(options.recipe, root, out, tuple(images), options.face_models, options.workers)
    report = extract_priors(plan)
    print(report.summary())
    if records is not None:
        _write_annotations(plan, records, source, report)
    return 0 if report.usable else 1


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a FABA-Instruct JSON.

    Raises:
        InputError: it is missing or no JSON list of objects that each name a picture.
    """
    if not path.is_file():
        raise InputError(f"There is no file or folder {path}; give a FABA-Instruct JSON or a folder of pictures.")
    try:
        records = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(records, list):
        raise InputError(f"{path} must hold a list of records, not a {type(records).__name__}.")
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not isinstance(record.get("image"), str) or not record["image"].strip():
            raise InputError(f"Record {number} of {path} names no picture; expected text under 'image'.")
    return records


def data_root(source: Path, records: list[dict[str, Any]], given: Path | None, option: str) -> Path:
    """Return the resolved folder that the picture paths of a JSON start from.

    Args:
        source: the JSON.
        records: its records.
        given: the folder as a person gave it, or None to look for it above the JSON.
        option: with which a person gives it.

    Raises:
        InputError: there is no such folder, none of the pictures is found, or a path could leave the data root.
    """
    if given is None:
        return find_data_root(source, [_relative(record["image"]) for record in records], option)
    if not given.is_dir():
        raise InputError(f"There is no folder {given}; give the data root of the pictures with {option}.")
    return given.resolve()


def pictures_of(records: list[dict[str, Any]], root: Path) -> list[str]:
    """Return the distinct relative picture paths of the records, in their order.

    Raises:
        InputError: a path is absolute, climbs with ``..``, or leaves the data root through a link.
    """
    found = dict.fromkeys(_relative(record["image"]) for record in records)
    for image in found:
        if not (root / image).resolve().is_relative_to(root):
            raise InputError(f"The picture path {image!r} leaves the data root {root} through a link.")
    return list(found)


def list_pictures(root: Path) -> list[str]:
    """Return the relative paths of all pictures under a folder, sorted; hidden files are left out."""
    found = []
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not hidden:
            found.append(relative.as_posix())
    return sorted(found)


def _relative(written: str) -> str:
    """Return a path of a JSON in one spelling, or raise when it may leave the data root."""
    relative = in_one_spelling(written)
    if relative is None:
        raise InputError(f"The picture path {written!r} must be relative to the data root and stay inside it.")
    return relative


def _write_annotations(
    plan: ExtractionPlan, records: list[dict[str, Any]], source: Path, report: ExtractionReport
) -> None:
    """Write the JSON again with ``landmark`` naming the new priors; records without one are left out."""
    if not plan.out.is_relative_to(plan.root):
        print(f"{plan.out} lies outside the data root, so no JSON that names the priors was written.")
        return
    target = plan.out / source.name
    if target.name in ("priors.json", "problems.json"):
        raise PriorError(f"The JSON may not be called {target.name}; that name is taken in a folder of priors.")
    without = {problem.image for problem in report.problems}
    kept = []
    for record in records:
        image = _relative(record["image"])
        if image not in without:
            kept.append({**record, "landmark": prior_file(plan.out, image).relative_to(plan.root).as_posix()})
    if not kept:
        print(f"No record has a prior, so {target} was not written.")
        return
    temporary = target.with_name(f".{target.name}.part")
    temporary.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, target)
    print(f"{target}: {len(kept)} of {len(records)} records, naming these priors.")


def _cores() -> int:
    return os.cpu_count() or 1
