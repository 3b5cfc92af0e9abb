"""``python -m review release`` (``export`` makes one): immutable folders for training and the benchmark."""

import argparse
from pathlib import Path

from emola.errors import InputError
from review.campaign_command import find_campaign
from review.console import (
    Commands,
    actor_id,
    add_actor,
    add_command,
    is_there,
    open_database,
    progress_bar,
    say,
    say_table,
)
from review.database import Database
from review.releasing import (
    ReleaseQuery,
    make_release,
    preview_release,
    recover_releases,
    verify_release,
)
from review.store.campaigns import list_campaigns
from review.store.release_candidates import BASES
from review.store.releases import find_release, list_releases, withdraw_release


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    words = "Make a release: training data, preference pairs and benchmark labels from what people agreed on."
    parser = add_command(commands, "export", run_make, words, "python -m review export pilot-1 --out releases")
    _add_making(parser)
    parser = commands.add_parser("release", help="make, check, list and withdraw releases", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_making(add_command(actions, "make", run_make, words, "python -m review release make pilot-1 --out releases"))
    words = "Say what a release would hold, and what would be left out and why."
    parser = add_command(actions, "preview", run_preview, words, "python -m review release preview --task au")
    _add_query(parser)
    words = "Compare every file of a release with its manifest, and the manifest with the database."
    parser = add_command(actions, "verify", run_verify, words, "python -m review release verify releases/pilot-1")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the release's folder")
    words = "List the releases, the newest first."
    add_command(actions, "list", run_list, words, "python -m review release list")
    words = "Mark a release as not to be used any more; its files stay."
    example = 'python -m review release withdraw pilot-1 --reason "AU6 was coded by an old guideline"'
    parser = add_command(actions, "withdraw", run_withdraw, words, example)
    parser.add_argument("name")
    parser.add_argument("--reason", required=True, help="why, for those who used it")
    add_actor(parser)


def _add_making(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="of the release and its folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of all releases")
    parser.add_argument(
        "--data-root", type=Path, metavar="DIR", help="folder that paths start from (default: of the images)"
    )
    _add_query(parser)
    add_actor(parser)


def _add_query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--campaign", action="append", metavar="NAME", help="only what was reviewed in it; may repeat")
    parser.add_argument("--task", choices=["au", "emotion"], help="default both")
    parser.add_argument("--min-basis", choices=BASES, default="single", help="weakest basis taken (default single)")
    parser.add_argument("--origin-model", action="append", metavar="NAME", help="only texts of this model; may repeat")


def _query(database: Database, options: argparse.Namespace) -> ReleaseQuery:
    campaigns = None
    if options.campaign:
        with database.read() as session:
            known = list_campaigns(session)
        campaigns = tuple(find_campaign(known, name).id for name in options.campaign)
    return ReleaseQuery(
        campaign_ids=campaigns,
        min_basis=options.min_basis,
        tasks=(options.task,) if options.task else ("au", "emotion"),
        origin_models=tuple(options.origin_model) if options.origin_model else None,
    )


def run_make(options: argparse.Namespace) -> int:
    """Make a release."""
    with open_database(options.db) as database:
        for sentence in recover_releases(database):
            say(sentence)
        with database.write() as session:
            actor = actor_id(session, options.actor)
        with progress_bar("releasing", "text") as progress:
            release = make_release(
                database,
                name=options.name,
                folder=options.out,
                query=_query(database, options),
                actor_id=actor,
                data_root=options.data_root,
                progress=progress,
            )
    counts = dict(release.counts)
    left_out = counts.pop("left_out")
    _say_counts(counts, left_out)
    say(f"Release {release.name} is written to {release.folder}; its paths start from {release.data_root}.")
    return 0


def run_preview(options: argparse.Namespace) -> int:
    """Say what a release would hold."""
    with open_database(options.db) as database, progress_bar("reading", "text") as progress:
        preview = preview_release(database, query=_query(database, options), progress=progress)
    _say_counts(preview.counts, preview.left_out)
    return 0


def _say_counts(counts: dict[str, int], left_out: dict[str, dict[str, int]]) -> None:
    say_table(("file", "rows"), list(counts.items()))
    for form, reasons in left_out.items():
        for reason, count in reasons.items():
            say(f"left out of {form}: {count} x {reason}")


def run_verify(options: argparse.Namespace) -> int:
    """Check a release; 1 when it is not as it was made."""
    if is_there(options.db):
        with open_database(options.db) as database:
            check = verify_release(options.folder, database)
    else:
        check = verify_release(options.folder)
        say(f"There is no database {options.db}, so only the files were compared with their manifest.")
    for problem in check.problems:
        say(problem)
    if check.problems:
        return 1
    say(f"Release {check.name} is sound: {check.files} files, {check.rows} rows.")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """List the releases."""
    with open_database(options.db) as database, database.read() as session:
        found = list_releases(session)
    if not found:
        say("There is no release yet; make one with: python -m review release make NAME --out FOLDER")
        return 0
    rows = [
        (
            release.name,
            release.at.date().isoformat(),
            release.by_login,
            release.state,
            sum(count for path, count in release.counts.items() if path != "left_out"),
            release.folder,
        )
        for release in found
    ]
    say_table(("name", "date", "by", "state", "rows", "folder"), rows)
    return 0


def run_withdraw(options: argparse.Namespace) -> int:
    """Withdraw a release."""
    with open_database(options.db) as database, database.write() as session:
        release = find_release(session, name=options.name)
        if release is None:
            raise InputError(f"There is no release {options.name!r}; see: python -m review release list.")
        actor = actor_id(session, options.actor)
        withdraw_release(session, release_id=release.id, actor_id=actor, reason=options.reason)
    say(f"Release {options.name} is withdrawn; its files stay where they are.")
    return 0
