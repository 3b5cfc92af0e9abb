"""``python -m review backup``, ``restore``, ``migrate-db`` and ``verify``: nothing that was reviewed is lost."""

import argparse
from pathlib import Path

from tqdm import tqdm

from emola.errors import EmolaError, InputError
from review.backup import make_backup, restore_backup
from review.console import Commands, add_command, open_database, progress_bar, say, say_table
from review.database import Database, parse_url
from review.migrating import migrate
from review.nightly import Keep, back_up_into
from review.releasing import verify_release
from review.store.events import verify_events
from review.store.releases import list_releases
from review.store.revisions import verify_revisions


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    words = "Copy the SQLite database while people work, and check the copy."
    parser = add_command(commands, "backup", run_backup, words, "python -m review backup backups/review-monday.db")
    place = parser.add_mutually_exclusive_group(required=True)
    words = "backup to write; its check sums go into FILE.json"
    place.add_argument("target", type=Path, metavar="FILE", nargs="?", help=words)
    words = "for every night (cron): name the backup after the moment, try a restore, and remove what --keep lets go"
    place.add_argument("--into", type=Path, metavar="DIR", help=words)
    words = "last copy of how many days, weeks and months stays in DIR (default 7/4/12)"
    parser.add_argument("--keep", metavar="D/W/M", help=words)
    words = "Make a database from a backup; a damaged one is refused."
    example = "python -m review restore backups/review-monday.db --db review.db"
    parser = add_command(commands, "restore", run_restore, words, example)
    parser.add_argument("source", type=Path, metavar="BACKUP", help="a file that `backup` wrote")
    words = "Copy everything to another, empty database, and prove by counts and hashes that it is all there."
    example = "python -m review migrate-db postgresql://review@localhost/review --db review.db"
    parser = add_command(commands, "migrate-db", run_migrate, words, example)
    parser.add_argument("target", metavar="URL", help="the empty database, usually on PostgreSQL")
    words = "Check the chain of events, and the files of every release that is on this machine."
    add_command(commands, "verify", run_verify, words, "python -m review verify")


def run_backup(options: argparse.Namespace) -> int:
    """Back up into a file, or into a folder where older backups are thinned."""
    if options.keep is not None and options.into is None:
        raise InputError("--keep thins the backups of a folder; name it with --into DIR.")
    keep = Keep.read(options.keep) if options.keep is not None else None
    if options.into is not None:
        return _back_up_tonight(options, keep)
    with open_database(options.db) as database, progress_bar("copying", "page") as progress:
        report = make_backup(database, options.target, progress=progress)
    say(f"{options.target} holds {report.bytes:,} bytes and {report.events:,} events; it was checked.")
    return 0


def _back_up_tonight(options: argparse.Namespace, keep: Keep | None) -> int:
    with open_database(options.db) as database, progress_bar("copying", "page") as progress:
        night = back_up_into(database, options.into, keep, progress=progress)
    say(f"{night.path} holds {night.report.bytes:,} bytes and {night.report.events:,} events; a restore of it worked.")
    if night.removed:
        say(f"Removed as too old: {', '.join(night.removed)}.")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Restore."""
    target = parse_url(options.db)
    if target.get_backend_name() != "sqlite":
        raise InputError("A backup is a SQLite file: restore it with --db FILE, then move it with `migrate-db URL`.")
    with progress_bar("copying", "page") as progress:
        report = restore_backup(options.source, Path(str(target.database)), progress=progress)
    say(f"{options.db} is as it was on {report.created}, with {report.events:,} events.")
    return 0


def run_migrate(options: argparse.Namespace) -> int:
    """Migrate."""
    target = Database(options.target)
    try:
        with open_database(options.db) as source, tqdm(unit="row", disable=None, leave=False) as bar:

            def show(table: str, done: int, total: int) -> None:
                bar.set_description(table, refresh=False)
                bar.total, bar.n = total, done
                bar.refresh()

            report = migrate(source, target, progress=show)
    finally:
        target.close()
    say_table(("table", "rows", "sha256"), [(table.name, table.rows, table.sha256[:16]) for table in report.tables])
    say(f"{report.rows:,} rows and {report.events:,} events are in {target.url}, equal to those in {options.db}.")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Check the event log and the releases; 1 when something does not hold."""
    problems = []
    with open_database(options.db) as database:
        with database.read() as session:
            found, revisions = verify_events(session), verify_revisions(session)
            releases = [release for release in list_releases(session) if release.state == "complete"]
        if found.first_bad is not None:
            problems.append(f"Event {found.first_bad} was changed or is missing; the log does not hold from there on.")
        if revisions.first_bad is not None:
            problems.append(f"A saved version of review {revisions.first_bad} is not the one that the log has.")
        for release in releases:
            folder = Path(release.folder)
            if not folder.is_dir():
                say(f"The release {release.name} is not on this machine ({folder}).")
                continue
            try:
                problems += [f"{release.name}: {problem}" for problem in verify_release(folder, database).problems]
            except EmolaError as error:
                problems.append(f"{release.name}: {error}")
    for problem in problems:
        say(problem)
    if not problems:
        say(f"{found.count:,} events hold together, with {revisions.count:,} saved versions and the releases here.")
    return 1 if problems else 0
