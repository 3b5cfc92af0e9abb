"""Which descriptions wait for a third person; kept up to date whenever gold is worked out."""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from review.schema import Adjudication, AdjudicationItem, Assignment
from review.store.judgements import Judgements, Key


def settle_adjudication(session: Session, judgements: Judgements, contested: Sequence[Key]) -> None:
    """Open an adjudication where people differ and nobody is still reviewing; close those with nothing to decide.

    The adjudication belongs to the campaign of the latest review. Planted errors are not adjudicated: their truth is
    known.

    Args:
        session: of the running write.
        judgements: of the description.
        contested: targets that people must decide.
    """
    if not contested:
        _close(session, judgements.description_id)
        return
    latest = session.get_one(Assignment, judgements.reviews[-1].assignment_id)
    working = select(Assignment.id).where(
        Assignment.campaign_id == latest.campaign_id,
        Assignment.description_id == judgements.description_id,
        Assignment.state.in_(("open", "leased")),
    )
    if latest.stratum == "planted" or session.scalar(working.limit(1)) is not None:
        return
    query = select(Adjudication).where(
        Adjudication.campaign_id == latest.campaign_id, Adjudication.description_id == judgements.description_id
    )
    row = session.scalar(query)
    if row is None:
        row = Adjudication(campaign_id=latest.campaign_id, description_id=judgements.description_id, state="void")
        session.add(row)
    if row.state in ("void", "submitted"):
        row.state, row.adjudicator_id, row.lease_until = "open", None, None
    session.flush()


def _close(session: Session, description_id: int) -> None:
    """Take back the adjudications of a description that wait or are being worked on."""
    has_items = exists().where(AdjudicationItem.adjudication_id == Adjudication.id)
    query = select(Adjudication, has_items).where(
        Adjudication.description_id == description_id, Adjudication.state.in_(("open", "leased"))
    )
    for row, decided in session.execute(query).all():
        row.state, row.lease_until = ("submitted" if decided else "void"), None
    session.flush()
