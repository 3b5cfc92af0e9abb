"""``python -m review lint``, ``duplicates``, ``evidence`` and ``suspicion``: what machines say before people look."""

import argparse
from pathlib import Path

from review.console import Commands, add_command, at_least_one, open_database, progress_bar, say, say_table
from review.duplicates import find_duplicates
from review.evidence import compute_evidence
from review.parsing import parse_descriptions
from review.ranking import rank_descriptions
from review.store.parsed import lint_counts

SHOWN = 20
"""Unreadable pictures that are named."""


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    parser = add_command(
        commands,
        "lint",
        run_lint,
        "Split descriptions into claims and find the faults that need no picture; only what is new or outdated.",
        "python -m review lint --workers 4",
    )
    parser.add_argument("--workers", type=at_least_one, default=1, metavar="N", help="processes (default 1)")
    add_command(
        commands,
        "duplicates",
        run_duplicates,
        "Group near-duplicate pictures by their perceptual hash, so that none that is evaluated is trained on.",
        "python -m review duplicates",
    )
    parser = add_command(
        commands,
        "evidence",
        run_evidence,
        "Measure the faces and judge every claim about an action unit by their geometry.",
        "python -m review evidence --workers 2",
    )
    parser.add_argument(
        "--workers", type=at_least_one, default=1, metavar="N", help="processes that measure (default 1)"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("runs/faces"),
        metavar="DIR",
        help="where measured faces are kept, so that a stopped run goes on (default runs/faces)",
    )
    add_command(
        commands,
        "suspicion",
        run_suspicion,
        "Score how likely each description is wrong, from everything machines say; the score orders the queue.",
        "python -m review suspicion",
    )


def run_lint(options: argparse.Namespace) -> int:
    """Split and lint."""
    with open_database(options.db) as database, progress_bar("splitting", "text") as progress:
        done = parse_descriptions(database, workers=options.workers, progress=progress)
        with database.read() as session:
            counts = lint_counts(session)
    say(f"{done} descriptions were split into claims and checked.")
    if counts:
        say_table(("fault", "found"), list(counts.items()))
    return 0


def run_duplicates(options: argparse.Namespace) -> int:
    """Hash and group."""
    with open_database(options.db) as database, progress_bar("hashing", "picture") as progress:
        report = find_duplicates(database, progress=progress)
    unread = len(report.unreadable)
    say(f"{report.hashed} pictures hashed, {unread} could not be read; {report.grouped} pictures lie in")
    say(f"{report.groups} groups of near-duplicates.")
    for path in report.unreadable[:SHOWN]:
        say(f"  {path} could not be read, so it is compared with no other picture.")
    if unread > SHOWN:
        say(f"  and {unread - SHOWN} more")
    return 0


def run_evidence(options: argparse.Namespace) -> int:
    """Measure and judge."""
    with open_database(options.db) as database, progress_bar("judging", "face") as progress:
        report = compute_evidence(database, cache=options.cache, workers=options.workers, progress=progress)
    say(f"{report.measured} pictures measured; {report.faces} faces found, {report.judged} claims judged by geometry.")
    return 0


def run_suspicion(options: argparse.Namespace) -> int:
    """Score."""
    with open_database(options.db) as database, progress_bar("scoring", "text") as progress:
        done = rank_descriptions(database, progress=progress)
    say(f"{done} descriptions have a suspicion now.")
    return 0
