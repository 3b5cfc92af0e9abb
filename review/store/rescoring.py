"""Stored answers of benchmark runs scored again whenever a label, a reference or an answer changes.

Whatever changes one of these says so with ``queue_rescoring``; at the end of its transaction only the descriptions
concerned are worked out again, and the sums of the runs change by the difference. What an answer says is read once.

The items are those of a release's benchmark files (:func:`review.release_rows.benchmark_item`): published descriptions
of evaluation pictures that were not handed out as planted errors. An item without usable gold keeps its old label and
reference. Several descriptions of one picture and task are an item each. Action units that a label leaves open are not
scored on that picture, as in the benchmark's strict protocol; a release leaves open too, on every picture, those that
fail the gates of :mod:`review.agreement_gates`, which only all double codings together can tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from review.release_rows import LeftOut, benchmark_item, old_label
from review.schema import (
    Assignment,
    Description,
    Gold,
    Image,
    Prediction,
    ScoreChange,
    ScoredAnswer,
    ScoredItem,
)
from review.scores import answer_code, label_code, rouge_steps, score, unit_bits
from review.store.release_candidates import load_candidates
from review.store.rescore_queue import RescoreQueue, take_queue
from review.store.score_state import MISSING, lock_scores, scores_state
from review.store.scored_rows import Answer, Item, in_parts, read_totals, replace_items, run_ids, stored_items, sums_of

CHANGES_KEPT: Final = 50
Rouge = Callable[[str, str], float]
"""F of ROUGE-L (0 to 1) of an answer and a reference."""
ROUGE_KEY: Final = "rouge"


@dataclass(frozen=True)
class _Described:
    """What is needed of a description."""

    id: int
    image_id: int
    task: str
    text: str
    published_label: str | None


def rescore_queued(session: Session) -> None:
    """Score again what was queued; the caller has flushed, and commits."""
    queue = take_queue(session)
    if queue == RescoreQueue() or not session.scalar(select(exists(select(Prediction.id)))):
        return
    if scores_state(session) == MISSING:
        return
    rescore_items(session, ids=sorted(queue.descriptions))
    for part in in_parts(sorted(queue.images)):
        rescore_items(session, ids=list(session.scalars(select(Description.id).where(Description.image_id.in_(part)))))
    for number, moment in queue.gold.items():
        _rescore_gold(session, number, moment)


def rescore_items(session: Session, *, ids: Sequence[int]) -> None:
    """Work out the scores of some descriptions again, and change the sums by the difference."""
    for part in in_parts(ids):
        described = _with_answers(session, part)
        if not described and not session.scalar(select(exists().where(ScoredItem.description_id.in_(part)))):
            continue  # as on every import into a database without runs
        lock_scores(session)
        before = stored_items(session, part)
        replace_items(session, before, _worked_out(session, described, before))


def withdraw_answers(session: Session, *, prediction_ids: Sequence[int]) -> None:
    """Take answers that are about to be deleted out of the scores."""
    for part in in_parts(prediction_ids):
        query = select(ScoredAnswer.description_id).where(ScoredAnswer.prediction_id.in_(part)).distinct()
        if not (numbers := list(session.scalars(query))):
            continue
        lock_scores(session)
        before, gone = stored_items(session, numbers), set(part)
        after = {
            number: replace(item, answers={r: a for r, a in item.answers.items() if a.prediction_id not in gone})
            for number, item in before.items()
        }
        replace_items(session, before, after)


def _rescore_gold(session: Session, number: int, moment: datetime) -> None:
    """Score one description again and note what that did to each run, if it did anything."""
    lock_scores(session)
    before, totals = stored_items(session, [number]).get(number), read_totals(session)
    rescore_items(session, ids=[number])
    after = stored_items(session, [number]).get(number)
    if before is None or after is None or before.fields() == after.fields():
        return
    now = read_totals(session)
    payload: dict[str, Any] = {"task": after.task, "before": before.label, "after": after.label, "runs": []}
    for run in sorted(after.answers):
        scores = [score(after.task, sums_of(found, run, after.task).now) for found in (totals, now)]
        payload["runs"].append({"run": run, "s_re": [s.s_re for s in scores], "s_ge": [s.s_ge for s in scores]})
    moved = any(run[name][0] != run[name][1] for run in payload["runs"] for name in ("s_re", "s_ge"))
    if not moved and before.label == after.label:
        return  # as where somebody confirmed a text
    session.execute(insert(ScoreChange), {"at": moment, "description_id": number, "payload": payload})
    kept = select(ScoreChange.id).order_by(ScoreChange.id.desc()).limit(CHANGES_KEPT)
    session.execute(delete(ScoreChange).where(ScoreChange.id.not_in(kept.scalar_subquery())))


def _with_answers(session: Session, ids: Sequence[int]) -> list[_Described]:
    """Return those descriptions that are items: somebody's answer is scored against them."""
    planted = exists().where(Assignment.description_id == Description.id, Assignment.stratum == "planted")
    answered = exists().where(Prediction.image_id == Description.image_id, Prediction.task == Description.task)
    query = (
        select(Description.id, Description.image_id, Description.task, Description.text, Description.published_label)
        .join(Image, Image.id == Description.image_id)
        .where(Description.id.in_(ids), Image.split == "eval", answered, ~planted)
        .where(Description.deleted_at.is_(None), Description.origin_run.is_(None))
        .order_by(Description.id)
    )
    return [_Described(*row) for row in session.execute(query)]


