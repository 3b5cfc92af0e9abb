"""``python -m training.features SOURCE... --model M --out DIR``: vision features of a data set, kept on disk.

    python -m training.features data/FABAInstruct/train/train_au_anno.json --model weights/emola --out features

SOURCE is a FABA-Instruct JSON or a folder of pictures. Safe to kill; the same command continues. With several GPUs
start one process each with ``--shard 1/4``, ``--shard 2/4`` and so on, all with the same ``--out``.
"""

import argparse
import sys
from pathlib import Path

from emola.errors import InputError
from emola.exit_code import exit_code
from emola.priors_command import data_root, list_pictures, pictures_of, read_records

_KEPT = ("bfloat16", "float32")


def _parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(
        prog="python -m training.features", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, nargs="+", help="FABA-Instruct JSON files or folders of pictures")
    root = "data root of the JSON's paths (default: the nearest folder above it from which a picture is found)"
    parser.add_argument("--root", type=Path, help=root)
    model = "folder or hub id of an EmoLA or of a LLaVA-1.5: the base of the training to come"
    parser.add_argument("--model", required=True, help=model)
    vision = "CLIP folder of an original LLaVA-1.5 that has no vision tower inside"
    parser.add_argument("--vision", metavar="DIR", help=vision)
    parser.add_argument("--out", type=Path, required=True, help="folder of the features")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N")
    parser.add_argument("--workers", type=int, default=4, metavar="N", help="threads that open pictures (default 4)")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto", help="of the computation: that of the training to come")
    parser.add_argument("--kept-dtype", choices=_KEPT, default="bfloat16", help="of the files (bfloat16)")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="take the I-th of N parts")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Compute features; return 0, 1 (failed) or 2 (bad input)."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: _run(options), "Stopped; the same command continues.")


def find_pictures(sources: list[Path], root: Path | None) -> list[Path]:
    """Return the distinct pictures that JSON files and folders name, in order.

    Raises:
        InputError: a source is missing or damaged, a path leaves the data root, or no picture is found without a root.
    """
    found: dict[Path, None] = {}
    for source in sources:
        if source.is_dir():
            folder = source.resolve()
            names = list_pictures(folder)
        else:
            records = read_records(source)
            folder = data_root(source, records, root, "--root")
            names = pictures_of(records, folder)
        found.update(dict.fromkeys(folder / name for name in names))
    return list(found)


def _run(options: argparse.Namespace) -> int:
    if options.batch_size < 1 or options.workers < 1:
        raise InputError("--batch-size and --workers must be at least 1.")
    part, parts = _shard(options.shard)
    pictures = find_pictures(options.source, options.root)[part - 1 :: parts]
    if not pictures:
        raise InputError("There are no pictures in what was named.")
    import torch

    from training.features import extract_features  # seconds; the data proved good first
    from training.features.loading import load_vision

    vision = load_vision(options.model, vision=options.vision, device=options.device, dtype=options.dtype)
    store = vision.open_store(options.out, getattr(torch, options.kept_dtype))
    report = extract_features(pictures, vision, store, options.batch_size, options.workers)
    print(report.summary())
    return 0 if report.made + report.kept else 1


def _shard(text: str) -> tuple[int, int]:
    """Return the numbers of ``I/N``."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise InputError(f"--shard must be of the form 1/4, not {text!r}.")
    return int(part), int(parts)


if __name__ == "__main__":
    sys.exit(main())
