"""A reviewer that knows the truth: corrects the planted errors of rendered descriptions through the store.

It works as a person does (lease, open, submit) and stands in for people where the loop is shown or tested.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from review.database import Database
from review.planting import ErrorsByRow
from review.records import JUDGED_KINDS, MarkState, ReviewState, UnitState, VerdictState
from review.store.items import ClaimView, ItemView, load_item
from review.store.reviews import open_review, submit
from review.store.work import lease_next

Error = Mapping[str, Any]


def review_campaign(
    database: Database,
    *,
    campaign_id: int,
    reviewer_id: int,
    errors: ErrorsByRow,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Review everything that a campaign has for this reviewer; return how many descriptions that was."""
    done = 0
    while True:
        with database.write() as session:
            lease = lease_next(session, campaign_id=campaign_id, reviewer_id=reviewer_id)
            if lease is None:
                return done
            review = open_review(session, assignment_id=lease.assignment_id, reviewer_id=reviewer_id)
            item = load_item(session, description_id=lease.description_id, reviewer_id=reviewer_id)
        state = state_from_truth(item, errors.get((item.task, item.row_id), ()))
        with database.write() as session:
            submit(
                session,
                review_id=review.id,
                reviewer_id=reviewer_id,
                version=review.version,
                state=state,
                token=f"scripted-{review.id}",
            )
        done += 1
        if progress is not None:
            progress(done)


def state_from_truth(item: ItemView, errors: Sequence[Error]) -> ReviewState:
    """Return the review of somebody who knows every error of a description, and that there are no others."""
    verdicts = {claim.id: _verdict(claim, errors) for claim in item.claims if claim.kind in JUDGED_KINDS}
    edits = errors[0]["edits"] if errors else ()  # every error of a description lists the edits of all
    marks = tuple(_mark(item.text, int(start), int(end), str(text), errors) for start, end, text in edits)
    return ReviewState(verdicts=verdicts, marks=marks, units=_units(errors))


def _mark(whole: str, start: int, end: int, text: str, errors: Sequence[Error]) -> MarkState:
    """Return an edit as a mark with the code of the error nearest to it."""
    nearest = min(errors, key=lambda error: max(error["start"] - end, start - error["end"], 0))
    if start == end > 0 and "\n" in text.strip():  # more than one item of a list: to be taken as it stands
        start, text = start - 1, whole[start - 1] + text
    return MarkState(start, end, str(nearest["code"]), 2, text, _right_unit(nearest))


def _verdict(claim: ClaimView, errors: Sequence[Error]) -> VerdictState:
    """Return wrong with the code of the first error inside a claim, else correct."""
    for error in errors:
        if error["start"] < claim.end and error["end"] > claim.start:
            return VerdictState("wrong", str(error["code"]), 2, _right_unit(error))
    return VerdictState("correct")


def _right_unit(error: Error) -> int | None:
    unit = (error.get("right") or {}).get("action_unit")
    return None if unit is None else int(unit)


def _units(errors: Sequence[Error]) -> dict[int, UnitState]:
    """Return what the grid must say of the units that were left out."""
    missed = (_right_unit(error) for error in errors if error["code"] == "M1")
    return {unit: UnitState("present") for unit in missed if unit is not None}
