"""What a search asks for, as conditions of a query over Description and Image."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select, true
from sqlalchemy.orm import aliased

from review.schema import (
    Assignment,
    Campaign,
    Claim,
    ClaimVerdict,
    Description,
    EmotionLabel,
    Gold,
    Image,
    Review,
    SpanMark,
)

STATES = ("unreviewed", "skipped", "draft", "reviewed", "contested", "adjudicated")
"""Nothing yet; left to a lead; saved only; submitted once or more; gold that is contested; gold by adjudication."""


@dataclass(frozen=True)
class BrowseFilter:
    """What to look for; None does not limit.

    Attributes:
        action_unit: a claim says that this unit is there.
        emotion: a claim says that this emotion is there, or a reviewer labelled it.
        code: a submitted review holds this error code.
        disagreement: True for descriptions about which submitted reviews differ, or differed until a third person
            decided; False for those with two or more reviews that do not.
        text: words in the description, upper and lower case alike.
        reviewer_id: someone with a review of it.
        campaign_id: part of this campaign.
        task: ``au`` or ``emotion``.
        split: train, eval or probe.
        state: one of STATES.
        seen_by: a reviewer who must stay unbiased: only what they may know counts, which is their own reviews and
            all of a description that they have submitted; what waits for their blind coding is not found at all.
    """

    action_unit: int | None = None
    emotion: str | None = None
    code: str | None = None
    disagreement: bool | None = None
    text: str | None = None
    reviewer_id: int | None = None
    campaign_id: int | None = None
    task: str | None = None
    split: str | None = None
    state: str | None = None
    seen_by: int | None = None


def conditions(wanted: BrowseFilter) -> list[ColumnElement[bool]]:
    """Return what must hold of a query that joins Description and Image."""
    found: list[ColumnElement[bool]] = [Description.deleted_at.is_(None)]
    if wanted.seen_by is not None:
        found.append(~hidden_from(wanted.seen_by))
    if wanted.task is not None:
        found.append(Description.task == wanted.task)
    if wanted.split is not None:
        found.append(Image.split == wanted.split)
    if wanted.text:
        found.append(Description.text.icontains(wanted.text, autoescape=True))
    return found + _about_claims(wanted) + _about_reviews(wanted)


def hidden_from(reviewer_id: int) -> ColumnElement[bool]:
    """Whether a description waits for being coded blind by ``reviewer_id``: its text would lead them."""
    blind = (
        select(Assignment.id)
        .join(Campaign, Campaign.id == Assignment.campaign_id)
        .where(Assignment.description_id == Description.id, Campaign.blind, Campaign.state != "closed")
    )
    return and_(blind.exists(), ~_has_submitted(reviewer_id))


def in_state(state: str, seen_by: int | None = None) -> ColumnElement[bool]:
    """Whether a description is in one of STATES, as far as ``seen_by`` may know."""
    submitted = select(Review.id).where(_submitted(seen_by)).exists()
    saved = select(Review.id).where(Review.description_id == Description.id).exists()
    if state == "unreviewed":
        return ~saved
    if state == "skipped":
        passed = (Assignment.description_id == Description.id, Assignment.state == "skipped")
        return select(Assignment.id).where(*passed).exists()
    if state == "draft":
        return and_(saved, ~submitted)
    if state == "reviewed":
        return submitted
    return and_(_has_gold(state), _may_know(seen_by))


def _about_claims(wanted: BrowseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    of_text = (Claim.description_id == Description.id, Claim.negated.is_(False))
    if wanted.action_unit is not None:
        found.append(select(Claim.id).where(*of_text, _names_unit(wanted.action_unit)).exists())
    if wanted.emotion is not None:
        claimed = select(Claim.id).where(*of_text, Claim.emotion == wanted.emotion)
        labelled = (
            select(Review.id)
            .join(EmotionLabel, EmotionLabel.review_id == Review.id)
            .where(_submitted(wanted.seen_by), EmotionLabel.phase == "final")
            .where(or_(EmotionLabel.label == wanted.emotion, EmotionLabel.second == wanted.emotion))
        )
        found.append(or_(claimed.exists(), labelled.exists()))
    return found


def _names_unit(unit: int) -> ColumnElement[bool]:
    """Whether a claim is about a unit, be it one of several of a phrase (kept as JSON, such as "[1, 2]")."""
    more = func.replace(func.replace(cast(Claim.more_units, String), "[", ", "), "]", ", ")
    return or_(Claim.action_unit == unit, more.contains(f", {unit}, "))


def _about_reviews(wanted: BrowseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    submitted = _submitted(wanted.seen_by)
    if wanted.code is not None:
        verdicts = select(Review.id).join(ClaimVerdict).where(submitted, ClaimVerdict.code == wanted.code)
        marks = select(Review.id).join(SpanMark).where(submitted, SpanMark.code == wanted.code)
        found.append(or_(verdicts.exists(), marks.exists()))
    if wanted.disagreement is not None:
        differing = and_(or_(_has_gold("contested"), _has_gold("adjudicated")), _may_know(wanted.seen_by))
        twice = select(func.count(Review.id)).where(submitted).scalar_subquery() >= 2
        found.append(differing if wanted.disagreement else and_(twice, ~differing))
    if wanted.reviewer_id is not None:
        theirs = select(Review.id).where(
            Review.description_id == Description.id,
            Review.reviewer_id == wanted.reviewer_id,
            _visible(wanted.seen_by),
        )
        found.append(theirs.exists())
    if wanted.campaign_id is not None:
        part = (Assignment.description_id == Description.id, Assignment.campaign_id == wanted.campaign_id)
        found.append(select(Assignment.id).where(*part).exists())
    if wanted.state is not None:
        found.append(in_state(wanted.state, wanted.seen_by))
    return found


def _submitted(seen_by: int | None) -> ColumnElement[bool]:
    return and_(Review.description_id == Description.id, Review.status == "submitted", _visible(seen_by))


def _visible(seen_by: int | None) -> ColumnElement[bool]:
    """Whether ``seen_by`` may know what a review says: their own, or all once they have submitted one."""
    return true() if seen_by is None else or_(Review.reviewer_id == seen_by, _has_submitted(seen_by))


def _may_know(seen_by: int | None) -> ColumnElement[bool]:
    return true() if seen_by is None else _has_submitted(seen_by)


def _has_submitted(reviewer_id: int) -> ColumnElement[bool]:
    own = aliased(Review)
    done = (own.description_id == Description.id, own.reviewer_id == reviewer_id, own.status == "submitted")
    return select(own.id).where(*done).exists()


def _has_gold(basis: str) -> ColumnElement[bool]:
    current = (Gold.description_id == Description.id, Gold.superseded.is_(False), Gold.basis == basis)
    return select(Gold.id).where(*current).exists()
