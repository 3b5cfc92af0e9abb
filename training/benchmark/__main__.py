"""The command line: ``python -m training.benchmark run | score | report``.

Exit codes: 0 done, 1 failed, 2 bad input (one plain sentence on stderr, never a traceback).
"""

import argparse
import sys
from collections.abc import Sequence

from emola.exit_code import exit_code
from training.benchmark import report_command, run_command, score_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.benchmark", description="FABA-Bench: ask, score, report.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run_command.add_parser(commands)
    score_command.add_parser(commands)
    report_command.add_parser(commands)
    options = parser.parse_args(arguments)
    return exit_code(lambda: options.run(options), "Stopped; a run goes on with the same command.")


if __name__ == "__main__":
    sys.exit(main())
