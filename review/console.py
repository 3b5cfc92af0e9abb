"""What the commands of ``python -m review`` share: the database they work on, who does it, progress bars, tables."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy.orm import Session
from tqdm import tqdm

from emola.errors import InputError
from review.database import Database, parse_url
from review.store.people import CONSOLE, ensure_user, find_user, require

DEFAULT_DATABASE: Final = "review.db"
Run = Callable[[argparse.Namespace], int | None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(commands: Commands, name: str, run: Run, summary: str, example: str) -> argparse.ArgumentParser:
    """Add a subcommand that works on a database, and return its parser.

    Args:
        commands: of the parser.
        name: of the command.
        run: what it does; the return value is the exit code, None counts as 0.
        summary: one sentence.
        example: a command line that can be typed as it is.
    """
    parser = commands.add_parser(
        name,
        help=summary.replace("%", "%%"),
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--db",
        default=os.environ.get("EMOLA_DB", DEFAULT_DATABASE),
        metavar="FILE_OR_URL",
        help=f"SQLite file, or postgresql://USER@HOST/NAME (default: EMOLA_DB, else {DEFAULT_DATABASE})",
    )
    parser.set_defaults(run=run)
    return parser


def at_least_one(text: str) -> int:
    """Return a whole number of an option that must be 1 or more.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of 1 or more; got {text!r}")
    return int(text)


def add_actor(parser: argparse.ArgumentParser) -> None:
    """Add the option that says who does it."""
    parser.add_argument("--as", dest="actor", metavar="LOGIN", help=f"who does it, for the log (default {CONSOLE})")


@contextmanager
def open_database(url: str, *, create: bool = False) -> Iterator[Database]:
    """Give the database of a command, brought to the present schema.

    Args:
        url: file or URL.
        create: whether a SQLite file that is not there is made.

    Raises:
        InputError: it is not there.
    """
    if not create and not is_there(url):
        raise InputError(
            f"There is no review database {url}; make one with: "
            f"python -m review import FILE.json --images FOLDER --db {url}"
        )
    database = Database(url)
    try:
        database.upgrade()
        yield database
    finally:
        database.close()


def is_there(url: str) -> bool:
    """Say whether a SQLite file exists; a server is asked when it is opened."""
    if "://" not in url:
        return Path(url).expanduser().exists()
    parsed = parse_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").exists()


def actor_id(session: Session, login: str | None, role: str = "lead") -> int:
    """Return the id of who works, and make the console's own user at first.

    Raises:
        InputError: there is no such user, or their role does not allow it.
    """
    if login is None:
        return ensure_user(session, login=CONSOLE, role="admin").id
    user = find_user(session, login=login)
    if user is None:
        raise InputError(f"There is no user {login!r}; see: python -m review user list.")
    require(user, role)
    return user.id


@contextmanager
def progress_bar(what: str, unit: str = "") -> Iterator[Callable[[int, int], None]]:
    """Give a callback (done, all) that draws a bar on a terminal and nothing elsewhere."""
    with tqdm(desc=what, unit=unit or "it", disable=None, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{text}\n")


def say_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their heads, every column as wide as it must be; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[place]) for line in (list(heads), *cells)) for place in range(len(heads))]
    numeric = [all(isinstance(row[place], int | float | None) for row in rows) for place in range(len(heads))]
    for line in (list(heads), *cells):
        parts = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        say("  ".join(parts).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
