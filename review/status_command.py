"""``python -m review status`` and ``agreement``: where the work stands and how well people agree."""

import argparse
import json
from dataclasses import asdict

from review.agreement import REPEATS, Estimate
from review.agreement_people import Likeness
from review.agreement_report import AgreementReport
from review.campaign_command import find_campaign
from review.console import Commands, add_command, at_least_one, is_there, open_database, progress_bar, say, say_table
from review.store.agreement import agreement_report
from review.store.campaigns import list_campaigns
from review.store.dashboard import dashboard
from review.store.needs import count_contents

NEXT = """There is no review database {url} yet. To begin:
  python -m review import FILE.json --images FOLDER   descriptions to review
  python -m review user add LOGIN --role admin        who may log in
  python app.py                                       the pages, with a sample project to try"""


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    words = "Say what is in the database, how far the work is, and what to do next."
    add_command(commands, "status", run_status, words, "python -m review status")
    words = "Measure how well people agree, with 95 % bootstrap intervals, and which action units pass the gates."
    parser = add_command(commands, "agreement", run_agreement, words, "python -m review agreement --campaign Benchmark")
    parser.add_argument("--campaign", metavar="NAME", help="only this campaign")
    parser.add_argument(
        "--repeats", type=at_least_one, default=REPEATS, metavar="N", help=f"samples (default {REPEATS})"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run_status(options: argparse.Namespace) -> int:
    """Print the state of the work."""
    if not is_there(options.db):
        say(NEXT.format(url=options.db))
        return 0
    with open_database(options.db) as database, database.read() as session:
        contents = count_contents(session)
        campaigns = list_campaigns(session)
        found = dashboard(session)
    say_table(("in the database", "count"), list(contents.items()))
    if campaigns:
        say("")
        rows = [(c.name, c.state, c.total, c.submitted, c.leased, c.open, c.skipped) for c in campaigns]
        say_table(("campaign", "state", "places", "submitted", "leased", "open", "skipped"), rows)
    if found.overall.value is not None:
        say("")
        rate = found.overall
        say(f"Wrong claims in the random stratum: {rate.k} of {rate.n} ({rate.low:.0%} to {rate.high:.0%}).")
    say("")
    say("Next:")
    for need in found.needs or ("Nothing; everything is reviewed and released.",):
        say(f"  {need}")
    return 0


def run_agreement(options: argparse.Namespace) -> int:
    """Print the agreement."""
    with open_database(options.db) as database, database.read() as session, progress_bar("measuring", "%") as bar:
        campaign = find_campaign(list_campaigns(session), options.campaign).id if options.campaign else None
        report = agreement_report(
            session,
            campaign_id=campaign,
            repeats=options.repeats,
            progress=lambda share, _what: bar(round(100 * share), 100),
        )
    if options.json:
        say(json.dumps(asdict(report), indent=1))
    elif not report.descriptions:
        say("No description was judged by two people yet; make a campaign with --overlap 2.")
    else:
        _say_report(report)
    return 0


def _say_report(report: AgreementReport) -> None:
    say(f"{report.descriptions} descriptions judged by at least two of {report.people} people ({report.phase} coding).")
    say("")
    rows = [
        ("verdicts on claims", report.verdicts),
        ("action units present", report.presence),
        ("emotion", report.emotion),
    ]
    heads = ("", "n", "observed", "alpha (95 %)", "kappa", "AC1", "positive")
    lines = [
        (
            name,
            found.observed.n,
            found.observed.value,
            _interval(found.alpha),
            found.kappa.value,
            found.ac1.value,
            found.positive.value if found.positive else None,
        )
        for name, found in rows
    ]
    say_table(heads, lines)
    say(f"intensity: ordinal alpha {_interval(report.intensity)}; FACS index of a picture {_interval(report.facs)}")
    say("")
    units = [
        (
            f"AU{unit.action_unit}",
            unit.presence.observed.n,
            unit.prevalence,
            _interval(unit.presence.alpha),
            _interval(unit.presence.ac1),
            _interval(unit.presence.positive) if unit.presence.positive else None,
            _interval(unit.weighted_kappa),
            unit.reason,
        )
        for unit in report.units
    ]
    say_table(("unit", "n", "prevalence", "alpha (95 %)", "AC1", "index", "intensity kappa", "gate"), units)
    say("")
    people: list[tuple[object, ...]] = []
    if len(report.each_person) > 2:  # with two, it is the pair twice over
        people = [(one.person, f"{one.others} other(s)", *_likeness(one.likeness)) for one in report.each_person]
    people += [(pair.first, pair.second, *_likeness(pair.likeness)) for pair in report.pairs]
    say_table(("person", "with", "shared", "verdict kappa", "presence kappa", "FACS index"), people)
    if report.spans.descriptions:
        say("")
        spans = report.spans
        say(
            f"free spans on {spans.descriptions} descriptions: F1 exact {_interval(spans.exact)}, "
            f"partial {_interval(spans.partial)}; alpha over characters {_interval(spans.alpha)}"
        )


def _likeness(found: Likeness) -> tuple[object, ...]:
    return found.descriptions, *map(_interval, (found.verdict_kappa, found.presence_kappa, found.facs))


def _interval(found: Estimate) -> str:
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
