"""The offer beside two models' answers: let people say which is better, with choices that need no thought.

Sixty faces drawn by chance, their texts about action units where both runs have such (about emotions elsewhere), one
person a face, a name that tells nothing. Two runs are compared once; whoever wants another check makes it on the
Campaigns page, where everything can be chosen.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from review.blind_checks import LARGEST_SEED, create_blind_check
from review.blind_report import blind_report
from review.database import Database
from review.errors import NotAllowed
from review.predictions import TASKS, run_of
from review.store.blind_checks import find_check_of
from review.store.campaigns import list_campaigns
from review.store.people import UserRecord, require

ASK: Final = ("blind-check", "ask")
"""The command that does the same: ``python -m review blind-check ask``."""


def ask_reviewers(database: Database, *, old: Path, new: Path, actor_id: int) -> str:
    """Open a blind check of two finished benchmark runs, unless they have one; return how it stands.

    Args:
        database: upgraded.
        old: folder of the old model's run.
        new: folder of the new model's run, on the same data.
        actor_id: who asks.

    Raises:
        InputError: a folder is no finished run, or the runs share no face that can be used.
    """
    said = check_state(database, old=old, new=new)
    if said is not None:
        return said
    made = create_blind_check(
        database,
        old=old,
        new=new,
        name=_free_name(database),
        actor_id=actor_id,
        task=next((task for task in TASKS if all(_answers(run, task) for run in (old, new))), None),
        seed=secrets.randbelow(LARGEST_SEED),
    )
    over = "".join(f" {count:,} faces were passed over: {why}." for why, count in made.passed_over.items())
    return f"{check_state(database, old=old, new=new)}{over}"


def check_state(database: Database, *, old: Path, new: Path) -> str | None:
    """Return how the blind check of two runs stands, None where they have none.

    Raises:
        InputError: a folder is no benchmark run.
    """
    with database.read() as session:
        check = find_check_of(session, old_run=run_of(old).name, new_run=run_of(new).name)
    if check is None:
        return None
    name, faces = check.campaign.name, f"{check.faces:,}"
    if check.sealed:
        judged = blind_report(database, name=name).faces_judged
        return (
            f"“{name}” asks reviewers about {faces} faces, in their queue; {judged:,} are judged. Nobody is told which "
            "text is whose until all are; whoever judges should not read the answers here before."
        )
    return f"“{name}” is over: which model makes fewer errors of which kind is on the Campaigns page."


class BlindOffers:
    """The offer on a page, for leads.

    Args:
        database: upgraded.
        who: says who asks.
    """

    def __init__(self, database: Database, who: Any) -> None:
        self._database, self._who = database, who

    def may_ask(self, request: Any) -> bool:
        """Say whether a visitor may open blind checks and see that one is open."""
        try:
            self._lead(request)
        except NotAllowed:
            return False
        return True

    def ask(self, old: Path, new: Path, request: Any) -> str:
        """Open the check as :func:`ask_reviewers` does.

        Raises:
            NotAllowed: the visitor is no lead.
            InputError: the runs cannot be compared.
        """
        return ask_reviewers(self._database, old=old, new=new, actor_id=self._lead(request).id)

    def state(self, old: Path, new: Path) -> str | None:
        """Return how the check of two runs stands, None where they have none."""
        return check_state(self._database, old=old, new=new)

    def command(self, old: str, new: str, request: Any) -> tuple[str, ...]:
        """Return the arguments of ``python -m review`` that ask for a visitor, on the database of ``EMOLA_DB``.

        Raises:
            NotAllowed: the visitor is no lead.
        """
        return (*ASK, "--old", old, "--new", new, "--as", self._lead(request).login)

    def _lead(self, request: Any) -> UserRecord:
        user: UserRecord = self._who(request)
        require(user, "lead")
        return user


def _answers(run: Path, task: str) -> bool:
    return (run / f"predictions_{task}.jsonl").is_file()


def _free_name(database: Database) -> str:
    """Return a name by the day that no campaign has."""
    with database.read() as session:
        taken = {campaign.name for campaign in list_campaigns(session)}
    day = f"Blind check {datetime.now(UTC):%Y-%m-%d}"
    numbers = range(2, len(taken) + 3)
    return next(name for name in (day, *(f"{day} ({number})" for number in numbers)) if name not in taken)
