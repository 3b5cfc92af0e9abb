"""``python -m emola convert``: a released EmoLA folder to this project's format."""

import argparse
import sys

from tqdm import tqdm

SUMMARY = "turn a released EmoLA into an adapter on its LLaVA-1.5 base, or into a whole model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command to ``parser``."""
    parser.add_argument("source", metavar="SRC", help="the released EmoLA folder, or its hub id")
    parser.add_argument("destination", metavar="DST", help="the folder to write; must not exist yet or be empty")
    parser.add_argument(
        "--base", required=True, metavar="LLAVA", help="LLaVA-1.5 it was trained on: a folder or hub id, either layout"
    )
    parser.add_argument("--merge", action="store_true", help="write a whole model instead of an adapter on the base")
    parser.add_argument(
        "--vision", metavar="CLIP", help="CLIP folder or hub id, for an original LLaVA-1.5 (default: the one it names)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a checkpoint that is at DST")


def run(arguments: argparse.Namespace) -> None:
    """Convert, with a progress bar on a terminal, and print the report.

    Raises:
        EmolaError: as :func:`emola.model.conversion.convert.convert_checkpoint`.
    """
    from emola.model.conversion.convert import convert_checkpoint  # torch and transformers, several seconds

    with tqdm(unit="tensor", disable=None) as bar:

        def show(done: int, total: int, what: str) -> None:
            bar.total = total
            bar.set_description(what, refresh=False)
            bar.update(done - bar.n)

        report = convert_checkpoint(
            arguments.source,
            arguments.destination,
            arguments.base,
            merge=arguments.merge,
            vision=arguments.vision,
            overwrite=arguments.overwrite,
            progress=show,
        )
    sys.stdout.write(f"{report}\n")
