"""``python -m emola faces LIST_OR_FOLDER --out FACES.jsonl``: measure the largest face of each of many pictures."""

import argparse
import os
from pathlib import Path

from emola.errors import InputError
from emola.priors_command import list_pictures, pictures_of

SUMMARY = "measure the faces of many pictures into a file of JSON lines, resumable"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``faces`` and its options."""
    description = SUMMARY + ". Safe to kill; the same command continues."
    parser = commands.add_parser("faces", help=SUMMARY, description=description)
    parser.add_argument(
        "source", type=Path, metavar="LIST_OR_FOLDER", help="a text file with one picture path a line, or a folder"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FACES.jsonl", help="file to write or to continue")
    parser.add_argument("--root", type=Path, metavar="DIR", help="where the paths start (default: the list's folder)")
    parser.add_argument("--face-models", type=Path, metavar="DIR", help="an InsightFace model pack on disk")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: all cores)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure the faces and print the counts; 1 when no picture shows a face.

    Raises:
        InputError: the list, the root or the file cannot be used.
    """
    from emola.face_measuring import MeasuringPlan, measure_faces  # numpy, OpenCV

    if options.workers < 1:
        raise InputError(f"--workers must be at least 1, not {options.workers}.")
    source: Path = options.source
    root = (options.root or (source if source.is_dir() else source.parent)).resolve()
    if not root.is_dir():
        raise InputError(f"There is no folder {root}; give the folder that the paths start from with --root.")
    if not options.out.resolve().parent.is_dir():
        raise InputError(f"The folder of {options.out} does not exist; make it first.")
    images = list_pictures(root) if source.is_dir() else _listed(source, root)
    if not images:
        raise InputError(f"{source} names no picture; give a list of paths or a folder of pictures.")
    report = measure_faces(MeasuringPlan(root, tuple(images), options.out, options.face_models, options.workers))
    print(f"{report.found} of {len(images)} pictures show a face ({report.kept} pictures were measured already).")
    return 0 if report.found else 1


def _listed(path: Path, root: Path) -> list[str]:
    """Return the distinct paths of a list; see ``pictures_of`` for what is refused."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a list of paths: {error}.") from error
    return pictures_of([{"image": line.strip()} for line in lines if line.strip()], root)
