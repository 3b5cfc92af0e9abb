"""``python -m training.synthetic``: data sets and contact sheets of rendered faces."""

import argparse
import os
import sys
from pathlib import Path

import cv2

from emola.errors import EmolaError, InputError
from training.synthetic.dataset import EVAL_SHARE, DatasetPlan, make_dataset
from training.synthetic.sheet import contact_sheet


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
    make.add_argument("--n", type=int, required=True, help=f"number of faces; {EVAL_SHARE:.0%}% become the eval split")
    make.add_argument("--seed", type=int, default=0, help="series of faces (default 0)")
    make.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")
    sheet = commands.add_parser("sheet", help="draw every action unit and random faces into one picture")
    sheet.add_argument("--out", type=Path, required=True, help="picture to write (.png or .jpg)")
    sheet.add_argument("--seed", type=int, default=0, help="series of the random faces (default 0)")
    return parser


def _write_sheet(path: Path, seed: int) -> None:
    """Draw and write the contact sheet."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise InputError(f"{path} must end in .png or .jpg.")
    if not path.resolve().parent.is_dir():
        raise InputError(f"The folder of {path} does not exist.")
    cv2.imwrite(str(path), contact_sheet(seed)[..., ::-1])


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 (failed) or 2 (bad input)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "make":
            make_dataset(DatasetPlan(options.out, options.n, options.seed), options.workers)
        else:
            _write_sheet(options.out, options.seed)
    except EmolaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        print("Stopped; the same command continues.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
