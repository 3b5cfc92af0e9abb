"""Note where an adapter comes from: ``python -m training.jobs.lineage ADAPTER JSON``, a stage of every training job.

The file makes the adapter appear in the studio's list of models, with the release or data set that it learnt from.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from emola.errors import InputError
from emola.exit_code import exit_code
from training.loop.turn import write_lineage


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.jobs.lineage", description=__doc__)
    parser.add_argument("adapter", type=Path, metavar="ADAPTER", help="folder of the adapter")
    parser.add_argument("lineage", metavar="JSON", help="object with base, data, seed and what names the data")
    options = parser.parse_args(arguments)
    return exit_code(lambda: _write(options.adapter, options.lineage))


def _write(adapter: Path, text: str) -> None:
    if not adapter.is_dir():
        raise InputError(f"There is no adapter in {adapter}.")
    write_lineage(adapter, json.loads(text))


if __name__ == "__main__":
    sys.exit(main())
