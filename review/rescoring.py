"""What corrections did to the scores of benchmark runs, whether more review matters, and scoring from scratch."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from review.database import Database
from review.rank_stability import Ranking, rank_runs
from review.stop_rule import StopAdvice, advise
from review.store.release_candidates import freeze
from review.store.rescoring import rescore_items
from review.store.residual import UnitResidual, unit_residuals
from review.store.score_state import (
    MISSING,
    clear_scores,
    finish_scores,
    lock_scores,
    restore_rouge,
    scores_state,
    take_rouge,
)
from review.store.scored_rows import in_parts
from review.store.scores import (
    Coverage,
    LastChange,
    RunSums,
    answer_table,
    answered_descriptions,
    coverage,
    items_without_rouge,
    last_change,
    newest_change,
    run_sums,
)

TASKS: Final = ("emotion", "au")
AT_ONCE: Final = 20
"""Items whose ROUGE-L is completed in one transaction, so that reviewers never wait long for it."""
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class ScoreReport:
    """Scores of every run, their order, and what is left to review.

    Attributes:
        runs: the sums of each run and task.
        rankings: the order of the runs by task, for tasks with two runs or more.
        advice: whether more review would change it, likewise.
        change: what the latest change of gold did.
        residuals: wrong claims still expected by action unit.
        coverage: how much is scored.
        is_complete: whether every answer was scored once; not so while that goes on, or where something stopped it.
    """

    runs: tuple[RunSums, ...]
    rankings: dict[str, Ranking]
    advice: dict[str, StopAdvice]
    change: LastChange | None
    residuals: tuple[UnitResidual, ...]
    coverage: Coverage
    is_complete: bool


class ScoreBoard:
    """The report of one database; the order and its simulations are kept until a score changes.

    Args:
        database: upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock, self._filling = threading.Lock(), threading.Lock()
        self._seen: tuple[Sequence[RunSums], int] | None = None
        self._kept: tuple[dict[str, Ranking], dict[str, StopAdvice]] = ({}, {})

    def report(self) -> ScoreReport:
        """Return the scores as they are now."""
        with self._database.read() as session:
            freeze(session)
            runs = run_sums(session)
            change = newest_change(session)
            with self._lock:
                if self._seen != (runs, change):
                    tables = [answer_table(session, task=task) for task in TASKS if any(r.task == task for r in runs)]
                    rankings = {table.task: found for table in tables if (found := rank_runs(table)) is not None}
                    advice = {table.task: said for table in tables if (said := advise(table)) is not None}
                    self._seen, self._kept = (runs, change), (rankings, advice)
                rankings, advice = self._kept
            residuals = tuple(unit_residuals(session))
            return ScoreReport(
                tuple(runs),
                rankings,
                advice,
                last_change(session),
                residuals,
                coverage(session),
                scores_state(session) is None,
            )

    def complete(self, *, seconds: float = 1.0) -> None:
        """Compute what is missing in the background: all scores of an older database, and ROUGE-L.

        Args:
            seconds: how long to wait for it.
        """
        if not self._filling.acquire(blocking=False):
            return
        thread = threading.Thread(target=self._fill, daemon=True)
        thread.start()
        thread.join(seconds)

    def _fill(self) -> None:
        try:
            with self._database.read() as session:
                is_missing = scores_state(session) == MISSING
            if is_missing:
                rescore_all(self._database)
            complete_rouge(self._database)
        finally:
            self._filling.release()


def complete_rouge(database: Database, *, progress: Progress | None = None) -> None:
    """Compute the ROUGE-L of every answer that lacks it; without a function for it nothing is done."""
    total = 0
    while database.rouge is not None:
        with database.read() as session:
            missing = coverage(session).without_rouge
            ids = items_without_rouge(session, limit=AT_ONCE)
        total = max(total, missing)
        if progress is not None:
            progress(total - missing, total)
        if not ids:
            return
        with database.write() as session:
            rescore_items(session, ids=ids)


def rescore_all(database: Database, *, progress: Progress | None = None) -> None:
    """Work out every score from scratch; people may go on reviewing meanwhile.

    ROUGE-L that cannot be computed here, for want of a function, is taken over where answer and reference are the same.
    """
    with database.write() as session:
        lock_scores(session)
        kept = {} if database.rouge else take_rouge(session)
        clear_scores(session)
    with database.read() as session:
        ids = answered_descriptions(session)
    done = 0
    for part in in_parts(ids):
        with database.write() as session:
            rescore_items(session, ids=part)
            restore_rouge(session, ids=part, kept=kept)
        done += len(part)
        if progress is not None:
            progress(done, len(ids))
    with database.write() as session:
        finish_scores(session)
