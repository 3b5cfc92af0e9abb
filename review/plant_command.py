"""``python -m review plant``: descriptions whose errors are known, to measure what reviewers miss."""

import argparse
from pathlib import Path

from emola.errors import InputError
from review.console import Commands, add_command, open_database, progress_bar, say
from review.planting import make_errors, plant_errors
from review.store.campaigns import CampaignFilter


def add_parsers(commands: Commands) -> None:
    """Add the command."""
    words = (
        "Plant known errors, which campaign create --planted mixes in: copies of descriptions with one action unit, "
        "emotion, side or intensity exchanged, or the descriptions that a list of errors names. No release has them."
    )
    parser = add_command(
        commands, "plant", run_plant, words, "python -m review plant --count 40 --split eval --task au"
    )
    parser.add_argument("--count", type=int, metavar="N", help="how many copies to make")
    parser.add_argument("--task", choices=["au", "emotion"])
    parser.add_argument("--split", choices=["train", "eval", "probe"])
    parser.add_argument("--origin-model", metavar="MODEL", help="only from texts that this model wrote")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing (default 0)")
    words = "an errors.jsonl that says which imported descriptions hold which error; may repeat"
    parser.add_argument("--errors", type=Path, action="append", metavar="FILE", help=words)


def run_plant(options: argparse.Namespace) -> int:
    """Plant errors; 1 when there are fewer than was asked for."""
    if (options.count is None) == (options.errors is None):
        raise InputError("Say how many errors to make (--count N), or which descriptions have some (--errors FILE).")
    with open_database(options.db) as database:
        if options.errors is not None:
            marked = plant_errors(database, errors=options.errors)
            say(f"{marked} descriptions are marked as planted errors.")
            return 0 if marked else 1
        wanted = CampaignFilter(options.task, options.split, origin_model=options.origin_model)
        with progress_bar("scoring", "text") as progress:
            made = make_errors(database, wanted=wanted, count=options.count, seed=options.seed, progress=progress)
    say(f"{made} planted errors are ready; mix them in with: python -m review campaign create NAME --planted 0.05")
    if made < options.count:
        say(f"No error can be put into more of these descriptions, so {options.count - made} are missing.")
        return 1
    return 0
