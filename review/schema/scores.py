"""What the answers of benchmark runs score against the labels and references as they were and as they are now.

All of it follows from predictions, descriptions and gold, and can be worked out again at any time; only the list of
what each change did is kept beside.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from review.schema.base import Table


class ScoredRun(Table):
    """A benchmark run whose answers are scored."""

    __tablename__ = "scored_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(unique=True)
    model: Mapped[str]


class ScoredItem(Table):
    """A published description that answers are scored against; the new fields are null until it has a usable gold.

    Labels are numbers, see :mod:`review.scores`. ``new_open`` are the action units that the new label leaves open, in
    the same form: people differ on them, or nobody judged them, so that no answer is scored on them.
    """

    __tablename__ = "scored_item"
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"), primary_key=True)
    task: Mapped[str]
    reviewed: Mapped[bool]
    old_label: Mapped[int | None] = mapped_column(BigInteger)
    new_label: Mapped[int | None] = mapped_column(BigInteger)
    new_open: Mapped[int | None] = mapped_column(BigInteger)
    new_reference: Mapped[str | None]


class ScoredAnswer(Table):
    """One answer against one item: what it says, read once, and its ROUGE-L in steps of 1e-9 (null: not computed)."""

    __tablename__ = "scored_answer"
    description_id: Mapped[int] = mapped_column(ForeignKey("scored_item.description_id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("scored_run.id"), primary_key=True)
    prediction_id: Mapped[int] = mapped_column(ForeignKey("prediction.id"), index=True)
    said: Mapped[int | None] = mapped_column(BigInteger)
    rouge_old: Mapped[int | None] = mapped_column(BigInteger)
    rouge_new: Mapped[int | None] = mapped_column(BigInteger)


class ScoreTotal(Table):
    """Sums over the items of a run and task: every one with its old label, and the reviewed ones with old and new."""

    __tablename__ = "score_total"
    run_id: Mapped[int] = mapped_column(ForeignKey("scored_run.id"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    basis: Mapped[str] = mapped_column(primary_key=True)
    answers: Mapped[int]
    labelled: Mapped[int]
    hits: Mapped[int]
    units: Mapped[dict[str, Any]]
    rouge_n: Mapped[int]
    rouge_sum: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("basis in ('all', 'reviewed_old', 'reviewed_new')", name="basis"),)


class ScoreChange(Table):
    """What one change of gold did to the scores of every run; the latest ones are kept."""

    __tablename__ = "score_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    description_id: Mapped[int] = mapped_column(ForeignKey("description.id"))
    payload: Mapped[dict[str, Any]]
