"""A submitted review as rows that can be counted: verdicts, marks, labels, edits; all follow from its state."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from review.editing import EditOp, apply_edits
from review.records import EmotionState, ReviewState, UnitState
from review.schema import Claim, ClaimVerdict, Description, EditOperation, EmotionLabel, SpanMark, UnitLabel
from review.unit_labels import complete_emotion, complete_units

TABLES = (ClaimVerdict, SpanMark, EditOperation, UnitLabel, EmotionLabel)


def claims_of(session: Session, *, description_id: int) -> Sequence[Claim]:
    """Return the claims of a description in order."""
    return session.scalars(select(Claim).where(Claim.description_id == description_id).order_by(Claim.ord)).all()


def clear_rows(session: Session, *, review_id: int) -> None:
    """Take the rows of a review away; its state and every revision stay."""
    for table in TABLES:
        session.execute(delete(table).where(table.review_id == review_id))


def write_rows(session: Session, *, review_id: int, description_id: int, state: ReviewState) -> str:
    """Write the rows of a submitted review anew and return the corrected text.

    Raises:
        InputError: the corrections overlap or leave the text.
    """
    description = session.get_one(Description, description_id)
    text, task = description.text, description.task
    claims = claims_of(session, description_id=description_id)
    corrected, operations = apply_edits(text, claims, state)
    clear_rows(session, review_id=review_id)
    session.add_all(
        [
            *_verdicts(review_id, state),
            *_marks(review_id, state),
            *(_operation(review_id, number, op) for number, op in enumerate(operations)),
            *_units(review_id, complete_units(claims, state), "final"),
            *_units(review_id, state.blind_units, "blind"),
            *_emotion(review_id, complete_emotion(claims, state, task=task), "final"),
            *_emotion(review_id, state.blind_emotion, "blind"),
        ]
    )
    session.flush()
    return corrected


def _verdicts(review_id: int, state: ReviewState) -> list[ClaimVerdict]:
    return [
        ClaimVerdict(review_id=review_id, claim_id=claim_id, **asdict(verdict))
        for claim_id, verdict in state.verdicts.items()
    ]


def _marks(review_id: int, state: ReviewState) -> list[SpanMark]:
    return [SpanMark(review_id=review_id, **asdict(mark)) for mark in state.marks]


def _operation(review_id: int, number: int, operation: EditOp) -> EditOperation:
    return EditOperation(review_id=review_id, ord=number, **asdict(operation))


def _units(review_id: int, units: Mapping[int, UnitState], phase: str) -> list[UnitLabel]:
    """Return the rows of one phase; an intensity counts only where the unit is present."""
    return [
        UnitLabel(
            review_id=review_id,
            action_unit=number,
            phase=phase,
            state=seen.state,
            intensity=seen.intensity if seen.state == "present" else None,
            side=seen.side,
        )
        for number, seen in units.items()
    ]


def _emotion(review_id: int, emotion: EmotionState | None, phase: str) -> list[EmotionLabel]:
    if emotion is None:
        return []
    return [EmotionLabel(review_id=review_id, phase=phase, **asdict(emotion))]