def _worked_out(session: Session, described: Sequence[_Described], before: Mapping[int, Item]) -> dict[int, Item]:
    """Return the items as they are now; what is known of an answer already is taken over."""
    gold = _gold_rows(session, [one.id for one in described])
    runs: dict[tuple[int, str], list[tuple[int, str, str]]] = {}
    query = select(Prediction.image_id, Prediction.task, Prediction.id, Prediction.run, Prediction.model)
    for answer in session.execute(query.where(Prediction.image_id.in_({one.image_id for one in described}))):
        runs.setdefault((answer.image_id, answer.task), []).append((answer.id, answer.run, answer.model))
    ids = run_ids(session, {run: model for found in runs.values() for _, run, model in found})
    items = {}
    for one in described:
        row = gold.get(one.id)
        items[one.id] = Item(
            one.task,
            row is not None,
            label_code(one.task, old_label(one.task, one.text, one.published_label)),
            None if row is None else label_code(one.task, row["label"]),
            unit_bits(row["contested"]) if row is not None and one.task == "au" else None,
            None if row is None else row["reference"],
            {ids[run]: Answer(number, None, None, None) for number, run, _ in runs.get((one.image_id, one.task), ())},
        )
    return _with_readings(session, items, before, {one.id: one.text for one in described})


def _gold_rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the benchmark rows of the descriptions that have one."""
    has_gold = select(Gold.description_id).where(
        Gold.description_id.in_(ids), Gold.target == "text", Gold.superseded.is_(False)
    )
    found = {}
    for candidate in load_candidates(session, ids=sorted(session.scalars(has_gold))):
        try:
            found[candidate.id] = benchmark_item(candidate)
        except LeftOut:
            continue
    return found


def _with_readings(
    session: Session, items: Mapping[int, Item], before: Mapping[int, Item], texts: Mapping[int, str]
) -> dict[int, Item]:
    """Return the items with what each answer says and how near it comes to the references."""
    rouge: Rouge | None = session.info.get(ROUGE_KEY)
    known = {
        number: {run: _taken_over(item, answer, before.get(number), run) for run, answer in item.answers.items()}
        for number, item in items.items()
    }
    unread = {
        answer.prediction_id
        for number, answers in known.items()
        for answer, is_read in answers.values()
        if not is_read or (rouge and _lacks_rouge(items[number], answer))
    }
    said = _answers(session, sorted(unread))
    complete = {}
    for number, item in items.items():
        answers = {}
        for run, (answer, is_read) in known[number].items():
            read, words = said.get(answer.prediction_id, ({}, ""))
            full = answer if is_read else replace(answer, said=answer_code(item.task, read))
            answers[run] = full if rouge is None else _measured(full, item, words, texts[number], rouge)
        complete[number] = replace(item, answers=answers)
    return complete


def _taken_over(item: Item, answer: Answer, old: Item | None, run: int) -> tuple[Answer, bool]:
    """Return what is known of an answer, and whether it has been read before."""
    was = old.answers.get(run) if old else None
    if old is None or was is None or was.prediction_id != answer.prediction_id:
        return answer, False
    return replace(was, rouge_new=was.rouge_new if item.new_reference == old.new_reference else None), True


def _lacks_rouge(item: Item, answer: Answer) -> bool:
    return answer.rouge_old is None or (item.reviewed and answer.rouge_new is None)


def _measured(answer: Answer, item: Item, words: str, reference: str, rouge: Rouge) -> Answer:
    """Return an answer with the ROUGE-L that it lacks."""
    if answer.rouge_old is None:
        answer = replace(answer, rouge_old=rouge_steps(rouge(words, reference)))
    if item.reviewed and answer.rouge_new is None:
        answer = replace(answer, rouge_new=rouge_steps(rouge(words, item.new_reference or "")))
    return answer


def _answers(session: Session, ids: Sequence[int]) -> dict[int, tuple[Mapping[str, Any], str]]:
    found: dict[int, tuple[Mapping[str, Any], str]] = {}
    for part in in_parts(ids):
        rows = session.execute(select(Prediction.id, Prediction.read, Prediction.text).where(Prediction.id.in_(part)))
        found |= {row.id: (row.read, row.text) for row in rows}
    return found
