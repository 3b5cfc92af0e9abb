"""Jobs from the shell: ``python -m training.jobs list | log NAME | cancel NAME | resume NAME``.

Exit codes: 0 done, 1 failed, 2 bad input (one plain sentence on stderr).
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from emola.exit_code import exit_code
from training.jobs.board import Jobs
from training.jobs.job import Job
from training.jobs.places import default_runs, jobs_folder

COMMANDS = (
    ("list", "every job and how it stands"),
    ("log", "the end of what a job printed"),
    ("cancel", "stop a job; what it wrote stays"),
    ("resume", "continue a job that failed, died or was stopped"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)

    def act() -> None:
        jobs = Jobs(options.folder)
        if options.command == "list":
            print("\n".join(_line(job) for job in jobs.find()) or f"There is no job in {options.folder}.")
        elif options.command == "log":
            print(jobs.log_tail(jobs.get(options.name).id))
        else:
            print(_line(jobs.cancel(options.name) if options.command == "cancel" else jobs.resume(options.name)))

    return exit_code(act)


def _parser() -> argparse.ArgumentParser:
    """Return the parser; ``--folder`` may stand before or after the command."""
    place = "where the jobs lie (default: %(default)s; EMOLA_RUNS moves it)"
    parser = argparse.ArgumentParser(prog="python -m training.jobs", description="Training and benchmark jobs.")
    parser.add_argument("--folder", type=Path, default=jobs_folder(default_runs()), metavar="DIR", help=place)
    after = argparse.ArgumentParser(add_help=False)
    after.add_argument("--folder", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="where the jobs lie")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in COMMANDS:
        command = commands.add_parser(name, help=what, description=what, parents=[after])
        if name != "list":
            command.add_argument("name", metavar="NAME", help="of the job, as list shows it")
    return parser


def _line(job: Job) -> str:
    """Return one job in one line."""
    begun = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(job.created))
    far = f" {job.progress.step} of {job.progress.of} {job.progress.unit}s" if job.progress.of else ""
    return f"{job.id}  {begun}  {job.state}{far}  {job.title}{f': {job.reason}' if job.reason else ''}"


if __name__ == "__main__":
    sys.exit(main())
