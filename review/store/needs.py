"""What is needed now, in sentences: the first line of the dashboard and the end of ``python -m review status``."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from review.schema import (
    Adjudication,
    Assignment,
    Campaign,
    Claim,
    Description,
    Event,
    FaceMeasurement,
    Gold,
    Image,
    Release,
    Review,
    SkippedDescription,
    Suspicion,
    User,
)
from review.store.people import is_person


def find_needs(session: Session, *, campaign_id: int | None = None, waiting: int = 0) -> list[str]:
    """Return what somebody should do next, the most urgent first; nothing when all is done.

    Args:
        session: any session.
        campaign_id: only this campaign; all if None.
        waiting: descriptions that wait for adjudication.
    """
    if not _count(session, select(func.count(Description.id))):
        return ["Import descriptions: python -m review import FILE.json --images FOLDER."]
    if not _count(session, select(func.count(Campaign.id))):
        return ["Make a campaign, on the Campaigns page or with: python -m review campaign create NAME."]
    found = []
    if waiting:
        wait = "description waits" if waiting == 1 else "descriptions wait"
        found.append(f"{waiting:,} {wait} for a third person: open Adjudicate.")
    twice = _skipped_twice(session, campaign_id)
    if twice:
        were = "1 description was" if twice == 1 else f"{twice:,} descriptions were"
        found.append(f"{were} skipped by two people; the reasons stand in Browse, state skipped.")
    unscored = select(func.count(Description.id)).where(
        Description.deleted_at.is_(None), ~Description.id.in_(select(Suspicion.description_id))
    )
    if _count(session, unscored):
        found.append(
            "Some descriptions have no suspicion yet, so the queue cannot order them: python -m review suspicion."
        )
    if not _count(session, select(func.count(Claim.id))):
        found.append("No description is split into claims yet: python -m review lint.")
    if new := count_not_compared(session):
        were = "1 picture is" if new == 1 else f"{new:,} pictures are"
        found.append(
            f"{were} not hashed yet, so near-duplicates of evaluation pictures are not known: "
            "python -m review duplicates."
        )
    free = select(func.count(Assignment.id)).join(Campaign).where(Assignment.state == "open", Campaign.state == "open")
    if campaign_id is not None:
        free = free.where(Campaign.id == campaign_id)
    reviewers = _count(session, select(func.count(User.id)).where(User.role != "viewer", is_person()))
    left = _count(session, free)
    if left:
        places = "1 place is" if left == 1 else f"{left:,} places are"
        people = "1 person who" if reviewers == 1 else f"{reviewers:,} people who"
        found.append(f"{places} free in the queue, for {people} may review.")
    elif _has_new_gold(session):
        found.append(
            "The queue is empty and there is gold that no release has: make one, on Releases or with: "
            "python -m review release make NAME --out FOLDER."
        )
    return found


def _count(session: Session, query: object) -> int:
    return session.scalar(query) or 0  # type: ignore[call-overload]


def count_not_compared(session: Session) -> int:
    """Return how many pictures have no perceptual hash, where there is something to compare them with."""
    if _count(session, select(func.count(Image.id))) < 2:
        return 0
    return _count(session, select(func.count(Image.id)).where(Image.phash.is_(None)))


def _skipped_twice(session: Session, campaign_id: int | None) -> int:
    people = (
        select(SkippedDescription.description_id)
        .group_by(SkippedDescription.campaign_id, SkippedDescription.description_id)
        .having(func.count() >= 2)
    )
    if campaign_id is not None:
        people = people.where(SkippedDescription.campaign_id == campaign_id)
    return _count(session, select(func.count()).select_from(people.subquery()))


def _has_new_gold(session: Session) -> bool:
    """Say whether gold was made after the last complete release."""
    last = session.scalar(select(func.max(Release.at)).where(Release.state == "complete"))
    newest = session.scalar(select(func.max(Gold.at)))
    return newest is not None and (last is None or newest > last)


def count_contents(session: Session) -> dict[str, int]:
    """Return how much there is of everything, by name."""
    counted = {
        "pictures": select(func.count(Image.id)),
        "descriptions": select(func.count(Description.id)).where(Description.deleted_at.is_(None)),
        "claims": select(func.count(Claim.id)),
        "faces measured": select(func.count(FaceMeasurement.image_id)),
        "users": select(func.count(User.id)).where(is_person()),
        "campaigns": select(func.count(Campaign.id)),
        "reviews submitted": select(func.count(Review.id)).where(Review.status == "submitted"),
        "reviews in work": select(func.count(Review.id)).where(Review.status != "submitted"),
        "waiting for adjudication": select(func.count(Adjudication.id)).where(
            Adjudication.state.in_(("open", "leased"))
        ),
        "releases": select(func.count(Release.id)).where(Release.state == "complete"),
        "events": select(func.count(Event.id)),
    }
    return {name: _count(session, query) for name, query in counted.items()}
