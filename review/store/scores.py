"""Scores of the stored answers, for the dashboard and the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from review.rank_stability import NONE, AnswerTable
from review.schema import Description, Prediction, ScoreChange, ScoredAnswer, ScoredItem, ScoredRun
from review.scores import ROUGE_UNIT, Sums
from review.store.residual import drawn_by_chance
from review.store.scored_rows import read_totals, sums_of


@dataclass(frozen=True)
class RunSums:
    """The sums of one run on one task."""

    run_id: int
    run: str
    model: str
    task: str
    sums: Sums


@dataclass(frozen=True)
class RunChange:
    """S_re and S_ge of one run before and after a change, on all its items with the labels of that moment."""

    run_id: int
    s_re: tuple[float | None, float | None]
    s_ge: tuple[float | None, float | None]


@dataclass(frozen=True)
class LastChange:
    """What the latest change of gold did.

    Attributes:
        at: when (UTC).
        description_id: whose gold changed.
        task: of it.
        before: its label before as a number, see :mod:`review.scores`; None where it could not be read.
        after: its label now.
        runs: every run that answered.
    """

    at: datetime
    description_id: int
    task: str
    before: int | None
    after: int | None
    runs: tuple[RunChange, ...]


@dataclass(frozen=True)
class Coverage:
    """How much is scored: stored answers, those scored, and those that lack a ROUGE-L."""

    predictions: int
    scored: int
    without_rouge: int


def run_sums(session: Session) -> list[RunSums]:
    """Return the sums of every run and task, by run."""
    totals = read_totals(session)
    rows = session.execute(select(ScoredRun.id, ScoredRun.run, ScoredRun.model).order_by(ScoredRun.id)).all()
    keys = {(run, task) for run, task, _ in totals}
    return [
        RunSums(*row, task, sums_of(totals, row.id, task))
        for task in ("emotion", "au")
        for row in rows
        if (row.id, task) in keys
    ]


def answer_table(session: Session, *, task: str) -> AnswerTable:
    """Return every scored answer of a task."""
    items = _columns(session, _items(session, task), 6)
    answers = _columns(session, _answers(task), 5)
    runs, cols = np.unique(np.array(answers[1], dtype=np.int64), return_inverse=True)
    rows = np.searchsorted(np.array(items[0], dtype=np.int64), np.array(answers[0], dtype=np.int64))
    shape = (len(items[0]), len(runs))
    said, answered = np.full(shape, NONE, dtype=np.int64), np.zeros(shape, dtype=bool)
    said[rows, cols], answered[rows, cols] = _codes(answers[2]), True
    rouge_old, rouge_new = np.full(shape, np.nan), np.full(shape, np.nan)
    rouge_old[rows, cols], rouge_new[rows, cols] = (np.array(part, dtype=float) / ROUGE_UNIT for part in answers[3:])
    reviewed, old = np.array(items[1], dtype=bool), _codes(items[2])
    return AnswerTable(
        task,
        runs,
        said,
        answered,
        old,
        np.where(reviewed, _codes(items[3]), old),
        reviewed,
        np.array(items[5], dtype=bool) & reviewed,
        rouge_old,
        np.where(reviewed[:, None], rouge_new, rouge_old),
        np.array(items[4], dtype=np.int64),
    )


def last_change(session: Session) -> LastChange | None:
    """Return the latest change of gold that changed a label or a score, None where none was."""
    row = session.scalar(select(ScoreChange).order_by(ScoreChange.id.desc()).limit(1))
    if row is None:
        return None
    runs = tuple(RunChange(one["run"], tuple(one["s_re"]), tuple(one["s_ge"])) for one in row.payload["runs"])
    return LastChange(
        row.at, row.description_id, row.payload["task"], row.payload["before"], row.payload["after"], runs
    )


def coverage(session: Session) -> Coverage:
    """Return how much is scored."""
    return Coverage(
        session.scalar(select(func.count(Prediction.id))) or 0,
        session.scalar(select(func.count()).select_from(ScoredAnswer)) or 0,
        session.scalar(select(func.count()).select_from(ScoredAnswer).join(ScoredItem).where(_lacks_rouge())) or 0,
    )


def items_without_rouge(session: Session, *, limit: int) -> list[int]:
    """Return some descriptions with an answer whose ROUGE-L is not computed."""
    query = select(ScoredItem.description_id).join(ScoredAnswer).where(_lacks_rouge()).distinct()
    return list(session.scalars(query.order_by(ScoredItem.description_id).limit(limit)))


def answered_descriptions(session: Session) -> list[int]:
    """Return the descriptions of a picture and task that some run answered, by id."""
    answered = exists().where(Prediction.image_id == Description.image_id, Prediction.task == Description.task)
    return list(session.scalars(select(Description.id).where(answered).order_by(Description.id)))


def newest_change(session: Session) -> int:
    """Return the id of the latest change noted, 0 without one."""
    return session.scalar(select(func.max(ScoreChange.id))) or 0


def _lacks_rouge() -> Any:
    return or_(ScoredAnswer.rouge_old.is_(None), and_(ScoredItem.reviewed.is_(True), ScoredAnswer.rouge_new.is_(None)))


def _items(session: Session, task: str) -> Any:
    ours = exists().where(ScoredItem.description_id == Description.id, ScoredItem.task == task)
    return (
        select(
            ScoredItem.description_id,
            ScoredItem.reviewed,
            ScoredItem.old_label,
            ScoredItem.new_label,
            func.coalesce(ScoredItem.new_open, 0),
            drawn_by_chance(session, among=ours).label("sampled"),
        )
        .join(Description, Description.id == ScoredItem.description_id)
        .where(ScoredItem.task == task)
        .order_by(ScoredItem.description_id)
    )


def _answers(task: str) -> Any:
    columns = (
        ScoredAnswer.description_id,
        ScoredAnswer.run_id,
        ScoredAnswer.said,
        ScoredAnswer.rouge_old,
        ScoredAnswer.rouge_new,
    )
    return select(*columns).join(ScoredItem).where(ScoredItem.task == task)


def _columns(session: Session, query: Any, count: int) -> list[Sequence[Any]]:
    """Return what a query selects column by column."""
    return list(zip(*session.execute(query).all(), strict=True)) or [()] * count


def _codes(values: Sequence[int | None]) -> Any:
    return np.array([NONE if value is None else value for value in values], dtype=np.int64)
