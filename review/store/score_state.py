"""The scores as a whole: who may change them, whether they are complete, and beginning from scratch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from review.schema import ScoredAnswer, ScoredItem, ScoredRun, ScoreTotal, Setting
from review.store.scored_rows import Answer, Item, replace_items, stored_items

SCORE_LOCK: Final = 5240405054
"""Key of the PostgreSQL advisory lock that lets one transaction at a time change the sums."""
MISSING: Final = "missing"
"""Answers were stored before there were scores; changes are not scored until all of them are."""
BUILDING: Final = "building"
"""All are worked out from scratch, or were until something stopped it."""
_STATE: Final = "scores"


def scores_state(session: Session) -> str | None:
    """Return what is to be known of the scores as a whole: MISSING, BUILDING, or None where they are complete."""
    return session.scalar(select(Setting.value).where(Setting.key == _STATE))


def finish_scores(session: Session) -> None:
    """Note that every score is there."""
    session.execute(delete(Setting).where(Setting.key == _STATE))


def clear_scores(session: Session) -> None:
    """Delete every score, to work them out from scratch; the list of changes stays."""
    lock_scores(session)
    finish_scores(session)
    session.execute(insert(Setting), {"key": _STATE, "value": BUILDING})
    for table in (ScoreTotal, ScoredAnswer, ScoredItem, ScoredRun):
        session.execute(delete(table))


def lock_scores(session: Session) -> None:
    """Wait until no other transaction changes scores; on SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SCORE_LOCK})


def take_rouge(session: Session) -> dict[tuple[int, int], tuple[Answer, str | None]]:
    """Return every answer that has a ROUGE-L by item and prediction, with the new reference it was measured against."""
    columns = (ScoredAnswer.prediction_id, ScoredAnswer.said, ScoredAnswer.rouge_old, ScoredAnswer.rouge_new)
    query = select(ScoredItem.description_id, ScoredItem.new_reference, *columns).join(ScoredAnswer)
    rows = session.execute(query.where(ScoredAnswer.rouge_old.is_not(None)))
    return {(row[0], row[2]): (Answer(*row[2:]), row[1]) for row in rows}


def restore_rouge(
    session: Session, *, ids: Sequence[int], kept: Mapping[tuple[int, int], tuple[Answer, str | None]]
) -> None:
    """Put the ROUGE-L of :func:`take_rouge` back where nothing changed; at most 500 descriptions."""
    if not kept:
        return
    before = stored_items(session, ids)
    after = {number: replace(item, answers=_restored(number, item, kept)) for number, item in before.items()}
    replace_items(session, before, after)


def _restored(number: int, item: Item, kept: Mapping[tuple[int, int], tuple[Answer, str | None]]) -> dict[int, Answer]:
    found = {}
    for run, answer in item.answers.items():
        was, reference = kept.get((number, answer.prediction_id), (answer, None))
        same = was.rouge_new if reference == item.new_reference else None
        found[run] = replace(answer, rouge_old=was.rouge_old, rouge_new=same)
    return found
