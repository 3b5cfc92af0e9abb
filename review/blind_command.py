"""``python -m review blind-check``: two models' texts about the same faces, judged without knowing whose they are."""

import argparse
import json
import secrets
from pathlib import Path

from review.blind_checks import LARGEST_SEED, PROBE_FACES, create_blind_check
from review.blind_offers import ask_reviewers
from review.blind_report import BlindReport, blind_report
from review.console import Commands, actor_id, add_actor, add_command, open_database, say, say_table
from review.store.blind_checks import list_checks

SEALED = (
    "The models are named once every face is judged and decided, or the check is closed: until then they are A and B."
)


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    words = "check blindly whether a new model's texts have fewer errors than the old one's"
    parser = commands.add_parser("blind-check", help=words, description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_create(actions)
    _add_ask(actions)
    words = "List the blind checks and how far they are."
    add_command(actions, "list", run_list, words, "python -m review blind-check list")
    words = "Say which kinds of errors became rarer, with 95 % intervals."
    example = "python -m review blind-check report 'Round 1'"
    parser = add_command(actions, "report", run_report, words, example)
    parser.add_argument("name", help="of the check")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print everything as JSON")
    form.add_argument("--csv", action="store_true", help="print a line for each kind of error")


def _add_create(actions: Commands) -> None:
    words = (
        "Draw faces from two finished benchmark runs over the same pictures and open a campaign that judges both texts."
    )
    example = "python -m review blind-check create --old runs/before --new runs/after --name 'Round 1'"
    parser = add_command(actions, "create", run_create, words, example)
    parser.add_argument("--old", type=Path, required=True, metavar="RUN", help="folder of the old model's run")
    parser.add_argument("--new", type=Path, required=True, metavar="RUN", help="folder of the new model's run")
    parser.add_argument("--name", required=True, help="of the check and its campaign")
    faces = f"faces to draw (default {PROBE_FACES})"
    parser.add_argument("--probe-faces", type=int, default=PROBE_FACES, metavar="N", help=faces)
    parser.add_argument("--task", choices=["au", "emotion"], help="default: both")
    parser.add_argument("--overlap", type=int, default=1, metavar="K", help="people for each face (default 1)")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, default=0, metavar="S", help="of the drawing and the order (default 0)")
    seeds.add_argument("--random", action="store_true", help="draw the seed by chance; it is kept with the check")
    add_actor(parser)


def _add_ask(actions: Commands) -> None:
    words = (
        f"Ask reviewers which of two runs is better, as the studio's button does: {PROBE_FACES} faces, their texts "
        "about action units where both have such; runs that are compared already are left alone."
    )
    example = "python -m review blind-check ask --old runs/loop/base-answers --new runs/loop/corrected-seed1-answers"
    parser = add_command(actions, "ask", run_ask, words, example)
    parser.add_argument("--old", type=Path, required=True, metavar="RUN", help="folder of the old model's run")
    parser.add_argument("--new", type=Path, required=True, metavar="RUN", help="folder of the new model's run")
    add_actor(parser)


def run_ask(options: argparse.Namespace) -> int:
    """Open a blind check with the choices of the studio's button, unless there is one."""
    with open_database(options.db, create=True) as database:
        with database.write() as session:
            actor = actor_id(session, options.actor)
        say(ask_reviewers(database, old=options.old, new=options.new, actor_id=actor))
    return 0


def run_create(options: argparse.Namespace) -> int:
    """Open a blind check."""
    with open_database(options.db, create=True) as database:
        with database.write() as session:
            actor = actor_id(session, options.actor)
        made = create_blind_check(
            database,
            old=options.old,
            new=options.new,
            name=options.name,
            actor_id=actor,
            probe_faces=options.probe_faces,
            task=options.task,
            overlap=options.overlap,
            seed=secrets.randbelow(LARGEST_SEED) if options.random else options.seed,
        )
    check = made.check
    say(f"The blind check {check.campaign.name} is open: {check.faces} faces, {check.campaign.total} texts to judge.")
    if check.faces < options.probe_faces:
        say(f"{options.probe_faces} faces were asked for; the two runs share no more that can be used.")
    for reason, count in made.passed_over.items():
        say(f"  {count} passed over: {reason}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """List blind checks."""
    with open_database(options.db) as database, database.read() as session:
        checks = list_checks(session)
    if not checks:
        say("There is no blind check yet; open one with: python -m review blind-check create --help")
        return 0
    rows = [
        (
            check.campaign.name,
            check.campaign.state,
            check.faces,
            check.campaign.total,
            check.campaign.submitted,
            "not yet" if check.sealed else f"{check.models.old_model}, {check.models.new_model}",
        )
        for check in checks
    ]
    say_table(("name", "state", "faces", "texts", "judged", "models"), rows)
    return 0


def run_report(options: argparse.Namespace) -> int:
    """Print the result of a blind check."""
    with open_database(options.db) as database:
        report = blind_report(database, name=options.name)
    if options.json:
        say(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    elif options.csv:
        say(report.to_csv().rstrip("\n"))
    else:
        _say_report(report)
    return 0


def _say_report(report: BlindReport) -> None:
    say(f"{report.faces_judged} of {report.check.faces} faces are judged.")
    say(SEALED if report.check.sealed else f"From {report.first} to {report.second}.")
    if report.different_people:
        say(f"The two texts of {report.different_people} faces were judged by different people.")
    for sentence in report.sentences():
        say(sentence)
