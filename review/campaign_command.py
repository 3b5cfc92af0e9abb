"""``python -m review campaign``: pieces of work are opened, listed, paused and closed."""

import argparse

from emola.errors import InputError
from review.console import Commands, actor_id, add_actor, add_command, open_database, say, say_table
from review.planting import pairs_words
from review.store.campaigns import (
    CampaignFilter,
    CampaignRecord,
    create_campaign,
    list_campaigns,
    set_overlap,
    set_state,
)

STATES = {"open": "open", "pause": "paused", "close": "closed"}


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    parser = commands.add_parser("campaign", help="open, list, pause and close campaigns", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_create(actions)
    add_command(actions, "list", run_list, "List the campaigns and how far they are.", "python -m review campaign list")
    for action, state in STATES.items():
        words = f"Set a campaign to {state}."
        parser = add_command(actions, action, run_set, words, f"python -m review campaign {action} Pilot")
        parser.add_argument("name", help="of the campaign")
        add_actor(parser)
    words = "Change how many people judge each description, also while people work."
    parser = add_command(actions, "overlap", run_overlap, words, "python -m review campaign overlap Pilot 2")
    parser.add_argument("name", help="of the campaign")
    parser.add_argument("people", type=int, help="how many people judge each description")
    add_actor(parser)


def _add_create(actions: Commands) -> None:
    words = "Open a campaign; the most suspicious descriptions come first, a part is drawn by chance."
    example = "python -m review campaign create Benchmark --split eval --overlap 2 --blind"
    parser = add_command(actions, "create", run_create, words, example)
    parser.add_argument("name", help="of the campaign")
    parser.add_argument("--task", choices=["au", "emotion"])
    parser.add_argument("--split", choices=["train", "eval", "probe"])
    parser.add_argument("--action-unit", type=int, metavar="N", help="only texts that claim this action unit")
    parser.add_argument("--lint", metavar="KIND", help="only texts with this kind of fault")
    parser.add_argument("--origin-model", metavar="MODEL", help="only texts that this model wrote")
    parser.add_argument("--min-suspicion", type=float, metavar="S", help="only texts at least so suspicious (0 to 1)")
    parser.add_argument("--overlap", type=int, default=1, metavar="K", help="people for each description (default 1)")
    parser.add_argument("--blind", action="store_true", help="code the face before the text is shown")
    parser.add_argument("--hints", choices=["never", "after", "before"], default="after", help="default after")
    parser.add_argument(
        "--planted", type=float, default=0.0, metavar="RATE", help="share of planted errors (see plant)"
    )
    parser.add_argument("--random", type=float, default=0.15, metavar="RATE", help="share by chance (default 0.15)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing (default 0)")
    add_actor(parser)


def run_create(options: argparse.Namespace) -> int:
    """Open a campaign."""
    wanted = CampaignFilter(
        task=options.task,
        split=options.split,
        action_unit=options.action_unit,
        lint_kind=options.lint,
        min_suspicion=options.min_suspicion,
        origin_model=options.origin_model,
    )
    with open_database(options.db) as database, database.write() as session:
        campaign = create_campaign(
            session,
            name=options.name,
            filter=wanted,
            overlap=options.overlap,
            blind=options.blind,
            hints=options.hints,
            planted_rate=options.planted,
            random_rate=options.random,
            seed=options.seed,
            actor_id=actor_id(session, options.actor),
        )
        pairs = pairs_words(session, campaign)
    say(f"Campaign {campaign.name} is open with {campaign.total} places.{pairs}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """List campaigns."""
    with open_database(options.db) as database, database.read() as session:
        found = list_campaigns(session)
    if not found:
        say("There is no campaign yet; open one with: python -m review campaign create NAME")
        return 0
    heads = ("name", "state", "overlap", "blind", "places", "submitted", "leased", "open", "skipped")
    rows = [
        (c.name, c.state, c.overlap, "yes" if c.blind else "no", c.total, c.submitted, c.leased, c.open, c.skipped)
        for c in found
    ]
    say_table(heads, rows)
    return 0


def run_set(options: argparse.Namespace) -> int:
    """Open, pause or close a campaign."""
    with open_database(options.db) as database, database.write() as session:
        campaign = find_campaign(list_campaigns(session), options.name)
        changed = set_state(
            session,
            campaign_id=campaign.id,
            state=STATES[options.action],
            actor_id=actor_id(session, options.actor),
            version=campaign.version,
        )
    say(f"Campaign {changed.name} is {changed.state}.")
    return 0


def run_overlap(options: argparse.Namespace) -> int:
    """Change the overlap."""
    with open_database(options.db) as database, database.write() as session:
        campaign = find_campaign(list_campaigns(session), options.name)
        changed = set_overlap(
            session,
            campaign_id=campaign.id,
            overlap=options.people,
            actor_id=actor_id(session, options.actor),
            version=campaign.version,
        )
    say(f"Campaign {changed.name} has {changed.total} places, {changed.overlap} for each description.")
    return 0


def find_campaign(campaigns: list[CampaignRecord], name: str) -> CampaignRecord:
    """Return the campaign called ``name``.

    Raises:
        InputError: there is none; the sentence lists those there are.
    """
    for campaign in campaigns:
        if campaign.name == name:
            return campaign
    known = ", ".join(campaign.name for campaign in campaigns) or "none yet"
    raise InputError(f"There is no campaign {name!r}; there are: {known}.")
