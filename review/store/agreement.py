"""The agreement report, read from the submitted reviews."""

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from review.agreement import REPEATS
from review.agreement_coding import Coding
from review.agreement_report import AgreementReport, report
from review.schema import (
    Assignment,
    Campaign,
    ClaimVerdict,
    Description,
    EmotionLabel,
    Review,
    SpanMark,
    UnitLabel,
    User,
)


def agreement_report(
    session: Session,
    *,
    campaign_id: int | None = None,
    repeats: int = REPEATS,
    progress: Callable[[float, str], object] | None = None,
) -> AgreementReport:
    """Return how well people agree.

    Where a campaign is blind, action units and emotions are those coded before the text was shown; planted errors
    are left out, and verdicts that only follow from others.

    Args:
        session: any session.
        campaign_id: only this campaign; all of them if None.
        repeats: bootstrap samples of every interval.
        progress: called with the share done and what comes next.
    """
    codings, phases = _codings(session, campaign_id)
    logins = {row.id: row.login for row in session.execute(select(User.id, User.login))}
    phase = phases.pop() if len(phases) == 1 else "mixed" if phases else "final"
    return report(codings, logins, campaign_id=campaign_id, phase=phase, repeats=repeats, progress=progress)


def _submitted(campaign_id: int | None) -> Select[int, int, int, bool, int]:
    """Select the submitted reviews, earliest first, so that a person's latest one about a description counts."""
    query = (
        select(
            Review.id,
            Review.description_id,
            Review.reviewer_id,
            Campaign.blind,
            func.length(Description.text).label("length"),
        )
        .join(Description, Description.id == Review.description_id)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Campaign, Campaign.id == Assignment.campaign_id)
        .where(Review.status == "submitted", Assignment.stratum != "planted")
        .order_by(Review.submitted_at, Review.id)
    )
    return query if campaign_id is None else query.where(Assignment.campaign_id == campaign_id)


def _codings(session: Session, campaign_id: int | None) -> tuple[list[Coding], set[str]]:
    """Return what everybody said, and the phases it is from."""
    submitted = _submitted(campaign_id)
    ids = submitted.with_only_columns(Review.id, maintain_column_froms=True).order_by(None)
    verdicts: dict[int, dict[int, str]] = defaultdict(dict)
    said = select(ClaimVerdict.review_id, ClaimVerdict.claim_id, ClaimVerdict.verdict)
    own = said.where(ClaimVerdict.review_id.in_(ids), ClaimVerdict.follows.is_(False))
    for review, claim, verdict in session.execute(own):
        verdicts[review][claim] = verdict
    units: dict[tuple[int, str], dict[int, tuple[str, str | None]]] = defaultdict(dict)
    for label in session.execute(select(*UnitLabel.__table__.columns).where(UnitLabel.review_id.in_(ids))):
        units[label.review_id, label.phase][label.action_unit] = (label.state, label.intensity)
    emotions = {
        (label.review_id, label.phase): label.label
        for label in session.execute(select(*EmotionLabel.__table__.columns).where(EmotionLabel.review_id.in_(ids)))
    }
    marks: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for mark in session.execute(select(*SpanMark.__table__.columns).where(SpanMark.review_id.in_(ids))):
        if mark.end > mark.start:
            marks[mark.review_id].add((mark.start, mark.end))
    found: dict[tuple[int, int], Coding] = {}
    phases = set()
    for row in session.execute(submitted):
        phase = "blind" if row.blind else "final"
        phases.add(phase)
        found[row.description_id, row.reviewer_id] = Coding(
            row.description_id,
            row.reviewer_id,
            verdicts[row.id],
            units[row.id, phase],
            emotions.get((row.id, phase)),
            frozenset(marks[row.id]),
            row.length,
        )
    return list(found.values()), phases
