"""The command line of review: ``python -m review COMMAND``.

Exit codes: 0 done, 1 failed or something does not hold, 2 bad input (one plain sentence on stderr, never a traceback).
"""

import argparse
import sys
from collections.abc import Sequence

from emola.exit_code import exit_code
from review import (
    backup_command,
    blind_command,
    campaign_command,
    import_command,
    machine_command,
    plant_command,
    release_command,
    rescore_command,
    status_command,
    user_command,
)
from review.provenance import APP_VERSION

EPILOG = """\
example:
  python -m review import data/train_au_anno.json --images data
  python -m review campaign create Pilot --overlap 2
  python -m review status
"""
GROUPS = (
    status_command,
    import_command,
    machine_command,
    plant_command,
    campaign_command,
    blind_command,
    user_command,
    release_command,
    rescore_command,
    backup_command,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command."""
    parser = argparse.ArgumentParser(
        prog="python -m review",
        description="People verify and correct descriptions of faces; this is everything but the pages.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"EmoLA studio {APP_VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_parsers(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = build_parser().parse_args(arguments)
    return exit_code(lambda: options.run(options), "Stopped; what was stored before stays.")


if __name__ == "__main__":
    sys.exit(main())
