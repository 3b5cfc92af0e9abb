"""``python -m training.synthetic``: data sets and contact sheets of rendered faces."""

import argparse
import os
import sys
from pathlib import Path
from typing import get_args

import cv2

from emola.errors import InputError
from emola.exit_code import exit_code
from training.synthetic.annotations import Form
from training.synthetic.dataset import EVAL_SHARE, DatasetPlan, make_dataset
from training.synthetic.sheet import contact_sheet
from training.synthetic.wrong import WrongPlan

_SHEET_QUALITY = 80


def _parser() -> argparse.ArgumentParser:
    """Return the parser of both commands."""
    parser = argparse.ArgumentParser(prog="python -m training.synthetic", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser(
        "make",
        help="write a data set in the form of FABA-Instruct",
        description="Write rendered faces with texts, priors and truth. Safe to kill; the same command continues.",
    )
    make.add_argument("--out", type=Path, required=True, help="folder of the data set")
    make.add_argument("--n", type=int, required=True, help="number of faces")
    make.add_argument(
        "--eval-share",
        type=float,
        default=EVAL_SHARE,
        metavar="SHARE",
        help="share of the faces that become the eval split (default %(default)s)",
    )
    make.add_argument("--seed", type=int, default=0, help="series of faces (default 0)")
    make.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    make.add_argument(
        "--wrong",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of descriptions with planted errors (default 0)",
    )
    make.add_argument("--errors", type=int, default=1, metavar="K", help="errors in each of those (default 1)")
    habits = "errors are a describer's habits: alike for like faces, where one gives occasion, and --errors at most"
    make.add_argument("--habits", action="store_true", help=habits)
    forms = "usual; full: action units in 150 to 200 words; brief: codes and letters only"
    make.add_argument("--form", choices=get_args(Form), default="usual", help=forms)
    sheet = commands.add_parser("sheet", help="draw every action unit and random faces into one picture")
    sheet.add_argument("--out", type=Path, required=True, help="picture to write (.png or .jpg)")
    sheet.add_argument("--seed", type=int, default=0, help="series of the random faces (default 0)")
    return parser


def _make(options: argparse.Namespace) -> None:
    """Write a data set and say what it holds."""
    if options.workers < 1:
        raise InputError(f"--workers must be at least 1, not {options.workers}.")
    wrong = WrongPlan(options.wrong, options.errors, options.habits)
    plan = DatasetPlan(options.out, options.n, options.seed, wrong, options.eval_share, options.form)
    print(make_dataset(plan, options.workers).summary())


def _write_sheet(path: Path, seed: int) -> None:
    """Draw and write the contact sheet."""
    if seed < 0:
        raise InputError(f"--seed must be at least 0, not {seed}.")
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise InputError(f"{path} must end in .png or .jpg.")
    if not path.resolve().parent.is_dir():
        raise InputError(f"The folder of {path} does not exist.")
    cv2.imwrite(str(path), contact_sheet(seed)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _SHEET_QUALITY])


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 (failed) or 2 (bad input)."""
    options = _parser().parse_args(arguments)
    if options.command == "make":
        return exit_code(lambda: _make(options), "Stopped; the same command continues.")
    return exit_code(lambda: _write_sheet(options.out, options.seed))


if __name__ == "__main__":
    sys.exit(main())
