"""The command line: ``python -m emola describe|convert|extract-priors|faces``.

Exit codes: 0 done, 1 failed, 2 bad input (one plain sentence on stderr, never a traceback).
"""

import argparse
import sys
from collections.abc import Sequence

from emola import __version__, convert_command, describe_command, faces_command, priors_command
from emola.exit_code import exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m emola", description="Describe facial affect in words.")
    parser.add_argument("--version", action="version", version=f"EmoLA studio {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    describe_command.add_parser(commands)
    _add_convert(commands)
    priors_command.add_parser(commands)
    faces_command.add_parser(commands)
    options = parser.parse_args(arguments)
    return exit_code(lambda: options.run(options))


def _add_convert(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("convert", help=convert_command.SUMMARY, description=convert_command.SUMMARY)
    convert_command.add_arguments(parser)
    parser.set_defaults(run=convert_command.run)


if __name__ == "__main__":
    sys.exit(main())
