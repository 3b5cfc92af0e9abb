"""Scored items and answers as they are stored, and the sums that follow from them, written by difference.

What calls this holds the lock of :mod:`review.store.rescoring`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from review.schema import ScoredAnswer, ScoredItem, ScoredRun, ScoreTotal
from review.scores import Sums, Tally, tally

CHUNK: Final = 500
ITEM_FIELDS: Final = ("task", "reviewed", "old_label", "new_label", "new_open", "new_reference")
BASES: Final = ("all", "reviewed_old", "reviewed_new")
"""Every item with its old label and reference; the reviewed ones with their old, and with their new ones."""
_ITEMS: Final = cast(Table, ScoredItem.__table__)
_ANSWERS: Final = cast(Table, ScoredAnswer.__table__)
_TOTALS: Final = cast(Table, ScoreTotal.__table__)
TotalKey = tuple[int, str, str]
"""Run, task and basis."""


@dataclass(frozen=True)
class Answer:
    """One answer against one item, see :class:`review.schema.ScoredAnswer`."""

    prediction_id: int
    said: int | None
    rouge_old: int | None
    rouge_new: int | None


@dataclass(frozen=True)
class Item:
    """One item with the answers about it by run, see :class:`review.schema.ScoredItem`."""

    task: str
    reviewed: bool
    old_label: int | None
    new_label: int | None
    new_open: int | None
    new_reference: str | None
    answers: Mapping[int, Answer] = field(default_factory=dict)

    @property
    def label(self) -> int | None:
        """The label as it is now."""
        return self.new_label if self.reviewed else self.old_label

    def scored(self, said: int | None) -> int | None:
        """Return what counts of an answer beside the new label."""
        return said if said is None or self.new_open is None else said & ~self.new_open

    def fields(self) -> dict[str, Any]:
        """Return what its row holds beside the id."""
        return {name: getattr(self, name) for name in ITEM_FIELDS}


def stored_items(session: Session, ids: Sequence[int]) -> dict[int, Item]:
    """Return those of at most 500 descriptions that are items."""
    answers: dict[int, dict[int, Answer]] = defaultdict(dict)
    columns: tuple[Any, ...] = (ScoredAnswer.description_id, ScoredAnswer.run_id, *_answer_columns())
    for row in session.execute(select(*columns).where(ScoredAnswer.description_id.in_(ids))):
        answers[row.description_id][row.run_id] = Answer(*row[2:])
    columns = (ScoredItem.description_id, *(getattr(ScoredItem, name) for name in ITEM_FIELDS))
    rows = session.execute(select(*columns).where(ScoredItem.description_id.in_(ids)))
    return {
        row.description_id: Item(
            **{name: getattr(row, name) for name in ITEM_FIELDS}, answers=answers[row.description_id]
        )
        for row in rows
    }


def replace_items(session: Session, before: Mapping[int, Item], after: Mapping[int, Item]) -> None:
    """Store items in the place of what they were, and change the sums by the difference."""
    _write_answers(session, before, after, removing=True)
    gone = [number for number in before if number not in after]
    if gone:
        session.execute(delete(ScoredItem).where(ScoredItem.description_id.in_(gone)))
    new = [{"description_id": n, **item.fields()} for n, item in after.items() if n not in before]
    if new:
        session.execute(insert(ScoredItem), new)
    changed = [
        {"key": n, **item.fields()} for n, item in after.items() if n in before and item.fields() != before[n].fields()
    ]
    if changed:
        names = [name for name in changed[0] if name != "key"]
        matched = update(_ITEMS).where(ScoredItem.description_id == bindparam("key"))
        session.connection().execute(matched.values({name: bindparam(name) for name in names}), changed)
    _write_answers(session, before, after, removing=False)
    _add_to_totals(session, _difference(before, after))


def read_totals(session: Session) -> dict[TotalKey, Tally]:
    """Return all sums."""
    return {
        (row.run_id, row.task, row.basis): Tally(
            row.answers,
            row.labelled,
            row.hits,
            {int(number): tuple(counts) for number, counts in row.units.items()},
            row.rouge_n,
            row.rouge_sum,
        )
        for row in session.execute(select(*_TOTALS.columns))
    }


def sums_of(totals: Mapping[TotalKey, Tally], run: int, task: str) -> Sums:
    """Return the sums of one run and task."""
    return Sums(*(totals.get((run, task, basis), Tally()) for basis in BASES))


def in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield at most 500 ids at a time, so that they fit into one statement."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def run_ids(session: Session, models: Mapping[str, str]) -> dict[str, int]:
    """Return the ids of runs, given with their model; new ones are added."""
    known = _known_runs(session, models)
    missing = [{"run": run, "model": model} for run, model in sorted(models.items()) if run not in known]
    if missing:
        session.execute(insert(ScoredRun), missing)
        known = _known_runs(session, models)
    return known


def _known_runs(session: Session, runs: Iterable[str]) -> dict[str, int]:
    rows = session.execute(select(ScoredRun.run, ScoredRun.id).where(ScoredRun.run.in_(list(runs))))
    return {row.run: row.id for row in rows}


def _answer_columns() -> tuple[Any, ...]:
    return (ScoredAnswer.prediction_id, ScoredAnswer.said, ScoredAnswer.rouge_old, ScoredAnswer.rouge_new)


def _by_key(items: Mapping[int, Item]) -> dict[tuple[int, int], Answer]:
    return {(number, run): answer for number, item in items.items() for run, answer in item.answers.items()}


def _write_answers(session: Session, before: Mapping[int, Item], after: Mapping[int, Item], *, removing: bool) -> None:
    """Remove the answers that are no more, or write those that are new or changed."""
    old, new = _by_key(before), _by_key(after)
    keyed = (ScoredAnswer.description_id == bindparam("item"), ScoredAnswer.run_id == bindparam("of"))
    connection = session.connection()
    if removing:
        gone = [{"item": item, "of": run} for item, run in old if (item, run) not in new]
        if gone:
            connection.execute(delete(_ANSWERS).where(*keyed), gone)
        return
    added = [
        {"description_id": item, "run_id": run, **vars(answer)}
        for (item, run), answer in new.items()
        if (item, run) not in old
    ]
    if added:
        connection.execute(insert(_ANSWERS), added)
    changed = [
        {"item": item, "of": run, **vars(answer)}
        for (item, run), answer in new.items()
        if (item, run) in old and answer != old[item, run]
    ]
    if changed:
        values: dict[str, Any] = {name: bindparam(name) for name in Answer.__dataclass_fields__}
        connection.execute(update(_ANSWERS).where(*keyed).values(values), changed)


def _difference(before: Mapping[int, Item], after: Mapping[int, Item]) -> dict[TotalKey, Tally]:
    """Return what the sums change by."""
    change: dict[TotalKey, Tally] = defaultdict(Tally)
    for number in sorted({*before, *after}):
        if before.get(number) == after.get(number):
            continue
        for sign, item in ((-1, before.get(number)), (1, after.get(number))):
            for key, part in _parts(item).items() if item else ():
                change[key] = change[key] + part if sign > 0 else change[key] - part
    return {key: part for key, part in change.items() if part != Tally()}


def _parts(item: Item) -> dict[TotalKey, Tally]:
    """Return what an item adds to each sum."""
    found = {}
    for run, answer in item.answers.items():
        old = tally(item.task, said=answer.said, label=item.old_label, rouge=answer.rouge_old)
        found[run, item.task, BASES[0]] = old
        if item.reviewed:
            found[run, item.task, BASES[1]] = old
            new = tally(item.task, said=item.scored(answer.said), label=item.new_label, rouge=answer.rouge_new)
            found[run, item.task, BASES[2]] = new
    return found


def _add_to_totals(session: Session, change: Mapping[TotalKey, Tally]) -> None:
    if not change:
        return
    known = read_totals(session)
    connection = session.connection()
    keyed = {name: getattr(ScoreTotal, name) == bindparam(f"at_{name}") for name in ("run_id", "task", "basis")}
    for key, part in change.items():
        sums = known.get(key, Tally()) + part
        place = dict(zip(keyed, key, strict=True))
        values = vars(sums) | {"units": {str(number): list(counts) for number, counts in sums.units.items()}}
        at = {f"at_{name}": value for name, value in place.items()}
        if not sums.answers:
            connection.execute(delete(_TOTALS).where(*keyed.values()), at)
        elif key in known:
            connection.execute(update(_TOTALS).where(*keyed.values()).values(values), at)
        else:
            connection.execute(insert(_TOTALS), place | values)
